"""How people, classes and numbers are written, and when two spellings mean the same. Pure.

Sources: 学籍号 rule (G, J or L and 18 characters, ISO 7064 MOD 11-2), 学校标识码 (10 digits), JY/T staff
categories. Names are compared exactly after normalising, never by likeness (FORMATS.md R9).
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from trainhub.plugin_api.characters import simplified

Stage = Literal["primary", "junior", "senior", ""]

# --- names --------------------------------------------------------------------------------------

_DOTS = re.compile("[\u00b7\u2022\u2027\u30fb\uff65\u2219\u22c5\u02d9\u2024\uff0e\uff61\u16eb.]")
_INVISIBLE = re.compile("[\u200b-\u200f\u2028-\u202e\u2060\ufeff\u00ad]")
_CJK = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff\u3007]")
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_HAN_ONLY = re.compile("[\u3400-\u9fff]+")  # by far the most names; nothing in it can change
_UNSPOILT = re.compile("[\u3400-\u9fff\u00b7]{1,50}")
_LOST = re.compile("[?\u25a1\ufffd\u3013]")
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")


@lru_cache(maxsize=65_536)
def clean_name(text: str) -> str:
    """Return a name as it is stored: half-width, trimmed, ``周　强`` -> 周强, every middle dot ·.

    Rare characters are never replaced: NFKC is for comparing, not for storing.
    """
    if _HAN_ONLY.fullmatch(text):
        return text
    plain = _INVISIBLE.sub("", text.translate(_WIDE)).strip()
    if not _CJK.search(plain):
        return " ".join(plain.split())
    return _DOTS.sub("\u00b7", "".join(plain.split())).strip("\u00b7")


@lru_cache(maxsize=65_536)
def name_key(text: str) -> str:
    """Return the form in which two spellings of one name are equal: no spaces, no middle dots, NFKC."""
    if _HAN_ONLY.fullmatch(text):
        return text
    folded = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    if not _CJK.search(folded):
        return " ".join(folded.split()).casefold()
    return _DOTS.sub("", "".join(folded.split())).casefold()


def same_but_for_dots(a: str, b: str) -> bool:
    """Whether two names differ, and only in their middle dots."""
    fold = [unicodedata.normalize("NFKC", "".join(_INVISIBLE.sub("", t).split())) for t in (a, b)]
    return fold[0] != fold[1] and name_key(a) == name_key(b)


def name_problem(name: str) -> str:
    """Return the code of what is wrong with a cleaned name, or "".

    ``name_missing``; ``name_damaged``: a program without rare characters left ? or □; ``name_unreadable``:
    digits, formula errors; ``name_private_character``: a character only one old program knows.
    """
    if _UNSPOILT.fullmatch(name):
        return ""
    if not name:
        return "name_missing"
    if _LOST.search(name):
        return "name_damaged"
    if _PRIVATE.search(name):
        return "name_private_character"
    if len(name) > 50 or re.search(r"[0-9=#@<>/\\|]", name):
        return "name_unreadable"
    return ""


# --- numbers ------------------------------------------------------------------------------------

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_REMAINDERS = "10X98765432"
_STUDENT_NO = re.compile(r"^[GJL][0-9]{17}[0-9X]$")
_SCHOOL_CODE = re.compile(r"^[0-9]{10}$")


def check_digit(seventeen: str) -> str:
    """Return the ISO 7064 MOD 11-2 check character of 17 digits."""
    if len(seventeen) != 17 or not seventeen.isdecimal():
        raise ValueError("17 digits")
    return _REMAINDERS[sum(int(d) * w for d, w in zip(seventeen, _WEIGHTS, strict=True)) % 11]


def clean_student_no(text: str) -> str:
    """Return a pupil number upper-case, half-width, without spaces."""
    return "".join(unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).split()).upper()


def student_no_problem(number: str) -> str:
    """Return what is wrong with a cleaned pupil number, or "".

    ``student_no_missing``, ``student_no_format``, ``student_no_check_digit``. L numbers are temporary and
    carry no check digit.
    """
    if not number:
        return "student_no_missing"
    if not _STUDENT_NO.match(number) or (number[0] == "L" and number.endswith("X")):
        return "student_no_format"
    if number[0] in "GJ" and check_digit(number[1:18]) != number[18]:
        return "student_no_check_digit"
    return ""


def is_school_code(text: str) -> bool:
    """Whether text has the form of a 学校标识码: 2 category, 2 province, 6 serial digits, no check digit."""
    return _SCHOOL_CODE.match(text) is not None


def phone_tail(text: str) -> str:
    """Return the last four digits of a phone number; the rest is never kept."""
    digits = text if text.isascii() and text.isdecimal() else re.sub(r"[^0-9]", "", unicodedata.normalize("NFKC", text))
    return digits[-4:] if len(digits) >= 4 else ""


# --- classes ------------------------------------------------------------------------------------

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_NUMERAL = "[0-9]{1,2}|[一二三四五六七八九]?十[一二三四五六七八九]?|[一二三四五六七八九]"
_STAGE_BASE = {"小学": 0, "小": 0, "初中": 6, "初": 6, "高中": 9, "高": 9, "中": 6, "": 0}
_GRADE = re.compile(rf"^(小学|初中|高中|初|高|小)?\s*({_NUMERAL})\s*(?:年级|年)?(?:级)?$")
_ENTRY = re.compile(r"^(?:小学|初中|高中)?\s*((?:20)?[0-9]{2})\s*级$")
_CLASS_FORMS = (
    re.compile(rf"^(?:小学|初中|高中|小|初|高)?((?:20)?[0-9]{{2}})级\s*(?:\(\s*({_NUMERAL})\s*\)|({_NUMERAL}))\s*班?$"),
    re.compile(
        rf"^(小学|初中|高中|初|高|小)?({_NUMERAL})(?:年级|年)?\s*(?:\(\s*({_NUMERAL})\s*\)|(?:(?<=级)|[-.]|(?=[0-9])(?<![0-9]))({_NUMERAL}))\s*班?$"
    ),
    re.compile(r"^(小学|初中|高中|初|高|小)?([一二三四五六七八九])([一二三四五六七八九]|[0-9]{1,2})班$"),
    re.compile(r"^()([1-9])(0[1-9]|[1-4][0-9])班?$"),
)
_TWO_WAYS = re.compile(r"^[一二三四五六七八九]十[一二三四五六七八九]?班?$")  # 三十一班: class 31, or 3(11)?
_CLASS_ONLY = re.compile(rf"^\(?\s*({_NUMERAL})\s*\)?\s*班?$")


@dataclass(frozen=True, slots=True)
class ClassName:
    """A class as a sheet names it. ``grade`` 1-12; ``entry_year`` where the name says 2023级."""

    grade: int | None = None
    class_no: int | None = None
    entry_year: int | None = None


def numeral(text: str) -> int | None:
    """Read 1-99 in Arabic or Chinese digits."""
    if text.isdecimal():
        return int(text)
    if text in _DIGITS:
        return _DIGITS[text]
    if "十" in text:
        tens, _, ones = text.partition("十")
        return (_DIGITS.get(tens, 1) if tens else 1) * 10 + (_DIGITS.get(ones, 0) if ones else 0)
    return None


def _fold(text: str) -> str:
    return simplified("".join(unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).split()))


def _grade_number(stage: str, number: int | None) -> int | None:
    if number is None:
        return None
    base = _STAGE_BASE.get(stage, 0)
    grade = number + base if base and number <= 3 else number
    return grade if 1 <= grade <= 12 else None


def grade_from_entry(entry_year: int, school_year: int, stage: Stage) -> int | None:
    """Return the grade in a school year of those who entered a stage in ``entry_year``, or None."""
    first, last = {"primary": (1, 6), "junior": (7, 9), "senior": (10, 12)}.get(stage, (0, 0))
    grade = first + school_year - entry_year
    return grade if first and first <= grade <= last else None


@lru_cache(maxsize=8192)
def parse_grade(text: str) -> ClassName:
    """Read a grade column: 小学三年级, 初二, 8, 2023级."""
    folded = _fold(text)
    entry = _ENTRY.match(folded)
    if entry:
        return ClassName(entry_year=_full_year(entry.group(1)))
    found = _GRADE.match(folded)
    return ClassName(_grade_number(found.group(1) or "", numeral(found.group(2)))) if found else ClassName()


def _full_year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)


@lru_cache(maxsize=8192)
def parse_class(text: str) -> ClassName:
    """Read a class name: 三（1）班, 3年级1班, 三1班, 301班, 初二（8）班, 八8班, 2023级1班, 1班.

    What can be read in two ways (三十一班) gives no number.
    """
    folded = _fold(text)
    if _TWO_WAYS.match(folded):
        return ClassName()
    entry = _CLASS_FORMS[0].match(folded)
    if entry:
        return ClassName(None, numeral(entry.group(2) or entry.group(3)), _full_year(entry.group(1)))
    for form in _CLASS_FORMS[1:]:
        found = form.match(folded)
        if found:
            groups = found.groups()
            number = numeral(next(g for g in groups[2:] if g))
            grade = _grade_number(groups[0] or "", numeral(groups[1]))
            return ClassName(grade, number) if grade and number else ClassName()
    only = _CLASS_ONLY.match(folded)
    return ClassName(class_no=numeral(only.group(1))) if only else ClassName()


# --- staff --------------------------------------------------------------------------------------

CATEGORIES: dict[str, str] = {
    "专任教师": "full_time_teacher", "教师": "full_time_teacher", "任课教师": "full_time_teacher", "教学人员": "full_time_teacher",
    "行政人员": "administrator", "行政": "administrator", "管理人员": "administrator", "校领导": "administrator", "领导": "administrator",
    "教辅人员": "support", "教辅": "support", "教学辅助人员": "support", "校医": "support", "实验员": "support", "图书管理员": "support",
    "工勤人员": "logistics", "工勤": "logistics", "后勤": "logistics", "后勤人员": "logistics", "工勤技能人员": "logistics", "工人": "logistics",
    "保安": "logistics", "宿管": "logistics", "食堂人员": "logistics",
    "外聘": "external", "外聘教师": "external", "代课": "external", "代课教师": "external", "兼职": "external", "兼职教师": "external",
    "外聘人员": "external", "校外人员": "external", "法治副校长": "external",
}  # fmt: skip
"""教职工类别 as printed -> code. Everybody here owes the yearly training, not only 专任教师."""

_LEFT = (
    (re.compile(r"返聘"), ""),
    (re.compile(r"退休|离休"), "retired"),
    (re.compile(r"调出|调离|调走|已调"), "moved"),
    (re.compile(r"离职|辞职|辞退|解聘|开除|离校|终止|解除"), "resigned"),
    (re.compile(r"死亡|去世|病故|亡故|身故"), "died"),
)


@lru_cache(maxsize=8192)
def left_reason(state: str) -> str:
    """Return why somebody is no longer on the staff (retired, moved, resigned, died), or "".

    产假, 病休, 借调 and the like stay: only a rule of the bureau exempts them (domain.md case 5).
    """
    folded = _fold(state)
    if folded in ("不在职", "非在职", "离岗"):
        return "other"
    for pattern, reason in _LEFT:
        if pattern.search(folded):
            return reason
    return ""


POSTS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"法[治制]副校长"), "law_vice_principal"),
    (re.compile(r"副校长|副园长"), "vice_principal"),
    (re.compile(r"校长|园长"), "principal"),
    (re.compile(r"(?:德育|政教|学生处|学生发展).*主任"), "moral_education_head"),
    (re.compile(r"班主任"), "homeroom_teacher"),
    (re.compile(r"年级(?:组长|主任)|级部主任|级长"), "grade_head"),
    (re.compile(r"心理"), "psychologist"),
    (re.compile(r"辅导员"), "young_pioneer_counsellor"),
    (re.compile(r"(?:安全|安保|保卫).*(?:主任|科长|干部|负责人)"), "safety_head"),
    (re.compile(r"责任督学"), "responsible_inspector"),
)


@lru_cache(maxsize=8192)
def posts_of(text: str) -> tuple[str, ...]:
    """Return the post codes in a 职务 cell; a word without a code stays as the school wrote it."""
    posts: list[str] = []
    for part in re.split(r"[、,;/兼及\s]+", unicodedata.normalize("NFKC", text).strip()):
        if not part or part in ("无", "-", "教师", "教职工", "职工"):
            continue
        code = next((code for pattern, code in POSTS if pattern.search(simplified(part))), part[:40])
        if code not in posts:
            posts.append(code)
    return tuple(posts)


@lru_cache(maxsize=8192)
def yes_or_no(text: str) -> bool | None:
    """Read 是/否 and their like; None where the cell says something else."""
    folded = _fold(text).lower()
    if folded in ("是", "√", "✓", "✔", "y", "yes", "1", "true", "有", "班主任", "对"):
        return True
    return False if folded in ("", "否", "×", "x", "n", "no", "0", "false", "无", "-", "不是") else None


@lru_cache(maxsize=8192)
def sex_code(text: str) -> Literal["1", "2", ""]:
    """Return 1 (male) or 2 (female) as in the national code, or "" (GB/T 2261.1)."""
    folded = _fold(text)
    if folded in ("1", "男", "男性", "男生"):
        return "1"
    return "2" if folded in ("2", "女", "女性", "女生") else ""

