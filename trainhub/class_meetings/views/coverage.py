"""Coverage per class and term for the school and the bureau, with the rule beside every figure."""

from collections.abc import Iterator
from typing import Any

from flask import Response
from flask_babel import gettext as _

from trainhub.class_meetings.queries.board import TermKey
from trainhub.class_meetings.queries.coverage import CoveragePage, SchoolCoverage, coverage_page, school_page
from trainhub.class_meetings.rules.counting import APART, Coverage
from trainhub.class_meetings.views import blueprint
from trainhub.class_meetings.views.terms import term_asked, term_choices
from trainhub.class_meetings.wording import STANDINGS, term_words
from trainhub.documents import xlsx
from trainhub.documents.sheets import Cell, Column, SheetSpec
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.permissions import Permission
from trainhub.web.context import current_actor
from trainhub.web.database import read_session
from trainhub.web.gate import needs
from trainhub.web.i18n import percent_text
from trainhub.web.pages import attachment, page, redirect_to

READ = Permission.MEETING_COVERAGE_READ


@blueprint.get("/meetings/coverage")
@needs(READ)
def coverage() -> Any:
    """Every school in scope; a school goes straight to its own classes."""
    actor = current_actor()
    scope = actor.scope(READ)
    if scope.school_ids is not None:
        return redirect_to("class_meetings.coverage_school", school_id=actor.org_id)
    key = term_asked(actor, actor.org_id)
    found = coverage_page(read_session(), scope, key, local_day(now()))
    return page(
        "class_meetings/coverage.html", found=found, rule=rule_text, apart=APART, standings=STANDINGS, percent=percent_text, basis=definition(key),
        terms=term_choices(key, "class_meetings.coverage"), term_text=term_words(key.school_year, key.season), heat=heat,
    )


@blueprint.get("/meetings/coverage/<school_id>")
@needs(READ)
def coverage_school(school_id: str) -> Response:
    """One school by class: figures and reasons, nobody's name."""
    actor = current_actor()
    key = term_asked(actor, school_id)
    found = school_page(read_session(), actor.scope(READ), school_id, key, local_day(now()))
    return page(
        "class_meetings/coverage_school.html", found=found, rows=list(zip(found.facts.classes, found.facts.standings, strict=True)), standings=STANDINGS,
        percent=percent_text, basis=definition(key), rule=rule_text(found.facts.rule.per_term, found.facts.rule.version),
        terms=term_choices(key, "class_meetings.coverage_school", school_id=school_id), term_text=term_words(key.school_year, key.season),
        whole=actor.scope(READ).school_ids is None, own=actor.can(Permission.MEETING_READ) and actor.org_id == school_id,
    )


@blueprint.get("/meetings/coverage.xlsx")
@needs(READ)
def coverage_xlsx() -> Response:
    """The coverage of every school as a workbook."""
    actor, moment = current_actor(), now()
    key = term_asked(actor, actor.org_id)
    found = coverage_page(read_session(), actor.scope(READ), key, local_day(moment))
    title = _("Coverage of class meetings, %(term)s", term=term_words(key.school_year, key.season))
    sheet = SheetSpec(title, _columns(), _cells(found), (definition(key),))
    content = xlsx.write([sheet], created_by=actor.display_name, created_at=moment)
    return attachment(content, xlsx.download_name(actor.org_name, _("coverage of class meetings"), key.text, day=local_day(moment)), xlsx.MEDIA_TYPE)


def _columns() -> list[Column]:
    return [
        Column(_("Unit"), width=26), Column(_("Classes that owe"), "int", 10), Column(_("Duty met"), "int", 10), Column(_("Met / owing"), width=10),
        Column(_("Nothing counted"), "int", 10), Column(_("Meetings asked for"), "int", 10), Column(_("Meetings counted"), "int", 10),
        Column(_("Waiting for the check"), "int", 10), Column(_("Recorded late"), "int", 10), *(Column(str(STANDINGS[name]), "int", 10) for name in APART),
        Column(_("Rule"), width=30),
    ]


def _cells(found: CoveragePage) -> Iterator[list[Cell]]:
    for row in found.rows:
        yield [row.name, *_figures(row.coverage), rule_text(row.per_term, row.version)]
    yield [_("All schools together"), *_figures(found.total), ""]


def _figures(c: Coverage | None) -> list[Cell]:
    if c is None:
        return [None] * (8 + len(APART))
    rate = percent_text(c.met, c.owed) if c.owed else _("n/a")
    return [c.owed, c.met, rate, c.none, c.required, c.counted, c.waiting, c.late, *(c.apart.get(name, 0) for name in APART)]


def heat(row: SchoolCoverage) -> str:
    """How far a school is from whole: "" where met, h1 to h4 where it is not."""
    if row.coverage is None or not row.coverage.owed:
        return "z"
    permille = 1000 * row.coverage.met // row.coverage.owed
    return "" if permille >= 950 else "h1" if permille >= 850 else "h2" if permille >= 700 else "h3" if permille >= 500 else "h4"


def rule_text(per_term: int, version: int) -> str:
    """The rule beside a figure."""
    return str(_("%(n)s meetings per class and term, rule version %(version)s", n=per_term, version=version))


def definition(key: TermKey) -> str:
    """What the figures of a term mean."""
    term = term_words(key.school_year, key.season)
    return str(_(
        "%(term)s. A meeting counts when it was held on a school day of that class, recorded, and checked by somebody else of the school. "
        "Assemblies and parent meetings never count. Classes that owe nothing stand apart.", term=term,
    ))
