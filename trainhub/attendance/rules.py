"""What evidence is worth: present, late, left early, excused, absent, undecided. Pure.

Source: FORMATS.md R1-R8 (window, in and out, grace, overlap, single punches). ``None`` means that nobody
may record anything until a human decides; it is never a quiet "absent".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from trainhub.kernel.minutes import Interval, union, whole_minute
from trainhub.plugin_api.contracts import AttendanceReading, SessionFrame

Status = Literal["present", "late", "absent", "excused"]

UNDECIDED_FLAGS = frozenset(
    {
        "unknown_symbol", "blank_mark", "date_unreadable", "time_unreadable", "transferred_out", "remark_needs_check",
        "not_taken", "attendance_not_taken",
    }
)  # fmt: skip
"""Flags that leave a row without other evidence to a human."""

NOT_TAKEN = frozenset({"not_taken", "attendance_not_taken"})
"""Nobody took the roll there: nothing at all is said, not even about being late."""

_THERE = ("present", "late", "left_early")


@dataclass(frozen=True, slots=True)
class Score:
    """The result for one person. ``status`` None: a human decides first. Minutes are whole.

    ``minutes`` and ``late_minutes`` are None where the evidence does not say. ``left_early`` stands
    beside the status, because one may come late and leave early. ``leave_type`` goes with excused.
    """

    status: Status | None
    minutes: int | None = 0
    late_minutes: int | None = 0
    left_early: bool = False
    check_in: datetime | None = None
    check_out: datetime | None = None
    review: tuple[str, ...] = ()
    leave_type: str = ""


def minutes_within(start: datetime, end: datetime, frame: SessionFrame) -> int:
    """Return the whole minutes of ``[start, end)`` that lie in the session (R5), never more than it has."""
    common = Interval(start, end).overlap(Interval(frame.starts_at, frame.ends_at))
    return int(common.minutes) if common else 0


def in_window(moment: datetime, frame: SessionFrame) -> bool:
    """Whether a punch may be evidence for the session at all (R2)."""
    return (
        frame.starts_at - timedelta(minutes=frame.window_before)
        <= moment
        <= frame.ends_at + timedelta(minutes=frame.window_after)
    )


def score(readings: Sequence[AttendanceReading], frame: SessionFrame) -> Score:
    """Score all readings about one person; identical repeats should be taken out before.

    Times beat words: a stated status that disagrees with punches sets ``result_time_conflict`` and
    changes nothing else. Without readings the result is absent.
    """
    relevant = [r for r in readings if not r.other_days]
    if not relevant:
        return Score("absent", review=("other_date",) if readings else ())
    flags = _flags(relevant)
    punches = sorted({whole_minute(p) for r in relevant for p in r.punches})
    inside = [p for p in punches if in_window(p, frame)]
    stays = _stays(relevant)
    near = [s for s in stays if s.overlap(_window(frame))]
    if near:
        result = _by_stays(near, frame)
    elif inside:
        result = _by_punches(inside, relevant, frame)
    elif (punches or stays) and not any(r.stated == "excused" for r in relevant):
        submitted = not stays and all(r.sign_in_only for r in relevant if r.punches)
        result = Score("absent", review=("submitted_outside_window" if submitted else "only_workday_punch",))
    else:
        result = _by_words(relevant, flags, frame)
    return replace(_capped(result, relevant, frame), review=_unique((*result.review, *flags)))


def _window(frame: SessionFrame) -> Interval:
    before, after = timedelta(minutes=frame.window_before), timedelta(minutes=frame.window_after)
    return Interval(frame.starts_at - before, frame.ends_at + after)


def _stays(readings: Iterable[AttendanceReading]) -> list[Interval]:
    """Return the stretches of presence that sources paired themselves, no minute twice."""
    return union(Interval(whole_minute(a), whole_minute(b)) for r in readings for a, b in r.stays)


def _by_stays(stays: Sequence[Interval], frame: SessionFrame) -> Score:
    """Score what a source saw of somebody coming and going: only the minutes between count (R5)."""
    first, last = stays[0].start, stays[-1].end
    if first >= frame.ends_at:
        return Score("absent", check_out=first, review=("sign_in_missing",))
    minutes = sum(minutes_within(s.start, s.end, frame) for s in stays)
    late = int(Interval(frame.starts_at, first).minutes)
    status: Status = "late" if late > frame.grace else "present"
    if last <= frame.starts_at:  # gone before it began
        status, late = "absent", 0
    early = last < frame.ends_at - timedelta(minutes=frame.early_leave_grace)
    return Score(status, minutes, late, early, first, last)


def _capped(result: Score, readings: Iterable[AttendanceReading], frame: SessionFrame) -> Score:
    """Hold minutes down to what the sources themselves add up to (a person who rejoined was away between)."""
    if result.minutes is None or not any(r.most_minutes is not None for r in readings):
        return result
    most = 0
    for reading in readings:
        own = sum(minutes_within(s.start, s.end, frame) for s in _stays([reading]))
        most += own if reading.most_minutes is None else max(0, reading.most_minutes)
    return replace(result, minutes=min(result.minutes, most))


def _flags(readings: Iterable[AttendanceReading]) -> tuple[str, ...]:
    return _unique(flag for r in readings for flag in r.flags)


def _unique(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(codes))


def _by_punches(inside: Sequence[datetime], readings: Sequence[AttendanceReading], frame: SessionFrame) -> Score:
    first, last = inside[0], inside[-1]
    sign_in_only = all(r.sign_in_only for r in readings if r.punches)
    out: datetime | None = last if last - first >= timedelta(minutes=frame.min_gap) and not sign_in_only else None
    if out is None:
        out = next((r.left_at for r in readings if r.left_at is not None and r.left_at > first), None)
    if first >= frame.ends_at:
        return Score("absent", check_out=first, review=("sign_in_missing",))
    status: Status = "late" if first > frame.starts_at + timedelta(minutes=frame.grace) else "present"
    late = int(Interval(frame.starts_at, first).minutes) if first > frame.starts_at else 0
    review: list[str] = ["duplicate_submission_ignored"] if sign_in_only and len(inside) > 1 else []
    minutes: int | None
    if out is not None:
        minutes = minutes_within(first, out, frame)
    elif sign_in_only or frame.single_punch == "credit_to_end":  # a form or a desk never takes a time of leaving (R6)
        minutes = minutes_within(first, frame.ends_at, frame)
    else:
        minutes = None
        review.append("single_punch")
    early = out is not None and out < frame.ends_at - timedelta(minutes=frame.early_leave_grace)
    if any(_contradicts(r.stated, status, early=early) for r in readings):
        review.append("result_time_conflict")
    return Score(status, minutes, late, early, first, out, tuple(review))


def _contradicts(stated: str | None, status: Status, *, early: bool) -> bool:
    """Whether the words of a source say something other than its times."""
    if stated is None or stated == status:
        return False
    if stated == "left_early":
        return not early
    return not (stated == "present" and status == "present")


def _by_words(readings: Sequence[AttendanceReading], flags: Sequence[str], frame: SessionFrame) -> Score:
    if "proxy_signature" in flags:
        return Score("absent")  # somebody else signed: proof of nothing but that
    stated = {r.stated for r in readings if r.stated is not None}
    if not stated:
        undecided = UNDECIDED_FLAGS.intersection(flags)
        return Score(None, None, 0 if undecided <= NOT_TAKEN else None) if undecided else Score("absent")
    if len(stated) > 1:
        return Score(None, None, None, review=("conflicting_rows",))
    reading = next(r for r in readings if r.stated is not None)
    if reading.stated == "excused":
        return Score("excused", leave_type=reading.leave_type)
    return Score("absent") if reading.stated == "absent" else _whole_session(reading, frame)


def _whole_session(reading: AttendanceReading, frame: SessionFrame) -> Score:
    """A tick stands for the whole session, less what the remark takes off."""
    if not reading.whole_session and reading.late_minutes is None and reading.stated == "present":
        return Score("present", None, 0)  # the source says that somebody was there, and not for how long
    start, known = frame.starts_at, reading.stated != "late"
    if reading.arrived_at is not None:
        start, known = max(start, whole_minute(reading.arrived_at)), True
    elif reading.late_minutes is not None:
        start, known = start + timedelta(minutes=max(0, reading.late_minutes)), True
    if not known:
        return Score("late", None, None, review=("late_minutes_unknown",))
    if start >= frame.ends_at:
        return Score("absent", review=("sign_in_missing",))
    late = int(Interval(frame.starts_at, start).minutes)
    status: Status = "late" if late > frame.grace else "present"
    if reading.left_at is None:
        if reading.stated == "left_early":
            return Score(status, None, late, left_early=True, review=("left_minutes_unknown",))
        return Score(status, minutes_within(start, frame.ends_at, frame), late)
    end = min(whole_minute(reading.left_at), frame.ends_at)
    early = end < frame.ends_at - timedelta(minutes=frame.early_leave_grace)
    return Score(status, minutes_within(start, end, frame) if end > start else 0, late, early)
