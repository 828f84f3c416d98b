"""The year of a school on one page: the sentence, coverage by department and post, the year, who still owes."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _

from trainhub.kernel.clock import local_day, now
from trainhub.training.queries.standing import StandingPage, StandingRow, standing_page
from trainhub.training.rules.coverage import Totals
from trainhub.training.rules.obligations import STILL_OWING
from trainhub.training.views import blueprint
from trainhub.training.views.standing import READ, address_of, as_of_day, school_asked, year_key
from trainhub.training.views.words import short_title
from trainhub.web.context import current_actor
from trainhub.web.database import read_session
from trainhub.web.gate import needs
from trainhub.web.i18n import is_chinese
from trainhub.web.pages import page


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
    actor, today = current_actor(), local_day(now())
    found = standing_page(
        read_session(), actor.scope(READ), school_asked(actor), now(), year_key=year_key(), as_of=as_of_day(), cells=False
    )
    address = address_of(found.definition, found.school_id)
    return page("training/overview.html", found=found, view=overview_of(found, today), today=today, address=address)


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


def _lanes(found: StandingPage) -> tuple[tuple[str, list[dict[str, Any]]], ...]:
    trainings = []
    shown = found.columns[-5:]
    for column in shown:
        day = local_day(column.starts_at)
        words = _("%(title)s %(day)s", title=short_title(column.title), day=f"{day.month}/{day.day}") if column.upcoming else _(
            "%(title)s %(n)s people", title=short_title(column.title), n=column.there)
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


