"""Detail fields of a course type: what a form or a command sent, as plain values, and what is wrong with it.

Core reads the values by the declared kind; the course type then judges them. A value that cannot be read is never
stored, a missing one only keeps the training from being published.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from trainhub.plugin_api.contracts import CourseType, DetailField, Problem, UnknownCourseType
from trainhub.training.rules.planning import PlanProblem

MAX_TEXT = 200
NUMBERS = range(-1_000_000, 1_000_001)
YEARS = range(1950, 2151)
LATER = frozenset({"required"})
"""Problems that a draft may have; every other one means that a value cannot be kept."""


@dataclass(frozen=True, slots=True)
class Details:
    """Values by field name (str, int, bool, ISO date) as they are stored, and what is wrong."""

    values: Mapping[str, str | int | bool]
    problems: tuple[Problem, ...] = ()


def read_details(kind: CourseType, sent: Mapping[str, Any]) -> Details:
    """Read and judge the detail fields of a training of a kind.

    Values may be text as a form sends it, or plain JSON values. An empty value is not stored. A name that is no
    field is refused: nothing is kept that nobody declared.
    """
    if isinstance(kind, UnknownCourseType):
        return Details(dict(sent), tuple(kind.problems(sent)))
    fields = kind.spec.detail_fields
    known = {field.name for field in fields}
    found = [Problem("unknown_field", str(name)[:40]) for name in sent if name not in known]
    values: dict[str, str | int | bool] = {}
    for field in fields:
        value = _read(field, sent.get(field.name))
        if isinstance(value, Problem):
            found.append(value)
        elif value is not None:
            values[field.name] = value
    seen = {(p.code, p.field) for p in found}
    found += [p for p in kind.problems(values) if (p.code, p.field) not in seen]
    return Details(values, tuple(found))


def _read(field: DetailField, raw: Any) -> str | int | bool | Problem | None:
    if field.kind == "boolean":
        ticked = raw is True or str(raw).casefold() in {"1", "y", "yes", "true", "on"}
        return Problem("required", field.name) if field.required and not ticked else ticked
    text = "" if raw is None else unicodedata.normalize("NFC", str(raw)).strip()
    if not text:
        return Problem("required", field.name) if field.required else None
    if any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in text):
        return Problem("bad_character", field.name)
    if len(text) > MAX_TEXT:
        return Problem("too_long", field.name, {"limit": MAX_TEXT})
    if field.kind == "integer":
        return _number(field.name, text)
    if field.kind == "date":
        return _day(field.name, text)
    if field.kind == "choice" and text not in dict(field.choices):
        return Problem("not_a_choice", field.name, {"value": text[:40]})
    return text


def _number(name: str, text: str) -> int | Problem:
    plain = unicodedata.normalize("NFKC", text)
    digits = plain.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal()):
        return Problem("not_a_number", name)
    if len(digits) > 9 or int(plain) not in NUMBERS:
        return Problem("out_of_range", name, {"lowest": NUMBERS.start, "highest": NUMBERS.stop - 1})
    return int(plain)


def _day(name: str, text: str) -> str | Problem:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return Problem("not_a_date", name)
    return day.isoformat() if day.year in YEARS else Problem("not_a_date", name)


def plan_problems(kind: CourseType, found: Sequence[Problem]) -> list[PlanProblem]:
    """Return what keeps a plan from being published, beside its field (``details-<name>``)."""
    labels = {field.name: field.label for field in kind.spec.detail_fields}
    return [
        PlanProblem(
            f"detail_{p.code}", "block", f"details-{p.field}" if p.field in labels else "pack", 0,
            {**p.params, "label": labels.get(p.field, p.field), "name": p.field},
        )
        for p in found
    ]


def keeps_no_draft(problem: PlanProblem) -> bool:
    """Whether not even a draft can be kept with this finding."""
    return problem.code.startswith("detail_") and problem.code.removeprefix("detail_") not in LATER
