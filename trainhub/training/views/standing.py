"""Standing: everybody of a school, and one person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote_plus

from flask import request, url_for
from flask_babel import gettext as _

from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.permissions import Permission
from trainhub.training.queries.person import person_standing
from trainhub.training.queries.standing import Definition
from trainhub.training.queries.standing_list import CHIPS, Pick, StandingList, standing_list
from trainhub.training.rules.obligations import STILL_OWING
from trainhub.training.views import blueprint
from trainhub.training.views.formats import formats
from trainhub.training.views.standing_table import Table, table_of
from trainhub.training.views.words import CHIP_WORDS, WORDS, post_word
from trainhub.web.context import current_actor
from trainhub.web.database import read_session
from trainhub.web.gate import needs
from trainhub.web.pages import page

READ = Permission.STANDING_READ


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


def pick_of_request() -> Pick:
    """What the address narrows the list to; anything unknown is left out."""
    show = request.args.get("show", "owing")
    return Pick(
        show if show in CHIPS else "owing", request.args.get("department", ""), request.args.get("post", ""),
        " ".join(request.args.get("q", "")[:40].split()), request.args.get("after", "")[:32], whole="whole" in request.args,
    )


def address_of(definition: Definition, school_id: str, **values: Any) -> dict[str, Any]:
    """Parameters that every link of the page keeps: the unit, the year, the day."""
    moment = definition.moment
    kept: dict[str, Any] = {"year": definition.year.key, "as_of": None if moment.live else moment.day.isoformat()}
    kept["school"] = None if school_id == current_actor().org_id else school_id
    return {k: v for k, v in (kept | values).items() if v}


@blueprint.get("/training/standing")
@needs(READ)
def standing() -> Any:
    """Everybody of a school: who owes, in full; who met it and who stands apart, counted and a click away."""
    actor, pick = current_actor(), pick_of_request()
    found = standing_list(
        read_session(), actor.scope(READ), school_asked(actor), now(), pick, year_key=year_key(), as_of=as_of_day()
    )
    return page("training/standing.html", view=list_view(actor, found, pick), found=found, pick=pick, still_owing=STILL_OWING)


@dataclass(frozen=True, slots=True)
class ListView:
    """The list as drawn: the table, the chips and files by their keys, and where the links lead."""

    table: Table
    chips: tuple[tuple[str, int, str, bool], ...]
    departments: tuple[str, ...]
    posts: tuple[tuple[str, str], ...]
    opens: Mapping[str, str]
    first_page: str
    next_page: str
    whole: str
    back: str
    exports: tuple[tuple[str, str], ...]
    kept: Mapping[str, str]
    today: date
    may_plan: bool


def list_view(actor: Actor, found: StandingList, pick: Pick) -> ListView:
    """Arrange the list for the page of this reader."""
    chosen = {"department": pick.department, "post": pick.post}
    base = url_for("training.standing", **address_of(found.definition, found.school_id, **chosen))

    def link(show: str, more: str = "") -> str:
        """One address, whatever is shown: words of this page, and ids, which need no quoting."""
        return f"{base}&show={show}{more}"

    kept = address_of(found.definition, found.school_id, show=pick.show)
    people: dict[str, Any] = {k: kept[k] for k in ("year", "as_of") if k in kept}
    return ListView(
        table_of(found, local_day(now()), people), tuple((k, found.counts[k], link(k), k == pick.show) for k in CHIP_WORDS),
        found.departments, tuple(sorted(((p, post_word(p)) for p in found.posts), key=lambda p: p[1])),
        {s.name: link("owing" if s.name == "unmet" else s.name) for s in found.folded}, link(pick.show) if found.first > 1 else "",
        link(pick.show, f"&after={found.following}{_find(pick)}") if found.following else "", link("all", "&whole=1"), link(pick.show),
        _exports(actor, found, chosen), {k: v for k, v in kept.items() if k != "as_of"}, local_day(now()), actor.can(Permission.TRAINING_WRITE),
    )


def _find(pick: Pick) -> str:
    return f"&q={quote_plus(pick.find)}" if pick.find else ""


def _exports(actor: Actor, found: StandingList, chosen: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What can be saved as a file, by its name: always everybody that department and post leave, whatever is open."""
    if not actor.can(Permission.STANDING_EXPORT):
        return ()
    kept = address_of(found.definition, found.school_id)
    whole = address_of(found.definition, found.school_id, **chosen)
    kept.pop("as_of", None)
    return (
        (_("Standing of everybody (Excel)"), url_for("training.standing_xlsx", **whole)),
        (_("Register of continuing education (Excel)"), url_for("training.registration_xlsx", **kept)),
        *((one.label, url_for("training.export_hours", key=one.key, **kept)) for one in formats("hours", actor.district_id)),
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
        may_enter=not own and actor.can(Permission.EVIDENCE_WRITE), may_see_evidence=actor.can(Permission.EVIDENCE_READ),
    )
