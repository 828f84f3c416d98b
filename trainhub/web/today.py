"""What rooms contribute to the page everybody sees first, without knowing each other.

A contributor takes ``(session, actor, now)`` and returns a :class:`Contribution`, or None where it has nothing to say to this
person in this role. The composition root registers them; the room that owns the page asks for them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import Flask

from trainhub.kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class Say:
    """A piece of the opening sentence: what, how much, and where it leads."""

    text: str
    href: str = ""
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Tap:
    """Something done with one press: a button that posts ``fields`` to ``action``; ``facts`` stand below its title."""

    title: str
    facts: tuple[str, ...]
    action: str
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do. ``time``/``under`` stand on the left, ``lines`` of facts below the title, the button on the right.

    ``taps`` are offered below, each done with one press. ``quiet``: the button is a plain link.
    """

    time: str
    under: str
    title: str
    lines: tuple[tuple[str, ...], ...]
    href: str
    button: str
    primary: bool = False
    note: str = ""
    taps: tuple[Tap, ...] = ()
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class WeekItem:
    """Something on a day of the week strip: status mark, words, where it leads."""

    day: date
    kind: str
    text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class WeekDay:
    """A day of the week strip. ``off``: no school; ``label`` names a holiday or make-up workday."""

    day: date
    word: str
    now: bool
    off: bool
    label: str
    items: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Dot:
    """One of the things counted in a side card: two short lines; ``done`` or still to do."""

    first: str
    second: str
    done: bool


@dataclass(frozen=True, slots=True)
class SideBlock:
    """One figure of a side card: its title, the figure in words, dots for each thing counted, a line of explanation."""

    title: str
    figure: str
    dots: tuple[Dot, ...] = ()
    line: str = ""


@dataclass(frozen=True, slots=True)
class SideCard:
    """A section beside the jobs: head, link, its figures."""

    title: str
    href: str
    link: str
    blocks: tuple[SideBlock, ...]


@dataclass(frozen=True, slots=True)
class DoneItem:
    """Something finished this week."""

    kind: str
    title: str
    href: str
    under: str


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one room adds to the page of one person. ``notices`` are words to be read: they are not counted among the jobs."""

    say: tuple[Say, ...] = ()
    jobs: tuple[Job, ...] = ()
    week: tuple[WeekItem, ...] = ()
    cards: tuple[SideCard, ...] = ()
    done: tuple[DoneItem, ...] = ()
    notices: tuple[Job, ...] = ()


Contributor = Callable[[Any, Actor, datetime], Contribution | None]
_KEY = "trainhub.today"


def contribute(app: Flask, contributor: Contributor) -> None:
    """Let a room add to the page."""
    app.extensions.setdefault(_KEY, []).append(contributor)


def contributions(app: Flask, session: Any, actor: Actor, now: datetime) -> tuple[Contribution, ...]:
    """What every room adds for a person, in the order in which the rooms were registered."""
    asked: list[Contributor] = app.extensions.get(_KEY, [])
    return tuple(found for contributor in asked if (found := contributor(session, actor, now)) is not None)
