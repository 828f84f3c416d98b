"""One row per person: typed paper sheets (blocks side by side) and clerks' lists of any layout."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from trainhub.plugin_api import AttendanceReading, Problem, SessionFrame, Unreadable
from trainhub.plugin_api.cells import day_of, identifier_of, local_day_of, moments_of, school_moment, text_of
from trainhub.plugin_api.headers import Header, cell_at
from trainhub.plugin_api.tables import Cell, Table
from trainhub_tabular.labels import is_label
from trainhub_tabular.marks import BLANK_SIGN, Claim, claim_of_mark, claim_of_words, combine
from trainhub_tabular.sheet import Facts, facts_of, not_data, row_text

_HINT = re.compile(r"^(.+?)\s*[(\[【]\s*([^()\[\]【】]{1,8})\s*[)\]】]$")
_IDENTITY = frozenset({"name", "staff_no", "student_no"})
_MANY = ("sign_in", "sign_out", "time", "remark", "mark", "status")
_TIMES = ("sign_in", "sign_out", "time")


@dataclass(frozen=True, slots=True)
class Block:
    """The columns of one person per row. Fields that may repeat keep all their columns."""

    single: Mapping[str, int]
    many: Mapping[str, tuple[int, ...]]

    def has(self, *names: str) -> bool:
        """Whether any of the fields has a column."""
        return any(n in self.single or self.many.get(n) for n in names)


@dataclass(slots=True)
class Listing:
    """What a table of rows gave."""

    readings: list[AttendanceReading] = field(default_factory=list)
    dropped: list[Unreadable] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    blocks: int = 1
    by_mark: bool = False


def blocks_of(header: Header) -> list[Block]:
    """Cut a header into blocks: where the name (or, without names, the number) comes again, a new one starts."""
    key = "name" if "name" in header.fields else "staff_no"
    starts = [i for i, f in enumerate(header.fields) if f == key]
    if len(starts) < 2:
        return [_block(header, 0, len(header.fields))]
    # Columns before the first name (序号) come before each further name as well.
    lead = _lead(header, starts)
    cuts = [s - lead for s in starts] + [len(header.fields)]
    return [_block(header, a, b) for a, b in pairwise(cuts)]


def _lead(header: Header, starts: Sequence[int]) -> int:
    lead = 0
    while lead < starts[0] and all(
        header.fields[s - lead - 1] == header.fields[starts[0] - lead - 1] and s - lead - 1 >= 0 for s in starts
    ):
        lead += 1
    return lead


def _block(header: Header, first: int, last: int) -> Block:
    single: dict[str, int] = {}
    many: dict[str, list[int]] = {}
    for column in range(max(0, first), last):
        name = header.fields[column]
        if name in _MANY:
            many.setdefault(name, []).append(column)
        elif name is not None:
            single.setdefault(name, column)
    if "staff_no" not in single:
        for other in ("staff_no_weak", "student_no"):
            if other in single:
                single["staff_no"] = single[other]
                break
    return Block(single, {k: tuple(v) for k, v in many.items()})


class ListingReader:
    """Reads the rows under a header into readings of one session."""

    def __init__(self, table: Table, header: Header, frame: SessionFrame) -> None:
        self.table = table
        self.frame = frame
        self.header = header
        self.blocks = blocks_of(header)
        self.identity = [c for c, f in enumerate(header.fields) if f in _IDENTITY]
        self.claims: dict[tuple[str, ...], tuple[Claim, str]] = {}
        self.seen: dict[str, int] = {}
        self.out = Listing(blocks=len(self.blocks))
        self.out.by_mark = any(b.has("mark") for b in self.blocks) and not any(b.has(*_TIMES) for b in self.blocks)
        self.session_days = {local_day_of(frame.starts_at), local_day_of(frame.ends_at), frame.day}
        self.facts = Facts()

    def read(self) -> Listing:
        """Return all readings; what was no person stands in ``dropped`` with its reason."""
        body = self.table.rows[self.header.last + 1 :]
        footers = [row for row in body if not_data(row, "") in ("totals", "footer")]
        self.facts = facts_of(self.table, self.header.first, footers)
        printed = self.facts.printed_day
        if printed is not None and printed not in self.session_days:
            self.out.warnings.append(
                Problem(
                    "sheet_date_differs", params={"printed": printed.isoformat(), "day": self.frame.day.isoformat()}
                )
            )
        for offset, row in enumerate(body):
            self._row(self.header.last + 2 + offset, row)
        self._settle_blanks()
        self._compare_totals()
        return self.out

    def _row(self, number: int, row: Sequence[Cell]) -> None:
        if self._repeats_header(row):
            self.out.dropped.append(Unreadable(number, "header_again"))
            return
        for index, block in enumerate(self.blocks):
            name = text_of(cell_at(row, block.single.get("name")))
            reason = not_data(row, name) if index == 0 else ("totals" if not_data((name,), name) == "totals" else "")
            if reason:
                if reason != "blank":
                    self.out.dropped.append(Unreadable(number, reason, row_text(row)[:200]))
                if reason != "totals" or index == 0:
                    return
                continue
            reading = self._reading(number, row, block, name)
            if reading is not None:
                self.out.readings.append(reading)

    def _repeats_header(self, row: Sequence[Cell]) -> bool:
        """Whether a page repeats the header; the columns may even stand in another order there."""
        return all(
            isinstance(cell := cell_at(row, column), str)
            and (is_label(cell) or text_of(cell) == self.header.texts[column])
            for column in self.identity
        )

    def _reading(self, number: int, row: Sequence[Cell], block: Block, typed: str) -> AttendanceReading | None:
        hint = _HINT.match(typed)
        name, hinted = (hint.group(1).strip(), hint.group(2).strip()) if hint else (typed, "")
        staff_no = identifier_of(cell_at(row, block.single.get("staff_no")))
        if not (name or staff_no.text or self._text(row, block, "device_pin") or self._text(row, block, "card_no")):
            if any(text_of(cell_at(row, c)) for f in _MANY for c in block.many.get(f, ())):
                self.out.dropped.append(Unreadable(number, "no_identity", row_text(row)[:200]))
            return None
        claim, marked = self._claim(row, block, "".join(name.split()))
        moments = _Moments(self, row, block)
        flags = list(claim.flags) + moments.flags + (["staff_no_damaged"] if staff_no.damaged else [])
        punches, stated = moments.punches, claim.stated
        if marked == "unknown" and not punches:
            flags.append("unknown_symbol")
            stated = None
        elif marked == "blank" and stated is None and not punches and not flags and not block.has(*_TIMES):
            flags.append("blank_mark")
        department = self._text(row, block, "department")
        card_no, device_pin = self._text(row, block, "card_no"), self._text(row, block, "device_pin")
        return AttendanceReading(
            row=number,
            name=name,
            staff_no=staff_no.text,
            department=department,
            device_pin=device_pin,
            card_no=card_no,
            email=self._text(row, block, "email"),
            punches=tuple(sorted(set(punches))),
            stated=stated,
            whole_session=stated in ("present", "late", "left_early") and not punches,
            late_minutes=claim.late_minutes,
            arrived_at=self._in_window(claim.arrived),
            left_at=self._left(claim),
            leave_type=claim.leave_type,
            remark=" ".join(t for c in block.many.get("remark", ()) if (t := text_of(cell_at(row, c))))[:200],
            flags=tuple(dict.fromkeys(flags)),
            other_days=moments.other_day,
            raw={"department_hint": hinted} if hinted else {},
            external_id=self._key(staff_no.text or card_no or device_pin, name, department or hinted, moments.day),
        )

    def _text(self, row: Sequence[Cell], block: Block, name: str) -> str:
        column = block.single.get(name)
        if column is None:
            return ""
        cell = cell_at(row, column)
        return text_of(cell) if name in ("department", "email") else identifier_of(cell).text

    def _claim(self, row: Sequence[Cell], block: Block, name: str) -> tuple[Claim, str]:
        """Return what mark, status and remark claim, and whether the mark was ``blank`` or ``unknown``.

        Rows say the same few things again and again, so each combination is worked out once.
        """
        marks = [cell_at(row, c) for c in block.many.get("mark", ())]
        texts = [("" if moments_of(m) else text_of(m)) for m in marks]
        words = [text_of(cell_at(row, c)) for c in block.many.get("status", ())]
        remarks = [text_of(cell_at(row, c)) for c in block.many.get("remark", ())]
        own = name if name and name in texts else ""
        timed = "time" if marks and not texts[0] and marks[0] is not None else ""
        key = (str(id(block)), timed, own, *texts, *words, *remarks)
        if key not in self.claims:
            self.claims[key] = self._work_out(block, texts, words, remarks, own, timed)
        return self.claims[key]

    def _work_out(
        self, block: Block, texts: list[str], words: list[str], remarks: list[str], own: str, timed: str
    ) -> tuple[Claim, str]:
        marks = [claim_of_mark(t, own, self.facts.legend) for t in texts]
        said = [claim_of_words(w) for w in words]
        marked = timed
        if marks and not timed:
            marked = "unknown" if any(not m.known for m in marks) else "" if any(m.stated for m in marks) else "blank"
        elif said and not marks:
            marked = "unknown" if any(not w.known for w in said) else "" if any(w.stated for w in said) else "blank"
        if not block.has("mark", "status", *_TIMES):
            marked = "blank"
        return combine([*marks, *said, *map(claim_of_words, remarks)]), marked

    def _in_window(self, clock: time | None) -> datetime | None:
        """Place a clock from a remark on the session's day; 2:20 on an afternoon sheet is 14:20."""
        if clock is None:
            return None
        low = self.frame.starts_at - timedelta(minutes=self.frame.window_before)
        high = self.frame.ends_at + timedelta(minutes=self.frame.window_after)
        at = school_moment(self.frame.day, clock)
        for candidate in (at, at + timedelta(hours=12), at + timedelta(days=1)):
            if low <= candidate <= high and (candidate == at or clock.hour < 12):
                return candidate
        return at

    def _left(self, claim: Claim) -> datetime | None:
        if claim.left is None and claim.early_minutes is not None:
            return self.frame.ends_at - timedelta(minutes=claim.early_minutes)
        return self._in_window(claim.left)

    def _key(self, who: str, name: str, group: str, day: date | None) -> str:
        """Return the natural key of a row: who, on which day, the how manieth time in this file."""
        base = f"no:{who}" if who else f"name:{''.join(name.split())}|{group}"
        if day is not None and day not in self.session_days:
            base += f"@{day.isoformat()}"
        if len(base) > 80:
            base = "sha:" + hashlib.sha256(base.encode()).hexdigest()[:40]
        times = self.seen[base] = self.seen.get(base, 0) + 1
        return base if times == 1 else f"{base}#{times}"

    def _settle_blanks(self) -> None:
        """A blank mark means something only where the sheet itself says so: by legend or by its own totals."""
        blank = [i for i, r in enumerate(self.out.readings) if "blank_mark" in r.flags]
        if not blank:
            return
        claim = self.facts.legend.get(BLANK_SIGN)
        stated = claim.stated if claim else None
        counted = _count(self.out.readings)
        settled = counted["undecided"] == len(blank)  # nothing else on the sheet is open
        if stated is None and settled and self.facts.counts.get("absent") == counted["absent"] + len(blank):
            stated = "absent"
        if stated is None:
            return
        for i in blank:
            reading = self.out.readings[i]
            flags = tuple(f for f in reading.flags if f != "blank_mark")
            self.out.readings[i] = replace(reading, stated=stated, flags=flags, whole_session=stated == "present")

    def _compare_totals(self) -> None:
        counted = _count(self.out.readings)
        printed = {k: v for k, v in self.facts.counts.items() if k in counted}
        differ = {k for k, v in printed.items() if counted[k] != v}
        if differ:
            fill = {f"printed_{k}": printed.get(k, "—") for k in ("expected", "present", "excused", "absent")}
            fill |= {f"counted_{k}": counted[k] for k in ("expected", "present", "excused", "absent", "undecided")}
            self.out.warnings.append(Problem("totals_differ", params=fill))


class _Moments:
    """The punches of one row, put on their days."""

    def __init__(self, reader: ListingReader, row: Sequence[Cell], block: Block) -> None:
        frame = reader.frame
        self.flags: list[str] = []
        self.punches: list[datetime] = []
        self.day: date | None = None
        date_cell = cell_at(row, block.single.get("date"))
        if date_cell is not None:
            self.day = day_of(date_cell, frame.day.year)
            if self.day is None and text_of(date_cell) not in ("-", "--", "/"):
                self.flags.append("date_unreadable")
        base = self.day or reader.facts.printed_day or frame.day
        for cell in _time_cells(row, block):
            self._add(cell, base, frame)
        if "date_unreadable" in self.flags:
            self.punches.clear()
        days = {local_day_of(p) for p in self.punches} or ({self.day} if self.day else {base})
        self.other_day = not days & reader.session_days
        if self.other_day and self.day is None and self.punches:
            self.day = min(days)

    def _add(self, cell: Cell, base: date, frame: SessionFrame) -> None:
        found = moments_of(cell, frame.day.year)
        if not found and cell is not None and claim_of_words(text_of(cell)).known is False:
            self.flags.append("time_unreadable")
        for moment in found:
            if moment.clock is None:
                continue
            at = school_moment(moment.day or base, moment.clock, next_day=moment.next_day)
            if (
                moment.day is None
                and at < frame.starts_at - timedelta(hours=12)
                and frame.ends_at.date() > frame.starts_at.date()
            ):
                at += timedelta(days=1)
            self.punches.append(at)


def _time_cells(row: Sequence[Cell], block: Block) -> Iterator[Cell]:
    for name in _TIMES:
        for column in block.many.get(name, ()):
            yield cell_at(row, column)
    for column in block.many.get("mark", ()):
        cell = cell_at(row, column)
        if cell is not None and moments_of(cell):
            yield cell


def _count(readings: Sequence[AttendanceReading]) -> dict[str, int]:
    """Count people as a clerk counts a sheet: late and early leavers were there."""
    counted = {"expected": 0, "present": 0, "excused": 0, "absent": 0, "undecided": 0}
    for reading in readings:
        if reading.external_id.rpartition("#")[2].isdecimal() and "#" in reading.external_id:
            continue  # the same person again
        counted["expected"] += 1
        if reading.other_days:
            continue
        if reading.punches or reading.stated in ("present", "late", "left_early"):
            counted["present"] += 1
        elif reading.stated is None:
            counted["undecided" if reading.flags else "absent"] += 1
        else:
            counted[reading.stated] += 1
    return counted
