"""A text that names a pupil of the class is found however it is written, and nobody else's words are stopped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainhub.class_meetings.rules.naming import TextMayName, TextNamesPupil, given_name, name_hits, refuse_names

PUPILS = ("李文明", "欧阳若兰", "阿依古丽·买买提", "王伟", "Anna Li", "周")


@pytest.mark.parametrize("text", [
    "今天李文明讲了自己的事。", "李 文 明上台", "李·文·明", "欧阳若兰和同桌", "阿依古丽买买提说", "阿依古丽•买买提", "王伟", "ＡＮＮＡ ＬＩ 说", "anna-li",
])
def test_case_40_a_full_name_stops_the_text_however_it_is_written(text: str) -> None:
    with pytest.raises(TextNamesPupil):
        refuse_names([("worked", text)], PUPILS, confirmed=True)


@pytest.mark.parametrize("text", ["", "全班讨论热烈，六个小组都有收获。", "周五再议", "王老师主持", "伟大的约定"])
def test_words_that_name_nobody_pass(text: str) -> None:
    assert name_hits(text, PUPILS) == ()
    refuse_names([("worked", text)], PUPILS)  # raises nothing


def test_a_given_name_that_is_also_a_word_asks_and_may_be_confirmed() -> None:
    text = "文明用语进课堂。"
    with pytest.raises(TextMayName) as asked:
        refuse_names([("again", text)], PUPILS)
    assert asked.value.params["sentence"] == 1
    refuse_names([("again", text)], PUPILS, confirmed=True)


def test_a_certain_hit_comes_before_a_doubtful_one_and_says_where_without_the_name() -> None:
    with pytest.raises(TextNamesPupil) as stopped:
        refuse_names([("worked", "讲文明。很好。王伟举了例子。")], PUPILS)
    assert stopped.value.params == {"sentence": 3}
    assert stopped.value.field == "worked"
    assert [hit.certain for hit in name_hits("讲文明。王伟。", PUPILS)] == [True, False]


@pytest.mark.parametrize(("name", "given"), [("李文明", "文明"), ("欧阳若兰", "若兰"), ("王伟", ""), ("欧阳兰", ""), ("annali", "")])
def test_given_names(name: str, given: str) -> None:
    assert given_name(name) == given


@given(st.text(alphabet="赵钱孙李周吴", min_size=2, max_size=4), st.text(max_size=30), st.text(max_size=30))
def test_a_name_in_the_middle_of_anything_is_found(name: str, before: str, after: str) -> None:
    assert any(hit.certain for hit in name_hits(f"{before}{name}{after}", [name]))
