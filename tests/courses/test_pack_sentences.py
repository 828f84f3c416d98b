"""Every problem has a sentence that can be filled, in both languages."""

import re
from pathlib import Path

import pytest

from tests.courses.conftest import COURSE, WriteFolder
from trainhub.courses import archives, messages, packs, rules, service, shelf
from trainhub.courses.packs import check_folder

SOURCES = "".join(Path(module.__file__ or "").read_text("utf-8") for module in (packs, rules))
CODES = set(re.findall(r'PackProblem\(\s*"(\w+)"', SOURCES)) | set(packs._CODES.values()) | {"shape"}


def test_every_code_has_a_sentence_and_every_sentence_a_code() -> None:
    assert set(messages.PROBLEMS) == CODES
    refusals = (
        service.PackVersionTaken, service.PackNotUsable, service.PackChanged, service.PacksAreShared, shelf.PackNotKept, archives.BadArchive,
    )
    assert set(messages.MESSAGES) == {refusal.code for refusal in refusals}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("class_hours: 1", "class_hours: 2"),
        ("type: staff_training", "type: pottery"),
        ("minutes: 30\n", "minutes: 三十\n"),
        ("minutes: 30\n", "minutes: 9999\n"),
        ("title: 小课程包", "title: ''"),
        ("summary: 只用于测试。", "summary: " + "长" * 601),
        ("delivery: face_to_face\naudience", "delivery: 面授\naudience"),
        ("    file: units/02-two.md", "    colour: red"),
        ("units:", "units: []\nextra:"),
        ("required: {", "required: {cycle: [], "),
    ],
)
def test_sentences_can_be_filled(folder: WriteFolder, old: str, new: str) -> None:
    found = check_folder(folder(COURSE.replace(old, new, 1)))
    assert found
    for problem in found:
        assert "%(" not in messages.sentence(problem)
        assert messages.place(problem).startswith(("course.yaml", "units/", "handouts/", "quiz.yaml"))


def test_translations_are_complete_and_keep_their_blanks() -> None:
    part = Path(messages.__file__ or "").parents[1] / "translations/parts/courses.po"
    pairs = re.findall(r'^msgid "(.+)"\nmsgstr "(.*)"$', part.read_text("utf-8"), re.MULTILINE)
    known = dict(pairs)
    for sentence in (*messages.MESSAGES.values(), *messages.PROBLEMS.values()):
        msgid = sentence._args[0]
        assert known.get(msgid), msgid
        assert sorted(re.findall(r"%\(\w+\)s", msgid)) == sorted(re.findall(r"%\(\w+\)s", known[msgid]))
