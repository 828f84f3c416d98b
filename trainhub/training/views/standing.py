"""Standing: everybody of a school, one person, and the year of a school on one page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Response, make_response, request, url_for
from flask_babel import gettext as _

from trainhub.documents import xlsx
from trainhub.documents.sheets import Cell as SheetCell
from trainhub.documents.sheets import Column as SheetColumn
from trainhub.documents.sheets import SheetSpec
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.permissions import Permission
from trainhub.training.queries.person import person_standing
from trainhub.training.queries.standing import (
    CHIPS,
    COLUMNS_SHOWN,
    Column,
    StandingPage,
    StandingRow,
    chosen,
    grouped,
    standing_page,
)
from trainhub.training.rules.coverage import Totals, bands
from trainhub.training.rules.obligations import STILL_OWING
from trainhub.training.views import blueprint
from trainhub.training.views.words import (
    CHIP_WORDS,
    OBLIGATION_STATES,
    WORDS,
    cell_word,
    definition_text,
    list_comma,
    post_word,
)
from trainhub.training.views.words import reason_text as standing_reason
from trainhub.web.context import current_actor
from trainhub.web.database import read_session
from trainhub.web.gate import needs
from trainhub.web.i18n import day_text, is_chinese
from trainhub.web.pages import page

READ = Permission.STANDING_READ
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.context_processor
def standing_words() -> dict[str, Any]:
    """Words and shapes that the templates of standing, coverage and closing use."""
    return WORDS


def as_of_day() -> date | None:
    """The day asked for in the address; anything unreadable is today."""
    try:
        return date.fromisoformat(request.args.get("as_of", ""))
    except ValueError:
        return None


def year_key() -> str | None:
    """The year asked for in the address."""
    return request.args.get("year", "")[:12] or None


def school_asked(actor: Actor) -> str:
    """The unit asked for in the address, else the actor's own; the query refuses what is out of scope."""
    return request.args.get("school", "")[:32] or actor.org_id


def _read(actor: Actor, permission: Permission = READ) -> StandingPage:
    return standing_page(
        read_session(), actor.scope(permission), school_asked(actor), now(), year_key=year_key(), as_of=as_of_day()
    )


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address narrows the list to."""

    show: str
    department: str
    post: str

    @classmethod
    def of_request(cls) -> "Filters":
        """Read the filters of the address."""
        show = request.args.get("show", "owing")
        return cls(show if show in CHIPS else "owing", request.args.get("department", ""), request.args.get("post", ""))

    def rows(self, found: StandingPage) -> list[StandingRow]:
        """The rows that they leave."""
        return chosen(found.rows, self.show, self.department, self.post)


def _address(found: StandingPage, **values: Any) -> dict[str, Any]:
    """Parameters that every link of the page keeps."""
    moment = found.definition.moment
    kept = {"year": found.definition.year.key, "as_of": None if moment.live else moment.day.isoformat()}
    kept["school"] = None if found.school_id == current_actor().org_id else found.school_id
    return {k: v for k, v in (kept | values).items() if v}


@blueprint.get("/training/standing")
@needs(READ)
def standing() -> Any:
    """Everybody of a school: who owes, who met it, who stands apart, with the trainings of the year."""
    actor, filters = current_actor(), Filters.of_request()
    found = _read(actor)
    rows = filters.rows(found)
    return page(
        "training/standing.html", found=found, filters=filters, groups=grouped(rows), rows=rows,
        columns=found.columns[-COLUMNS_SHOWN:], hidden_columns=max(0, len(found.columns) - COLUMNS_SHOWN),
        chips=[
            (CHIP_WORDS[key], sum(test(r) for r in found.rows), url_for("training.standing", **_address(found, show=key)), key == filters.show)
            for key, test in CHIPS.items()
        ],
        departments=sorted({r.obligation.department for r in found.rows if r.obligation.department}),
        posts=sorted({p for r in found.rows for p in r.obligation.posts}, key=post_word),
        export_url=url_for("training.standing_xlsx", **_address(found, show=filters.show, department=filters.department, post=filters.post)),
        today=local_day(now()), may_plan=actor.can(Permission.TRAINING_WRITE), still_owing=STILL_OWING,
    )


# --- the workbook ----------------------------------------------------------------------------------


@blueprint.get("/training/standing.xlsx")
@needs(Permission.STANDING_EXPORT)
def standing_xlsx() -> Response:
    """The list as a workbook: the same rows as on the page, the definition above, 教基4068 beside."""
    actor, filters = current_actor(), Filters.of_request()
    found = _read(actor, Permission.STANDING_EXPORT)
    rows, moment = filters.rows(found), now()
    note = _("Filter: %(show)s", show=CHIP_WORDS[filters.show])
    content = xlsx.write(
        [_people_sheet(found, rows), _official_sheet(found)], created_by=actor.display_name, created_at=moment, filter_note=note
    )
    name = xlsx.download_name(found.school_name, _("face-to-face standing"), found.definition.year.key, day=found.definition.moment.day)
    return as_workbook(content, name)


def as_workbook(content: bytes, name: str) -> Response:
    """Answer with a file to be saved."""
    from urllib.parse import quote

    answer = make_response(content)
    answer.headers["Content-Type"] = XLSX
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return answer


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


# --- one person ------------------------------------------------------------------------------------


@blueprint.get("/training/standing/me")
@needs(Permission.STANDING_OWN_READ)
def my_standing() -> Any:
    """What I owe, what counted, what did not and why."""
    actor = current_actor()
    if actor.person_id is None:
        return page("training/standing_nobody.html")
    return _person_page(actor.person_id, Permission.STANDING_OWN_READ, own=True)


@blueprint.get("/training/standing/people/<person_id>")
@needs(READ)
def person(person_id: str) -> Any:
    """The same page of a member of the staff."""
    return _person_page(person_id, READ, own=False)


def _person_page(person_id: str, permission: Permission, *, own: bool) -> Any:
    actor = current_actor()
    found = person_standing(
        read_session(), actor.scope(permission), person_id, now(), year_key=year_key(), as_of=as_of_day()
    )
    if found is None:
        return page("training/standing_nobody.html", own=own)
    may_issue = own or actor.can(Permission.TRAINING_WRITE)
    return page(
        "training/standing_person.html", found=found, own=own, o=found.judged.obligation, did=found.judged.did,
        may_issue=may_issue, may_revoke=actor.can(Permission.TRAINING_WRITE), today=local_day(now()),
    )


# --- the year of a school on one page --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Overview:
    """The page as drawn: bars, ribbon, and the people still owing in groups of what they lack."""

    departments: tuple[tuple[str, Totals], ...]
    complete: tuple[str, ...]
    posts: tuple[tuple[str, Totals], ...]
    missing: tuple[tuple[int, int], ...]
    owing: tuple[StandingRow, ...]
    booked: int
    months: tuple[str, ...]
    lanes: tuple[tuple[str, list[dict[str, Any]]], ...]
    today_at: float | None
    current_month: int | None
    days_left: int


@blueprint.get("/training/overview")
@needs(READ)
def overview() -> Any:
    """One page: the sentence, coverage by department and post, the year, who still owes."""
    found = _read(current_actor())
    today = local_day(now())
    return page("training/overview.html", found=found, view=overview_of(found, today), today=today, address=_address(found))


def overview_of(found: StandingPage, today: date) -> Overview:
    """Arrange the figures of a school for the page."""
    groups = found.by_department()
    owing = [r for r in found.rows if r.obligation.state in STILL_OWING]
    lacks: dict[int, int] = {}
    for row in owing:
        lacks[row.obligation.missing] = lacks.get(row.obligation.missing, 0) + 1
    year = found.definition.year
    inside = year.contains(today)
    months = [date(year.first_day.year + (year.first_day.month - 1 + n) // 12, (year.first_day.month - 1 + n) % 12 + 1, 1) for n in range(12)]
    return Overview(
        tuple((name, t) for name, t in groups if t.met < t.in_scope), tuple(name for name, t in groups if t.met == t.in_scope),
        tuple(found.by_post()), tuple(sorted(lacks.items())), tuple(owing), sum(not r.out_of_reach for r in owing),
        tuple(_month_name(m) for m in months), _lanes(found), _at(found, today) if inside else None,
        next((i for i, m in enumerate(months) if (m.year, m.month) == (today.year, today.month)), None),
        max(0, (year.last_day - today).days),
    )


def _month_name(month: date) -> str:
    return f"{month.month}月" if is_chinese() else month.strftime("%b")


def _at(found: StandingPage, day: date) -> float:
    year = found.definition.year
    return round((day - year.first_day).days * 100 / ((year.last_day - year.first_day).days + 1), 2)


def _short(title: str) -> str:
    """A title as the ribbon has room for it: without what stands before the colon, cut with a sign."""
    told = title.rpartition("：")[2].rpartition(": ")[2]
    return told if len(told) <= 9 else told[:8] + "…"


def _lanes(found: StandingPage) -> tuple[tuple[str, list[dict[str, Any]]], ...]:
    trainings = []
    shown = found.columns[-5:]
    for column in shown:
        day = local_day(column.starts_at)
        words = _("%(title)s %(day)s", title=_short(column.title), day=f"{day.month}/{day.day}") if column.upcoming else _(
            "%(title)s %(n)s people", title=_short(column.title), n=column.there)
        at = _at(found, day)
        trainings.append({"at": at, "text": words, "kind": column.mark, "before": at > 70})
    last = found.definition.year.last_day
    deadline = {
        "at": 99.6, "text": _("End of the year %(day)s", day=f"{last.month}/{last.day}"), "before": True,
        "kind": "ok" if found.definition.closed else "todo",
    }
    return ((str(_("Trainings")), _spread(trainings)), (str(_("Deadline")), [deadline]))


def _spread(items: list[dict[str, Any]], room: float = 15.0) -> list[dict[str, Any]]:
    """Leave out the words of marks that stand too close to the one before; the list below has them all."""
    last = -room
    for item in items:
        begins = item["at"] - room if item["before"] else item["at"]
        if begins < last:
            item["text"] = ""
        else:
            last = begins + room
    return items


