"""What a decision on an appeal does to everything below it (domain.md section 4, "Appeal": effects; cases 67-71). Pure.

A wrong record cannot survive anywhere: every place that holds or was told the old finding is one effect, and an appeal is executed
when none is left open.
"""

from dataclasses import dataclass
from typing import Literal

from trainhub.appeals.rules.lifecycle import Outcome

EffectKind = Literal[
    "end_stay", "determination", "plan_amend", "plan_revoke", "plan_stay", "lessons", "contacts", "counts", "evaluation_entry", "recipient", "service",
    "seal", "return_case",
]


@dataclass(frozen=True, slots=True)
class Below:
    """What hangs on a determination when its appeal is decided. Ids; minutes as integers.

    ``plan_id`` None: there is none. ``evaluation_ids``: entries in the quality evaluation not recalled yet. ``recipient_ids``:
    everybody told of the old finding and not corrected. ``served_ids``: the parties whose guardians are served, each by a letter of
    its own. ``contacts_of``: the plan after whose end this pupil is still to be asked; "" where nobody is.
    """

    determination_id: str
    plan_id: str | None = None
    plan_ended: bool = False
    stayed: bool = False
    planned_lessons: int = 0
    done_minutes: int = 0
    evaluation_ids: tuple[str, ...] = ()
    recipient_ids: tuple[str, ...] = ()
    served_ids: tuple[str, ...] = ("",)
    contacts_of: str = ""


@dataclass(frozen=True, slots=True)
class Effect:
    """One consequence. ``at_once``: done in the decision's own transaction; the others are owed by people, with a deadline."""

    kind: EffectKind
    object_id: str = ""
    at_once: bool = True


def effects_of(outcome: Outcome, below: Below) -> tuple[Effect, ...]:
    """Every consequence of an outcome, in the order in which it takes hold.

    - uphold: nothing changes; a stay ends, and its time was no delay (case 68).
    - modify: a new version of the determination; the plan is amended, done minutes carry over, none is banked (case 67); an entry in
      the quality evaluation that the new version does not order is recalled.
    - overturn: version ended, plan revoked, lessons cancelled, contacts with this pupil dropped, counts corrected, entries recalled with proof, everybody told, file
      sealed (case 69).
    - return: the case goes back to the investigation, the plan waits; nothing is found for the time being, so entries are recalled
      and whoever was told hears it.
    """
    if outcome is Outcome.UPHOLD:
        return (*_stay_ends(below), *_served(below))
    if outcome is Outcome.RETURN:
        stay = (Effect("plan_stay", below.plan_id),) if below.plan_id and not below.plan_ended and not below.stayed else ()
        return (Effect("return_case", below.determination_id), *stay, *_recalled(below), *_told(below), *_served(below))
    if outcome is Outcome.MODIFY:
        plan = (Effect("plan_amend", below.plan_id),) if below.plan_id and not below.plan_ended else ()
        return (
            Effect("determination", below.determination_id), *_stay_ends(below), *plan, Effect("counts", below.determination_id),
            *_recalled(below), *_told(below), *_served(below),
        )
    lessons = (Effect("lessons", below.plan_id),) if below.plan_id and below.planned_lessons else ()
    revoke = (Effect("plan_revoke", below.plan_id),) if below.plan_id else ()
    contacts = (Effect("contacts", below.contacts_of),) if below.contacts_of else ()
    return (
        Effect("determination", below.determination_id), *_stay_ends(below), *revoke, *lessons, *contacts, Effect("counts", below.determination_id),
        *_recalled(below), *_told(below), *_served(below), Effect("seal", below.determination_id, at_once=False),
    )


def _stay_ends(below: Below) -> tuple[Effect, ...]:
    return (Effect("end_stay", below.plan_id),) if below.plan_id and below.stayed else ()


def _recalled(below: Below) -> tuple[Effect, ...]:
    return tuple(Effect("evaluation_entry", entry, at_once=False) for entry in below.evaluation_ids)


def _served(below: Below) -> tuple[Effect, ...]:
    return tuple(Effect("service", party, at_once=False) for party in below.served_ids)


def _told(below: Below) -> tuple[Effect, ...]:
    return tuple(Effect("recipient", one, at_once=False) for one in below.recipient_ids)


@dataclass(frozen=True, slots=True)
class Amended:
    """A plan after its total changed: what is owed now, whether the hours are there, what is over and lies nowhere else."""

    total_minutes: int
    owed_minutes: int
    hours_reached: bool
    surplus_minutes: int


def amended(total_minutes: int, done_minutes: int) -> Amended:
    """The plan under a new total: minutes done carry over; a surplus is noted and not banked."""
    return Amended(total_minutes, max(0, total_minutes - done_minutes), done_minutes >= total_minutes, max(0, done_minutes - total_minutes))
