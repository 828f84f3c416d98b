"""A text that names a pupil of the class is stopped before it is saved (domain.md case 40, section 6). Pure.

Only the class's own pupils are known here, so only they are found. A full name always stops the text. The given name alone
is often a word of its own (文明, 思源): it asks. What is found is reported by position, never by repeating the name.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from trainhub.kernel.errors import DomainError

_GAPS = re.compile(r"[\s\u00ad\u200b-\u200f\u2060-\u2064\ufeff·•・‧.．,，、'’\-_*]+")
_SENTENCE = re.compile(r"[。！？!?；;\n]+")
_COMPOUND = ("欧阳", "司马", "诸葛", "上官", "夏侯", "东方", "尉迟", "公孙", "慕容", "长孙", "宇文", "司徒", "令狐", "皇甫", "端木")


class TextNamesPupil(DomainError):
    """A text that others will read names a pupil of the class. ``field`` is the text, ``sentence`` which of its sentences."""

    code = "text_names_pupil"


class TextMayName(DomainError):
    """A word of the text is also a given name in the class: whoever writes confirms that nobody is meant."""

    code = "text_may_name"


@dataclass(frozen=True, slots=True)
class NameHit:
    """Where a name stands: ``sentence`` counts from 1; ``certain``: the full name."""

    sentence: int
    certain: bool
    kind: Literal["full", "given"]


def plain(text: str) -> str:
    """Return the text as it is compared: full width made half, no gaps, dots, dashes or invisible characters inside, lower case."""
    return _GAPS.sub("", unicodedata.normalize("NFKC", text)).casefold()


def given_name(name: str) -> str:
    """Return the given name of a Chinese name of at least two characters after the surname, "" otherwise."""
    surname = 2 if name.startswith(_COMPOUND) else 1
    given = name[surname:]
    return given if 2 <= len(given) <= 3 and all("\u4e00" <= c <= "\u9fff" for c in given) else ""


def name_hits(text: str, names: Iterable[str]) -> tuple[NameHit, ...]:
    """Return where the names of pupils stand in a text, sentence by sentence; certain ones first.

    A name of a single character or letter is never searched for.
    """
    full = {plain(name) for name in names if len(plain(name)) >= 2}
    given = {given_name(name) for name in full} - {""}
    found = set()
    for number, sentence in enumerate((s for s in _SENTENCE.split(text) if s.strip()), start=1):
        bare = plain(sentence)
        if any(name in bare for name in full):
            found.add(NameHit(number, certain=True, kind="full"))
        elif any(name in bare for name in given):
            found.add(NameHit(number, certain=False, kind="given"))
    return tuple(sorted(found, key=lambda hit: (not hit.certain, hit.sentence)))


def refuse_names(texts: Iterable[tuple[str, str]], names: Collection[str], *, confirmed: bool = False) -> None:
    """Refuse texts, given as (field, text), that name a pupil.

    ``confirmed``: the writer has said that the doubtful words name nobody; a full name is refused all the same. Raises
    :class:`TextNamesPupil`, :class:`TextMayName`.
    """
    doubtful: TextMayName | None = None
    for field, text in texts:
        for hit in name_hits(text, names):
            if hit.certain:
                raise TextNamesPupil(field=field, sentence=hit.sentence)
            doubtful = doubtful or TextMayName(field=field, sentence=hit.sentence)
    if doubtful is not None and not confirmed:
        raise doubtful
