"""What an installation would change: a pack beside the version that is current. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from trainhub.courses.rules import Pack, Unit, version_order

Change = Literal["new", "update", "same", "older", "taken"]


@dataclass(frozen=True, slots=True)
class UnitChange:
    """A unit that differs. ``what``: added, removed, or changed with the minutes before."""

    title: str
    what: Literal["added", "removed", "changed"]
    minutes: int
    minutes_before: int = 0


@dataclass(frozen=True, slots=True)
class PackChanges:
    """What installing would do.

    ``taken``: the version is installed with other content, so it must be raised. ``older``: a newer one is current,
    and stays it. ``parts`` names what differs besides the units: title, summary, quiz, handouts, cases, run_of_show,
    aims, sources, delivery, grade_bands, theme, lesson_minutes, questions, avoid, module.
    """

    change: Change
    current_version: str = ""
    minutes_before: int = 0
    units: tuple[UnitChange, ...] = ()
    parts: tuple[str, ...] = ()

    @property
    def installable(self) -> bool:
        """Whether installing does anything and is allowed."""
        return self.change in {"new", "update", "older"}


def compare(pack: Pack, current: Pack | None, digests: Mapping[str, str]) -> PackChanges:
    """Compare a pack with the current version; ``digests`` maps installed versions to their digests."""
    if current is None and not digests:
        return PackChanges("new", units=tuple(UnitChange(u.title, "added", u.minutes) for u in pack.units))
    held = digests.get(pack.version)
    change: Change = "update"
    if held is not None:
        change = "same" if held == pack.digest() else "taken"
    elif any(version_order(version) > version_order(pack.version) for version in digests):
        change = "older"
    if current is None:
        return PackChanges(change)
    return PackChanges(change, current.version, current.minutes, _units(pack, current), _parts(pack, current))


def _units(pack: Pack, current: Pack) -> tuple[UnitChange, ...]:
    before = {unit.id: unit for unit in current.units}
    now = {unit.id for unit in pack.units}
    found = [_unit(unit, before.get(unit.id)) for unit in pack.units]
    gone = [UnitChange(u.title, "removed", 0, u.minutes) for u in current.units if u.id not in now]
    return tuple(change for change in [*found, *gone] if change is not None)


def _unit(unit: Unit, before: Unit | None) -> UnitChange | None:
    if before is None:
        return UnitChange(unit.title, "added", unit.minutes)
    same = (unit.title, unit.minutes, unit.delivery, unit.text) == (before.title, before.minutes, before.delivery, before.text)
    return None if same else UnitChange(unit.title, "changed", unit.minutes, before.minutes)


def _parts(pack: Pack, current: Pack) -> tuple[str, ...]:
    names: Collection[str] = (
        "title", "summary", "delivery", "class_hours", "aims", "preparation", "run_of_show", "cases", "handouts", "quiz", "sources",
        "grade_bands", "theme", "lesson_minutes", "questions", "avoid", "module",
    )
    return tuple(name for name in names if getattr(pack, name) != getattr(current, name))
