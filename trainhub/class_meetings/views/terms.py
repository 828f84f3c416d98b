"""Which school and term an address asks for."""

from typing import Any

from flask import request, url_for
from flask_babel import gettext as _

from trainhub.class_meetings.queries.board import TermKey, term_of
from trainhub.class_meetings.wording import SEASONS
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day, now
from trainhub.roster.calendar_rules import next_school_year
from trainhub.web.database import read_session


def term_asked(actor: Actor, school_id: str) -> TermKey:
    """The term that ``?term=`` names, else the one of today."""
    return TermKey.parse(request.args.get("term", "")) or term_of(read_session(), actor.district_id, school_id, local_day(now()))


def term_choices(key: TermKey, endpoint: str, **values: Any) -> list[tuple[str, str, bool]]:
    """Chips to the term before and after, and this one."""
    return [(_term_word(k), url_for(endpoint, term=k.text, **values), k == key) for k in (neighbour(key, -1), key, neighbour(key, 1))]


def neighbour(key: TermKey, step: int) -> TermKey:
    """The term before (-1) or after (1)."""
    if (key.season == "autumn") == (step > 0):
        return TermKey(key.school_year, "spring" if key.season == "autumn" else "autumn") if step > 0 else TermKey(key.school_year, "autumn")
    return TermKey(next_school_year(key.school_year, step), "autumn" if step > 0 else "spring")


def _term_word(key: TermKey) -> str:
    return str(_("%(year)s %(season)s", year=key.school_year, season=SEASONS[key.season]))
