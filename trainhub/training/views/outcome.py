"""How a training ended, arranged for its page: exceptions by name, the others by department, reasons folded."""

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from trainhub.kernel.actor import Actor
from trainhub.training.queries.events import EventPage, ParticipantView
from trainhub.training.queries.outcome import Attendee, Outcome, outcome_of
from trainhub.training.queries.turnout import SAYS_MOST
from trainhub.web.database import read_session


@dataclass(frozen=True, slots=True)
class Ending:
    """How a training ended, arranged: who was not simply there, department by department who was."""

    outcome: Outcome
    exceptions: tuple[Attendee, ...]
    there: tuple[tuple[str, tuple[Attendee, ...]], ...]
    minutes_each: int


def _ending(actor: Actor, held: EventPage) -> Ending | None:
    outcome = outcome_of(read_session(), actor.district_id, held)
    if outcome is None:
        return None
    there: dict[str, list[Attendee]] = {}
    for person in outcome.people:
        if person.plain:
            there.setdefault(person.department or _("Without department"), []).append(person)
    exceptions = sorted((p for p in outcome.people if not p.plain), key=lambda p: (SAYS_MOST[p.status], p.serial_no))
    return Ending(outcome, tuple(exceptions), tuple((name, tuple(group)) for name, group in there.items()), held.row.minutes)


def _by_reason(people: tuple[ParticipantView, ...]) -> tuple[tuple[str, tuple[ParticipantView, ...]], ...]:
    """Participants by why they were invited, the most frequent reason first."""
    groups: dict[str, list[ParticipantView]] = {}
    for person in people:
        groups.setdefault(person.reason, []).append(person)
    return tuple((reason, tuple(group)) for reason, group in sorted(groups.items(), key=lambda g: -len(g[1])))


def ending_model(actor: Actor, held: EventPage) -> dict[str, Any]:
    """What the page needs once the rolls are ended: ``ending`` (None before that) and ``reasons``."""
    ending = _ending(actor, held)
    return {"ending": ending, "reasons": _by_reason(held.participants) if ending else ()}
