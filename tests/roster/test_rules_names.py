"""Names, classes, numbers: normalising is exact, idempotent, and never invents."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainhub.roster.rules import (
    ClassName,
    check_digit,
    clean_name,
    clean_student_no,
    grade_from_entry,
    left_reason,
    name_key,
    name_problem,
    parse_class,
    parse_grade,
    phone_tail,
    posts_of,
    same_but_for_dots,
    sex_code,
    student_no_problem,
    yes_or_no,
)

pytestmark = pytest.mark.files_only
NAME_CHARACTERS = "王李张䶮𬭎﨑欧阳·・•‧. \u3000\u200bａbＣ１"


@given(st.text(NAME_CHARACTERS, max_size=10))
def test_normalising_twice_is_normalising_once(text: str) -> None:
    assert clean_name(clean_name(text)) == clean_name(text)
    assert name_key(name_key(text)) == name_key(text)
    assert name_key(clean_name(text)) == name_key(text)


@given(st.text(max_size=30))
def test_any_text_normalises_without_error(text: str) -> None:
    assert (
        name_key(clean_name(text)) == name_key(text)
        or not text.isprintable()
        or unicodedata.normalize("NFKC", text) != text
    )
    parse_class(text)
    parse_grade(text)
    student_no_problem(clean_student_no(text))


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("周　强", "周强"), (" 孙  丽 ", "孙丽"), ("买买提・艾力", "买买提·艾力"), ("买买提.艾力", "买买提·艾力"), ("阿不都•克里木·", "阿不都·克里木"),
        ("欧阳若彤", "欧阳若彤"), ("张䶮", "张䶮"), ("𬭎欣", "𬭎欣"), ("﨑玉", "﨑玉"), ("陳曉東", "陳曉東"), ("Ｊｏｈｎ  Smith", "John Smith"),
    ],
)  # fmt: skip
def test_case_101_names_are_stored_clean_and_rare_characters_untouched(typed: str, stored: str) -> None:
    assert clean_name(typed) == stored


def test_case_101_minority_names_with_and_without_the_dot_are_one_name() -> None:
    assert name_key("买买提艾力") == name_key("买买提·艾力")
    assert same_but_for_dots("买买提艾力", "买买提·艾力")
    assert not same_but_for_dots("周 强", "周强")
    assert name_key("李思怡") != name_key("李思仪")


@pytest.mark.parametrize(
    ("name", "code"),
    [("", "name_missing"), ("张?", "name_damaged"), ("张□", "name_damaged"), ("张\ue863", "name_private_character"), ("王芳2", "name_unreadable"),
     ("#N/A", "name_unreadable"), ("=王芳", "name_unreadable"), ("王芳", ""), ("买买提·艾力", "")],
)  # fmt: skip
def test_names_that_a_program_spoilt(name: str, code: str) -> None:
    assert name_problem(name) == code


@pytest.mark.parametrize(
    ("text", "grade", "number", "entry"),
    [
        ("三（1）班", 3, 1, None), ("3年级1班", 3, 1, None), ("三1班", 3, 1, None), ("2023级1班", None, 1, 2023), ("23级(4)班", None, 4, 2023),
        ("初二（8）班", 8, 8, None), ("八8班", 8, 8, None), ("301班", 3, 1, None), ("三年级一班", 3, 1, None), ("高一12班", 10, 12, None),
        ("二（十二）班", 2, 12, None), ("三一班", 3, 1, None), ("九年级十一班", 9, 11, None), ("1班", None, 1, None), ("（２）班", None, 2, None),
        ("10班", None, 10, None), ("三十一班", None, None, None), ("实验班", None, None, None), ("", None, None, None), ("三（１０）班", 3, 10, None),
    ],
)  # fmt: skip
def test_class_names(text: str, grade: int | None, number: int | None, entry: int | None) -> None:
    assert parse_class(text) == ClassName(grade, number, entry)


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("小学三年级", 3),
        ("三年级", 3),
        ("3", 3),
        ("初二", 8),
        ("七年级", 7),
        ("高一", 10),
        ("初中二年级", 8),
        ("13", None),
        ("幼儿园", None),
    ],
)
def test_grades(text: str, grade: int | None) -> None:
    assert parse_grade(text).grade == grade


def test_a_grade_from_the_year_of_entry_needs_the_stage() -> None:
    assert grade_from_entry(2023, 2025, "primary") == 3
    assert grade_from_entry(2023, 2025, "junior") == 9
    assert grade_from_entry(2023, 2025, "") is None
    assert grade_from_entry(2015, 2025, "primary") is None


@given(st.integers(1, 9), st.integers(1, 30))
def test_every_spelling_of_a_class_is_the_same_class(grade: int, number: int) -> None:
    word = "一二三四五六七八九"[grade - 1]
    for text in (
        f"{word}（{number}）班",
        f"{grade}年级{number}班",
        f"{word}年级({number})班",
        f"{grade}({number})",
        f"{word}{number}班",
    ):
        assert parse_class(text) == ClassName(grade, number), text


@given(st.text("0123456789", min_size=17, max_size=17))
def test_the_check_digit_finds_every_single_mistake(digits: str) -> None:
    number = f"G{digits}{check_digit(digits)}"
    assert student_no_problem(number) == ""
    for place in range(1, 18):
        other = "1" if number[place] != "1" else "2"
        assert student_no_problem(number[:place] + other + number[place + 1 :]) == "student_no_check_digit"


@pytest.mark.parametrize(
    ("number", "code"),
    [("", "student_no_missing"), ("L990101201707078347", ""), ("99010120170912012X", "student_no_format"), ("G123", "student_no_format"),
     ("G990101201702280090", "student_no_check_digit"), ("L99010120170707834X", "student_no_format")],
)  # fmt: skip
def test_student_numbers(number: str, code: str) -> None:
    assert student_no_problem(number) == code


def test_a_check_digit_needs_seventeen_digits() -> None:
    with pytest.raises(ValueError, match="17"):
        check_digit("123")


def test_case_101_trailing_x_in_any_form() -> None:
    assert clean_student_no(" g99010120170606018ｘ ") == "G99010120170606018X"


def test_case_05_leave_stays_in_the_count_and_leaving_does_not() -> None:
    assert [left_reason(s) for s in ("在职", "", "产假", "借调", "病休", "退休返聘")] == [""] * 6
    assert [left_reason(s) for s in ("退休", "调出", "已调离", "辞职", "病故", "不在职")] == [
        "retired",
        "moved",
        "moved",
        "resigned",
        "died",
        "other",
    ]


def test_posts_words_and_codes() -> None:
    assert posts_of("德育处主任、班主任") == ("moral_education_head", "homeroom_teacher")
    assert posts_of("法治副校长") == ("law_vice_principal",)
    assert posts_of("副校长/工会主席") == ("vice_principal", "工会主席")
    assert posts_of("教师") == ()


def test_small_codes() -> None:
    assert (sex_code("男"), sex_code("2"), sex_code("未知")) == ("1", "2", "")
    assert (yes_or_no("是"), yes_or_no("否"), yes_or_no(""), yes_or_no("三1班")) == (True, False, False, None)
    assert (phone_tail("138****0101"), phone_tail("１３８ 0000 1234"), phone_tail("12")) == ("0101", "1234", "")
