"""One form, a meeting for every class (全校主题班会): what is proposed for each class. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from trainhub.roster.timetable_rules import Slot

Problem = Literal["", "no_pupils", "no_slot", "no_pack", "no_teacher", "apart", "planned_already"]


@dataclass(frozen=True, slots=True)
class PackChoice:
    """A pack that fits a class."""

    id: str
    version: str
    title: str
    theme: str
    minutes: int


@dataclass(frozen=True, slots=True)
class WaveClass:
    """What a proposal knows of a class.

    ``slots`` are its meeting lessons from the chosen week on, ``used`` packs it has had, ``taken`` when its other meetings begin.
    """

    class_id: str
    name: str
    grade: int
    teacher_id: str
    pupils: int
    owes: bool
    slots: Sequence[Slot]
    packs: Sequence[PackChoice]
    used: Collection[str]
    taken: Collection[datetime]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A class with what the form is filled with. ``chosen``: whether it is ticked; ``problem``: what wants a look."""

    class_id: str
    name: str
    grade: int
    teacher_id: str
    slots: tuple[Slot, ...]
    slot: Slot | None
    packs: tuple[PackChoice, ...]
    pack: PackChoice | None
    chosen: bool
    problem: Problem


def propose(one: WaveClass, theme: str, week: date) -> Proposal:
    """Return the proposal for a class.

    The slot is its first free meeting lesson of the week that begins on Monday ``week``, else of the weeks after; the pack fits
    its grade and the theme, one it has not had before others. A class without pupils or that owes nothing is not ticked.
    """
    free = tuple(slot for slot in one.slots if slot.day >= week and slot.starts_at not in one.taken)
    fitting = [p for p in one.packs if not theme or p.theme == theme]
    ordered = tuple(sorted(fitting or one.packs, key=lambda p: (p.id in one.used, bool(theme) and p.theme != theme)))
    slot = free[0] if free else None
    taken = any(s.starts_at in one.taken for s in one.slots if week <= s.day < week + timedelta(days=7))
    in_week = slot is not None and slot.day < week + timedelta(days=7)
    problem: Problem = (
        "no_pupils" if one.pupils == 0 else "apart" if not one.owes else "planned_already" if taken and not in_week
        else "no_slot" if slot is None else "no_teacher" if not one.teacher_id else "no_pack" if not ordered else ""
    )
    return Proposal(
        one.class_id, one.name, one.grade, one.teacher_id, free[:6], slot, ordered, ordered[0] if ordered else None,
        problem in ("", "no_slot", "no_teacher"), problem,
    )
