"""What this room announces inside its transactions. Ids only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CaseMoved:
    """A case went from a state to another."""

    district_id: str
    school_id: str
    case_id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class DeterminationMoved:
    """A version of a determination went from a state to another."""

    district_id: str
    school_id: str
    case_id: str
    party_id: str
    determination_id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class GuardianTold:
    """A guardian of a party was told of something, a refusal to sign included; ``object_id``: what exactly, "" where there is only one."""

    district_id: str
    school_id: str
    case_id: str
    party_id: str
    about: str
    object_id: str
