"""Who a row is about (FORMATS.md R9). Exact after normalising, in a fixed order, never fuzzy."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from trainhub.plugin_api import AttendanceReading


@dataclass(frozen=True, slots=True)
class RosterPerson:
    """A person a row may be about. ``department`` is the leaf name; ids are text as on the roster."""

    person_key: str
    name: str
    staff_no: str = ""
    department: str = ""
    device_pin: str = ""
    card_no: str = ""
    platform_ids: tuple[str, ...] = ()
    email: str = ""
    phone_tail: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """The person found, or why nobody was. ``reason``: not_on_roster, ambiguous_name, staff_no_not_on_roster, no_identity."""

    person_key: str | None
    how: str = ""
    review: tuple[str, ...] = ()
    reason: str = ""
    candidates: tuple[str, ...] = field(default=())


class Directory:
    """The people of a roll, indexed once; matching a row is then a few dictionary look-ups."""

    def __init__(self, people: Iterable[RosterPerson]) -> None:
        raise NotImplementedError

    def match(self, reading: AttendanceReading) -> Match:
        """Return who the reading is about."""
        raise NotImplementedError
