"""From a posted roll to commands: plain inputs, one validated parse, no form object per person."""

import re
from collections.abc import Collection, Mapping
from datetime import date, datetime, time
from typing import Any, ClassVar

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from trainhub.attendance.import_rules import COLUMN_FIELDS, Decisions
from trainhub.attendance.messages import LEAVE_WORDS
from trainhub.attendance.roll_rules import CODES, LEAVE_TYPES, VALUES
from trainhub.attendance.service import AssertRest, EnterLeave, Mark, MarkRoll, Settle, SettleConflicts, SubmitRoll
from trainhub.attendance.service.commands import BadHeadCount
from trainhub.kernel.clock import at
from trainhub.kernel.errors import DomainError
from trainhub.kernel.ids import is_id, new_id
from trainhub.web.fields import DayField

_OP = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{3,39}")
_RESERVED = ("undo-", "import-", "closing-", "revoke-", "move-", "leave-", "default-", "settle-")
_SEEN = re.compile(r"([0-9a-f]{8,32})\.([0-9]{1,9})([a-z]?)")
MOST_MARKS = 3000


class BadInput(DomainError):
    """A request that no page of ours sends."""

    code = "bad_input"
    status: ClassVar[int] = 400


Fields = Mapping[str, Any]


def operation_id(text: Any) -> str:
    """Return the client's operation id, or a new one where it sent none. Refuses reserved shapes."""
    if text in (None, ""):
        return new_id()
    if not isinstance(text, str) or not _OP.fullmatch(text) or text.startswith(_RESERVED):
        raise BadInput(field="op_id")
    return text


def marks_of_form(sheet_id: str, form: Fields) -> MarkRoll:
    """Read the whole roll as a page without scripts posts it.

    ``seen`` lists whom the page showed, in its order: key, version, and the letter of the status shown, e.g.
    ``1f00c3d2.4p``; ``mark-<n>`` is the value chosen for the n-th. Only people whose value the marker changed
    become marks, so that somebody else's newer value of an untouched person is never a conflict.
    """
    chosen = {name: value for name, value in form.items() if name.startswith("mark-")}
    marks = []
    for number, entry in enumerate(str(form.get("seen", "")).split(), 1):
        name = f"mark-{number}"
        value = chosen.pop(name, None)
        if value is None:
            continue
        seen = _SEEN.fullmatch(entry)
        if seen is None or value not in CODES:
            raise BadInput(field=name)
        key, version, shown = seen.groups()
        if CODES[value] != shown:
            marks.append(Mark(key, value or None, int(version)))
    if chosen or len(marks) > MOST_MARKS:
        raise BadInput(field="seen")
    return MarkRoll(sheet_id, marks, operation_id(form.get("op_id", "")))


def marks_of_json(sheet_id: str, body: Any) -> MarkRoll:
    """Read ``{op_id, device_at?, marks: [{person, value, seen_version, ...}]}``; refuses anything else."""
    if not isinstance(body, dict) or not isinstance(body.get("marks"), list) or not 1 <= len(body["marks"]) <= MOST_MARKS:
        raise BadInput(field="marks")
    marks = [_mark(item) for item in body["marks"]]
    if len({m.person_id for m in marks}) != len(marks):
        raise BadInput(field="marks")
    return MarkRoll(sheet_id, marks, operation_id(body.get("op_id")), _moment(body.get("device_at")))


def _mark(item: Any) -> Mark:
    if not isinstance(item, dict):
        raise BadInput(field="marks")
    person, value, seen = item.get("person"), item.get("value"), item.get("seen_version")
    if not isinstance(person, str) or not isinstance(seen, int) or isinstance(seen, bool) or value not in (*VALUES, "", None):
        raise BadInput(field="marks")
    late, note = item.get("late_minutes"), item.get("note")
    if not (late is None or (isinstance(late, int) and not isinstance(late, bool))) or not (note is None or isinstance(note, str)):
        raise BadInput(field="marks")
    return Mark(person, value, seen, leave_type=str(item.get("leave_type") or ""), late_minutes=late,
                left_at=_moment(item.get("left_at")), note=None if note is None else clean(note))


def _moment(text: Any) -> datetime | None:
    """Read an ISO time; one without zone is the schools' wall clock."""
    if text in (None, ""):
        return None
    try:
        moment = datetime.fromisoformat(str(text))
        return moment if moment.tzinfo else at(moment.date(), moment.time())
    except (ValueError, OverflowError) as error:
        raise BadInput(field="time") from error


def details_of_form(sheet_id: str, person_id: str, form: Fields) -> MarkRoll:
    """Read the details form of one person: status, leave, minutes late, time of leaving, note."""
    value = str(form.get("value", ""))
    version = str(form.get("seen_version", ""))
    if value not in (*VALUES, "") or not version.isdecimal():
        raise BadInput(field="value")
    late = str(form.get("late_minutes", "")).strip()
    if late and not late.isdecimal():
        raise BadInput(field="late_minutes")
    mark = Mark(
        person_id, value or None, int(version),
        leave_type=str(form.get("leave_type", "")) if value == "excused" else "",
        late_minutes=int(late) if late and value in {"late", "left_early"} else None,
        left_at=_clock(str(form.get("day", "")), str(form.get("left_at", ""))) if value in {"late", "left_early"} else None,
        note=clean(str(form.get("note", ""))),
    )
    return MarkRoll(sheet_id, [mark], operation_id(form.get("op_id", "")))


def _clock(day: str, text: str) -> datetime | None:
    if not text.strip():
        return None
    try:
        return at(date.fromisoformat(day), time.fromisoformat(text.strip().replace("：", ":")))
    except (ValueError, OverflowError) as error:
        raise BadInput(field="left_at") from error


def clean(text: str, limit: int = 200) -> str:
    """Return a note as one line without control characters, cut to its column."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:limit]


def count_of(text: Any) -> int:
    """Read a typed head count; full-width digits are digits."""
    typed = str(text).strip()
    if not typed.isdecimal() or len(typed) > 5:
        raise BadHeadCount(field="head_count")
    return int(typed)


def rest_of(sheet_id: str, fields: Mapping[str, Any]) -> AssertRest:
    """Read the assertion about a department, from a form or from JSON."""
    return AssertRest(sheet_id, str(fields.get("department", "")), count_of(fields.get("head_count", "")),
                      operation_id(fields.get("op_id")), _moment(fields.get("device_at")))


def submit_of_form(sheet_id: str, form: Fields) -> SubmitRoll:
    """Read the form that ends a roll."""
    unset = str(form.get("unset", ""))
    return SubmitRoll(sheet_id, count_of(form.get("head_count", "")), unset if unset in {"absent", "keep"} else "")


def decisions_of_form(form: Fields) -> Decisions:
    """Read what a clerk decided on the check page.

    ``row:<key>`` a person id, ``skip`` or ""; ``person:<id>`` a choice; ``reason:<line>`` why left out.
    """
    rows: dict[str, str] = {}
    people: dict[str, str] = {}
    reasons: dict[str, str] = {}
    for name, value in form.items():
        kind, _, key = name.partition(":")
        chosen = str(value)
        if kind == "row" and (is_id(chosen) or chosen == "skip"):
            rows[key] = "" if chosen == "skip" else chosen
        elif kind == "person" and is_id(key) and chosen in {*VALUES, "keep", "wait", "skip", "walk_in"}:
            people[key] = chosen
        elif kind == "reason" and chosen.strip():
            reasons[key] = clean(chosen)
    return Decisions(rows, people, reasons)


def columns_of_form(form: Fields, headers: Collection[str]) -> dict[str, str]:
    """Read which header stands for which field; a header the file does not have is none."""
    return {name: header for name in COLUMN_FIELDS if (header := str(form.get(f"column-{name}", ""))) in headers}


def settle_of_form(sheet_id: str, form: MultiDict[str, str]) -> SettleConflicts:
    """Read the sides taken: one conflict by its own fields, or many as ``choice`` = ``person:conflict:side``."""
    if "choice" in form:
        parts = [tuple(text.split(":", 2)) for text in form.getlist("choice")[:MOST_MARKS]]
        chosen = [Settle(*p) for p in parts if len(p) == 3 and is_id(p[0])]
        return SettleConflicts(sheet_id, chosen, "all")
    return SettleConflicts(sheet_id, [Settle(form.get("person", ""), form.get("conflict", ""), form.get("side", ""))])


class LeaveForm(FlaskForm):  # type: ignore[misc]
    """A leave known beforehand: who, which kind, from which day to which (both included)."""

    person_id = SelectField(_l("Name"), [InputRequired(_l("Choose the person."))], choices=[])
    leave_type = SelectField(_l("Kind of leave"), choices=[SelectChoice(k, LEAVE_WORDS[k]) for k in LEAVE_TYPES])
    from_on = DayField(_l("First day"), [InputRequired(_l("Choose the first day."))])
    to_on = DayField(_l("Last day"), [InputRequired(_l("Choose the last day."))])
    note = StringField(_l("Note"), [Length(max=80)])

    def to_command(self) -> EnterLeave:
        """The leave to enter."""
        first: Any = self.from_on.data
        last: Any = self.to_on.data
        return EnterLeave(self.person_id.data, self.leave_type.data, first, last, clean(self.note.data or "", 80))
