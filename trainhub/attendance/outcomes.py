"""What each row of an import would become, and why: the preview as frozen values. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from trainhub.attendance.matching import Directory, Match, RosterPerson
from trainhub.attendance.rules import Score, score
from trainhub.plugin_api.contracts import AttendanceReading, Problem, ReadResult, SessionFrame, Trust


@dataclass(frozen=True, slots=True)
class PersonOutcome:
    """What the evidence in a file makes of one person.

    ``status`` None means that nobody may record anything until a human decides; ``minutes`` None
    likewise. ``rows`` are the file rows it rests on; ``review`` are codes of FORMATS.md; ``how`` says by
    what the person was recognised ("staff_no", "name_and_department", "name", ... or "" without a row).
    ``expected`` False: the person is not on the list of the session. ``arrived_at`` and ``left_at`` are
    what a remark on a ticked row says; check_in and check_out are punches.
    """

    person_key: str
    name: str
    status: str | None
    minutes: int | None
    late_minutes: int | None
    left_early: bool
    check_in: datetime | None
    check_out: datetime | None
    counts_face_to_face: bool
    review: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()
    how: str = ""
    external_ids: tuple[str, ...] = ()
    expected: bool = True
    leave_type: str = ""
    remark: str = ""
    arrived_at: datetime | None = None
    left_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class UnmatchedRow:
    """A row that belongs to nobody yet: why, and who it might be. Never guessed."""

    row: int
    raw_name: str
    raw_id: str
    reason: str
    candidates: tuple[str, ...] = ()
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The whole import as a preview."""

    format: str
    people: tuple[PersonOutcome, ...]
    unmatched: tuple[UnmatchedRow, ...]
    warnings: tuple[Problem, ...] = ()
    encoding: str = ""


_Held = list[tuple[AttendanceReading, Match]]


def weigh(
    result: ReadResult,
    people: Iterable[RosterPerson],
    frame: SessionFrame,
    expected: Sequence[str],
    *,
    face_to_face: bool = True,
    trust: Trust = "witnessed",
    decisions: Mapping[str, str] | None = None,
) -> Outcome:
    """Match, score and judge all readings of a file.

    ``expected`` are person keys in the order of the roll; expected people without a row are absent.
    ``decisions`` maps a reading's ``external_id`` to the person key a human chose ("" = nobody).
    ``face_to_face`` False (online session or source) keeps everybody from counting face to face (R10).
    """
    directory = Directory(people)
    held: dict[str, _Held] = defaultdict(list)
    unmatched: list[UnmatchedRow] = []
    asked: dict[str, list[str]] = defaultdict(list)
    for reading in result.readings:
        match = _match(reading, directory, decisions or {})
        if match.person_key is not None:
            held[match.person_key].append((reading, match))
        elif match.reason != "dismissed":
            unmatched.append(_unmatched(reading, match))
            for key in match.candidates:
                asked[key].append(match.reason)
    wanted = set(expected)
    order = [*expected, *(k for k in held if k not in wanted)]
    outcomes = [
        _person(key, directory, held.get(key, []), asked.get(key, []), frame, trust, face_to_face=face_to_face)
        for key in order
    ]
    return Outcome(
        format=result.format,
        people=tuple(o if o.person_key in wanted else replace(o, expected=False) for o in outcomes),
        unmatched=tuple(unmatched),
        warnings=result.warnings,
        encoding=result.encoding,
    )


def _match(reading: AttendanceReading, directory: Directory, decisions: Mapping[str, str]) -> Match:
    chosen = decisions.get(reading.external_id)
    if chosen is None:
        return directory.match(reading)
    if chosen not in directory.by_key:
        return Match(None, reason="dismissed")
    return Match(chosen, "decision")


def _unmatched(reading: AttendanceReading, match: Match) -> UnmatchedRow:
    raw_id = reading.staff_no or reading.platform_id or reading.device_pin or reading.card_no or reading.email
    return UnmatchedRow(reading.row, reading.name, raw_id, match.reason, match.candidates, reading.external_id)


def _person(
    key: str,
    directory: Directory,
    held: _Held,
    asked: Sequence[str],
    frame: SessionFrame,
    trust: Trust,
    *,
    face_to_face: bool,
) -> PersonOutcome:
    kept, repeats = _distinct(held)
    result = score(kept, frame)
    review = [*result.review, *(code for _r, m in held for code in m.review)]
    if repeats:
        review.append("duplicate_row_ignored")
    if result.status == "excused" and trust == "self_report":
        # Leave that somebody typed about himself needs an approver (R8).
        result, review = Score(None, None, None), [*review, "leave_needs_approval"]
    if not held and asked:
        # A row that nobody could place may be about this person: absent would be a guess.
        result, review = Score(None, None, None), [*review, *asked]
    person = directory.by_key.get(key)
    there = result.status in ("present", "late")
    words = next((r for r in kept if r.whole_session), None)
    return PersonOutcome(
        person_key=key,
        name=person.name if person else "",
        status=result.status,
        minutes=result.minutes,
        late_minutes=result.late_minutes,
        left_early=result.left_early,
        check_in=result.check_in,
        check_out=result.check_out,
        counts_face_to_face=there and face_to_face,
        review=tuple(dict.fromkeys(review)),
        rows=tuple(dict.fromkeys(r.row for r, _m in held)),
        how=held[0][1].how if held else "",
        external_ids=tuple(r.external_id for r, _m in held),
        leave_type=result.leave_type,
        remark=" ".join(dict.fromkeys(r.remark for r in kept if r.remark)),
        arrived_at=words.arrived_at if words else None,
        left_at=words.left_at if words else None,
    )


def _distinct(held: _Held) -> tuple[list[AttendanceReading], int]:
    """Take out rows that say the same again; what differs is kept and judged together."""
    seen: set[object] = set()
    kept: list[AttendanceReading] = []
    for reading, _match in held:
        says = (
            reading.punches, reading.stays, reading.most_minutes, reading.stated, reading.late_minutes, reading.arrived_at, reading.left_at,
            reading.other_days, reading.flags, reading.raw.get("date"),
        )  # fmt: skip
        if says not in seen:
            seen.add(says)
            kept.append(reading)
    return kept, len(held) - len(kept)


__all__ = ["Outcome", "PersonOutcome", "UnmatchedRow", "weigh"]
