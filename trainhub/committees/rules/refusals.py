"""What the committee's room refuses. Sentences are in ``committees/messages.py``; none of them carries a name."""

from typing import Any

from trainhub.kernel.errors import DomainError


class CommitteeRefused(DomainError):
    """Something about a committee, a member, a sitting that cannot be right; which of the problems is part of the code."""

    def __init__(self, problem: str, field: str | None = None, **params: Any) -> None:
        self.code = f"committee_{problem}"  # type: ignore[misc]  # the sentence differs by problem
        super().__init__(field=field, **params)


class CommitteeNotConstituted(DomainError):
    """The committee lacks somebody the rule set demands: nothing can be determined (domain.md case 45). ``params``: missing (codes)."""

    code = "committee_not_constituted"
    status = 409


class NoQuorum(DomainError):
    """Too few of those entitled are there. ``params``: present, entitled, quorum."""

    code = "committee_no_quorum"


class RecusedPresent(DomainError):
    """Somebody who stepped aside from the matter is counted as present for it. ``params``: seats (how many)."""

    code = "committee_recused_present"


class RecusalNotRecorded(DomainError):
    """A conflict was found that is not recorded yet: record it, then vote. ``params``: count."""

    code = "committee_recusal_not_recorded"


class GuardiansNotTold(DomainError):
    """Guardians of a side were not told or had no chance to be heard (law on minors, §39). ``params``: codes of the parties."""

    code = "committee_guardians_not_told"


class ResolutionNotUsable(DomainError):
    """The resolution is another one, was not adopted, or was used before."""

    code = "committee_resolution_not_usable"
    status = 409
