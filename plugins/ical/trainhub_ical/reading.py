"""iCalendar in: what real programs write, which is not always what RFC 5545 says.

Lines are unfolded as bytes, before decoding: Outlook and others fold inside a character, and a parser that decodes
first puts U+FFFD there. Text is UTF-8, else GB18030 with a warning. A time without a zone, or of one that nobody
knows, is school time. Nothing is concluded from what is absent: an event that vanished from a feed is no cancellation.
"""

import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from trainhub.plugin_api import Problem, Refused, Upload
from trainhub.plugin_api.limits import LIMITS

SCHOOL_TIME = ZoneInfo("Asia/Shanghai")
MOST_EVENTS = 5_000
MOST_REPEATS = 400
REPEAT_DAYS = 731
"""How far a rule that never ends is followed."""
WINDOWS = {
    "China Standard Time": "Asia/Shanghai",
    "Taipei Standard Time": "Asia/Taipei",
    "Singapore Standard Time": "Asia/Singapore",
    "Tokyo Standard Time": "Asia/Tokyo",
    "UTC": "UTC",
}
_FOLD = re.compile(rb"\r?\n[ \t]")


@dataclass(frozen=True, slots=True)
class Session:
    """One session of a calendar. ``all_day`` ones run from midnight to midnight, the end not included."""

    uid: str
    title: str
    starts_at: datetime
    ends_at: datetime
    place: str = ""
    description: str = ""
    all_day: bool = False
    cancelled: bool = False
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Feed:
    """What a calendar says, in order of time. ``encoding`` is the one that the bytes were read in."""

    sessions: tuple[Session, ...]
    encoding: str
    warnings: tuple[Problem, ...] = ()


def shown(session: Session) -> dict[str, Any]:
    """Return a session as plain values; what it does not say is left out."""
    found = {
        "uid": session.uid,
        "summary": session.title,
        "start": session.starts_at.isoformat(),
        "end": session.ends_at.isoformat(),
    }
    more = {
        "location": session.place,
        "description": session.description,
        "all_day": session.all_day,
        "cancelled": session.cancelled,
        "sequence": session.sequence,
    }
    return found | {name: value for name, value in more.items() if value}


def unfolded(content: bytes) -> tuple[str, str]:
    """Return the text of a calendar with whole lines, and its encoding. Raises :class:`Refused`."""
    if len(content) > LIMITS.upload_bytes:
        raise Refused("too_large", limit_mb=LIMITS.upload_bytes // 2**20)
    whole = _FOLD.sub(b"", content.removeprefix(b"\xef\xbb\xbf"))
    if b"\x00" in whole:
        raise Refused("nul_bytes")
    for encoding in ("utf-8", "gb18030"):
        try:
            return whole.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise Refused("undecodable")


def read_feed(upload: Upload) -> Feed:
    """Return the sessions of a calendar. Raises :class:`Refused`: ``not_a_table`` for anything that is none."""
    from icalendar import Calendar  # 60 ms; only where a calendar is read

    text, encoding = unfolded(upload.content)
    if "BEGIN:VCALENDAR" not in text[:2000].upper():
        raise Refused("not_a_table")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the library says that it guesses a zone; so do we, by our own rule
            calendars = Calendar.from_ical(text, multiple=True)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise Refused("not_a_table") from error
    if not calendars:
        raise Refused("no_data")  # cut off before its end
    reader = _Reader()
    found = [s for calendar in calendars for s in reader.sessions(calendar)]
    problems = [Problem("encoding_ambiguous", params={"encoding": encoding})] if encoding != "utf-8" else []
    problems += [Problem("unknown_zone", params={"zone": name[:40]}) for name in sorted(reader.unknown)]
    problems += [Problem("events_unreadable", params={"count": reader.unreadable})] if reader.unreadable else []
    return Feed(tuple(sorted(found, key=lambda s: (s.starts_at, s.uid))), encoding, tuple(problems))


class _Reader:
    """Turns events into sessions; notes zones nobody knows and events that cannot be read."""

    def __init__(self) -> None:
        self.unknown: set[str] = set()
        self.unreadable = 0

    def sessions(self, calendar: Any) -> Iterator[Session]:
        events = list(calendar.walk("VEVENT"))
        if len(events) > MOST_EVENTS:
            raise Refused("too_many_rows", limit=MOST_EVENTS)
        moved = {key for event in events if (key := self._instance(event)) is not None}
        for event in events:
            try:
                first = self._one(event)
            except (ValueError, KeyError, AttributeError, TypeError, OverflowError):
                self.unreadable += 1
                continue
            if event.get("RECURRENCE-ID") is not None or event.get("RRULE") is None:
                yield first
            else:
                yield from self._repeated(event, first, moved)

    def _instance(self, event: Any) -> tuple[str, datetime] | None:
        """Which occurrence of a series an event replaces."""
        named = event.get("RECURRENCE-ID")
        try:
            return None if named is None else (str(event.get("UID", "")), self.moment(named)[0])
        except (ValueError, AttributeError, TypeError):
            return None

    def _one(self, event: Any) -> Session:
        start, all_day = self.moment(event["DTSTART"])
        if event.get("DTEND") is not None:
            end = self.moment(event["DTEND"])[0]
        elif event.get("DURATION") is not None:
            end = start + event["DURATION"].dt
        else:
            end = start + timedelta(days=1) if all_day else start
        if end < start:
            raise ValueError("ends before it starts")
        return Session(
            str(event.get("UID", ""))[:255],
            str(event.get("SUMMARY", "")).strip(),
            start,
            end,
            str(event.get("LOCATION", "")).strip(),
            str(event.get("DESCRIPTION", "")).strip(),
            all_day,
            str(event.get("STATUS", "")).upper() == "CANCELLED",
            int(event.get("SEQUENCE", 0)),
        )

    def _repeated(self, event: Any, first: Session, moved: set[tuple[str, datetime]]) -> Iterator[Session]:
        """The occurrences of a series in its own local time, without those left out or given another time."""
        from dateutil.rrule import rrulestr

        zone = first.starts_at.tzinfo or SCHOOL_TIME
        local = first.starts_at.replace(tzinfo=None)
        rule = event["RRULE"] if not isinstance(event["RRULE"], list) else event["RRULE"][0]
        written = rule.to_ical().decode()
        written = re.sub(r"UNTIL=([0-9T]+)Z", lambda m: f"UNTIL={_until(m[1], zone)}", written)
        out = {self.moment(value)[0] for group in _listed(event.get("EXDATE")) for value in _spread(group)}
        length = first.ends_at - first.starts_at
        for number, at in enumerate(rrulestr(written, dtstart=local)):
            if number >= MOST_REPEATS or at - local > timedelta(days=REPEAT_DAYS):
                return
            start = at.replace(tzinfo=zone)
            if start not in out and (first.uid, start) not in moved:
                yield Session(
                    first.uid,
                    first.title,
                    start,
                    start + length,
                    first.place,
                    first.description,
                    first.all_day,
                    first.cancelled,
                    first.sequence,
                )

    def moment(self, value: Any) -> tuple[datetime, bool]:
        """Return a moment in its zone, and whether it is a whole day."""
        found = value.dt
        if not isinstance(found, datetime):
            return datetime.combine(found, time(), SCHOOL_TIME), True
        name = str(getattr(value, "params", {}).get("TZID", ""))
        if not name:
            return (found if found.tzinfo is not None else found.replace(tzinfo=SCHOOL_TIME)), False
        zone = zone_of(name)
        if zone is None and found.tzinfo is not None and found.utcoffset() is not None:
            return found, False  # described by a VTIMEZONE of the file
        if zone is None:
            self.unknown.add(name)
        return found.replace(tzinfo=zone or SCHOOL_TIME), False


def zone_of(name: str) -> tzinfo | None:
    """Return a zone by its IANA name, quoted or not, behind a vendor's path, or as Windows calls it; None where unknown."""
    plain = name.strip().strip('"').strip()
    named = WINDOWS.get(plain) or _windows().get(plain) or plain
    parts = [part for part in named.split("/") if part]
    for take in (3, 2, 1):
        try:
            return ZoneInfo("/".join(parts[-take:]))
        except (ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError
            continue
        except KeyError:
            continue
    return None


def _windows() -> Mapping[str, str]:
    try:
        from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON
    except ImportError:
        return {}
    return WINDOWS_TO_OLSON


def _until(text: str, zone: tzinfo) -> str:
    """An end in UTC as local time: the series is worked out in local time."""
    found = datetime.strptime(text, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    return f"{found.astimezone(zone):%Y%m%dT%H%M%S}"


def _listed(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


@dataclass(frozen=True, slots=True)
class _Left:
    """One left-out moment of a list, with the zone that the list names."""

    dt: datetime | date
    params: Mapping[str, Any]


def _spread(group: Any) -> list[_Left]:
    return [_Left(one.dt, getattr(group, "params", {})) for one in group.dts]
