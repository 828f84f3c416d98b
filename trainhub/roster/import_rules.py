"""What an uploaded list would change: rows beside the roster as it stands, line by line. Pure.

Nobody is guessed (case 99): a number decides, then name with department, then a name that only one
person bears; everything else is a question. Nobody who is missing from a file is taken off the list
unless the clerk says so for that person.
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as dc_field
from datetime import date
from typing import Any, Literal

from trainhub.roster.rules import clean_name, name_key, parse_class

Outcome = Literal["problem", "question", "new", "changed", "unchanged", "skip"]
OUTCOMES: tuple[Outcome, ...] = ("problem", "question", "new", "changed", "unchanged", "skip")
Decision = Mapping[str, Any]
FIXABLE: dict[str, tuple[str, ...]] = {
    "staff": ("name", "staff_no", "department"),
    "students": ("name", "student_no", "class"),
}
UNKNOWN_CLASS = "?"
"""Somebody is a homeroom teacher, the sheet does not say of which class."""
ATTENTION: frozenset[str] = frozenset({
    "staff_no_zeros_lost", "possible_same_person", "class_unreadable", "class_missing", "grade_differs",
    "name_private_character", "category_unknown", "homeroom_without_class", "school_code_format",
})
"""Notes on a usable row that a clerk should look at before writing."""
_DAMAGED = re.compile(r"\d(\.\d+)?[eE]\+?\d")


@dataclass(frozen=True, slots=True)
class Note:
    """A remark on a row: code of its sentence, field it is about, what fills it."""

    code: str
    field: str = ""
    params: Mapping[str, Any] = dc_field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the sheet after reading. Dates are ISO text or "".

    For staff ``number`` is the staff number; for pupils the keyed hash of the national number, with
    ``shown_number`` its masked form. ``group`` is the department, or the class as ``grade-number``;
    ``homeroom`` the class as ``grade-number``, "" without one. ``values`` holds the further fields a
    row may bring (category, hired_on, phone_tail, sex, seat_no, number_kind, number_tail ...); a
    missing key means that the sheet does not say.
    """

    row: int
    name: str
    number: str = ""
    shown_number: str = ""
    group: str = ""
    group_text: str = ""
    verdict: str = "accepted"
    notes: tuple[Note, ...] = ()
    stays: bool = True
    state: str = ""
    posts: tuple[str, ...] = ()
    homeroom: str | None = None
    values: Mapping[str, str] = dc_field(default_factory=dict)

    @property
    def digest(self) -> str:
        """What the row says, whatever its place in the file: the same row gives the same digest."""
        content = "\x1f".join((
            name_key(self.name), self.number.casefold(), name_key(self.group), "on" if self.stays else "off",
            *sorted(self.posts), "?" if self.homeroom is None else f"h{self.homeroom}",
            *[f"{key}={value}" for key, value in sorted(self.values.items())],
        ))
        return hashlib.blake2b(content.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody on the school's list: the last employment (or the pupil), current or past.

    ``id`` is what decisions name: the employment's id, or the pupil's.
    """

    id: str
    person_id: str
    name: str
    number: str
    shown_number: str
    group: str
    current: bool
    posts: frozenset[str] = frozenset()
    homeroom: str = ""
    values: Mapping[str, str] = dc_field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """One field that would change; values as shown."""

    field: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Line:
    """One row with its outcome. ``candidates`` are shown side by side where the row is a question.

    ``digest`` is what the file said before any correction; it is set where a decision was made.
    """

    entry: Entry
    outcome: Outcome
    notes: tuple[Note, ...] = ()
    known: Known | None = None
    candidates: tuple[Known, ...] = ()
    changes: tuple[Change, ...] = ()
    decision: Decision = dc_field(default_factory=dict)
    choices: tuple[str, ...] = ()
    digest: str = ""

    @property
    def attention(self) -> bool:
        """Whether the row can be written but should be looked at."""
        return self.outcome in ("new", "changed") and not self.decision and any(n.code in ATTENTION for n in self.notes)


@dataclass(frozen=True, slots=True)
class Plan:
    """All lines, in file order, and the people of the list whom the file does not hold.

    ``leaving`` are those of them whom the clerk let go: (person, why).
    """

    lines: tuple[Line, ...]
    gone: tuple[Known, ...] = ()
    leaving: tuple[tuple[Known, str], ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Lines by outcome, and ``gone`` and ``leaving``."""
        found = Counter(line.outcome for line in self.lines)
        return {key: found[key] for key in OUTCOMES} | {"gone": len(self.gone), "leaving": len(self.leaving)}

    @property
    def open_count(self) -> int:
        """Rows that wait for the clerk."""
        return sum(line.outcome in ("problem", "question") for line in self.lines)

    @property
    def write_count(self) -> int:
        """What would be written: new and changed rows, and people let go."""
        return sum(line.outcome in ("new", "changed") for line in self.lines) + len(self.leaving)


def content_digest(entries: Iterable[Entry]) -> str:
    """The digest of what a file says, whatever its name, order of rows, format or encoding."""
    return hashlib.sha256("".join(sorted(e.digest for e in entries)).encode()).hexdigest()


def header_digest(headers: Sequence[str]) -> str:
    """The digest under which a clerk's mapping is remembered: headers without spaces, case and order."""
    return hashlib.sha256("|".join(sorted(name_key(h) for h in headers if h)).encode()).hexdigest()


def plan(
    kind: str, entries: Sequence[Entry], known: Sequence[Known], decisions: Mapping[str, Any],
    carried: Mapping[str, Decision] | None = None,
) -> Plan:
    """Work out what the rows would change.

    ``decisions`` is {"rows": {row: decision}, "gone": {id: {"do": "leave", "why": ...}}}; ``carried``
    maps a row's digest to what was decided for the same row in an earlier, applied file.
    """
    by_row: Mapping[str, Decision] = decisions.get("rows", {})
    people = _Index(known)
    fixed = [_fixed(kind, e, _decision(e, by_row, carried or {}, people)) for e in entries]
    _mark_repeats(fixed)
    claimed, names = _claims(fixed, people)
    lines = tuple(_line(kind, e, d, v, people, claimed, names) for e, d, v in fixed)
    lines = tuple(replace(x, digest=e.digest) if x.decision else x for x, e in zip(lines, entries, strict=True))
    met = {line.known.id for line in lines if line.known} | {k.id for line in lines for k in line.candidates}
    groups = {e.group for e in entries}
    gone = tuple(k for k in known if k.current and k.id not in met and _in_reach(kind, k, groups))
    let_go: Mapping[str, Decision] = decisions.get("gone", {})
    leaving = tuple((k, str(let_go[k.id].get("why") or "other")) for k in gone if let_go.get(k.id, {}).get("do") == "leave")
    return Plan(lines, gone, leaving)


def _decision(
    entry: Entry, by_row: Mapping[str, Decision], carried: Mapping[str, Decision], people: "_Index"
) -> Decision | None:
    if by_row and (said := by_row.get(str(entry.row))):
        return said
    return _still_valid(carried.get(entry.digest), people) if carried else None


def _claims(fixed: Iterable[tuple[Entry, Decision, str]], people: "_Index") -> tuple[set[str], Counter[str]]:
    """Who is spoken for by a number, and how often each name stands in the file without a known one."""
    claimed: set[str] = set()
    names: Counter[str] = Counter()
    for entry, _decided, verdict in fixed:
        if verdict == "accepted":
            holder = people.numbered(entry.number)
            if holder is None:
                names[name_key(entry.name)] += 1
            else:
                claimed.add(holder.id)
    return claimed, names


class _Index:
    """The list, found by number and by name."""

    def __init__(self, known: Iterable[Known]) -> None:
        self.by_id: dict[str, Known] = {}
        self._by_number: dict[str, Known] = {}
        self._by_name: dict[str, list[Known]] = defaultdict(list)
        for person in known:
            self.by_id[person.id] = person
            number = person.number.casefold()
            if number and (number not in self._by_number or person.current):
                self._by_number[number] = person
            self._by_name[name_key(person.name)].append(person)

    def numbered(self, number: str) -> Known | None:
        return self._by_number.get(number.casefold()) if number else None

    def named(self, name: str) -> list[Known]:
        return [k for k in self._by_name.get(name_key(name), []) if k.current]


def _in_reach(kind: str, known: Known, groups: set[str]) -> bool:
    """A pupil sheet speaks for its own classes only; a staff sheet speaks for the school's own staff."""
    if kind == "staff":
        return known.values.get("category") != "external"
    return known.group in groups


def _still_valid(decision: Decision | None, people: _Index) -> Decision:
    """A decision carried over from an earlier file holds only while the person it names is there."""
    if not decision or (decision.get("do") == "same" and decision.get("id") not in people.by_id):
        return {}
    return decision


def _fixed(kind: str, entry: Entry, decision: Decision | None) -> tuple[Entry, Decision, str]:
    """Put the clerk's corrections into the row; say whether it can be used now."""
    decision = decision or {}
    fixes: Mapping[str, str] = decision.get("fix") or {}
    if not fixes:
        return entry, decision, entry.verdict
    values = dict(entry.values)
    for key in ("number_kind", "number_tail"):
        if fixes.get(key):
            values[key] = fixes[key]
    entry = replace(
        entry, name=clean_name(fixes.get("name") or entry.name), number=fixes.get("number") or entry.number,
        shown_number=fixes.get("shown_number") or entry.shown_number, group=fixes.get("group") or entry.group,
        group_text=fixes.get("group_text") or entry.group_text, values=values,
    )
    return entry, decision, "rejected" if problems_of(kind, entry) else "accepted"


def problems_of(kind: str, entry: Entry) -> list[Note]:
    """What keeps a corrected row from being written."""
    found = []
    if not name_key(entry.name):
        found.append(Note("missing_name", "name"))
    if _DAMAGED.search(entry.number if kind == "staff" else ""):
        found.append(Note("number_damaged", "staff_no"))
    if kind == "students" and not entry.number:
        found.append(Note("missing_student_no", "student_no"))
    if kind == "students" and not entry.group:
        found.append(Note("class_unreadable", "class"))
    return found


def _mark_repeats(fixed: list[tuple[Entry, Decision, str]]) -> None:
    """A number may stand in one usable row only; a repeat is skipped if it says the same, else refused."""
    first: dict[str, Entry] = {}
    for i, (entry, decision, verdict) in enumerate(fixed):
        number = entry.number.casefold()
        if verdict != "accepted" or not number or decision.get("do") == "skip":
            continue
        if number not in first:
            first[number] = entry
            continue
        same = name_key(first[number].name) == name_key(entry.name)
        note = Note("same_number_as_row", "number", {"row": first[number].row})
        fixed[i] = (replace(entry, notes=(*entry.notes, note)), decision, "duplicate" if same else "rejected")


def _line(
    kind: str, entry: Entry, decision: Decision, verdict: str, people: _Index, claimed: set[str], names: Counter[str]
) -> Line:
    if decision.get("do") == "skip":
        return Line(entry, "skip", (Note("skipped_by_you"),), decision=decision)
    if verdict == "duplicate" and any(n.code == "same_row" for n in entry.notes) and decision.get("do") not in ("same", "new"):
        return Line(entry, "question", entry.notes, decision=decision, choices=("skip", "new"))
    if verdict == "duplicate" and not decision.get("do"):
        return Line(entry, "skip", entry.notes or (Note("duplicate"),), decision=decision)
    if verdict == "rejected":
        notes = tuple(problems_of(kind, entry)) if decision.get("fix") else ()
        return Line(entry, "problem", notes or entry.notes or (Note("unusable"),), decision=decision, choices=("fix", "skip"))
    chosen = people.by_id.get(str(decision.get("id"))) if decision.get("do") == "same" else None
    if chosen is not None:
        return _compared(entry, chosen, decision)
    holder = people.numbered(entry.number)
    if holder is not None:
        return _held_number(entry, holder, decision)
    if not entry.stays:
        return _off_duty(entry, people, claimed, decision)
    return _by_name(kind, entry, people, claimed, names, decision)


def _held_number(entry: Entry, holder: Known, decision: Decision) -> Line:
    """The number wins; another name beside it goes to the clerk (FORMATS.md R9)."""
    if name_key(holder.name) == name_key(entry.name):
        return _compared(entry, holder, decision)
    note = Note("name_mismatch_with_number", "name", {"name": holder.name})
    return Line(entry, "question", (*entry.notes, note), candidates=(holder,), decision=decision, choices=("same", "skip"))


def _off_duty(entry: Entry, people: _Index, claimed: set[str], decision: Decision) -> Line:
    """Somebody retired or moved: the end of an employment if there is exactly one it can be."""
    found = [k for k in people.named(entry.name) if k.id not in claimed and not (k.number and entry.number)]
    if len(found) == 1 and decision.get("do") != "new":
        return _compared(entry, found[0], decision)
    if len(found) > 1:
        return Line(entry, "question", (*entry.notes, Note("namesakes", "name", {"count": len(found)})),
                    candidates=tuple(found), decision=decision, choices=("same", "skip"))
    return Line(entry, "skip", _off_duty_notes(entry), decision=decision)


def _off_duty_notes(entry: Entry) -> tuple[Note, ...]:
    said = any(n.code == "not_on_duty" for n in entry.notes)
    return entry.notes if said else (*entry.notes, Note("not_on_duty", "state", {"state": entry.state}))


def _by_name(
    kind: str, entry: Entry, people: _Index, claimed: set[str], names: Counter[str], decision: Decision
) -> Line:
    if decision.get("do") == "new" or kind == "students":
        return _new(entry, decision)
    found = [k for k in people.named(entry.name) if k.id not in claimed]
    if not found and (entry.number or names[name_key(entry.name)] == 1):
        return _new(entry, decision)
    if entry.number:
        note = Note("number_unknown_name_known", "staff_no", {"count": len(found)})
        return Line(entry, "question", (*entry.notes, note), candidates=tuple(found), decision=decision,
                    choices=("same", "new", "skip"))
    there = [k for k in found if k.group and name_key(k.group) == name_key(entry.group)]
    if len(there) == 1 and names[name_key(entry.name)] <= len(found):
        return _compared(entry, there[0], decision)
    if len(found) == 1 and names[name_key(entry.name)] == 1:
        return _compared(entry, found[0], decision)
    note = Note("namesakes" if found else "namesakes_in_file", "name", {"count": max(len(found), names[name_key(entry.name)])})
    return Line(entry, "question", (*entry.notes, note), candidates=tuple(found), decision=decision,
                choices=("same", "new", "skip") if found else ("new", "skip"))


def _new(entry: Entry, decision: Decision) -> Line:
    if not entry.stays:
        return Line(entry, "skip", _off_duty_notes(entry), decision=decision)
    return Line(entry, "new", entry.notes, decision=decision)


def _compared(entry: Entry, known: Known, decision: Decision) -> Line:
    changes = tuple(differences(entry, known))
    return Line(entry, "changed" if changes else "unchanged", entry.notes, known, changes=changes, decision=decision)


def differences(entry: Entry, known: Known) -> list[Change]:
    """The fields in which the row differs from the list. What the row leaves blank is not touched."""
    if not entry.stays:
        return [Change("state", "current", entry.state)] if known.current else []
    found = []
    if not known.current:
        found.append(Change("state", "left", "back"))
    if clean_name(entry.name) != known.name:
        found.append(Change("name", known.name, clean_name(entry.name)))
    if entry.number and entry.number.casefold() != known.number.casefold():
        found.append(Change("number", known.shown_number, entry.shown_number))
    if entry.group and name_key(entry.group) != name_key(known.group):
        found.append(Change("group", known.group, entry.group))
    for key, value in entry.values.items():
        if value and key not in ("number_kind", "number_tail") and value != known.values.get(key, ""):
            found.append(Change(key, known.values.get(key, ""), value))
    missing = [p for p in entry.posts if p not in known.posts]
    if missing:
        found.append(Change("posts", "", ", ".join(missing)))
    if entry.homeroom is not None and entry.homeroom != known.homeroom and not (
        entry.homeroom == UNKNOWN_CLASS and known.homeroom
    ):
        found.append(Change("homeroom", known.homeroom, entry.homeroom))
    return found


def default_first_day(today: date, year_start: date, *, first_list: bool) -> date:
    """From which day a list holds: the first list of a school from the start of the year, later ones from today."""
    return year_start if first_list else today


def class_label(text: str) -> str:
    """Return ``grade-number`` for a class as schools write it (三（1）班, 初二8班, 3-1), or ""."""
    found = parse_class(text)
    return f"{found.grade}-{found.class_no}" if found.grade and found.class_no else ""
