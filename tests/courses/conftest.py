"""A small pack in a folder, to be broken in one place at a time."""

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
