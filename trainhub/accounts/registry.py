"""What rooms add to what belongs to one person: sessions in the calendar under the person's private address.

A contributor takes ``(session, district_id, person_id, now)`` and returns calendar items without anybody's name. The
composition root registers them; the room that answers the address asks for them.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from trainhub.plugin_api import CalendarItem

Calendar = Callable[[Any, str, str, datetime], tuple[CalendarItem, ...]]
_KEY = "trainhub.own_calendar"


def contribute(app: Any, calendar: Calendar) -> None:
    """Let a room add to a person's calendar."""
    app.extensions.setdefault(_KEY, []).append(calendar)


def calendar_items(app: Any, session: Any, district_id: str, person_id: str, now: datetime) -> tuple[CalendarItem, ...]:
    """What every room adds to a person's calendar, in order of time."""
    asked: list[Calendar] = app.extensions.get(_KEY, [])
    found = [item for calendar in asked for item in calendar(session, district_id, person_id, now)]
    return tuple(sorted(found, key=lambda item: (item.starts_at, item.uid)))
