"""What the room announces to others. Ids, days and counts: nobody is named."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MeetingsChanged:
    """Meetings of these classes changed: where they stand has to be worked out anew."""

    district_id: str
    school_id: str
    school_year: str
    season: str
    class_ids: tuple[str, ...]
