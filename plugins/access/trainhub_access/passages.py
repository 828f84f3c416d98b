"""What passages of a reader with direction add up to: stretches inside, and times that stand alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from trainhub.plugin_api import AttendanceReading, SessionFrame
from trainhub.plugin_api.cells import fold_text
from trainhub.plugin_api.days import in_window

Direction = Literal["in", "out", ""]


@dataclass(frozen=True, slots=True)
class Stays:
    """Stretches inside (in, out), and times without a partner."""

    pairs: tuple[tuple[datetime, datetime], ...] = ()
    alone: tuple[datetime, ...] = ()


def paired(passages: Iterable[tuple[datetime, Direction]], frame: SessionFrame) -> Stays:
    """Pair the passages near the session; only the minutes between in and out count.

    Passages outside the window stay alone: who came through the gate in the morning and left in the evening was not
    in the room all day. A second "in" without an "out" between is the same stay.
    """
    pairs: list[tuple[datetime, datetime]] = []
    alone: list[datetime] = []
    since: datetime | None = None
    for at, direction in sorted(set(passages)):
        if not direction or not in_window([at], frame):
            alone.append(at)
        elif direction == "in":
            since = since or at
        elif since is not None:
            pairs.append((since, at))
            since = None
        else:
            alone.append(at)
    return Stays(tuple(pairs), tuple(sorted([*alone, since] if since else alone)))


def same_place(places: Sequence[str], room: str) -> bool:
    """Whether one of a reader's names is the room's or holds it (or the other way round)."""
    wanted = "".join(fold_text(room).split())
    folded = ("".join(fold_text(place).split()) for place in places)
    return any(p and (wanted in p or (len(p) > 1 and p in wanted)) for p in folded)


def with_numbers(readings: Iterable[AttendanceReading], cards: Mapping[str, str]) -> tuple[AttendanceReading, ...]:
    """Give readings the card number of their person (by the key before ``@``)."""
    return tuple(
        replace(r, card_no=cards[key]) if (key := r.external_id.rpartition("@")[0]) in cards else r for r in readings
    )
