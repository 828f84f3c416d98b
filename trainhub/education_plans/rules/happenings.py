"""What this room announces inside its transactions. Ids only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlanMoved:
    """A plan went from a state to another."""

    district_id: str
    school_id: str
    plan_id: str
    case_id: str
    before: str
    after: str
