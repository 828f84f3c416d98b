"""The packs for classes and for parents that come along are complete: nobody needs an hour to prepare them."""

import re
from pathlib import Path

import pytest

from trainhub.courses.packs import SHIPPED, pack_folders, read_folder
from trainhub.courses.rules import GRADE_BANDS, LESSONS, THEMES, Pack

FOLDERS = [path for path in pack_folders(SHIPPED) if path.name.startswith(("class-", "parents-"))]
LESSON_PACKS = {
    f"class-{band}-{theme}" for band in ("lower", "upper", "junior", "senior") for theme in ("recognise", "bystander", "internet", "help")
}
PARENT_PACKS = {"parents-recognise-and-talk", "parents-internet", "parents-after-an-incident"}
LABELS = ("欺凌者", "施暴者", "问题学生", "差生", "坏学生", "坏孩子", "熊孩子", "黑名单")
EXPOSING = re.compile(r"(谁|哪位同学|有没有人|有谁)(被|受过|挨过|曾经被|曾被)|请(举手|站起来).{0,6}(被|挨)")
STEP_WORDS = 14
ARTICLE = r"第([一二三四五六七八九十百千零]+)条"


@pytest.fixture(params=FOLDERS, ids=lambda path: path.name)
def pack(request: pytest.FixtureRequest) -> Pack:
    found, problems = read_folder(request.param)
    assert problems == []
    assert found is not None
    return found


def texts(pack: Pack) -> str:
    return "\n".join(part.text or "" for part in pack.parts)


def test_there_are_those_that_were_promised() -> None:
    assert {path.name for path in FOLDERS} == LESSON_PACKS | PARENT_PACKS


def test_kind_length_and_delivery(pack: Pack) -> None:
    for_class = pack.id.startswith("class-")
    assert pack.type_key == ("class_meeting" if for_class else "parent_meeting")
    assert pack.audience == (("class",) if for_class else ("parent",))
    assert pack.minutes == pack.lesson_minutes
    assert (pack.lesson_minutes in LESSONS) if for_class else (40 <= pack.lesson_minutes <= 60)
    assert (pack.delivery, pack.class_hours, pack.assessment) == ("face_to_face", 1, "none")
    assert (pack.topic, pack.license) == ("student_bullying_prevention", "CC-BY-4.0")
    assert not pack.required_face_to_face
    assert pack.aims
    assert pack.preparation
    assert pack.sources
    assert pack.local_parameters
    assert 2 <= len(pack.units) <= 4


def test_bands_and_themes_follow_the_name(pack: Pack) -> None:
    assert set(pack.grade_bands) <= set(GRADE_BANDS)
    assert pack.theme in THEMES
    if pack.id.startswith("class-"):
        _, band, theme = pack.id.split("-")
        assert pack.grade_bands == ({"lower": "lower_primary", "upper": "upper_primary"}.get(band, band),)
        assert pack.theme == {"help": "ask_for_help"}.get(theme, theme)
        assert pack.lesson_minutes == (40 if band in {"lower", "upper"} else 45)


def test_every_band_has_each_theme() -> None:
    packs = [pack for pack, _ in (read_folder(path) for path in FOLDERS) if pack is not None and pack.type_key == "class_meeting"]
    assert {(band, pack.theme) for pack in packs for band in pack.grade_bands} == {(b, t) for b in GRADE_BANDS for t in THEMES}
    orders = [pack.description["order"] for pack in packs]
    assert len(orders) == len(set(orders))


def test_steps_can_be_ticked_on_a_phone(pack: Pack) -> None:
    assert 4 <= len(pack.run_of_show) <= 7
    assert {step.unit for step in pack.run_of_show} == {unit.id for unit in pack.units}
    assert "break" not in {step.kind for step in pack.run_of_show}
    for step in pack.run_of_show:
        assert len(step.title) <= STEP_WORDS, step.title


def test_there_is_enough_to_teach_it_from_the_page(pack: Pack) -> None:
    lines = sum(len((unit.text or "").splitlines()) for unit in pack.units)
    assert 60 <= lines <= 260
    for unit in pack.units:
        assert (unit.text or "").startswith("# "), unit.file
    assert len(re.findall(r"[\u4e00-\u9fff]", texts(pack))) >= 1500
    assert texts(pack).count("\n> ") >= 4, "words to say"


def test_sheets_are_there_and_have_room_for_a_pen(pack: Pack) -> None:
    letters = [handout for handout in pack.handouts if handout.kind == "parent_letter"]
    assert letters
    for letter in letters:
        assert re.search(r"＿{3,}|_{3,}|\|\s*\|", letter.text or ""), "blanks for the numbers of the school"
    sheets = [handout for handout in pack.handouts if handout.kind == "activity_sheet"]
    assert sheets or pack.type_key == "parent_meeting"
    for sheet in sheets:
        assert re.search(r"＿{2,}|_{3,}|\|\s*\||□|○|［|（\s+）", sheet.text or ""), sheet.file
        assert not re.search(r"(^|[^不无别免写填名])姓名[：:]\s*[＿_]", sheet.text or ""), "no pupil writes a name"


def test_questions_ask_about_the_story(pack: Pack) -> None:
    assert len(pack.questions) >= 3
    for question in pack.questions:
        assert not EXPOSING.search(question), question
        assert not re.search(r"(你|我们班|咱们班).{0,8}(被欺负|被欺凌|欺负过)", question), question


def test_what_not_to_do_says_what_to_do_when_a_child_speaks(pack: Pack) -> None:
    assert len(pack.avoid) >= 3
    whole = " ".join(pack.avoid)
    assert re.search("不要|不", whole)
    assert re.search("说起|透露|说出|讲出|当场|报出|真事|真实", whole)


def test_children_are_never_labelled(pack: Pack) -> None:
    for word in LABELS:
        for line in [*texts(pack).splitlines(), *pack.questions, *pack.aims, pack.summary]:
            if word in line:
                assert re.search(r"不(是|说|叫|用|要|给|能)|别(说|叫|用)|标签|“[^”]*" + word, line), line


READ = {
    "未成年人保护法": {*range(1, 133)},
    "预防未成年人犯罪法": {3, 17, 19, 31, 32, 33, 59},
    "家庭教育促进法": {*range(1, 56)},
    "未成年人网络保护条例": {*range(1, 61)},
    "治安管理处罚法": {60},
    "民法典": {1019, 1024},
}
"""Articles whose text was read."""
PLACES = {"千": 1000, "百": 100, "十": 10}


def number(words: str) -> int:
    """Read a Chinese number below ten thousand."""
    total, digit = 0, 0
    for sign in words:
        if sign in PLACES:
            total, digit = total + (digit or 1) * PLACES[sign], 0
        else:
            digit = "零一二三四五六七八九".index(sign)
    return total + digit


def test_only_articles_that_were_read_are_cited(pack: Pack) -> None:
    assert [number(word) for word in ("四", "十七", "二十", "一百零三", "一百三十", "一百一十八", "一千零一十九")] == [4, 17, 20, 103, 130, 118, 1019]
    cited = set()
    for source in pack.sources:
        law = re.search(r"《(?:中华人民共和国)?([^》（]+)", source)
        for article in re.findall(ARTICLE, source):
            assert law, source
            assert number(article) in READ.get(law.group(1), set()), f"{source}: {article}"
            cited.add(number(article))
    assert cited
    for line in texts(pack).splitlines():
        for law_name, article in re.findall(rf"《(?:中华人民共和国)?({'|'.join(READ)})》{ARTICLE}", line):
            assert number(article) in cited, f"{law_name} {article} stands in a text but not under sources: {line[:60]}"


def test_no_two_packs_are_one_with_words_exchanged() -> None:
    """Packs share at most a few sentences: the safety sentences every lesson needs."""
    said: dict[str, set[str]] = {}
    for path in FOLDERS:
        found, _ = read_folder(path)
        assert found is not None
        units = "\n".join(unit.text or "" for unit in found.units)
        said[path.name] = {s for s in re.split(r"[。！？\n|]", units) if len(s.strip()) >= 12}
    names = sorted(said)
    alike = {
        (a, b): len(said[a] & said[b]) / min(len(said[a]), len(said[b])) for n, a in enumerate(names) for b in names[n + 1 :]
    }
    assert {pair: share for pair, share in alike.items() if share > 0.1} == {}


def test_the_readme_lists_every_pack() -> None:
    readme = (Path(SHIPPED) / "README.md").read_text("utf-8")
    for path in pack_folders(SHIPPED):
        assert f"`{path.name}`" in readme, path.name
