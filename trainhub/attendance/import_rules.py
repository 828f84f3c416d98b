"""What an import would do to a roll, row by row, before anything is written. Pure.

Precedence: manual > approved leave > check-in > import > assertion. The loser stays as evidence and is
shown. Where the file and another source contradict each other about a presence, nothing is overwritten:
the row waits for a decision, here or among the roll's conflicts. A human's decision about a row or a
person beats every proposal; names are never guessed.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from trainhub.attendance.outcomes import Outcome, PersonOutcome, UnmatchedRow
from trainhub.attendance.reconciliation import Claim, Conflict, about, current_claims, reconcile, settled, strength_of
from trainhub.attendance.roll_rules import (
    LEAVE_TYPES,
    THERE,
    VALUES,
    Frame,
    Head,
    Statement,
    apply,
    rank,
)
from trainhub.kernel.clock import local
from trainhub.plugin_api import AttendanceReading, Problem
from trainhub.plugin_api.contracts import Trust

IMPORT = "import"

COLUMN_FIELDS: tuple[str, ...] = (
    "name", "staff_no", "department", "mark", "status", "sign_in", "sign_out", "time", "date", "remark", "card_no", "device_pin",
)
"""What a person may name a column as, in the order of the dialog."""
_WHO = frozenset({"name", "staff_no", "card_no", "device_pin"})
_WHAT = frozenset({"mark", "status", "sign_in", "sign_out", "time", "remark"})


def columns_suffice(mapping: Mapping[str, str]) -> bool:
    """Whether columns (field -> header) say who it is and what became of them."""
    named = {name for name, header in mapping.items() if header}
    return bool(named & _WHO) and bool(named & _WHAT)

LOOK_AT = frozenset({
    "name_mismatch_with_staff_no", "result_time_conflict", "remark_needs_check", "proxy_signature", "other_date",
    "only_workday_punch", "out_of_range", "admin_override", "approved_makeup", "device_clock_reset",
    "submitted_outside_window", "sign_in_missing",
})
"""Review codes that put a row under "please confirm"; the others are information."""


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One line of the check page.

    ``keys`` are the natural keys of the readings, ``raw`` what their cells say, name first.
    ``kind``: ``problem`` (needs a decision, else it is not written), ``confirm`` (a proposal stands),
    ``ready``, ``same`` (nothing to change), ``left_out`` (by decision or because it says nothing new).
    ``code`` says why; ``choice`` is what will be done: a status, ``keep``, ``wait`` (among the conflicts),
    ``walk_in``, ``skip`` or "". ``options`` are the choices offered; ``candidates`` person ids offered side by
    side. ``claim`` is what the file states about the person, ``conflict`` the contradiction it would make.
    """

    kind: str
    rows: tuple[int, ...]
    keys: tuple[str, ...]
    raw: tuple[str, ...]
    person_id: str = ""
    code: str = ""
    params: tuple[tuple[str, Any], ...] = ()
    review: tuple[str, ...] = ()
    proposed: Head | None = None
    before: Head | None = None
    choice: str = ""
    options: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    reason: str = ""
    claim: Claim | None = None
    conflict: Conflict | None = None

    @property
    def against(self) -> tuple[Claim, ...]:
        """What other sources say, where they contradict the file."""
        mine = self.claim.source if self.claim else ""
        return tuple(c for c in self.conflict.sides if c.source != mine) if self.conflict else ()

    @property
    def side(self) -> Claim | None:
        """The side of the conflict that the choice takes; None while it waits."""
        if self.conflict is None or self.choice == "wait":
            return None
        if self.choice != "keep":
            return self.claim
        held = self.before.status if self.before else None
        kept = [c for c in self.against if c.status == held] or list(self.against)
        return kept[0] if kept else None

    @property
    def key(self) -> str:
        """Stable name of the line's inputs: the person where one is known, else the reading."""
        return f"p-{self.person_id}" if self.person_id else f"r-{self.keys[0]}"

    @property
    def writes(self) -> bool:
        """Whether confirming the import changes a record by this line."""
        return self.kind in {"ready", "confirm", "problem"} and self.choice not in {"", "keep", "wait", "skip"}


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """All lines, problems first, and how many expected people the file does not mention."""

    lines: tuple[PlanRow, ...]
    not_in_file: int
    warnings: tuple[Problem, ...]

    def of(self, kind: str) -> tuple[PlanRow, ...]:
        """The lines of one kind."""
        return tuple(line for line in self.lines if line.kind == kind)

    @property
    def writing(self) -> tuple[PlanRow, ...]:
        """The lines that would be written."""
        return tuple(line for line in self.lines if line.writes)

    @property
    def waiting(self) -> int:
        """Lines nobody decided yet."""
        return sum(1 for line in self.of("problem") if not line.choice)


@dataclass(frozen=True, slots=True)
class Decisions:
    """What a human decided.

    ``rows``: natural key of a reading -> person id ("" = nobody); ``people``: person -> choice;
    ``reasons``: line key -> why it is left out.
    """

    rows: Mapping[str, str]
    people: Mapping[str, str]
    reasons: Mapping[str, str]

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> "Decisions":
        """Read what :meth:`dump` wrote."""
        return cls(dict(stored.get("rows", {})), dict(stored.get("people", {})), dict(stored.get("reasons", {})))

    def dump(self) -> dict[str, Any]:
        """Plain data for the database."""
        return {"rows": dict(self.rows), "people": dict(self.people), "reasons": dict(self.reasons)}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the readings come from: key and trust of the source, and whether it counts face to face."""

    source_key: str = ""
    trust: Trust = "witnessed"
    face_to_face: bool = True
    batch_id: str = ""
    file_name: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What other sources said: person -> claims, person -> (conflict, side taken), oldest first."""

    claims: Mapping[str, Sequence[Claim]] = field(default_factory=dict)
    decisions: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)


def plan(
    outcome: Outcome, readings: Iterable[AttendanceReading], heads: Mapping[str, Head], frame: Frame, decided: Decisions,
    origin: Origin | None = None, said: Said | None = None,
) -> ImportPlan:
    """Return what an import would do, line by line: problems, confirmations, then the rest.

    ``said`` is what other sources stated about the people of the roll; ``origin`` whence these readings come.
    """
    by_key = {r.external_id: r for r in readings}
    origin, said = origin or Origin(), said or Said()
    lines = [_unmatched(u, by_key) for u in outcome.unmatched]
    lines += [_dismissed(by_key[k], decided) for k, person in decided.rows.items() if person == "" and k in by_key]
    for found in outcome.people:
        if found.rows:
            stronger = _holds(heads.get(found.person_key), said.claims.get(found.person_key, ()), origin)
            line = _matched(found, by_key, heads, frame, decided, stronger=stronger)
            line = replace(line, claim=_claim(line, found, by_key, origin))
            lines.append(_reconciled(line, said, decided.people.get(found.person_key, "")))
    order = {"problem": 0, "confirm": 1, "ready": 2, "same": 3, "left_out": 4}
    lines.sort(key=lambda line: (order[line.kind], line.rows))
    mentioned = {line.person_id for line in lines}
    missing = sum(1 for h in heads.values() if h.expected and h.person_id not in mentioned)
    return ImportPlan(tuple(lines), missing, outcome.warnings)


def _unmatched(found: UnmatchedRow, by_key: Mapping[str, AttendanceReading]) -> PlanRow:
    return PlanRow(
        "problem", (found.row,), (found.external_id,), _raw([found.external_id], by_key), code=found.reason,
        candidates=found.candidates,
        params=(("name", found.raw_name), ("number", found.raw_id), ("count", len(found.candidates))),
    )


def _dismissed(reading: AttendanceReading, decided: Decisions) -> PlanRow:
    """A row that somebody said belongs to nobody here; it stays visible with the reason."""
    line = PlanRow("left_out", (reading.row,), (reading.external_id,), _cells(reading), code="dismissed", choice="skip")
    return replace(line, reason=decided.reasons.get(line.key, ""))


def _matched(
    found: PersonOutcome, by_key: Mapping[str, AttendanceReading], heads: Mapping[str, Head], frame: Frame,
    decided: Decisions, *, stronger: bool,
) -> PlanRow:
    head = heads.get(found.person_key)
    choice = decided.people.get(found.person_key, "")
    base = PlanRow("ready", found.rows, found.external_ids, _raw(found.external_ids, by_key), person_id=found.person_key,
                   review=found.review, before=head, reason=decided.reasons.get(f"p-{found.person_key}", ""))
    if choice == "skip":
        return replace(base, kind="left_out", code="left_out", choice="skip")
    status = choice if choice in VALUES else status_of(found)
    if status is None:
        return replace(base, kind="problem", code=found.review[0] if found.review else "undecided", options=VALUES,
                       choice="keep" if choice == "keep" else "")
    after = proposal(found, status, head, frame, by_hand=choice in VALUES)
    if choice in VALUES and found.status is None:
        return replace(base, kind="confirm", code=found.review[0] if found.review else "undecided", options=(*VALUES, "keep"),
                       choice=choice, proposed=after)
    return _compared(base, after, head, choice, found, stronger=stronger)


def _holds(head: Head | None, stored: Iterable[Claim], origin: Origin) -> bool:
    """Whether the record as it stands rests on something stronger than the file.

    A record names its source; how far that one is to be trusted its claim says: a device without a signature is no
    stronger than what people say of themselves.
    """
    if head is None:
        return False
    behind = next((c for c in current_claims(stored) if c.source == head.source), None)
    held = behind.strength if behind else rank(head.source)
    return held > strength_of(f"{IMPORT}:{origin.source_key}", origin.trust)


def _compared(
    base: PlanRow, after: Head, head: Head | None, choice: str, found: PersonOutcome, *, stronger: bool
) -> PlanRow:
    """Say what the proposal means beside the record as it stands; ``stronger`` where that rests on something stronger."""
    status = str(after.status)
    line = replace(base, proposed=after)
    if head is None:
        if status not in THERE:
            return replace(line, kind="left_out", code="not_expected", choice="skip")
        return replace(line, kind="confirm", code="not_on_list", choice="walk_in", options=("walk_in", "skip"))
    if (head.status, head.minutes, head.leave_type) == (after.status, after.minutes, after.leave_type) or (
        head.status == after.status and head.status not in THERE
    ):
        return replace(line, kind="same", code="same", choice="keep")
    if head.status is not None:
        pick = choice if choice in {*VALUES, "keep"} else ("keep" if stronger else status)
        code = "loses_to_mark" if stronger else "replaces_mark"
        return replace(line, kind="confirm", code=code, choice=pick, options=("keep", status))
    look = [c for c in found.review if c in LOOK_AT]
    if look:
        others = ("keep", status) if status == "absent" else (status, "keep", "absent")
        return replace(line, kind="confirm", code=look[0], choice=choice or status, options=others)
    if choice == "keep":
        return replace(line, kind="left_out", code="left_out", choice="skip")
    return replace(line, choice=status)


def _claim(
    line: PlanRow, found: PersonOutcome, by_key: Mapping[str, AttendanceReading], origin: Origin
) -> Claim | None:
    """What the file states about a person; None where it states nothing, or where the row is left out."""
    after = line.proposed
    if after is None or after.status is None or line.choice == "skip":
        return None
    said = sorted(f"{k}|{content_digest(by_key[k])}" for k in line.keys if k in by_key)
    source = f"{IMPORT}:{origin.source_key}"
    return Claim(
        source=source, external_id=min(line.keys, default="")[:96], raw_sha256=hashlib.sha256("\n".join(said).encode()).hexdigest(),
        status=str(status_of(found) or after.status), trust=origin.trust, leave_type=after.leave_type, arrived_at=after.arrived_at,
        left_at=after.left_at, late_minutes=after.late_minutes, minutes=found.minutes if found.status else after.minutes,
        face_to_face=found.counts_face_to_face or status_of(found) not in THERE,
        stated=after.status != "absent" or found.status is None or any(by_key[k].stated == "absent" for k in line.keys if k in by_key),
        file_name=origin.file_name,
        row=min(line.rows, default=0), cells=line.raw, batch_id=origin.batch_id,
    )


def _reconciled(line: PlanRow, said: Said, choice: str) -> PlanRow:
    """Put a row that contradicts another source before the clerk; left alone, it waits among the conflicts."""
    claim = line.claim
    if claim is None or line.before is None or line.kind not in {"ready", "confirm"}:
        return line
    newer = replace(claim, said_at=_AT_LAST)
    stored = [c for c in said.claims.get(line.person_id, ()) if c.source != claim.source]
    found = settled(reconcile([*about(line.before, stored), newer]), said.decisions.get(line.person_id, ()))
    if not isinstance(found, Conflict):
        loses = found.winner is not None and found.winner.source != claim.source
        return replace(line, code="loses_to_mark", choice="keep") if loses and line.code == "replaces_mark" and not choice else line
    pick = choice if choice in {*VALUES, "keep", "wait"} else "wait"
    options = ("wait", "keep", str(line.proposed.status)) if line.proposed else ("wait", "keep")
    return replace(line, kind="confirm", code=found.code, choice=pick, options=options, conflict=found)


_AT_LAST = datetime(9999, 1, 1, tzinfo=UTC)
"""What is being imported is the newest statement of its source."""


def _raw(keys: Iterable[str], by_key: Mapping[str, AttendanceReading]) -> tuple[str, ...]:
    return tuple(cell for key in keys if key in by_key for cell in _cells(by_key[key]))


def _cells(reading: AttendanceReading) -> tuple[str, ...]:
    """What a reading says in the words of its file: name, number, department, times, remark."""
    times = (f"{local(p):%H:%M}" for p in reading.punches)
    return tuple(c for c in (reading.name, reading.staff_no, reading.department, *times, reading.remark) if c)


def status_of(found: PersonOutcome) -> str | None:
    """Map an outcome to a status of the roll: present but gone early is ``left_early`` here."""
    if found.status == "present" and found.left_early:
        return "left_early"
    return found.status


def proposal(found: PersonOutcome, status: str, head: Head | None, frame: Frame, *, by_hand: bool = False) -> Head:
    """Return the head as the file would have it. Minutes are those of the scored evidence."""
    blank = head or Head(found.person_key, 0, expected=False)
    arrived, left = found.check_in or found.arrived_at, found.check_out or found.left_at
    if found.late_minutes and status in THERE:
        arrived = frame.starts_at + timedelta(minutes=found.late_minutes)
    arrived = arrived if arrived and arrived > frame.starts_at else None
    left = left if left and left < frame.ends_at else None
    after = apply(blank, Statement(status, found.leave_type if found.leave_type in LEAVE_TYPES else "", arrived, None, left),
                  frame, frame.ends_at)
    if not by_hand and found.minutes is not None:
        after = replace(after, minutes=found.minutes)
    online = ("online_evidence",) if status in THERE and found.status in THERE and not found.counts_face_to_face else ()
    return replace(after, review=tuple(dict.fromkeys((*after.review, *found.review, *online))))


def content_digest(reading: AttendanceReading) -> str:
    """Return the digest of what a reading says, whatever row, file name or encoding it came in."""
    said: list[Any] = [
        reading.name, reading.staff_no, reading.department, reading.platform_id, reading.device_pin, reading.card_no,
        [p.isoformat() for p in reading.punches], reading.stated, reading.whole_session, reading.late_minutes,
        str(reading.arrived_at), str(reading.left_at), reading.leave_type, reading.remark, reading.other_days,
    ]
    if reading.stays:
        said.append([[a.isoformat(), b.isoformat()] for a, b in reading.stays])
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()
