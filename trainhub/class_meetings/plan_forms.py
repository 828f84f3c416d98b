"""What the pages of planning send, as commands: shape and conversion only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from trainhub.class_meetings.queries.desk import PlanDesk
from trainhub.class_meetings.queries.own import MeetingLine
from trainhub.class_meetings.queries.planning import lesson_span
from trainhub.class_meetings.rules.planning import OWN_ROOM, PlannedMeeting
from trainhub.kernel.clock import at, local, local_day
from trainhub.web.fields import plausible_day

OTHER = "other"


@dataclass(frozen=True, slots=True)
class PlanFields:
    """A plan as a form holds it. ``slot`` is a lesson (``2026-11-23.8``), ``other`` for the day and time below it, or "".

    ``pack`` "" with a ``title`` of one's own; ``held_by`` "" is the homeroom teacher.
    """

    class_id: str = ""
    pack: str = ""
    title: str = ""
    slot: str = ""
    day: str = ""
    lesson: str = ""
    starts: str = ""
    ends: str = ""
    room: str = OWN_ROOM
    held_by: str = ""
    guest: str = ""
    override_reason: str = ""
    reason: str = ""
    already_held: bool = False
    names_confirmed: bool = False
    version: str = ""

    @classmethod
    def sent(cls, form: Mapping[str, str], class_id: str = "") -> "PlanFields":
        """Read a form or an address."""
        texts = ("pack", "title", "slot", "day", "lesson", "starts", "ends", "held_by", "guest", "override_reason", "reason", "version")
        return cls(
            class_id=class_id or form.get("class", ""), room=form.get("room", OWN_ROOM), already_held=bool(form.get("already_held")),
            names_confirmed=bool(form.get("names_confirmed")), **{name: form.get(name, "").strip() for name in texts},
        )

    @classmethod
    def held(cls, meeting: MeetingLine) -> "PlanFields":
        """A meeting that is to be moved."""
        slot = f"{local_day(meeting.starts_at).isoformat()}.{meeting.lesson_no}" if meeting.starts_at and meeting.lesson_no else ""
        starts, ends = (local(m).strftime("%H:%M") if m else "" for m in (meeting.starts_at, meeting.ends_at))
        return cls(
            class_id=meeting.class_id, pack=meeting.pack_id or "", title="" if meeting.pack_id else meeting.title, slot=slot or (OTHER if starts else ""),
            day=local_day(meeting.starts_at).isoformat() if meeting.starts_at else "", starts=starts, ends=ends, room=meeting.room or OWN_ROOM,
            held_by=meeting.held_by_id or "", version=str(meeting.version),
        )

    @property
    def day_chosen(self) -> date | None:
        """The day chosen, None where nothing usable is."""
        return self.chosen[0] if self.chosen else None

    @property
    def chosen(self) -> tuple[date, int | None, time | None, time | None] | None:
        """Day, lesson, begin and end as chosen; None where nothing usable is."""
        if self.slot and self.slot != OTHER:
            day_text, _dot, number = self.slot.partition(".")
            found = plausible_day(day_text)
            return (found, int(number), None, None) if found and number.isdecimal() and len(number) <= 2 else None
        day = plausible_day(self.day)
        if self.slot != OTHER or day is None:
            return None
        if self.lesson.isdecimal() and len(self.lesson) <= 2:
            return day, int(self.lesson), None, None
        starts, ends = _clock(self.starts), _clock(self.ends)
        return (day, None, starts, ends or _later(starts)) if starts else None


def _clock(text: str) -> time | None:
    try:
        return time.fromisoformat(text)
    except ValueError:
        return None


def _later(start: time) -> time:
    """The end of a lesson of 40 minutes where none is given."""
    ends = datetime.combine(date(2000, 1, 1), start) + timedelta(minutes=40)
    return ends.time()


def plan_of(fields: PlanFields, desk: PlanDesk | None = None) -> PlannedMeeting:
    """Return the plan; its times need ``desk``, for the school's lesson times."""
    starts_at, ends_at, lesson_no = times_of(fields, desk) if desk else (None, None, None)
    version = next((p.version for p in desk.packs if p.id == fields.pack), "") if desk else ""
    return PlannedMeeting(
        fields.class_id, "" if fields.pack else fields.title, "", fields.pack or None, version or None, starts_at, ends_at, lesson_no,
        fields.room, fields.held_by or None, None, fields.guest, fields.override_reason, fields.already_held, fields.names_confirmed,
    )


def times_of(fields: PlanFields, desk: PlanDesk) -> tuple[datetime | None, datetime | None, int | None]:
    """Return begin, end and lesson number of what was chosen; None three times for nothing usable."""
    chosen = fields.chosen
    if chosen is None:
        return None, None, None
    day, number, starts, ends = chosen
    if number is not None:
        span = lesson_span(desk.facts, desk.klass, day, number)
        return (*span, number) if span else (None, None, None)
    assert starts is not None and ends is not None  # noqa: PT018  chosen says so
    return at(day, starts), at(day, ends), None
