"""From requests to commands. Raises CommitteeRefused where something cannot be read; the page shows it beside the field."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time

from werkzeug.datastructures import MultiDict

from trainhub.committees.rules.composition import SeatKind, SeatLine
from trainhub.committees.rules.recusal import Ground
from trainhub.committees.rules.refusals import CommitteeRefused
from trainhub.committees.rules.voting import Votes
from trainhub.committees.service.register import FillSeat
from trainhub.committees.service.sittings import Came
from trainhub.kernel.clock import at
from trainhub.web.fields import plausible_day

_ID = re.compile(r"[0-9a-f]{32}")
MOST_SEATS = 9
"""Seats of one kind."""


def day_of(form: Mapping[str, str], name: str) -> date:
    """Return a day of a plausible year. Raises CommitteeRefused."""
    found = plausible_day(form.get(name, ""))
    if found is None:
        raise CommitteeRefused("day", name)
    return found


def optional_day(form: Mapping[str, str], name: str) -> date | None:
    """Return a day, None where it was left empty. Raises CommitteeRefused."""
    return day_of(form, name) if form.get(name, "").strip() else None


def moment_of(form: Mapping[str, str], day: str = "day", clock: str = "starts") -> datetime:
    """Return a moment from a day and a wall-clock time. Raises CommitteeRefused."""
    try:
        return at(day_of(form, day), time.fromisoformat(form.get(clock, "")).replace(tzinfo=None))
    except (ValueError, OverflowError) as error:
        raise CommitteeRefused("time", clock) from error


def id_of(form: Mapping[str, str], name: str) -> str | None:
    """Return an id that the page itself offered, None for anything else."""
    text = form.get(name, "")
    return text if _ID.fullmatch(text) else None


def whole_number(form: Mapping[str, str], name: str) -> int:
    """Return a number. Raises CommitteeRefused beside its field."""
    text = form.get(name, "").strip() or "0"
    if not (text.isascii() and text.isdecimal() and len(text) < 4):
        raise CommitteeRefused("votes", name)
    return int(text)


def version_of(form: Mapping[str, str]) -> int | None:
    """Return the version that the page showed."""
    text = form.get("version", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else None


def kind_of(form: Mapping[str, str]) -> SeatKind:
    """Return a kind of seat. Raises CommitteeRefused for any other word."""
    found = next((kind for kind in SeatKind if kind.value == form.get("kind", "")), None)
    if found is None:
        raise CommitteeRefused("kind", "kind")
    return found


def ground_of(form: Mapping[str, str]) -> Ground:
    """Return a ground for stepping aside. Raises CommitteeRefused for any other word."""
    found = next((ground for ground in Ground if ground.value == form.get("ground", "")), None)
    if found is None:
        raise CommitteeRefused("ground", "ground")
    return found


def seat_of(form: Mapping[str, str]) -> SeatLine:
    """Return a seat to add."""
    substitute = "substitute" in form
    return SeatLine(kind_of(form), is_chair="chair" in form, is_substitute=substitute, votes="advises" not in form)


def lines_of(form: Mapping[str, str]) -> tuple[SeatLine, ...]:
    """Return the seats of a new committee: how many of each kind, how many substitutes; one seat of the leading kind leads."""
    lead = form.get("chair", SeatKind.PRINCIPAL.value)
    seats: list[SeatLine] = []
    for kind in SeatKind:
        count = _few(form, f"n-{kind.value}")
        seats += [SeatLine(kind, is_chair=kind.value == lead and number == 0) for number in range(count)]
    for kind in SeatKind:
        seats += [SeatLine(kind, is_substitute=True) for _number in range(_few(form, f"s-{kind.value}"))]
    return tuple(seats)


def _few(form: Mapping[str, str], name: str) -> int:
    number = whole_number(form, name)
    if number > MOST_SEATS:
        raise CommitteeRefused("many_seats", name, most=MOST_SEATS)
    return number


def member_of(form: Mapping[str, str], seat_id: str) -> FillSeat:
    """Return who takes a seat."""
    return FillSeat(
        seat_id, day_of(form, "from_on"), optional_day(form, "to_on"), id_of(form, "person"), id_of(form, "account"), form.get("name", ""),
        form.get("phone_tail", "")[:20], form.get("shown_as", ""), form.get("organisation", ""),
    )  # fmt: skip


def came_of(form: Mapping[str, str], members: Mapping[str, str | None]) -> dict[str, Came]:
    """Return who came, of the members a page shows. ``members``: id -> for whom that one already stands in."""
    found = {}
    for member_id in members:
        status = form.get(f"p-{member_id}", "")
        if status:
            found[member_id] = Came(status[:12], id_of(form, f"i-{member_id}") if status == "present" else None)
    return found


def votes_of(form: Mapping[str, str]) -> Votes:
    """Return a vote as counts."""
    return Votes(*(whole_number(form, name) for name in ("in_favour", "against", "abstained")))


def present_of(form: MultiDict[str, str]) -> frozenset[str]:
    """Return who was in the room for an item."""
    return frozenset(text for text in form.getlist("present") if _ID.fullmatch(text))


def clauses_of(form: Mapping[str, str]) -> tuple[str, ...]:
    """Return the clauses a resolution rests on, one a line."""
    return tuple(line.strip() for line in form.get("clauses", "").replace("\r\n", "\n").split("\n") if line.strip())
