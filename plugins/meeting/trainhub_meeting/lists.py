"""The lists of participants in a file: one sheet, one text, or numbered sections below each other."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from trainhub.plugin_api.cells import text_of
from trainhub.plugin_api.headers import cell_at, fold_label, labels_to_fields
from trainhub.plugin_api.tables import Cell, Table, Tables

Platform = Literal["tencent.meeting", "zoom.participants", "teams.attendance"]

_FIELDS = labels_to_fields(
    {
        "name": (
            "用户昵称（入会昵称）", "用户昵称", "入会昵称", "昵称", "Name (Original Name)", "Name (original name)", "Name", "Full Name", "姓名", "名称", "参与者", "参会者",
        ),
        "first": ("首次入会时间", "First Join", "First Join Time", "首次加入", "首次加入时间", "第一次加入"),
        "last": ("最后退会时间", "Last Leave", "Last Leave Time", "最后离开", "最后离开时间", "上次离开"),
        "join": ("入会时间", "Join Time", "Join time", "加入时间"),
        "leave": ("退会时间", "Leave Time", "Leave time", "离开时间"),
        "total": (
            "累计参会时长", "参会时长", "Total Duration (Minutes)", "Total Duration", "In-Meeting Duration", "Duration (Minutes)", "Duration", "会议内持续时间",
            "持续时间", "时长",
        ),
        "email": ("User Email", "Email", "E-mail", "用户邮箱", "电子邮件", "电子邮件地址", "邮箱"),
        "account": ("Participant ID (UPN)", "参与者 ID (UPN)"),
        "role": ("身份", "Role", "角色"),
        "waiting": ("In Waiting Room", "在等候室", "是否在等候室"),
        "guest": ("Guest", "访客"),
    }
)  # fmt: skip
_SECTION = re.compile(r"^[0-9]{1,2}\.\s*\S")


@dataclass(frozen=True, slots=True)
class Roll:
    """One list: its columns by field, its rows with their 1-based numbers, and the texts of its header."""

    columns: dict[str, int]
    texts: tuple[str, ...]
    rows: tuple[tuple[int, tuple[Cell, ...]], ...]

    @property
    def detailed(self) -> bool:
        """Whether each row is one coming and going, not a person's first and last."""
        return {"join", "leave"} <= self.columns.keys()

    def cell(self, row: Sequence[Cell], field: str) -> Cell:
        """Return the cell of a field."""
        return cell_at(row, self.columns.get(field))

    def unmapped(self) -> tuple[str, ...]:
        """Return header texts that name no known field."""
        used = set(self.columns.values())
        return tuple(t for c, t in enumerate(self.texts) if t and c not in used)


def rolls_of(tables: Tables, mapping: dict[str, str] | None = None) -> list[Roll]:
    """Return every list of a file, in its order."""
    return [roll for table in tables for roll in _rolls(table, mapping or {})]


def _rolls(table: Table, mapping: dict[str, str]) -> Iterator[Roll]:
    wanted = {fold_label(text): field for field, text in mapping.items() if text}
    columns: dict[str, int] = {}
    texts: tuple[str, ...] = ()
    rows: list[tuple[int, tuple[Cell, ...]]] = []
    for number, row in enumerate(table.rows, 1):
        found = _columns(row, wanted)
        title = _SECTION.match(text_of(cell_at(row, 0))) and not any(cell is not None for cell in row[1:])
        if found or title:
            if columns:
                yield Roll(columns, texts, tuple(rows))
            columns, texts, rows = found, tuple(map(text_of, row)) if found else (), []
        elif columns and any(cell is not None for cell in row):
            rows.append((number, row))
    if columns:
        yield Roll(columns, texts, tuple(rows))


def _columns(row: Sequence[Cell], wanted: dict[str, str]) -> dict[str, int]:
    """Return the columns of a header row; {} for any other row."""
    found: dict[str, int] = {}
    for column, cell in enumerate(row):
        if isinstance(cell, str):
            label = fold_label(cell)
            field = wanted.get(label) or _FIELDS.get(label)
            if field and not (field in wanted.values() and label not in wanted):
                found.setdefault(field, column)
    timed = {"join", "leave"} <= found.keys() or {"first", "last"} <= found.keys() or "total" in found
    return found if "name" in found and timed else {}


def platform_of(tables: Tables, rolls: Sequence[Roll]) -> Platform | None:
    """Return whose list a file is, by labels only that platform writes."""
    labels = {fold_label(text) for roll in rolls for text in roll.texts if text}
    if {fold_label("用户昵称（入会昵称）"), fold_label("首次入会时间"), fold_label("累计参会时长")} & labels:
        return "tencent.meeting"
    sections = {
        re.sub(r"^[0-9.\s]+", "", text_of(cell_at(row, 0))).lower()
        for table in tables for row in table.rows[:2_000] if _SECTION.match(text_of(cell_at(row, 0)))
    }  # fmt: skip
    if fold_label("Participant ID (UPN)") in labels or (sections and any(_teams(roll) for roll in rolls)):
        return "teams.attendance"
    zoom = {
        fold_label(t) for t in ("Name (Original Name)", "User Email", "Total Duration (Minutes)", "In Waiting Room")
    }
    return "zoom.participants" if zoom & labels else None


def _teams(roll: Roll) -> bool:
    return roll.detailed or {"first", "last"} <= roll.columns.keys()
