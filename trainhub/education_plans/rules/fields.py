"""Which part of a plan's page a role sees. Pure; deny by default. Source: domain.md section 6, "Who may see what".

Who keeps or decides the case sees the whole ledger; a psychologist the own part; a principal the totals; an instructor the own lessons
on a page of their own, never the grounds; a head teacher nothing here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from trainhub.kernel.permissions import Role


@dataclass(frozen=True, slots=True)
class Fields:
    """``ledger``: all, own or none of its lines; ``words``: what was done in them; ``file``: summaries, people, what the review needs."""

    ledger: str = "none"
    words: bool = False
    file: bool = False


_ALL, _OWN = Fields("all", words=True, file=True), Fields("own", words=True)
_BY_ROLE: Mapping[Role, Fields] = {
    Role.CASE_OFFICER: _ALL, Role.COMMITTEE_SECRETARY: _ALL, Role.COMMITTEE_MEMBER: _ALL, Role.BUREAU_CASE_OFFICER: _ALL,
    Role.APPEAL_REVIEWER: _ALL, Role.PSYCHOLOGIST: _OWN, Role.PLAN_INSTRUCTOR: _OWN,
}


def fields_for(role: Role) -> Fields:
    """What a role sees of a plan that is there for it."""
    return _BY_ROLE.get(role, Fields())


def tenths(minutes: int, period_minutes: int) -> str:
    """Minutes as periods with one decimal where there is one: 472 of 45 are ``10.5``. For the eye only; what counts are minutes."""
    whole = (abs(minutes) * 20 + period_minutes) // (2 * period_minutes)  # rounded to tenths, halves up
    text = f"{whole // 10}.{whole % 10}".removesuffix(".0")
    return f"−{text}" if minutes < 0 and whole else text


def code_of(year: int, number: int) -> str:
    """What every page and paper calls a plan: ``26-03``, never a name."""
    return f"{year % 100:02d}-{number:02d}"
