"""Wrong guesses at something secret: ten are free, then the wait doubles (``rules.Throttle``). Counted by a key that names nobody."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from trainhub.accounts.models import SignInThrottle
from trainhub.accounts.rules import Throttle


@dataclass(frozen=True, slots=True)
class Attempts:
    """What is known of one key at a moment; its row, if there is one, is locked."""

    session: Session
    key: str
    now: datetime
    row: SignInThrottle | None

    @property
    def _state(self) -> Throttle:
        row = self.row
        return Throttle(row.failures, row.window_started_at, row.blocked_until) if row else Throttle(0, self.now, None)

    @property
    def wait(self) -> int:
        """Minutes until the next attempt is looked at; 0: now."""
        until = self._state.blocked_until
        return max(1, -(-int((until - self.now).total_seconds()) // 60)) if until and self._state.blocked(self.now) else 0

    def failed(self) -> None:
        """Remember one more."""
        state, row = self._state.failed(self.now), self.row
        if row is None:
            row = SignInThrottle(key_hash=self.key, failures=0, window_started_at=state.window_started_at)
            self.session.add(row)
        row.failures, row.window_started_at, row.blocked_until = state.failures, state.window_started_at, state.blocked_until

    def forget(self) -> None:
        """It was right: nothing is held against this key any more."""
        if self.row is not None:
            self.session.delete(self.row)


def attempts_of(session: Session, key: str, now: datetime) -> Attempts:
    """Return what is known of a key (64 hex digits). One statement."""
    return Attempts(session, key, now, session.get(SignInThrottle, key, with_for_update=True, populate_existing=True))
