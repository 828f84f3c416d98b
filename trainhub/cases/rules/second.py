"""What takes two people: who may ask, who may decide, how long a consent holds (security.md section 3, #12, #15). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from trainhub.cases.rules.lifecycle import END_REASONS
from trainhub.cases.rules.parties import CaseRefused
from trainhub.kernel.permissions import Permission, Role


class SecondKind(StrEnum):
    """What is asked for."""

    REPORTER = "reporter"
    IDENTITY = "identity"
    UNSEAL = "unseal"
    IDENTIFIED_EXPORT = "identified_export"
    DOWNGRADE = "downgrade"
    EXTENSION = "extension"
    FILE = "file"
    END_CASE = "end_case"


_K = SecondKind
LASTS: Mapping[SecondKind, timedelta] = {
    _K.REPORTER: timedelta(hours=4), _K.IDENTITY: timedelta(hours=4), _K.UNSEAL: timedelta(days=7),
    _K.IDENTIFIED_EXPORT: timedelta(hours=24), _K.DOWNGRADE: timedelta(hours=24), _K.EXTENSION: timedelta(hours=24),
    _K.FILE: timedelta(hours=24), _K.END_CASE: timedelta(hours=24),
}
"""How long a consent holds from the moment it is given."""
FILE_OPEN_FOR = timedelta(hours=4)
"""How long a reported file stays open to an officer of the bureau once the consent is taken up (security.md section 3: the bureau reads
parties and narrative by break-glass, which ends after four hours)."""
ANSWER_WITHIN = timedelta(days=7)
"""A request that nobody answers is over after that."""
REASONS: Mapping[SecondKind, tuple[str, ...]] = {
    _K.REPORTER: ("protect_reporter", "safety", "more_facts", "official_request"),
    _K.IDENTITY: ("safety", "official_request", "review"),
    _K.UNSEAL: ("appeal", "official_request", "guardian_request", "new_evidence"),
    _K.IDENTIFIED_EXPORT: ("official_request", "appeal", "handover"),
    _K.DOWNGRADE: ("new_facts", "mistaken_entry", "police_finding", "committee_finding"),
    _K.EXTENSION: ("many_persons", "facts_unclear", "persons_away"),
    _K.FILE: ("reported", "lowered", "late_report", "complaint", "sampled", "official_request"),
    _K.END_CASE: END_REASONS,
}
ASKED_WITH: Mapping[SecondKind, Permission] = {
    _K.REPORTER: Permission.BREAK_GLASS_WRITE, _K.IDENTITY: Permission.BREAK_GLASS_WRITE, _K.UNSEAL: Permission.BREAK_GLASS_WRITE,
    _K.IDENTIFIED_EXPORT: Permission.CASE_IDENTIFIED_EXPORT, _K.DOWNGRADE: Permission.CASE_WRITE, _K.EXTENSION: Permission.CASE_WRITE,
    _K.FILE: Permission.CASE_REPORTED_READ, _K.END_CASE: Permission.CASE_WRITE,
}
DECIDED_BY: Mapping[SecondKind, frozenset[Role]] = {
    _K.EXTENSION: frozenset({Role.PRINCIPAL, Role.BUREAU_CASE_OFFICER}),
}
"""Kinds that not every holder of ``CASE_SECOND`` decides: more days are the principal's to give (domain.md 3.4), the bureau's where
the principal stepped aside."""
AT_ONCE = frozenset({_K.DOWNGRADE, _K.EXTENSION, _K.END_CASE})
"""Kinds that are carried out as a step of the case, not looked at."""
QUOTA, QUOTA_DAYS = 5, 30
"""Exports with names for one account in so many days. The platform's figure; the page says it."""
WORDS_LENGTH = 500


class SecondRefused(CaseRefused):
    """The request cannot be made, decided or used so. Codes begin with ``case_second_``."""

    def __init__(self, problem: str, field: str | None = None, **params: object) -> None:
        super().__init__(f"second_{problem}", field, **params)


@dataclass(frozen=True, slots=True)
class Hand:
    """Who acts: the account, and the person where the roster knows one."""

    account_id: str
    person_id: str | None


def same_human(one: Hand, other: Hand) -> bool:
    """Whether two accounts are one human being: the same account, or two of the same person (domain.md case 103)."""
    return one.account_id == other.account_id or (one.person_id is not None and one.person_id == other.person_id)


def check_request(kind: str, reason: str, words: str) -> SecondKind:
    """Return the kind. Raises SecondRefused for unknown words and for a request that says nothing."""
    if kind not in set(SecondKind):
        raise SecondRefused("kind", "kind")
    known = SecondKind(kind)
    if reason not in REASONS[known]:
        raise SecondRefused("reason", "reason")
    if not words.strip() or len(words) > WORDS_LENGTH:
        raise SecondRefused("words", "words", limit=WORDS_LENGTH)
    return known
