"""RFC 5545 out: one VEVENT a session, times in Asia/Shanghai, lines folded at 75 octets between characters."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from trainhub.plugin_api import CalendarFeed, CalendarItem, ExporterSpec, ExportFile, Upload
from trainhub.plugin_api.exchange import Settings
from trainhub_ical.reading import read_feed, shown

ZONE = "Asia/Shanghai"
SCHOOL_TIME = ZoneInfo(ZONE)
FOLD = 75
"""Octets of a line without its end, as RFC 5545 3.1 wants it."""
HEAD = (
    "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//TrainHub//ical 0.1//ZH", "CALSCALE:GREGORIAN", "METHOD:PUBLISH",
)  # fmt: skip
TIMEZONE = (
    "BEGIN:VTIMEZONE", f"TZID:{ZONE}", "BEGIN:STANDARD", "DTSTART:19700101T000000", "TZOFFSETFROM:+0800", "TZOFFSETTO:+0800",
    "TZNAME:CST", "END:STANDARD", "END:VTIMEZONE",
)  # fmt: skip
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\u2028\u2029]")
_UNSAFE = re.compile(r'[\x00-\x1f\x7f"/\\:*?<>|]+')


class IcalExporter:
    """The calendar as an ``.ics`` file: the same sessions give the same bytes."""

    spec = ExporterSpec(
        key="ical", label="日历文件（.ics）", subject="calendar", media_type="text/calendar", extension="ics"
    )

    def export(self, data: CalendarFeed, settings: Settings) -> ExportFile:
        """Return the calendar."""
        lines = [
            *HEAD,
            f"X-WR-CALNAME:{text(data.name)}",
            f"X-WR-TIMEZONE:{ZONE}",
            "REFRESH-INTERVAL;VALUE=DURATION:PT6H",
            *TIMEZONE,
        ]
        for item in data.items:
            lines += _event(item)
        lines.append("END:VCALENDAR")
        content = b"".join(folded(line) for line in lines)
        return ExportFile(f"{_UNSAFE.sub('_', data.name)[:60] or 'calendar'}.ics", "text/calendar", content)

    def knows(self, upload: Upload) -> int:
        """Return 97 for a calendar of any program, else 0."""
        return 97 if b"BEGIN:VCALENDAR" in upload.content[:2000].upper() else 0

    def explain(self, upload: Upload) -> dict[str, Any]:
        """Return the sessions of a calendar under the file's name. Raises :class:`trainhub.plugin_api.Refused`."""
        feed = read_feed(upload)
        said = (
            {"warnings": [f"{upload.name}: {p.code} {dict(p.params)}" for p in feed.warnings]} if feed.warnings else {}
        )
        return {
            "kind": "calendar",
            "format": "icalendar",
            "events": {upload.name: [shown(s) for s in feed.sessions]},
            **said,
        }


def _event(item: CalendarItem) -> Iterator[str]:
    changed = (item.changed_at or item.starts_at).astimezone(UTC)
    yield "BEGIN:VEVENT"
    yield f"UID:{text(item.uid)}"
    yield f"DTSTAMP:{changed:%Y%m%dT%H%M%SZ}"
    yield f"LAST-MODIFIED:{changed:%Y%m%dT%H%M%SZ}"
    yield f"SEQUENCE:{item.sequence}"
    yield f"DTSTART;TZID={ZONE}:{_local(item.starts_at)}"
    yield f"DTEND;TZID={ZONE}:{_local(item.ends_at)}"
    yield f"SUMMARY:{text(item.title)}"
    if item.place:
        yield f"LOCATION:{text(item.place)}"
    if item.url.startswith(("https://", "http://")):
        yield f"URL:{_CONTROL.sub('', item.url)}"
    yield f"STATUS:{'CANCELLED' if item.cancelled else 'CONFIRMED'}"
    yield "TRANSP:TRANSPARENT" if item.cancelled else "TRANSP:OPAQUE"
    yield "END:VEVENT"


def _local(moment: datetime) -> str:
    return f"{moment.astimezone(SCHOOL_TIME):%Y%m%dT%H%M%S}"


def text(value: str) -> str:
    """Return a text as a value: backslash, semicolon, comma and line breaks escaped, control characters gone."""
    plain = _CONTROL.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))
    for raw, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        plain = plain.replace(raw, escaped)
    return plain


def folded(line: str) -> bytes:
    """Return a line in UTF-8, folded so that no part is longer than 75 octets and no character is cut."""
    content = line.encode("utf-8", "replace")
    parts = []
    room = FOLD
    while len(content) > room:
        cut = room
        while content[cut] & 0xC0 == 0x80:  # the middle of a character
            cut -= 1
        parts.append(content[:cut])
        content = content[cut:]
        room = FOLD - 1  # a continued line begins with a space
    return b"\r\n ".join([*parts, content]) + b"\r\n"
