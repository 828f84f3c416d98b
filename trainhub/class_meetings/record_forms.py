"""The recording page as a command. The plain form, the phone's queue and the tests send the same fields."""

import re
from datetime import UTC, date, datetime, time

from werkzeug.datastructures import FileStorage, MultiDict

from trainhub.class_meetings.rules.recording import MOST_STEPS, Absence
from trainhub.class_meetings.service.photos import PHOTO_BYTES, Picture
from trainhub.class_meetings.service.recording import RecordMeeting, RecordRefused
from trainhub.kernel.clock import at
from trainhub.web.fields import plausible_day

_ID = re.compile(r"[0-9a-f]{32}")
_OPERATION = re.compile(r"[0-9a-f]{16,48}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_ABSENCE = "absence-"


def record_command(form: MultiDict[str, str], files: MultiDict[str, FileStorage], meeting_id: str) -> RecordMeeting:
    """Return what a recording form says. Raises RecordRefused where day or times cannot be read, or the form has no number."""
    op_id = form.get("op_id", "")
    if not _OPERATION.fullmatch(op_id):
        raise RecordRefused("no_number")
    day = _day(form.get("day", ""))
    held_by = form.get("held_by", "")
    return RecordMeeting(
        meeting_id=meeting_id, op_id=op_id, seen_revision=_number(form.get("seen_revision", ""), most=10**6),
        held_by_id=held_by if _ID.fullmatch(held_by) else None, starts_at=at(day, _clock(form.get("starts", ""))),
        ends_at=at(day, _clock(form.get("ends", ""))), absences=_absences(form), steps=_steps(form),
        engagement=form.get("engagement", "")[:8], worked=_text(form, "worked"), again=_text(form, "again"), agreed=_text(form, "agreed"),
        pictures=pictures_of(files, form), photos=tuple(dict.fromkeys(p for p in form.getlist("photo") if _DIGEST.fullmatch(p))), reason=_text(form, "reason")[:200],
        confirmed_words=form.get("confirmed_words") == "yes", device_at=_moment(form.get("device_at", "")),
        sent_at=_moment(form.get("sent_at", "")), roll_id=form.get("roll", "")[:32],
    )


def pictures_of(files: MultiDict[str, FileStorage], form: MultiDict[str, str]) -> tuple[Picture, ...]:
    """Return the pictures of a form, each with the digest it had on the phone; a file field left empty is none.

    One byte too many is read at most.
    """
    found, originals = [], form.getlist("original")
    for number, sent in enumerate(files.getlist("photos")):
        content = sent.stream.read(PHOTO_BYTES + 1)
        if content or sent.filename:
            found.append(Picture(content, originals[number] if number < len(originals) else ""))
    return tuple(found)


def marks_of(form: MultiDict[str, str]) -> dict[str, str]:
    """What a form says of each pupil, to show it again."""
    return {name.removeprefix(_ABSENCE): value for name, value in form.items() if name.startswith(_ABSENCE) and value}


def _absences(form: MultiDict[str, str]) -> tuple[Absence, ...]:
    found = []
    for student_id, value in marks_of(form).items():
        status, _dot, leave = value.partition(".")
        if status != "present":
            found.append(Absence(student_id[:32], status[:12], leave[:16]))
    return tuple(found)


def _steps(form: MultiDict[str, str]) -> tuple[tuple[bool, int], ...]:
    """Steps by number; a step whose box is not ticked was not done."""
    count = min(_number(form.get("steps", ""), most=MOST_STEPS), MOST_STEPS)
    return tuple((form.get(f"step-{n}") == "yes", _number(form.get(f"minutes-{n}", ""), most=10_000)) for n in range(count))


def _text(form: MultiDict[str, str], name: str) -> str:
    return form.get(name, "").replace("\r\n", "\n").strip()


def _number(text: str, *, most: int) -> int:
    return min(int(text), most) if text.isascii() and text.isdecimal() and len(text) < 9 else 0


def _day(text: str) -> date:
    found = plausible_day(text)
    if found is None:
        raise RecordRefused("times", "day")
    return found


def _clock(text: str) -> time:
    try:
        return time.fromisoformat(text).replace(tzinfo=None)
    except ValueError as error:
        raise RecordRefused("times", "starts") from error


def _moment(text: str) -> datetime | None:
    """A moment of the phone's clock; one that cannot be read is not known."""
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None
