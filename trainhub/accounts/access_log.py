"""What the page of the access log shows: names of accounts put to the openings that the ledger knows by id.

Rooms above register how a reference reads (a case: 2026-03, a plan: 26-03), so that nothing here knows their tables.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account
from trainhub.kernel.actor import Scope
from trainhub.ledger.access import AccessRow, ReadsOfMonth, access_rows, reads_to_review

Describe = Callable[[Session, str, Collection[str]], Mapping[str, str]]
"""``(session, district_id, refs) -> {ref: reference number}``; refs that are not of this kind are left out. Numbers, never names."""

_KEY = "trainhub.reference_numbers"
PAGE = 100


def describe_with(app: Any, describe: Describe) -> None:
    """Let a room say how references to its objects read."""
    app.extensions.setdefault(_KEY, []).append(describe)


def reference_numbers(app: Any, session: Session, district_id: str, refs: Collection[str]) -> dict[str, str]:
    """How references read, by reference; one call per room. What nobody knows is left out."""
    found: dict[str, str] = {}
    asked: list[Describe] = app.extensions.get(_KEY, [])
    for describe in asked if refs else ():
        found |= describe(session, district_id, refs)
    return found


def names_of(session: Session, district_id: str, account_ids: Collection[str]) -> dict[str, str]:
    """Return the names under which accounts are shown, by id."""
    query = select(Account.id, Account.display_name).where(Account.district_id == district_id, Account.id.in_(account_ids))
    return {row.id: row.display_name for row in session.execute(query)} if account_ids else {}


@dataclass(frozen=True, slots=True)
class LogPage:
    """A local month of the access log: who read how much, and a page of openings. ``names`` and ``numbers`` by id."""

    month: str
    readers: tuple[ReadsOfMonth, ...]
    rows: tuple[AccessRow, ...]
    more: bool
    names: Mapping[str, str]


def log_page(session: Session, scope: Scope, month: str, *, account_id: str = "", ref: str = "", page: int = 1) -> LogPage:
    """Return one page of a month. Four statements, however much was read."""
    readers = tuple(r for r in reads_to_review(session, scope, month) if r.month == month)
    rows = access_rows(session, scope, month, account_id=account_id, ref=ref, most=PAGE + 1, skip=(page - 1) * PAGE)
    known = {r.account_id for r in readers} | {r.reviewed_by for r in readers if r.reviewed_by}
    names = names_of(session, scope.district_id, known)
    return LogPage(month, readers, tuple(rows[:PAGE]), len(rows) > PAGE, names)
