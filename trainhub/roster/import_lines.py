"""How a plan is shown and how the clerk's answers come back: words for lines, fields of the check page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _

from trainhub.roster.import_rules import FIXABLE, Change, Decision, Known, Line, Note, Plan
from trainhub.roster.messages import (
    CATEGORY_LABELS,
    FIELD_LABELS,
    LEFT_LABELS,
    POST_LABELS,
    VALUE_LABELS,
    label_of,
    note_text,
)
from trainhub.roster.people_rules import LEFT_REASONS
from trainhub.roster.service import class_name
from trainhub.web.fields import plausible_day

SHOWN = 200
"""Rows shown of each group; a file with more problems is better corrected in its program."""
_FIX_OF_NOTE = {
    "name_missing": "name", "missing_name": "name", "name_damaged": "name", "name_unreadable": "name",
    "name_private_character": "name", "staff_no_damaged": "staff_no", "number_damaged": "staff_no",
    "staff_no_conflict": "staff_no", "staff_no_zeros_lost": "staff_no", "same_number_as_row": "staff_no",
    "name_mismatch_with_number": "staff_no", "class_unreadable": "class", "class_missing": "class", "grade_differs": "class",
    "student_no_missing": "student_no", "missing_student_no": "student_no", "student_no_format": "student_no",
    "student_no_check_digit": "student_no", "student_no_damaged": "student_no",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fix:
    """An input that corrects one field in place."""

    name: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One row as shown: raw cells (text, kind of mark), who it is, sentences, choices, inputs, differences."""

    row: int
    raw: tuple[tuple[str, str], ...]
    target: str
    notes: tuple[tuple[str, str], ...]
    choices: tuple[tuple[str, str], ...]
    chosen: str
    fixes: tuple[Fix, ...]
    changes: tuple[tuple[str, str, str], ...]
    outcome: str


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under one heading. ``count`` may exceed the rows shown."""

    key: str
    title: str
    count: int
    lines: tuple[ShownLine, ...]


def groups(kind: str, plan: Plan) -> list[Group]:
    """The rows of a plan, those that need somebody first; unchanged rows are only counted."""
    waiting = [line for line in plan.lines if line.outcome in ("problem", "question")]
    decided = [line for line in plan.lines if line.decision and line not in waiting]
    attention = [line for line in plan.lines if line.attention]
    rest = [line for line in plan.lines if not line.decision and not line.attention]
    return [
        _group("open", _("Need a decision: %(n)s rows", n=len(waiting)), kind, waiting),
        _group("attention", _("Please check: %(n)s rows", n=len(attention)), kind, attention),
        _group("decided", _("Decided by you: %(n)s rows", n=len(decided)), kind, decided),
        _group("changed", _("Changed: %(n)s rows", n=_count(rest, "changed")), kind, (x for x in rest if x.outcome == "changed")),
        _group("new", _("New: %(n)s rows", n=_count(rest, "new")), kind, (x for x in rest if x.outcome == "new")),
        _group("skip", _("Left out: %(n)s rows", n=_count(rest, "skip")), kind, (x for x in rest if x.outcome == "skip")),
    ]


def _count(lines: Iterable[Line], outcome: str) -> int:
    return sum(line.outcome == outcome for line in lines)


def _group(key: str, title: str, kind: str, lines: Iterable[Line]) -> Group:
    found = list(lines)
    return Group(key, title, len(found), tuple(shown_line(kind, line) for line in found[:SHOWN]))


def shown_line(kind: str, line: Line) -> ShownLine:
    """One row with its words."""
    return ShownLine(
        row=line.entry.row, raw=_raw(line), target=_target(kind, line),
        notes=tuple(note_text(n.code, n.params) for n in _worth_showing(line)),
        choices=_choices(kind, line), chosen=_chosen(line.decision), fixes=_fixes(kind, line),
        changes=tuple(_change(kind, c) for c in line.changes), outcome=line.outcome,
    )


def _worth_showing(line: Line) -> list[Note]:
    quiet = {"namesake_without_number", "same_staff_no"} if line.outcome == "question" else set()
    return [n for n in line.notes if n.code not in quiet] or list(line.notes)


def _raw(line: Line) -> tuple[tuple[str, str], ...]:
    entry = line.entry
    bad = {n.field for n in line.notes}
    name_kind = "bad" if line.outcome in ("problem", "question") and bad & {"name", ""} else ""
    number_kind = "bad" if line.outcome == "problem" and bad & {"staff_no", "student_no", "number"} else "q" if line.attention else ""
    cells = [(entry.name or _("(blank)"), name_kind if entry.name else "bad"), (entry.shown_number, number_kind),
             (entry.group_text, "bad" if "class" in bad and line.outcome == "problem" else "")]
    return tuple((text, mark) for text, mark in cells if text)


def _target(kind: str, line: Line) -> str:
    if line.known is not None:
        return describe(kind, line.known)
    if line.candidates:
        return " / ".join(f"{k.name} {describe(kind, k)}" for k in line.candidates)
    return str({"new": _("new on the list"), "question": _("not decided"), "problem": _("not decided")}.get(line.outcome, ""))


def describe(kind: str, known: Known) -> str:
    """Somebody as told apart from namesakes: department and number."""
    group = known.group if kind == "staff" else _class(known.group)
    return f"{group or (_('no department') if kind == 'staff' else _('no class'))} {known.shown_number}".strip()


def _choices(kind: str, line: Line) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    decided = bool(line.decision) and not line.choices
    if "same" in line.choices:
        found += [(f"same:{k.id}", _("the same person as %(name)s (%(what)s)", name=k.name, what=describe(kind, k))) for k in line.candidates]
    if "new" in line.choices:
        found.append(("new", _("a new person")))
    if "skip" in line.choices:
        found.append(("skip", _("skip this row")))
    if decided:
        found.append((_chosen(line.decision) or "fix", _decided_words(kind, line)))
        found.append(("undo", _("decide again")))
    return tuple(found)


def _decided_words(kind: str, line: Line) -> str:
    if line.decision.get("do") == "same" and line.known is not None:
        return str(_("the same person as %(name)s (%(what)s)", name=line.known.name, what=describe(kind, line.known)))
    return str({"new": _("a new person"), "skip": _("skip this row")}.get(str(line.decision.get("do")), _("corrected")))


def _chosen(decision: Decision) -> str:
    do = str(decision.get("do") or "")
    return f"same:{decision.get('id')}" if do == "same" else do


def _fixes(kind: str, line: Line) -> tuple[Fix, ...]:
    if line.outcome not in ("problem", "question") and not line.attention:
        return ()
    wanted = {_FIX_OF_NOTE[n.code]: n for n in line.notes if n.code in _FIX_OF_NOTE}
    current = {"name": line.entry.name, "class": "", "department": line.entry.group, "staff_no": line.entry.number if kind == "staff" else "",
               "student_no": ""}
    return tuple(
        Fix(name, label_of(FIELD_LABELS, name), str(wanted[name].params.get("suggested") or current.get(name, "")))
        for name in FIXABLE[kind] if name in wanted
    )


def _change(kind: str, change: Change) -> tuple[str, str, str]:
    name = change.field
    if kind == "students" and name == "group":
        name = "class"
    elif kind == "staff" and name in ("group", "number"):
        name = {"group": "department", "number": "staff_no"}[name]
    return label_of(FIELD_LABELS, name), _value(change.field, change.old, kind), _value(change.field, change.new, kind)


def _value(field: str, value: str, kind: str) -> str:
    if field == "posts":
        return "、".join(label_of(POST_LABELS, p) for p in value.split(", ") if p) or "–"
    if field == "homeroom" or (field == "group" and kind == "students"):
        return _class(value) or "–"
    if field == "category":
        return label_of(CATEGORY_LABELS, value) or "–"
    return label_of(VALUE_LABELS, value) if field in ("state", "sex") else value or "–"


def _class(label: str) -> str:
    grade, _dash, number = label.partition("-")
    return class_name(int(grade), int(number)) if number else label_of(VALUE_LABELS, label)


# --- the clerk's answers -------------------------------------------------------------------------


def read_decisions(kind: str, form: Mapping[str, str], plan: Plan) -> tuple[dict[str, Any], dict[str, Any], date | None]:
    """Read the fields of the check page: decisions by row, people let go, and the first day."""
    rows: dict[str, Any] = {}
    for line in plan.lines:
        number = str(line.entry.row)
        if f"do-{number}" not in form and not any(f"fix-{number}-{name}" in form for name in FIXABLE[kind]):
            continue
        rows[number] = _answer(kind, line, form, number)
    gone = {
        k.id: {"do": "leave", "why": form.get(f"why-{k.id}", "other") if form.get(f"why-{k.id}") in LEFT_REASONS else "other"}
        for k in plan.gone if form.get(f"gone-{k.id}") == "leave"
    }
    first = plausible_day(form.get("first_day", ""))
    return {k: v for k, v in rows.items() if v is not None}, gone, first


def _answer(kind: str, line: Line, form: Mapping[str, str], number: str) -> dict[str, Any] | None:
    said = form.get(f"do-{number}", "")
    fixes = {
        name: form[f"fix-{number}-{name}"].strip() for name in FIXABLE[kind] if form.get(f"fix-{number}-{name}", "").strip()
    }
    shown = {fix.name: fix.value for fix in _fixes(kind, line)}
    typed = {name: value for name, value in fixes.items() if value != shown.get(name) or line.attention}
    if line.decision and said == (_chosen(line.decision) or "fix") and not typed:
        return None  # nothing new was said about this row
    if said == "undo":
        return {"do": "ask"}
    decision: dict[str, Any] = {"fix": typed} if typed and said != "skip" else {}
    if said.startswith("same:"):
        decision |= {"do": "same", "id": said[5:]}
    elif said in ("new", "skip"):
        decision |= {"do": said}
    return decision


def leave_choices() -> list[tuple[str, str]]:
    """Why somebody may have left."""
    return [(key, str(word)) for key, word in LEFT_LABELS.items()]
