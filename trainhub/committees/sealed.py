"""Where texts of this room are sealed for."""

from trainhub.kernel.sealing import place


def name_place(member_id: str) -> str:
    """Place of the name of a parent or pupil on the committee."""
    return place("committee_member", "sealed_name", member_id)


def minutes_place(meeting_id: str) -> str:
    """Place of the minutes of a sitting."""
    return place("committee_meeting", "sealed_minutes", meeting_id)


def grounds_place(item_id: str) -> str:
    """Place of the grounds of a resolution."""
    return place("committee_item", "sealed_grounds", item_id)
