"""What a table to be exported looks like, whatever the format it is written in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Kind = Literal["text", "int", "date", "datetime", "percent"]
Cell = str | int | float | date | datetime | None


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``width`` in characters of the standard font; a Chinese character takes two.

    ``int`` takes whole numbers; ``date`` local days; ``datetime`` aware moments (written as the wall
    clock of the schools); ``percent`` a fraction 0-1. A string in a typed column (不适用) stays text;
    None leaves the cell empty.
    """

    header: str
    kind: Kind = "text"
    width: float = 12


@dataclass(frozen=True, slots=True)
class SheetSpec:
    """One sheet: its title, columns, rows (consumed once, may be a generator), and lines above them.

    ``notes`` say what the figures mean: definition of the year, rule version, filter.
    """

    title: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Cell]]
    notes: Sequence[str] = ()
