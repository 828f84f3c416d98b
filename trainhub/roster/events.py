"""Facts the room announces to the rooms above."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StaffChanged:
    """Employments, posts, departments or categories of these people changed.

    ``school_ids`` names every organisation whose numbers may move by it (for a move: both). ``newcomers``
    are those of the people who did not exist before: no roll, exemption or right can speak of them yet.
    """

    district_id: str
    school_ids: tuple[str, ...]
    person_ids: tuple[str, ...]
    newcomers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PolicyChanged:
    """An organisation set a parameter from a day on; figures that rest on it are recomputed."""

    district_id: str
    org_id: str
    key: str


@dataclass(frozen=True, slots=True)
class ClassesChanged:
    """Classes, their pupils or the term of a school changed (``school_id`` a bureau's: of all its schools)."""

    district_id: str
    school_id: str
