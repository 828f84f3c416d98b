"""Reads of the committee. The session first, what the reader may see second."""

from trainhub.committees.queries.composition import Book, OnDay, SeatRow, book, constitution_on, on_day, register
from trainhub.committees.queries.recusal import (
    RecusalRow,
    is_recused,
    not_recused,
    recusals_of,
    recused_matters,
    recused_members,
)
from trainhub.committees.queries.resolutions import (
    DefectiveItem,
    Resolution,
    defective_items,
    resolution,
    resolutions_of,
)
from trainhub.committees.queries.sittings import MeetingPage, MeetingRow, meeting, meetings, next_meeting

__all__ = [
    "Book", "DefectiveItem", "MeetingPage", "MeetingRow", "OnDay", "RecusalRow", "Resolution", "SeatRow", "book", "constitution_on",
    "defective_items", "is_recused", "meeting", "meetings", "next_meeting", "not_recused", "on_day", "recusals_of", "recused_matters",
    "recused_members", "register", "resolution", "resolutions_of",
]  # fmt: skip
