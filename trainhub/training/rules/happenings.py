"""What the room announces about trainings as a whole: planned, moved, cancelled. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class TrainingAnnounced:
    """A training was published, moved, or cancelled. ``people`` counts who must come; nobody is named.

    ``course_id`` is the course pack it is planned with, "" for one of its own.
    """

    district_id: str
    school_id: str
    event_id: str
    what: Literal["planned", "moved", "cancelled"]
    title: str
    starts_at: datetime | None
    place: str
    people: int
    course_id: str = ""
