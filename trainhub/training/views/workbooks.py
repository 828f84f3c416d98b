"""What a school takes away as Excel files: the standing of everybody, the continuing-education register."""

from collections.abc import Iterator, Sequence

from flask import Response, request
from flask_babel import gettext as _

from trainhub.documents import xlsx
from trainhub.documents.sheets import Cell as SheetCell
from trainhub.documents.sheets import Column as SheetColumn
from trainhub.documents.sheets import SheetSpec
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.permissions import Permission
from trainhub.training.queries.registration import Register, register_of
from trainhub.training.queries.standing import StandingPage, StandingRow, standing_page
from trainhub.training.queries.standing_list import chosen
from trainhub.training.queries.turnout import Column
from trainhub.training.rules.coverage import bands
from trainhub.training.views import blueprint
from trainhub.training.views.standing import as_of_day, pick_of_request, school_asked, year_key
from trainhub.training.views.words import (
    CHIP_WORDS,
    GROUP_WORDS,
    OBLIGATION_STATES,
    ROUNDING,
    cell_word,
    definition_text,
    list_comma,
    post_word,
    version_text,
)
from trainhub.training.views.words import reason_text as standing_reason
from trainhub.training.wording import MODES
from trainhub.web.context import current_actor
from trainhub.web.database import read_session
from trainhub.web.gate import needs
from trainhub.web.i18n import day_text
from trainhub.web.pages import attachment


@blueprint.get("/training/standing.xlsx")
@needs(Permission.STANDING_EXPORT)
def standing_xlsx() -> Response:
    """Everybody as a workbook, unless the address names a section: the definition above, 教基4068 beside."""
    actor, moment = current_actor(), now()
    found = standing_page(
        read_session(), actor.scope(Permission.STANDING_EXPORT), school_asked(actor), moment, year_key=year_key(), as_of=as_of_day()
    )
    pick = pick_of_request()
    show = pick.show if "show" in request.args else "all"
    rows = chosen(found.rows, show, pick.department, pick.post)
    note = _("Filter: %(show)s", show=str((CHIP_WORDS | GROUP_WORDS)[show]))
    content = xlsx.write(
        [_people_sheet(found, rows), _official_sheet(found)], created_by=actor.display_name, created_at=moment, filter_note=note
    )
    name = xlsx.download_name(found.school_name, _("face-to-face standing"), found.definition.year.key, day=found.definition.moment.day)
    return as_workbook(content, name)


def as_workbook(content: bytes, name: str) -> Response:
    """Answer with a file to be saved."""
    return attachment(content, name, xlsx.MEDIA_TYPE)


def _people_sheet(found: StandingPage, rows: Sequence[StandingRow]) -> SheetSpec:
    columns = [
        SheetColumn(_("Name")), SheetColumn(_("Staff number")), SheetColumn(_("Department"), width=14),
        SheetColumn(_("Posts"), width=16), *(SheetColumn(f"{c.title} {day_text(c.starts_at, weekday=False)}", width=18) for c in found.columns),
        SheetColumn(_("Required minutes"), "int"), SheetColumn(_("Counted minutes"), "int"), SheetColumn(_("Minutes owed"), "int"),
        SheetColumn(_("Other minutes (not toward the duty)"), "int", 16), SheetColumn(_("State"), width=14),
        SheetColumn(_("Due"), "date"), SheetColumn(_("Remarks"), width=24),
    ]
    return SheetSpec(_("Standing"), columns, _people_cells(found.columns, rows), (definition_text(found.definition),))


def _people_cells(columns: Sequence[Column], rows: Sequence[StandingRow]) -> Iterator[list[SheetCell]]:
    for row in rows:
        o = row.obligation
        yield [
            row.name, row.staff_no, o.department, list_comma().join(post_word(p) for p in o.posts),
            *(cell_word(row.cells[c.event_id]) if c.event_id in row.cells else "" for c in columns),
            o.required, o.counted, o.missing, o.other, str(OBLIGATION_STATES[o.state.value]), o.due_on, standing_reason(o),
        ]


def _official_sheet(found: StandingPage) -> SheetSpec:
    """Heads by band of periods, as form 教基4068 asks; periods of this requirement only."""
    size = found.definition.period_minutes
    counts = bands((r.obligation.counted + r.obligation.other) // size for r in found.rows)
    names = (_("up to 36 periods"), _("37 to 72"), _("73 to 108"), _("109 and more"))
    return SheetSpec(
        _("Form 4068 heads"), [SheetColumn(_("Band"), width=18), SheetColumn(_("Heads"), "int")],
        [[name, n] for name, n in zip(names, counts, strict=True)],
        (_("Distinct heads by periods of this platform; other training is not known here."), definition_text(found.definition)),
    )


# --- the continuing-education register --------------------------------------------------------------


@blueprint.get("/training/registration.xlsx")
@needs(Permission.STANDING_EXPORT)
def registration_xlsx() -> Response:
    """The register of a year (继续教育学时登记表): one line a training and person, a sum a person."""
    actor, moment = current_actor(), now()
    found = register_of(read_session(), actor.scope(Permission.STANDING_EXPORT), school_asked(actor), moment, year_key())
    content = xlsx.write(
        [_register_sheet(found), _left_out_sheet(found)], created_by=actor.display_name, created_at=moment
    )
    name = xlsx.download_name(found.school_name, _("register of continuing education"), found.definition.year.key, day=found.definition.moment.day)
    return as_workbook(content, name)


def _register_notes(found: Register) -> tuple[str, ...]:
    year, rule = found.definition.year, found.rule
    return (
        _("Year: %(first)s to %(last)s", first=day_text(year.first_day, year=True, weekday=False), last=day_text(year.last_day, year=True, weekday=False)),
        _("One period is %(n)s minutes, remainders dropped %(scope)s, at most %(cap)s periods a day; %(version)s.",
          n=rule.period_minutes, scope=ROUNDING[rule.rounding], cap=rule.daily_cap, version=version_text(found.definition.version)),
        _("Entered are all verified minutes known here, online and other topics too; overlapping minutes once. Credits, the dates of the cycle and its sum are filled in by the school."),
    )


def _register_sheet(found: Register) -> SheetSpec:
    columns = [
        SheetColumn(_("Name")), SheetColumn(_("Unit"), width=18), SheetColumn(_("Staff number")), SheetColumn(_("Subject or post"), width=16),
        SheetColumn(_("Cycle from–to"), width=14), SheetColumn(_("Training"), width=32), SheetColumn(_("Category")),
        SheetColumn(_("Organised by"), width=18), SheetColumn(_("Mode")), SheetColumn(_("From"), "date"), SheetColumn(_("To"), "date"),
        SheetColumn(_("Minutes"), "int"), SheetColumn(_("Periods"), "int"), SheetColumn(_("Formula"), width=22), SheetColumn(_("Credits")),
        SheetColumn(_("Proof"), width=18), SheetColumn(_("Confirmed by")), SheetColumn(_("Confirmed on"), "date"), SheetColumn(_("Sum of the cycle")),
    ]
    return SheetSpec(_("Register of continuing education"), columns, _register_cells(found), _register_notes(found))


def _register_cells(found: Register) -> Iterator[list[SheetCell]]:
    for p in found.people:
        if not p.expected or not p.registration.items:
            continue
        subject = list_comma().join([*([p.department] if p.department else []), *(post_word(x) for x in p.posts)])
        who: list[SheetCell] = [p.name, found.school_name, p.staff_no, subject, ""]
        for item in p.registration.items:
            own = item.unit == found.school_id and not item.host
            yield [
                *who, item.title, str(_("school-based")) if own else "", item.host or found.units.get(item.unit, ""), str(MODES[item.mode]),
                item.first_on, item.last_on, item.minutes, item.periods, item.formula, "",
                (found.papers.get(item.event_id) or str(_("paper of the host unit"))) if item.host else str(_("verified roll")),
                found.accounts.get(item.verified_by, ""), local_day(item.verified_at) if item.verified_at else None, "",
            ]
        yield [
            *who, str(_("Sum of the year")), "", "", "", None, None, p.registration.minutes, p.registration.periods.count,
            p.registration.periods.formula, "", "", "", None, "",
        ]


def _left_out_sheet(found: Register) -> SheetSpec:
    rows: list[list[SheetCell]] = [
        [p.name, p.staff_no, p.department, p.registration.minutes,
         str(_("not registered by own choice") if p.opted_out else _("no full-time teacher") if not p.expected else _("no verified hours this year"))]
        for p in found.people if not p.expected or not p.registration.items
    ]
    columns = [SheetColumn(_("Name")), SheetColumn(_("Staff number")), SheetColumn(_("Department"), width=14), SheetColumn(_("Verified minutes"), "int"), SheetColumn(_("Why"), width=24)]
    note = _("Whoever is not registered owes the yearly face-to-face training all the same.")
    return SheetSpec(_("Not in the register"), columns, rows, (note,))
