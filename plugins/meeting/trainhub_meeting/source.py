"""The attendance source ``meeting``: stretches of time in an online meeting, per person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from trainhub.plugin_api import (
    AttendanceReading,
    Problem,
    ReadResult,
    Refused,
    SessionFrame,
    SourceSpec,
    Unreadable,
    Upload,
)
from trainhub.plugin_api.cells import local_day_of, text_of
from trainhub.plugin_api.days import session_days
from trainhub.plugin_api.tables import Cell, read_tables
from trainhub_meeting.lists import Platform, Roll, platform_of, rolls_of
from trainhub_meeting.moments import Order, minutes_of, moment_at, order_of
from trainhub_meeting.names import Named, people_of


class MeetingSource:
    """Lists of participants of Tencent Meeting, Zoom and Teams. They prove nothing about a room."""

    spec = SourceSpec(
        key="meeting",
        label="Online meeting (Tencent Meeting, Zoom, Teams)",
        kind="file",
        trust="online",
        extensions=(".xlsx", ".csv", ".tsv"),
        face_to_face=False,
    )

    def recognise(self, upload: Upload) -> int:
        """Return 98 for a list of one of the three platforms, else 0."""
        try:
            tables = read_tables(upload)
        except Refused:
            return 0
        return 98 if platform_of(tables, rolls_of(tables)) else 0

    def read(self, upload: Upload, frame: SessionFrame, mapping: Mapping[str, str] | None = None) -> ReadResult:
        """Return one reading per person. Raises :class:`Refused`."""
        tables = read_tables(upload)
        rolls = rolls_of(tables, dict(mapping or {}))
        platform = platform_of(tables, rolls)
        if platform is None and not (mapping and rolls):
            raise Refused("no_header")
        taken = _chosen(platform, rolls)
        cells = [
            roll.cell(row, f) for roll in taken for _n, row in roll.rows for f in ("join", "leave", "first", "last")
        ]
        order, sure = order_of(cells, session_days(frame))
        reader = _Reader(platform, order)
        for roll in taken:
            reader.roll(roll)
        unsure = (
            () if sure else (Problem("date_order_unsure", params={"order": "月/日" if order == "mdy" else "日/月"}),)
        )
        container = "tsv" if platform == "teams.attendance" and tables.container == "csv" else tables.container
        return ReadResult(
            format=f"{platform or 'meeting'}.{container}",
            readings=tuple(r for entry in reader.held.values() for r in entry.readings(frame)),
            dropped=tuple(reader.dropped),
            warnings=(*tables.warnings, *unsure),
            encoding=tables.encoding,
            columns={f: taken[0].texts[c] for f, c in taken[0].columns.items()},
            unmapped=taken[0].unmapped(),
            confidence=98,
        )


def _chosen(platform: Platform | None, rolls: Sequence[Roll]) -> list[Roll]:
    """Return the lists to read: one meeting states the same people up to three times.

    Teams: its activities hold every coming and going. Tencent Meeting: the overview holds the total time,
    which knows of rejoining.
    """
    filled = [roll for roll in rolls if roll.rows] or list(rolls)
    if platform == "tencent.meeting":
        return [roll for roll in filled if "first" in roll.columns] or filled
    return [roll for roll in filled if roll.detailed] or filled


@dataclass(slots=True)
class _Participant:
    """All rows of one nickname or account."""

    row: int
    nickname: str
    email: str
    people: tuple[Named, ...]
    stays: list[tuple[datetime, datetime]] = field(default_factory=list)
    joined: list[datetime] = field(default_factory=list)
    total: int | None = None
    damaged: bool = False

    def readings(self, frame: SessionFrame) -> list[AttendanceReading]:
        shared = len(self.people) > 1
        return [self._reading(frame, named, shared=shared) for named in self.people or (None,)]

    def _reading(self, frame: SessionFrame, named: Named | None, *, shared: bool) -> AttendanceReading:
        days = {local_day_of(m) for stay in self.stays for m in stay} | {local_day_of(m) for m in self.joined}
        flags = [
            *(["no_person_name"] if named is None and not self.email else []),
            *(["shared_device"] if shared else []),
            *(["time_unreadable"] if self.damaged else []),
        ]
        timeless = not self.stays and not self.joined and not self.damaged
        return AttendanceReading(
            row=self.row,
            name=named.name if named else self.nickname,
            department=named.department if named else "",
            email="" if shared else self.email,
            punches=tuple(sorted(set(self.joined))) if not self.stays else (),
            stays=tuple(sorted(set(self.stays))),
            most_minutes=self.total,
            stated="present" if timeless and self.total else None,
            whole_session=timeless and bool(self.total),
            other_days=bool(days) and days.isdisjoint(session_days(frame)),
            flags=tuple(flags),
            raw={"nickname": self.nickname} if named and named.name != self.nickname else {},
            external_id=f"meeting:{self.email or self.nickname}{'|' + named.name if shared and named else ''}"[:120],
        )


class _Reader:
    """Puts the rows of one nickname or account together."""

    def __init__(self, platform: Platform | None, order: Order) -> None:
        self.platform = platform
        self.order = order
        self.held: dict[str, _Participant] = {}
        self.dropped: list[Unreadable] = []

    def roll(self, roll: Roll) -> None:
        for number, row in roll.rows:
            nickname = text_of(roll.cell(row, "name"))
            email = _address(roll.cell(row, "email")) or _address(roll.cell(row, "account"))
            if not nickname and not email:
                self.dropped.append(Unreadable(number, "no_identity"))
            elif text_of(roll.cell(row, "waiting")).lower() in ("yes", "是", "true"):
                self.dropped.append(Unreadable(number, "waiting_room"))
            else:
                self._row(number, row, roll, nickname, email)

    def _row(self, number: int, row: Sequence[Cell], roll: Roll, nickname: str, email: str) -> None:
        people = people_of(nickname, inner_first=self.platform == "tencent.meeting")
        entry = self.held.setdefault(email or f"nick:{nickname}", _Participant(number, nickname, email, people))
        start, end = (
            (roll.cell(row, "join"), roll.cell(row, "leave"))
            if roll.detailed
            else (roll.cell(row, "first"), roll.cell(row, "last"))
        )
        joined, left = (moment_at(c, self.order) for c in (start, end))
        if joined is not None and left is not None and joined <= left:
            entry.stays.append((joined, left))
        elif joined is not None and end is None:
            entry.joined.append(joined)
        elif start is not None or end is not None:
            entry.damaged = True
        if roll.detailed:
            return  # every stretch is there; totals would count overlaps twice
        total = minutes_of(roll.cell(row, "total"))
        if total is not None:
            entry.total = (entry.total or 0) + total


def _address(cell: Cell) -> str:
    text = text_of(cell).lower()
    return text if "@" in text else ""
