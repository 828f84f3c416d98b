"""A concern on its way in: words it may use, its receipt number, what becomes of it (domain.md section 5, cases 52, 63). Pure."""

import re
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from trainhub.kernel.errors import DomainError


class Channel(StrEnum):
    """The way a concern came in."""

    STAFF = "staff"
    BOX = "box"
    HOTLINE = "hotline"
    SURVEY = "survey"
    GUARDIAN = "guardian"
    SUPERIOR = "superior"
    OTHER = "other"


class ConcernState(StrEnum):
    """Where a concern stands."""

    CLUE = "clue"
    ACCEPTED = "accepted"
    NOT_ACCEPTED = "not_accepted"
    JOINED = "joined"


MEANS = ("body", "words", "property", "exclusion", "network")
PLACES = ("classroom", "corridor", "toilet", "dormitory", "canteen", "playground", "way_to_school", "network", "outside", "other")
DECLINE_REASONS = ("not_between_pupils", "no_facts", "other_body", "known_already", "conflict_settled", "withdrawn", "other")
STAFF_CONDUCT = "staff_conduct"
"""A member of staff is said to have done it: outside the definition (law on minors §130), another procedure, not in these numbers."""

TEXT_LENGTH = 4000
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ"
"""No I, L, O: a number is read out on the telephone and copied from paper."""
RECEIPT_LENGTH = 8
_RECEIPT = re.compile(f"[{_LETTERS}]{{{RECEIPT_LENGTH}}}")


class ConcernRefused(DomainError):
    """What was entered cannot be right; which problem is part of the code."""

    def __init__(self, problem: str, field: str | None = None, **params: object) -> None:
        self.code = f"concern_{problem}"  # type: ignore[misc]  # the sentence differs by problem
        super().__init__(field=field, **params)


def receipt_of(mark: Callable[[str, str], str], account_key: str, op_id: str, attempt: int = 0) -> str:
    """The receipt number of one sending: eight letters (36 bits), the same for the same sending and unguessable without the key.

    ``mark`` is ``KeyRing.mark``. Made from the sending, so that a repeated one shows the number again although only its mark is kept.
    """
    number = int(mark("receipt", f"{account_key}|{op_id}|{attempt}"), 16)
    letters = []
    for _ in range(RECEIPT_LENGTH):
        number, index = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[index])
    return "".join(letters)


def shown_receipt(receipt: str) -> str:
    """``ABCD-EFGH``."""
    return f"{receipt[:4]}-{receipt[4:]}"


def read_receipt(typed: str) -> str | None:
    """What somebody typed as a number, in its plain form; None where it cannot be one."""
    plain = "".join(c for c in unicodedata.normalize("NFKC", typed).upper() if c.isalpha())
    return plain if _RECEIPT.fullmatch(plain) else None


@dataclass(frozen=True, slots=True)
class Told:
    """A concern as entered, before it is kept."""

    text: str
    happened_on: date | None
    place_kind: str
    means: tuple[str, ...]
    who: str = ""


def check(told: Told, today: date) -> None:
    """Refuse an empty text, a day that is still to come, words that do not exist. Raises ConcernRefused."""
    if not told.text.strip():
        raise ConcernRefused("no_text", "text")
    if len(told.text) > TEXT_LENGTH or len(told.who) > TEXT_LENGTH:
        raise ConcernRefused("too_long", "text", limit=TEXT_LENGTH)
    if told.happened_on is not None and told.happened_on > today:
        raise ConcernRefused("future_day", "happened_on")
    check_words(told.means, told.place_kind)


def check_words(means: Collection[str], place_kind: str) -> None:
    """Refuse words outside the lists. Raises ConcernRefused."""
    if not set(means) <= set(MEANS):
        raise ConcernRefused("unknown_means", "means")
    if place_kind and place_kind not in PLACES:
        raise ConcernRefused("unknown_place", "place_kind")


def public_word(state: str, case_state: str | None, ended: str | None = None) -> str:
    """What anybody with the receipt number may know: received, accepted, not_accepted, ended, closed. Nothing of what is being done.

    ``ended``: why the case ended without a determination, which is told as well.
    """
    if state == ConcernState.CLUE:
        return "received"
    if state == ConcernState.NOT_ACCEPTED:
        return "not_accepted"
    if ended:
        return "ended"
    return "closed" if case_state in {"closed", "sealed", "handed_over"} else "accepted"
