"""Low rooms announce frozen events; the composition root decides who listens.

Listeners run inside the announcing transaction: they keep projections true. Work for after the commit
goes through the outbox of ``jobs``.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

Listener = Callable[[Any, Any], None]


class Announcer:
    """A table from event type to listeners, filled once at start-up."""

    def __init__(self) -> None:
        self._listeners: dict[type, list[Listener]] = defaultdict(list)

    def listen(self, event_type: type, listener: Listener) -> None:
        """Call ``listener(session, event)`` for every announced event of that exact type."""
        self._listeners[event_type].append(listener)

    def has_listeners(self) -> bool:
        """Whether an earlier application of this process already wired them."""
        return bool(self._listeners)

    def announce(self, session: Any, event: object) -> None:
        """Run the listeners in the order in which they were added; an exception rolls all back."""
        for listener in self._listeners[type(event)]:
            listener(session, event)


announcer = Announcer()
