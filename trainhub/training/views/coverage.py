"""Coverage of every unit in scope, one unit in aggregates, and what another rule would do."""

from collections.abc import Iterator
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext as _

from trainhub.documents import xlsx
from trainhub.documents.sheets import Cell as SheetCell
from trainhub.documents.sheets import Column as SheetColumn
from trainhub.documents.sheets import SheetSpec
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.permissions import Permission
from trainhub.kernel.policy import PARAMETERS
from trainhub.roster.messages import PARAMETER_LABELS
from trainhub.training.queries.coverage import CoveragePage, Sort, coverage_page, rule_preview, unit_page
from trainhub.training.views import blueprint
from trainhub.training.views.standing import as_of_day, year_key
from trainhub.training.views.words import definition_text, version_text
from trainhub.training.views.workbooks import as_workbook
from trainhub.web.context import current_actor
from trainhub.web.database import read_session
from trainhub.web.gate import needs
from trainhub.web.pages import page

READ = Permission.COVERAGE_READ


def _kept(found: CoveragePage, **values: Any) -> dict[str, Any]:
    moment = found.definition.moment
    kept = {"year": found.definition.year.key, "as_of": None if moment.live else moment.day.isoformat()}
    return {k: v for k, v in (kept | values).items() if v}


@blueprint.get("/training/coverage")
@needs(READ)
def coverage() -> Any:
    """Every unit in scope: figures, each with the definition it was made under."""
    actor, sort = current_actor(), Sort.parse(request.args.get("sort"))
    found = coverage_page(read_session(), actor.scope(READ), now(), year_key=year_key(), as_of=as_of_day(), sort=sort)
    return page(
        "training/coverage.html", found=found, sort=sort, today=local_day(now()), kept=_kept(found),
        orders={s.value: url_for("training.coverage", **_kept(found, sort=s.value)) for s in Sort},
        export_url=url_for("training.coverage_xlsx", **_kept(found, sort=sort.value)),
    )


@blueprint.get("/training/coverage/<school_id>")
@needs(READ)
def coverage_unit(school_id: str) -> Any:
    """One unit by department and post: aggregates only; names stay with the unit."""
    actor = current_actor()
    found = unit_page(read_session(), actor.scope(READ), school_id, now(), year_key=year_key(), as_of=as_of_day())
    sees_people = actor.can(Permission.STANDING_READ) and actor.scope(Permission.STANDING_READ).covers_school(school_id)
    return page("training/coverage_unit.html", found=found, sees_people=sees_people, today=local_day(now()))


@blueprint.get("/training/coverage.xlsx")
@needs(READ)
def coverage_xlsx() -> Response:
    """The table as a workbook, definitions included."""
    actor, sort = current_actor(), Sort.parse(request.args.get("sort"))
    found = coverage_page(read_session(), actor.scope(READ), now(), year_key=year_key(), as_of=as_of_day(), sort=sort)
    sheet = SheetSpec(_("Coverage"), _columns(), _cells(found), (definition_text(found.definition),))
    content = xlsx.write([sheet], created_by=actor.display_name, created_at=now())
    day = found.definition.moment.day
    return as_workbook(content, xlsx.download_name(actor.org_name, _("coverage"), found.definition.year.key, day=day))


def _columns() -> list[SheetColumn]:
    return [
        SheetColumn(_("Unit"), width=24), SheetColumn(_("In scope"), "int"), SheetColumn(_("Met"), "int"),
        SheetColumn(_("Met / in scope"), "percent"), SheetColumn(_("Exempt"), "int"),
        SheetColumn(_("Met / in scope without exempt"), "percent", 16), SheetColumn(_("Owing"), "int"),
        SheetColumn(_("Minutes owed"), "int"), SheetColumn(_("Made up late"), "int"), SheetColumn(_("In grace"), "int"),
        SheetColumn(_("Left"), "int"), SheetColumn(_("Homeroom teachers"), "int"), SheetColumn(_("Homeroom teachers who met it"), "int", 16),
        SheetColumn(_("Required minutes"), "int"), SheetColumn(_("Rule version"), width=20), SheetColumn(_("Closed version"), "int"),
    ]


def _cells(found: CoveragePage) -> Iterator[list[SheetCell]]:
    not_applicable = _("n/a")
    for row in found.rows:
        t = row.totals
        rates = [not_applicable if c.rate is None else float(c.rate) for c in (t.coverage, t.coverage_without_exempt)]
        yield [
            row.name, t.in_scope, t.met, rates[0], t.exempt, rates[1], t.owing, t.owed_minutes, t.made_up, t.grace, t.void,
            t.homeroom_in_scope, t.homeroom_met, row.definition.required_minutes, version_text(row.definition.version),
            row.snapshot_version or None,
        ]


PREVIEWED = ("training_min_minutes", "homeroom_extra_minutes", "presence_threshold", "new_hire_grace_days")


@blueprint.get("/training/coverage/rules-preview")
@needs(Permission.POLICY_READ)
def rules_preview() -> Any:
    """Before and after of other rules for the present year, before anybody sets them."""
    actor = current_actor()
    changes = {key: n for key in PREVIEWED if (n := _number(key)) is not None}
    found = rule_preview(read_session(), actor.scope(Permission.POLICY_READ), changes, now(), year_key=year_key())
    return page("training/coverage_rules.html", found=found, keys=PREVIEWED, parameters=PARAMETERS, parameter_labels=PARAMETER_LABELS)


def _number(key: str) -> int | None:
    """A number of the address inside the parameter's range; anything else is left out."""
    text, parameter = request.args.get(key, ""), PARAMETERS[key]
    if not text.isdecimal() or len(text) > 6:
        return None
    number = int(text)
    return number if (parameter.low or 0) <= number <= (parameter.high or number) else None
