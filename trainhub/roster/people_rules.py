"""Categories and posts of staff, how a Chinese list is sorted, and stretches of days. Pure."""

from dataclasses import dataclass
from datetime import date

from trainhub.roster.readings import reading_of
from trainhub.roster.rules import CATEGORIES as CATEGORY_WORDS
from trainhub.roster.rules import clean_name, name_key, posts_of

__all__ = [
    "CATEGORIES",
    "CONTRACTS",
    "LEFT_REASONS",
    "OUTSIDE_POSTS",
    "POSTS",
    "NameKeys",
    "Span",
    "category_of",
    "clean_name",
    "initials",
    "keys_of",
    "name_key",
    "pinyin_key",
    "post_of",
]

CATEGORIES: tuple[str, ...] = ("full_time_teacher", "administrator", "support", "logistics", "external")
CONTRACTS: tuple[str, ...] = ("staffed", "contract", "dispatched", "exchange")
LEFT_REASONS: tuple[str, ...] = ("moved", "retired", "resigned", "died", "other")
POSTS: tuple[str, ...] = (
    "principal",
    "vice_principal",
    "moral_education_head",
    "homeroom_teacher",
    "grade_head",
    "psychologist",
    "young_pioneer_counsellor",
    "safety_head",
    "law_vice_principal",
    "responsible_inspector",
    "bureau_administrator",
)
OUTSIDE_POSTS: frozenset[str] = frozenset({"law_vice_principal", "responsible_inspector"})
"""Posts whose holder is appointed from another authority and need not have a staff number."""

_SURNAME_READINGS: dict[str, str] = {
    "单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "查": "zha", "任": "ren", "区": "ou", "朴": "piao",
    "翟": "zhai", "尉": "wei", "盖": "ge", "乐": "yue", "员": "yun", "缪": "miao", "宓": "mi", "折": "she",
    "种": "chong", "秘": "bi", "冼": "xian", "覃": "qin", "繁": "po", "逄": "pang", "黑": "he", "谌": "chen",
    "褚": "chu", "纪": "ji", "燕": "yan", "葛": "ge", "华": "hua", "洗": "xian", "召": "shao", "重": "chong",
}
_COMPOUND_READINGS: dict[str, tuple[str, str]] = {
    "尉迟": ("yu", "chi"), "万俟": ("mo", "qi"), "单于": ("chan", "yu"), "长孙": ("zhang", "sun"),
    "澹台": ("tan", "tai"), "令狐": ("ling", "hu"), "鲜于": ("xian", "yu"),
}  # fmt: skip


def _readings(text: str) -> list[str]:
    """The reading of each character of a cleaned name; surnames are read as surnames."""
    if text[:2] in _COMPOUND_READINGS:
        return [*_COMPOUND_READINGS[text[:2]], *(reading_of(c) for c in text[2:] if c.isalnum())]
    readings = [reading_of(c) for c in text if c.isalnum()]
    if text[:1] in _SURNAME_READINGS:
        readings[0] = _SURNAME_READINGS[text[0]]
    return readings


@dataclass(frozen=True, slots=True)
class NameKeys:
    """A name as stored, and the keys under which it is found (``key``, ``initials``) and sorted."""

    name: str
    key: str
    sort_key: str
    initials: str


def keys_of(name: str) -> NameKeys:
    """Return a name and its keys, read once: 欧阳若彤 sorts by ``ou yang ruo tong``, its initials are ``oyrt``.

    A Chinese list is sorted by pinyin, then by the characters.
    """
    text = clean_name(name)
    if text.isascii():
        lower = text.lower()
        return NameKeys(text, name_key(name), lower[:160], "".join(word[0] for word in lower.split())[:40])
    readings = _readings(text)
    return NameKeys(
        text, name_key(name), f"{' '.join(readings)} {text}"[:160], "".join([r[0] for r in readings])[:40].lower()
    )


def pinyin_key(name: str) -> str:
    """Return the key that sorts a name (or department) as a Chinese list is sorted: pinyin, then the characters."""
    return keys_of(name).sort_key


def initials(name: str) -> str:
    """Return the pinyin initials of a name in lower case: 欧阳若彤 gives ``oyrt``."""
    return keys_of(name).initials


def category_of(word: str) -> str | None:
    """Return the category a sheet's word means, or None where it says nothing known."""
    text = clean_name(word)
    if text in CATEGORIES:
        return text
    known = CATEGORY_WORDS.get(text)
    return known or next((key for part, key in CATEGORY_WORDS.items() if part in text), None)


def post_of(word: str) -> str:
    """Return the key of a post as a clerk writes it; a school's own word stays as it is, "" for none."""
    text = clean_name(word)
    return text if text in POSTS else next(iter(posts_of(text)), "")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of days, both ends inclusive; no end means it goes on."""

    from_on: date
    to_on: date | None = None

    def covers(self, day: date) -> bool:
        """Whether the day lies in it."""
        return self.from_on <= day and (self.to_on is None or day <= self.to_on)

    def touches(self, other: "Span") -> bool:
        """Whether the two share a day."""
        return (other.to_on is None or self.from_on <= other.to_on) and (
            self.to_on is None or other.from_on <= self.to_on
        )

    def hull(self, other: "Span") -> "Span":
        """The shortest stretch that holds both."""
        end = None if self.to_on is None or other.to_on is None else max(self.to_on, other.to_on)
        return Span(min(self.from_on, other.from_on), end)
