"""What this room announces. Higher rooms listen inside the announcing transaction; ids only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class MemberRecused:
    """Somebody stepped aside from a matter. ``is_principal``, ``is_chair``: the bureau is to be told (domain.md case 48).

    ``nobody_leads``: no member is left who may lead the committee in this matter.
    """

    district_id: str
    school_id: str
    matter_id: str
    recusal_id: str
    person_id: str | None
    account_id: str | None
    is_principal: bool
    is_chair: bool = False
    nobody_leads: bool = False


@dataclass(frozen=True, slots=True)
class RecusalLifted:
    """A recusal was lifted by two people. ``is_principal``, ``is_chair``: of whom."""

    district_id: str
    school_id: str
    matter_id: str
    recusal_id: str
    is_principal: bool = False
    is_chair: bool = False


@dataclass(frozen=True, slots=True)
class SittingPlanned:
    """A sitting was planned or moved: ``account_ids`` of the members who sign in."""

    district_id: str
    school_id: str
    meeting_id: str
    account_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ItemResolved:
    """The committee decided a matter. ``outcome``: adopted, rejected, adjourned."""

    district_id: str
    school_id: str
    item_id: str
    matter_id: str
    kind: str
    object_id: str | None
    outcome: str


@dataclass(frozen=True, slots=True)
class ItemsDefective:
    """Resolutions whose committee turns out not to have been constituted (domain.md case 45)."""

    district_id: str
    school_id: str
    item_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SittingChecked:
    """Whether a sitting to come can be held under the rule set. ``why``: "" it can, not_constituted, no_quorum; over: it is none any more."""

    district_id: str
    school_id: str
    meeting_id: str
    why: Literal["", "not_constituted", "no_quorum", "over"]


@dataclass(frozen=True, slots=True)
class AgendaChanged:
    """What is on the agenda of sittings to come, or who decides it, changed. ``matter_ids`` empty: any of the school's."""

    district_id: str
    school_id: str
    matter_ids: tuple[str, ...]
    at: datetime
