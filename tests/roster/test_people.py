"""Stretches of days, pinyin keys, and rows that must not be refused."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.roster.conftest import Desk, xlsx_upload
from trainhub.roster import readings
from trainhub.roster.import_rules import Entry, class_label, content_digest
from trainhub.roster.people_rules import Span, initials, keys_of, pinyin_key, post_of

DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))
SPANS = st.builds(lambda start, length: Span(start, None if length is None else start + timedelta(days=length)),
                  DAYS, st.none() | st.integers(0, 800))  # fmt: skip


@given(SPANS, SPANS, DAYS)
def test_two_stretches_touch_exactly_where_a_day_lies_in_both(a: Span, b: Span, day: date) -> None:
    """Touching is symmetric, a common day proves it, and the hull holds both."""
    assert a.touches(b) == b.touches(a)
    if a.covers(day) and b.covers(day):
        assert a.touches(b)
    if a.covers(day) or b.covers(day):
        assert a.hull(b).covers(day)
    if a.touches(b):
        assert a.covers(max(a.from_on, b.from_on))
        assert b.covers(max(a.from_on, b.from_on))


@given(st.lists(st.builds(Entry, st.integers(1, 99), st.sampled_from("甲乙丙丁"), st.sampled_from(["", "1", "2"])), max_size=8), st.randoms())
def test_what_a_file_says_does_not_depend_on_the_order_of_its_rows(entries: list[Entry], random: object) -> None:
    """R5: the content digest is the same for shuffled rows and for other row numbers."""
    shuffled = list(entries)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert content_digest(entries) == content_digest(shuffled)


def test_readings_are_those_of_the_dictionary() -> None:
    """Our table of readings says what ``pypinyin`` says, for every character; a sign without one is its own."""
    assert readings.TABLE.read_text(encoding="utf-8") == readings.drawn()
    assert [readings.reading_of(c) for c in "䶮女A1·"] == ["yan", "nv", "a", "1", "·"]


def test_keys_of_a_name_are_read_once_and_alike() -> None:
    """Half width and full width name the same person; what nobody can read stays as it is."""
    assert keys_of("ＭＡＲＹ Ann") == keys_of("MARY Ann")
    assert (keys_of("单于飞").sort_key, keys_of("单飞").initials) == ("chan yu fei 单于飞", "sf")
    assert keys_of("　").sort_key == ""


@pytest.mark.parametrize(("name", "key"), [
    ("欧阳若彤", "oyrt"), ("单雄信", "sxx"), ("买买提·艾力", "mmtal"), ("尉迟恭", "ycg"), ("Anna Li", "al"), ("曾国庆", "zgq"),
])  # fmt: skip
def test_initials_read_surnames_as_surnames(name: str, key: str) -> None:
    """单 is Shan, 尉迟 is Yuchi, 曾 is Zeng."""
    assert initials(name) == key


def test_lists_sort_by_pinyin() -> None:
    """Bai before Zhang, whatever the code points say."""
    assert sorted(["张三", "白七", "李四"], key=pinyin_key) == ["白七", "李四", "张三"]


def test_words_of_clerks() -> None:
    """Posts and classes as schools write them."""
    assert post_of("德育处主任") == "moral_education_head"
    assert post_of("食堂负责人") == "食堂负责人"
    assert [class_label(t) for t in ("三（1）班", "初二8班", "3-1", "随便")] == ["3-1", "8-8", "3-1", ""]


def test_case_28_a_printed_total_that_differs_is_said_and_not_refused(desk: Desk) -> None:
    """Another counting basis: the list goes in, the difference stands above it."""
    page = desk.stage(xlsx_upload([["姓名", "工号"], ["林若兰", "S001"], ["共50人", ""]]))
    assert page.plan.counts["new"] == 1
    assert page.staged["notes"][0][0] == "printed_total_differs"
