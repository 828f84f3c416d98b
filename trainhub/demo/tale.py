"""A tale told step by step: it says when its next step is, and goes on when that moment has come.

So one case reads from top to bottom although every school's steps happen in the order of time. What would lie after the moment of
telling never happens.
"""

from collections.abc import Generator
from datetime import datetime
from typing import TypeVar

from trainhub.demo.timeline import Timeline

Told = TypeVar("Told")
Tale = Generator[datetime, datetime, Told]
"""Yields the moment of its next step and is given the moment at which it goes on."""


def tell(timeline: Timeline, tale: Tale[None]) -> None:
    """Put a tale on the timeline. A step that names a moment already past follows at once."""

    def go_on(moment: datetime) -> None:
        try:
            wanted = tale.send(moment)
        except StopIteration:
            return
        timeline.at(max(wanted, moment), go_on)

    timeline.at(next(tale), go_on)
