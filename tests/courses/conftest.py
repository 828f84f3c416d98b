"""A small pack for the staff and one for a class, each in a folder, to be broken in one place at a time."""

from collections.abc import Callable
from pathlib import Path

import pytest

COURSE = """\
format: trainhub.course/1
id: small-pack
version: "1.0"
title: 小课程包
summary: 只用于测试。
type: staff_training
delivery: face_to_face
audience: [all_staff]
required: {cycle: training_year, face_to_face: true}
class_hours: 1
units:
  - id: one
    title: 第一单元
    minutes: 30
    delivery: face_to_face
    file: units/01-one.md
  - id: two
    title: 第二单元
    minutes: 15
    delivery: face_to_face
    file: units/02-two.md
run_of_show:
  - {unit: one, minutes: 30, kind: talk, title: 讲}
  - {minutes: 5, kind: break, title: 休息}
  - {unit: two, minutes: 15, kind: practice, title: 练}
assessment: {kind: quiz, file: quiz.yaml, pass_correct: 1}
sources: [《中华人民共和国未成年人保护法》第三十九条]
"""
QUIZ = """\
format: trainhub.quiz/1
title: 小检测
pass_correct: 1
items:
  - id: q01
    kind: single
    question: 谁先报告？
    options: {A: 看见的人, B: 没看见的人}
    answer: [A]
    reason: 看见的人最清楚。
"""

LESSON = """\
format: trainhub.course/1
id: small-lesson
version: "1.0"
title: 小班会
summary: 只用于测试。
order: 5
type: class_meeting
delivery: face_to_face
audience: [class]
class_hours: 1
grade_bands: [upper_primary, lower_primary]
theme: bystander
lesson_minutes: 40
units:
  - id: one
    title: 听故事
    minutes: 25
    delivery: face_to_face
    file: units/01-one.md
  - id: two
    title: 做一做
    minutes: 15
    delivery: face_to_face
    file: units/02-two.md
run_of_show:
  - {unit: one, minutes: 10, kind: talk, title: 讲故事}
  - {unit: one, minutes: 15, kind: discussion, title: 说一说}
  - {unit: two, minutes: 10, kind: practice, title: 画一画}
  - {unit: two, minutes: 5, kind: check, title: 记住一句话}
questions: [小熊为什么不笑了？, 小鹿站在哪里？, 谁可以帮小熊？]
avoid: [不要点名举例, 不要让学生举手承认, 不要当场追问]
handouts:
  - {title: 我的图画单, file: handouts/01-sheet.md, kind: activity_sheet}
  - {title: 给家长的一页纸, file: handouts/02-letter.md, kind: parent_letter}
assessment: {kind: none}
local_parameters: [求助教师的姓名和电话]
license: CC-BY-4.0
sources: [《中华人民共和国未成年人保护法》第三十九条]
"""

WriteFolder = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> WriteFolder:
    """Return a writer: ``folder(course=…, quiz=…)`` writes the pack and returns its folder."""

    def write(course: str = COURSE, quiz: str | None = QUIZ, name: str = "small-pack") -> Path:
        root = tmp_path / name
        (root / "units").mkdir(parents=True, exist_ok=True)
        (root / "course.yaml").write_text(course, "utf-8")
        (root / "units/01-one.md").write_text("# 第一单元\n\n## 讲\n\n你好。\n", "utf-8")
        (root / "units/02-two.md").write_text("# 第二单元\n\n再见。\n", "utf-8")
        if quiz is not None:
            (root / "quiz.yaml").write_text(quiz, "utf-8")
        return root

    return write


@pytest.fixture
def lesson_folder(tmp_path: Path) -> WriteFolder:
    """Return a writer: ``lesson_folder(course=…)`` writes the pack for a class and returns its folder."""

    def write(course: str = LESSON, name: str = "small-lesson") -> Path:
        root = tmp_path / name
        for sub in ("units", "handouts"):
            (root / sub).mkdir(parents=True, exist_ok=True)
        (root / "course.yaml").write_text(course, "utf-8")
        (root / "units/01-one.md").write_text("# 听故事\n\n## 讲\n\n从前有一只小熊。\n", "utf-8")
        (root / "units/02-two.md").write_text("# 做一做\n\n再见。\n", "utf-8")
        (root / "handouts/01-sheet.md").write_text("# 我的图画单\n\n| 画在这里 |\n|---|\n| |\n", "utf-8")
        (root / "handouts/02-letter.md").write_text("没有标题的一封信。\n", "utf-8")
        return root

    return write
