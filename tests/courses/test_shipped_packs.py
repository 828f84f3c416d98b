"""The four packs for the staff that come along are complete: a trainer can hold them straight from the page."""

import re
from pathlib import Path

import pytest

from trainhub.courses.packs import pack_folders, read_folder
from trainhub.courses.rules import FORMAT_PERIOD_MINUTES, Pack

COURSES = Path(__file__).parents[2] / "courses"
FOLDERS = [path for path in pack_folders(COURSES) if path.name.startswith("staff-")]


@pytest.fixture(params=FOLDERS, ids=lambda path: path.name)
def pack(request: pytest.FixtureRequest) -> Pack:
    found, problems = read_folder(request.param)
    assert problems == []
    assert found is not None
    return found


def texts(pack: Pack) -> str:
    return "\n".join(part.text or "" for part in pack.parts)


def test_there_are_the_four_that_were_promised() -> None:
    assert [path.name for path in FOLDERS] == [
        "staff-aftercare-and-parents", "staff-law-and-duties", "staff-recognise-and-step-in", "staff-report-to-determination",
    ]  # fmt: skip


def test_length_delivery_and_parts(pack: Pack) -> None:
    assert 90 <= pack.minutes <= 180
    assert pack.minutes >= pack.class_hours * FORMAT_PERIOD_MINUTES
    assert pack.delivery == "face_to_face"
    assert pack.required_face_to_face
    assert pack.topic == "student_bullying_prevention"
    assert pack.aims
    assert pack.preparation
    assert pack.sources
    assert pack.local_parameters
    assert 2 <= len(pack.cases) <= 4
    assert pack.quiz is not None
    assert 8 <= len(pack.quiz.items) <= 10


def test_the_run_of_show_covers_every_unit_by_the_minute(pack: Pack) -> None:
    assert {step.unit for step in pack.run_of_show if step.unit} == {unit.id for unit in pack.units}
    assert max(step.minutes for step in pack.run_of_show) <= 20


def test_headings_of_a_unit_give_its_minutes(pack: Pack) -> None:
    for unit in pack.units:
        stated = [int(n) for n in re.findall(r"^## .*（(\d+) 分钟）$", unit.text or "", re.MULTILINE)]
        assert sum(stated) == unit.minutes, unit.title
        planned = [step.minutes for step in pack.run_of_show if step.unit == unit.id]
        assert stated == planned, unit.title


def test_there_is_enough_to_hold_it_from_the_page(pack: Pack) -> None:
    han = len(re.findall(r"[\u4e00-\u9fff]", texts(pack)))
    assert 4000 <= han <= 9000
    assert texts(pack).count("\n> ") >= 8, "words to say"
    assert "不要这样讲" in texts(pack)
    assert texts(pack).count("好的回答应当包含") + texts(pack).count("点评时依次问") + texts(pack).count("应当说到") >= 2


def test_cases_are_declared_fictional_and_stand_in_their_unit(pack: Pack) -> None:
    assert "虚构" in texts(pack)
    for case in pack.cases:
        unit = next(u for u in pack.units if u.id == case.unit)
        assert case.title in (unit.text or ""), case.title


def test_children_are_never_labelled(pack: Pack) -> None:
    for word in ("欺凌者", "施暴者", "问题学生", "差生", "劳改", "前科", "黑名单"):
        assert word not in texts(pack), word


CITED = {
    "未成年人保护法": {"第四条", "第三十九条", "第一百零三条", "第一百三十条"},
    "预防未成年人犯罪法": {
        "第三条", "第三十一条", "第三十二条", "第三十三条", "第四十三条", "第四十四条", "第五十九条",
    },
    "义务教育法": {"第二十七条"},
    "个人信息保护法": {"第十九条", "第二十八条", "第三十一条"},
    "未成年人网络保护条例": {"第三十四条", "第三十六条"},
}  # fmt: skip


def test_only_articles_that_were_read_are_cited(pack: Pack) -> None:
    quiz = " ".join(item.reason for item in pack.quiz.items) if pack.quiz else ""
    for article in re.findall(r"第[一二三四五六七八九十百零]+条(?!线)", " ".join((texts(pack), quiz, *pack.sources))):
        assert any(article in articles for articles in CITED.values()), article


def test_local_numbers_are_left_to_the_bureau(pack: Pack) -> None:
    assert "由区教育局规定" in texts(pack)
    assert not re.search(r"(十|10)\s*(个工作)?日内", texts(pack))
