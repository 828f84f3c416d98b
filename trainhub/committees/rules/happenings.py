"""What this room announces. Higher rooms listen inside the announcing transaction; ids only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MemberRecused:
    """Somebody stepped aside from a matter. ``is_principal``: the bureau is to be told (domain.md case 48)."""

    district_id: str
    school_id: str
    matter_id: str
    recusal_id: str
    person_id: str | None
    account_id: str | None
    is_principal: bool


@dataclass(frozen=True, slots=True)
class RecusalLifted:
    """A recusal was lifted by two people."""

    district_id: str
    school_id: str
    matter_id: str
    recusal_id: str


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
