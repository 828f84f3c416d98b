"""The attendance source ``forms``: one submission is one sign-in, and the first of them counts."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from trainhub.plugin_api import (
    AttendanceReading,
    ReadResult,
    Refused,
    SessionFrame,
    SourceSpec,
    Unreadable,
    Upload,
)
from trainhub.plugin_api.cells import identifier_of, local_day_of, moment_of, school_moment, text_of
from trainhub.plugin_api.days import in_window
from trainhub.plugin_api.headers import Header, cell_at, find_header, fold_label, rows_below
from trainhub.plugin_api.tables import Cell, Table, Tables, read_tables
from trainhub_forms.claims import claim_of, needs_check
from trainhub_forms.labels import field_of, maker_of

_MISSING = frozenset({"-2", "-3", "(跳过)", "(空)", "跳过", "null", "n/a", "-", "--", "/"})
_TAIL = re.compile(r"[0-9]{4}$")


class FormsSource:
    """Exports of 问卷星, 腾讯文档收集表 and forms of the same layout: what people sent in themselves."""

    spec = SourceSpec(
        key="forms",
        label="Collected form (wjx.cn, Tencent Docs)",
        kind="file",
        trust="self_report",
        extensions=(".xlsx", ".xls", ".csv"),
    )

    def recognise(self, upload: Upload) -> int:
        """Return 98 for a known form maker, 88 for a form of an unknown one, else 0."""
        try:
            makers = [maker_of(header) for _table, header in _forms(read_tables(upload))]
        except Refused:
            return 0
        return max((88 if maker == "form" else 98 for maker in makers if maker), default=0)

    def read(self, upload: Upload, frame: SessionFrame, mapping: Mapping[str, str] | None = None) -> ReadResult:
        """Return one reading per person with the times of all submissions. Raises :class:`Refused`."""
        tables = read_tables(upload)
        found = list(_forms(tables, mapping))
        if not found:
            raise Refused("no_header")
        reader = _Reader(frame)
        for table, header in found:
            reader.table(table, header)
        header = found[0][1]
        maker = maker_of(header) or "form"
        return ReadResult(
            format=f"{maker}.{tables.container}",
            readings=tuple(entry.reading(frame) for entry in reader.held.values()),
            dropped=tuple(reader.dropped),
            warnings=tables.warnings,
            encoding=tables.encoding,
            columns=header.columns(),
            unmapped=header.unmapped(),
            confidence=88 if maker == "form" else 98,
        )


def _forms(tables: Tables, mapping: Mapping[str, str] | None = None) -> Iterator[tuple[Table, Header]]:
    """Yield the tables that ask who somebody is and say when it was sent."""
    for table in tables:
        header = find_header(table, field_of, ("submitted",), mapping)
        if header is not None and {"name", "staff_no"} & set(header.fields) and (mapping or maker_of(header)):
            yield table, header


@dataclass(slots=True)
class _Person:
    """All submissions of one identity, in the order of the file."""

    row: int
    name: str
    staff_no: str
    department: str
    phone_tail: str
    email: str
    key: str
    sent: list[datetime] = field(default_factory=list)
    answers: list[tuple[datetime | None, str, str]] = field(default_factory=list)
    flags: dict[str, None] = field(default_factory=dict)

    def reading(self, frame: SessionFrame) -> AttendanceReading:
        near = in_window(self.sent, frame)
        # The first submission that can be about this session speaks; what the person said elsewhere does not.
        first = min(near, default=min(self.sent, default=None))
        claim = next((claim_of(there) for at, there, _remark in self.answers if at == first), claim_of(""))
        remarks = list(dict.fromkeys(r for _at, _there, r in self.answers if r))
        flags = [*self.flags, *claim.flags]
        if len(near) > 1:
            flags.append("duplicate_submission_ignored")
        if any(map(needs_check, remarks)):
            flags.append("remark_needs_check")
        return AttendanceReading(
            row=self.row,
            name=self.name,
            staff_no=self.staff_no,
            department=self.department,
            email=self.email,
            punches=tuple(sorted(set(self.sent))) if claim.there else (),
            sign_in_only=True,
            stated=claim.stated,
            leave_type=claim.leave_type,
            remark=" ".join(remarks)[:200],
            flags=tuple(dict.fromkeys(flags)),
            raw={"phone_tail": self.phone_tail} if self.phone_tail else {},
            external_id=self.key,
        )


class _Reader:
    """Puts submissions of the same identity together; who that is, core decides."""

    def __init__(self, frame: SessionFrame) -> None:
        self.frame = frame
        self.held: dict[str, _Person] = {}
        self.dropped: list[Unreadable] = []

    def table(self, table: Table, header: Header) -> None:
        at = header.places()
        for number, row in rows_below(table, header):
            self._row(number, row, at)

    def _row(self, number: int, row: Sequence[Cell], at: Mapping[str, int]) -> None:
        name, department = _text(row, at, "name"), _text(row, at, "department")
        found = identifier_of(cell_at(row, at.get("staff_no")))
        staff_no = "" if found.text in _MISSING else found.text
        if field_of(fold_label(name)) == "name":
            self.dropped.append(Unreadable(number, "header_again"))
            return
        if not (name or staff_no or found.damaged):
            self.dropped.append(Unreadable(number, "no_identity"))
            return
        moment = moment_of(cell_at(row, at.get("submitted")), self.frame.day.year)
        sent = school_moment(moment.day, moment.clock) if moment.day and moment.clock else None
        if sent is not None and abs((local_day_of(sent) - self.frame.day).days) > 1:
            self.dropped.append(Unreadable(number, "other_date"))
            return
        person = self._person(number, name, staff_no, department, _tail(row, at), _text(row, at, "email"))
        if found.damaged:
            person.flags["staff_no_damaged"] = None
        if sent is None:
            person.flags["time_unreadable"] = None
        else:
            person.sent.append(sent)
        person.answers.append((sent, _text(row, at, "there"), _text(row, at, "remark")))

    def _person(self, number: int, name: str, staff_no: str, department: str, tail: str, email: str) -> _Person:
        squeezed = "".join(name.split())
        who = f"no:{staff_no}|{squeezed}" if staff_no else f"name:{squeezed}|{department}|{tail}|{email}"
        return self.held.setdefault(who, _Person(number, name, staff_no, department, tail, email, who[:120]))


def _text(row: Sequence[Cell], at: Mapping[str, int], field_name: str) -> str:
    text = text_of(cell_at(row, at.get(field_name)))
    return "" if text.lower() in _MISSING else text


def _tail(row: Sequence[Cell], at: Mapping[str, int]) -> str:
    """Return the last four digits of a telephone; a number cell may have lost zeros in front."""
    cell = cell_at(row, at.get("phone_tail"))
    digits = identifier_of(cell).text
    if isinstance(cell, (int, float)) and digits.isdecimal():
        digits = digits.zfill(4)
    found = _TAIL.search(digits)
    return found.group(0) if found else ""
