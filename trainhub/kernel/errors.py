"""Refusals. A refusal has a code and parameters; ``web`` turns it into a sentence."""

from typing import Any, ClassVar


class DomainError(Exception):
    """Something the rules refuse.

    ``code`` names the sentence in ``trainhub.web.errors``; ``params`` fill it; ``field`` says beside
    which input it belongs. Parameters must never carry another child's name.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 422

    def __init__(self, *, field: str | None = None, **params: Any) -> None:
        super().__init__(self.code, params)
        self.field = field
        self.params = params


class NotFound(DomainError):
    """Not there, or not in the actor's scope: the answer is the same."""

    code = "not_found"
    status = 404


class Forbidden(DomainError):
    """The actor's acting role does not carry the permission."""

    code = "forbidden"
    status = 403


class StaleVersion(DomainError):
    """Somebody else changed the record since it was read; params hold both values."""

    code = "stale_version"
    status = 409


class InvalidState(DomainError):
    """The record's state does not allow the step."""

    code = "invalid_state"
    status = 409


class SeparationOfDuties(DomainError):
    """The same person may not do both steps (e.g. log a roll and verify it)."""

    code = "separation_of_duties"
    status = 403
