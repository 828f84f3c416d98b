"""``<n>_attlog.dat``: a line for each punch, tab-separated: PIN, time, device, status, verify, work code.

No names, and often all punches of years: the log is read line by line, and only the session's day is kept. The
status key (in, out, break) is what somebody happened to press, so the first and the last punch decide.
"""

import re
from collections.abc import Iterator
from datetime import date, time

from trainhub.plugin_api import ReadResult, Refused, SessionFrame
from trainhub.plugin_api.cells import school_moment
from trainhub.plugin_api.limits import LIMITS
from trainhub_device.punches import Holder, PunchBook

LINE = re.compile(
    rb"^[ \t]*([0-9A-Za-z]{1,24})[ ]*[\t,][ ]*([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})[ T]+"
    rb"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?(?:[ ]*[\t,](.*))?$",
    re.DOTALL,
)
PASSWORD = b"3"
_HEAD = 8_192
_MOST_LINE = 1_000


def lines_of(content: bytes) -> Iterator[bytes]:
    """Yield the lines of a log one by one, without a copy of the whole."""
    at, end = 3 if content.startswith(b"\xef\xbb\xbf") else 0, len(content)
    while at < end:
        stop = content.find(b"\n", at)
        stop = end if stop < 0 else stop
        yield content[at : min(stop, at + _MOST_LINE)].rstrip(b"\r")
        at = stop + 1


def looks_like_log(content: bytes) -> bool:
    """Whether most of the first lines are punches."""
    head = content[:_HEAD]
    if len(content) > _HEAD:
        head = head[: head.rfind(b"\n") + 1]
    lines = [line for line in lines_of(head) if line.strip()]
    return bool(lines) and sum(1 for line in lines if LINE.match(line)) * 2 > len(lines)


def read(content: bytes, frame: SessionFrame) -> ReadResult:
    """Return one reading per PIN of the session's day. Raises :class:`Refused`."""
    if len(content) > LIMITS.upload_bytes:
        raise Refused("too_large", limit_mb=LIMITS.upload_bytes // 2**20)
    if not content or content.isspace():
        raise Refused("empty_file")
    if not looks_like_log(content):
        raise Refused("no_header")
    book = PunchBook(frame)
    for number, line in enumerate(lines_of(content), 1):
        if line.strip():
            _take(book, number, line)
    return ReadResult(
        "zk.attlog.dat",
        book.readings(),
        dropped=book.told(),
        warnings=book.warnings(),
        encoding="ascii",
        columns={"device_pin": "PIN", "time": "time"},
        confidence=98,
    )


def _take(book: PunchBook, number: int, line: bytes) -> None:
    found = LINE.match(line)
    if found is None:
        book.drop(number, "unreadable")
        return
    pin, year, month, day_text, hour, minute, _second, rest = found.groups()
    try:
        day, clock = date(int(year), int(month), int(day_text)), time(int(hour), int(minute))
    except ValueError:
        book.drop(number, "time_unreadable")
        return
    holder_pin = pin.decode("ascii")
    if book.wrong_year(day.year):
        book.clock_was_reset(Holder(holder_pin), number)
    elif day not in book.days:
        book.other(day, number)
    else:
        more = re.split(rb"[\t,]", rest) if rest else []
        verified = more[2].strip() if len(more) > 2 else b""
        flags = ("password_verify",) if verified == PASSWORD else ()
        book.take(Holder(holder_pin), school_moment(day, clock), day, number, flags)
