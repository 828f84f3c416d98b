"""The ledger of trainings as a workbook, with the columns that each kind of course brings."""

from collections.abc import Callable, Iterable, Iterator

from flask import Response, request
from flask_babel import gettext as _

from trainhub.courses.messages import TOPICS
from trainhub.documents import xlsx
from trainhub.documents.sheets import Cell, Column, SheetSpec
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.permissions import Permission
from trainhub.roster.queries import org
from trainhub.training.queries.planning import duty_on
from trainhub.training.queries.training_ledger import LedgerRow, TrainingLedger, training_ledger
from trainhub.training.registry import course_type
from trainhub.training.views import blueprint
from trainhub.training.views.workbooks import as_workbook
from trainhub.training.wording import MODES, STATES, detail_value
from trainhub.web.context import current_actor
from trainhub.web.database import read_session
from trainhub.web.gate import needs
from trainhub.web.i18n import span_text


@blueprint.get("/training/events.xlsx")
@needs(Permission.TRAINING_READ)
def events_xlsx() -> Response:
    """Every training of a school and year; ``?school=`` and ``?year=`` as on the page."""
    actor, moment = current_actor(), now()
    session, scope = read_session(), actor.scope(Permission.TRAINING_READ)
    school_id = request.args.get("school") or actor.org_id
    unit = org(session, scope, school_id)
    duty = duty_on(session, actor.district_id, school_id, local_day(moment))
    policy, year = duty.policy, request.args.get("year", "")[:12] or duty.frame.year.key
    found = training_ledger(session, scope, school_id, year)
    note = _("periods by the rules of version %(version)s: %(minutes)s minutes each", version=policy.version, minutes=policy["period_minutes"])
    sheet = SheetSpec(_("Ledger of trainings %(year)s", year=year), _columns(found), _rows(found, policy.periods.periods), (unit.name, note))
    content = xlsx.write([sheet], created_by=actor.display_name, created_at=moment)
    return as_workbook(content, xlsx.download_name(unit.name, _("ledger of trainings"), year, day=local_day(moment)))


def _columns(found: TrainingLedger) -> list[Column]:
    labels = {key: {field.name: field.label for field in course_type(key).spec.detail_fields} for key, _name in found.columns}
    return [
        Column(_("No."), "int", 6), Column(_("Training"), width=36), Column(_("Kind of course"), width=14), Column(_("Topic"), width=20),
        Column(_("Course pack"), width=24), Column(_("Mode"), width=14), Column(_("Time"), width=30), Column(_("Room"), width=16),
        Column(_("Trainers"), width=24), Column(_("Expected"), "int", 8), Column(_("Came"), "int", 8), Column(_("Minutes"), "int", 8),
        Column(_("Periods"), "int", 8), Column(_("State"), width=14), Column(_("Reason"), width=24),
        *(Column(_(labels[key][name]), width=16) for key, name in found.columns),
    ]


def _rows(found: TrainingLedger, periods: Callable[[int], int]) -> Iterator[list[Cell]]:
    for number, row in enumerate(found.rows, 1):
        event = row.event
        yield [
            number, event.title, _(course_type(row.type_key).spec.label), str(TOPICS.get(row.topic) or _("another topic")), row.pack_title,
            _modes(row), "\n".join(span_text(p.starts_at, p.ends_at) for p in event.parts), _join(event.rooms),
            _join([f"{t.name}（{t.affiliation}）" if t.affiliation else t.name for t in row.trainers]),
            row.expected, row.came, event.minutes, periods(event.minutes), str(STATES[event.state.value]), event.state_reason,
            *(_detail(row, key, name) for key, name in found.columns),
        ]


def _modes(row: LedgerRow) -> str:
    """The mode, part by part where they differ."""
    modes = [part.delivery_mode for part in row.event.parts]
    return _join([str(MODES.get(mode, mode)) for mode in (modes if len(set(modes)) > 1 else modes[:1])])


def _detail(row: LedgerRow, key: str, name: str) -> Cell:
    value = row.fields.get(name) if row.type_key == key else None
    if value is None or value == "":
        return None
    field = next(f for f in course_type(key).spec.detail_fields if f.name == name)
    return value if field.kind == "integer" and isinstance(value, int) else detail_value(field, value)


def _join(words: Iterable[str]) -> str:
    return _(", ").join(words)
