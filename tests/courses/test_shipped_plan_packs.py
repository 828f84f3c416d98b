"""The modules of education plans that come along: an instructor can hold each lesson from the page, and no child loses face by it."""

import re
from itertools import combinations
from pathlib import Path

import pytest

from tests.courses.test_shipped_lessons import ARTICLE, EXPOSING, LABELS, READ, number, texts
from trainhub.courses.packs import SHIPPED, pack_folders, read_folder
from trainhub.courses.rules import PLAN_LESSON_MINUTES, Pack

FOLDERS = [path for path in pack_folders(SHIPPED) if path.name.startswith("plan-")]
MODULES = {
    "law": "law", "rules": "conduct", "understanding": "psychology", "online": "conduct", "amends": "service", "family": "family",
}  # fmt: skip
BANDS = {"primary": ("upper_primary",), "secondary": ("junior", "senior")}
SECTIONS = ("这一课要达到的", "怎么上", "学生做出什么", "出现这些，停下来", "记什么，不记什么")
STEP = re.compile(r"^### (.+)（(\d+) 分钟，(\d+)—(\d+) 分）$", re.MULTILINE)
STEP_WORDS = 14


@pytest.fixture(params=FOLDERS, ids=lambda path: path.name)
def pack(request: pytest.FixtureRequest) -> Pack:
    found, problems = read_folder(request.param)
    assert problems == []
    assert found is not None
    return found


def section(text: str, title: str) -> str:
    """Return what stands under a heading of the second level, up to the next one."""
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, title
    return found.group(1)


def test_there_are_those_that_were_promised() -> None:
    assert {path.name for path in FOLDERS} == {f"plan-{key}-{band}" for key in MODULES for band in BANDS}


def test_module_band_and_audience_follow_the_name(pack: Pack) -> None:
    _, key, band = pack.id.split("-")
    assert pack.type_key == "plan_module"
    assert (pack.module, pack.grade_bands) == (MODULES[key], BANDS[band])
    assert pack.audience == (("student", "guardian") if key == "family" else ("student",))
    assert (pack.delivery, pack.assessment, pack.theme) == ("face_to_face", "none", "")
    assert (pack.topic, pack.license) == ("student_bullying_prevention", "CC-BY-4.0")
    assert pack.description["order"] == {"primary": 300, "secondary": 310}[band] + list(MODULES).index(key)


def test_lessons_are_as_long_as_the_plan_allows(pack: Pack) -> None:
    assert 2 <= len(pack.units) <= 4
    lowest, highest = PLAN_LESSON_MINUTES
    assert {lowest <= unit.minutes <= highest for unit in pack.units} == {True}
    assert pack.lesson_minutes == min(unit.minutes for unit in pack.units)
    assert pack.class_hours == len(pack.units)


def test_the_course_of_a_lesson_is_its_run_of_show(pack: Pack) -> None:
    for unit in pack.units:
        told = STEP.findall(section(unit.text or "", "怎么上"))
        planned = [(step.title, str(step.minutes)) for step in pack.run_of_show if step.unit == unit.id]
        assert [(title, minutes) for title, minutes, _, _ in told] == planned, unit.title
        clock = 0
        for title, minutes, start, end in told:
            assert (int(start), int(end)) == (clock, clock + int(minutes)), title
            assert len(title) <= STEP_WORDS
            clock = int(end)
        assert clock == unit.minutes, unit.title
        assert 3 <= len(told) <= 6


def test_every_lesson_has_its_five_parts_in_order(pack: Pack) -> None:
    for unit in pack.units:
        text = unit.text or ""
        assert text.startswith(f"# {unit.title}\n"), unit.file
        found = [title for title in re.findall(r"^## (.+)$", text, re.MULTILINE) if title in SECTIONS]
        assert found == list(SECTIONS), unit.title
        assert text.count("\n> ") >= 3, "words to say"
        assert 850 <= len(re.findall(r"[\u4e00-\u9fff]", text)) <= 1900, unit.title
        levels = re.search("达到：.*部分达到：.*还没有达到：", section(text, SECTIONS[0]).replace("**", ""), re.DOTALL)
        assert levels, f"what each level of the aim looks like: {unit.title}"


def test_every_lesson_says_when_to_stop_and_whom_to_call(pack: Pack) -> None:
    for unit in pack.units:
        stop = section(unit.text or "", "出现这些，停下来")
        assert "心理" in stop, unit.title
        assert "首报人" in stop, unit.title
        assert re.search("\n> |“[^”]{6,}”", stop), "what the instructor says then"


def test_what_is_recorded_and_what_never(pack: Pack) -> None:
    for unit in pack.units:
        record = section(unit.text or "", "记什么，不记什么")
        assert re.search(r"日期.*分钟.*(三档|档次)", record, re.DOTALL), unit.title
        assert re.search("不(记|写|进|录|留|登记)", record), unit.title


def test_lower_grades_are_thought_of(pack: Pack) -> None:
    if pack.id.endswith("-primary"):
        assert "监护人" in section(pack.units[0].text or "", "一至三年级怎么改")


def test_children_are_never_labelled(pack: Pack) -> None:
    for line in [*texts(pack).splitlines(), *pack.questions, *pack.aims, *pack.avoid, pack.title, pack.summary]:
        for word in LABELS:
            assert word not in line or re.search(r"不(是|说|叫|用|要|给|能)|别(说|叫|用)|标签", line), line


def test_questions_ask_about_the_story(pack: Pack) -> None:
    assert len(pack.questions) >= 3
    for question in pack.questions:
        assert not EXPOSING.search(question), question


def test_what_not_to_do_says_what_to_do_when_a_child_speaks(pack: Pack) -> None:
    assert len(pack.avoid) >= 5
    assert any(re.search("说出|听到|说他|说自己", line) and "首报人" in line for line in pack.avoid)


def test_sheets_have_room_for_a_pen_and_none_for_a_name(pack: Pack) -> None:
    kinds = [handout.kind for handout in pack.handouts]
    assert kinds.count("activity_sheet") >= 1
    assert kinds.count("parent_letter") == 1
    for handout in pack.handouts:
        assert re.search(r"＿{2,}|\|\s*\||□", handout.text or ""), handout.file
        assert not re.search(r"(^|[^不无别免写填名])姓名[：:]?\s*[＿_|]", handout.text or ""), handout.file


def test_only_articles_that_were_read_are_cited(pack: Pack) -> None:
    cited: set[tuple[str, int]] = set()
    for source in pack.sources:
        law = re.search(r"《(?:中华人民共和国)?([^》（]+)", source)
        assert law, source
        articles = [number(article) for article in re.findall(ARTICLE, source)]
        assert articles or "法治副校长" in source or "由区教育局规定" in source, source
        for article in articles:
            assert article in READ.get(law.group(1), set()) or "法治副校长" in source, f"{source}: {article}"
            cited.add((law.group(1), article))
    for line in texts(pack).splitlines():
        for law_name, articles in re.findall(rf"《(?:中华人民共和国)?({'|'.join(READ)})》((?:{ARTICLE.replace('(', '(?:')}、?)+)", line):
            for article in re.findall(ARTICLE, articles):
                assert (law_name, number(article)) in cited, f"{law_name} {article} is not under sources: {line[:60]}"


def test_no_two_modules_are_one_with_words_exchanged() -> None:
    said: dict[str, set[str]] = {}
    for path in FOLDERS:
        found, _ = read_folder(Path(path))
        assert found is not None
        units = "\n".join(unit.text or "" for unit in found.units)
        said[path.name] = {s for s in re.split(r"[。！？\n|]", units) if len(s.strip()) >= 12}
    alike = {(a, b): len(said[a] & said[b]) / min(len(said[a]), len(said[b])) for a, b in combinations(sorted(said), 2)}
    assert {pair: share for pair, share in alike.items() if share > 0.1} == {}
