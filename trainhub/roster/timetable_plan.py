"""What a timetable file would change: classes and teachers found, lessons compared with those in force. Pure.

A file speaks for the classes it names, from a day on: their other lessons of the term end the day before. Classes it
does not name keep theirs. The same file again changes nothing.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from trainhub.roster.rules import grade_from_entry, name_key, parse_class
from trainhub.roster.timetable_rules import Lesson, Weeks, is_meeting_subject, meet
from trainhub.roster.timetable_sheets import RawLesson, Trouble

Outcome = Literal["new", "unchanged"]
Key = tuple[str, int, int, Weeks]
"""Class, weekday, lesson number, weeks: where a lesson stands."""


@dataclass(frozen=True, slots=True)
class KnownClass:
    """A class of the school year."""

    id: str
    name: str
    grade: int
    class_no: int
    stage: str = ""


@dataclass(frozen=True, slots=True)
class PlannedLesson:
    """A lesson of the file with its class and, where the name is one person's, its teacher."""

    raw: RawLesson
    group: KnownClass
    teacher_id: str | None

    @property
    def key(self) -> Key:
        """Where it stands."""
        return self.group.id, self.raw.weekday, self.raw.lesson_no, self.raw.weeks


@dataclass(frozen=True, slots=True)
class ClassPlan:
    """One class of the file: counts, and its class-meeting lessons."""

    group: KnownClass
    added: int
    ended: int
    unchanged: int
    meetings: tuple[RawLesson, ...]


@dataclass(frozen=True, slots=True)
class TimetablePlan:
    """What a file would do. ``ended`` are ids of lessons in force that it replaces."""

    added: tuple[PlannedLesson, ...]
    ended: tuple[Lesson, ...]
    unchanged: int
    troubles: tuple[Trouble, ...]
    classes: tuple[ClassPlan, ...]

    @property
    def change_count(self) -> int:
        """Lessons that begin or end."""
        return len(self.added) + len(self.ended)

    @property
    def blocked_count(self) -> int:
        """Places of the file that are not written."""
        return sum(one.blocks for one in self.troubles)

    @property
    def counts(self) -> dict[str, int]:
        """Numbers for the ledger and the pages."""
        return {"new": len(self.added), "ended": len(self.ended), "unchanged": self.unchanged, "problem": self.blocked_count,
                "classes": len(self.classes)}


class ClassIndex:
    """Finds the class a file names: by its stored name, else by grade and number."""

    def __init__(self, groups: Iterable[KnownClass], school_year: str, stages: Sequence[str] = ()) -> None:
        self._by_name: dict[str, KnownClass | None] = {}
        self._by_number: dict[tuple[int, int], KnownClass] = {}
        self._start = int(school_year[:4])
        self._stages = [s for s in ("primary", "junior", "senior") if s in stages] or ["primary", "junior", "senior"]
        for one in groups:
            key = name_key(one.name)
            self._by_name[key] = None if key in self._by_name else one
            self._by_number[one.grade, one.class_no] = one

    def find(self, text: str) -> KnownClass | None:
        """The class, or None where there is none or more than one it may be."""
        named = self._by_name.get(name_key(text))
        if named is not None:
            return named
        said = parse_class(text)
        if said.class_no is None:
            return None
        grades = [said.grade] if said.grade else []
        if said.entry_year is not None:
            grades = [g for stage in self._stages if (g := grade_from_entry(said.entry_year, self._start, stage))]  # type: ignore[arg-type]
        found = [one for g in grades if g and (one := self._by_number.get((g, said.class_no)))]
        return found[0] if len(found) == 1 else None


def plan_timetable(
    lessons: Sequence[RawLesson], troubles: Sequence[Trouble], groups: ClassIndex, staff: Mapping[str, Sequence[str]],
    current: Sequence[Lesson], from_on: date,
) -> TimetablePlan:
    """Compare a file that holds from ``from_on`` with the lessons in force then or later (``current``, of the term).

    ``staff`` maps name keys to person ids.
    """
    said = list(troubles)
    placed = _placed(lessons, groups, staff, said)
    chosen = _without_clashes(placed, said)
    said += _teacher_clashes(chosen)
    held: dict[Key, Lesson] = {(one.class_id, one.weekday, one.lesson_no, one.weeks): one for one in current}
    mentioned = {one.group.id for one in chosen}
    kept = {one.key for one in chosen if one.key in held and _same(one, held[one.key], from_on)}
    added = tuple(one for one in chosen if one.key not in kept)
    ended = tuple(
        one for one in current
        if one.class_id in mentioned and (held[one.class_id, one.weekday, one.lesson_no, one.weeks] is not one
                                          or (one.class_id, one.weekday, one.lesson_no, one.weeks) not in kept)
    )
    classes = _class_plans(chosen, kept, ended)
    said += [Trouble(one.group.name, "no_class_meeting", {}, blocks=False) for one in classes if not one.meetings]
    return TimetablePlan(added, ended, len(kept), tuple(said), classes)


def _placed(
    lessons: Sequence[RawLesson], groups: ClassIndex, staff: Mapping[str, Sequence[str]], said: list[Trouble]
) -> list[PlannedLesson]:
    found: list[PlannedLesson] = []
    unknown: dict[str, list[str]] = defaultdict(list)
    doubtful: dict[tuple[str, int], list[str]] = defaultdict(list)
    index = {text: groups.find(text) for text in {one.class_text for one in lessons}}
    for one in lessons:
        group = index[one.class_text]
        if group is None:
            unknown[one.class_text].append(one.place)
            continue
        people = staff.get(name_key(one.teacher), ()) if one.teacher else ()
        if one.teacher and len(people) != 1:
            doubtful[one.teacher, len(people)].append(one.place)
        found.append(PlannedLesson(one, group, people[0] if len(people) == 1 else None))
    said += [Trouble(places[0], "class_unknown", {"text": text, "count": len(places)}) for text, places in unknown.items()]
    said += [
        Trouble(places[0], "teacher_namesakes" if count else "teacher_unknown", {"name": name, "count": len(places), "people": count}, blocks=False)
        for (name, count), places in doubtful.items()
    ]
    return found


def _without_clashes(placed: Sequence[PlannedLesson], said: list[Trouble]) -> list[PlannedLesson]:
    """The first lesson of a place stands; another at the same place is a repetition or a contradiction."""
    by_slot: dict[tuple[str, int, int], list[PlannedLesson]] = defaultdict(list)
    for one in placed:
        slot = by_slot[one.group.id, one.raw.weekday, one.raw.lesson_no]
        rival = next((other for other in slot if meet(one.raw.weeks, other.raw.weeks)), None)
        if rival is None:
            slot.append(one)
        elif replace(rival.raw, place="", class_text="") != replace(one.raw, place="", class_text=""):
            said.append(Trouble(one.raw.place, "two_lessons_at_once", {"subject": one.raw.subject, "other": rival.raw.subject, "at": rival.raw.place}))
    return [one for slot in by_slot.values() for one in slot]


def _teacher_clashes(chosen: Sequence[PlannedLesson]) -> list[Trouble]:
    """Teachers in two classes at once, each once with the first place: shown, and written, for two classes may sit together."""
    by_slot: dict[tuple[str, int, int], list[PlannedLesson]] = defaultdict(list)
    clashes: dict[str, list[tuple[PlannedLesson, PlannedLesson]]] = defaultdict(list)
    for one in chosen:
        if one.teacher_id is None:
            continue
        others = by_slot[one.teacher_id, one.raw.weekday, one.raw.lesson_no]
        rival = next((o for o in others if meet(o.raw.weeks, one.raw.weeks)), None)
        if rival is not None:
            clashes[one.teacher_id].append((rival, one))
        others.append(one)
    return [
        Trouble(pairs[0][1].raw.place, "teacher_twice", {
            "name": pairs[0][1].raw.teacher, "one": pairs[0][0].group.name, "other": pairs[0][1].group.name,
            "weekday": pairs[0][1].raw.weekday, "lesson": pairs[0][1].raw.lesson_no, "count": len(pairs),
        }, blocks=False)
        for pairs in clashes.values()
    ]


def _same(one: PlannedLesson, held: Lesson, from_on: date) -> bool:
    goes_on = held.from_on <= from_on and held.to_on is None
    return goes_on and (one.raw.subject, one.teacher_id, one.raw.teacher, one.raw.room) == (held.subject, held.teacher_id, held.teacher_name, held.room)


def _class_plans(chosen: Sequence[PlannedLesson], kept: set[Key], ended: Sequence[Lesson]) -> tuple[ClassPlan, ...]:
    groups = {one.group.id: one.group for one in chosen}
    new, same = Counter(o.group.id for o in chosen if o.key not in kept), Counter(o.group.id for o in chosen if o.key in kept)
    gone = Counter(one.class_id for one in ended)
    meetings: dict[str, list[RawLesson]] = defaultdict(list)
    for one in chosen:
        if is_meeting_subject(one.raw.subject):
            meetings[one.group.id].append(one.raw)
    return tuple(
        ClassPlan(group, new[key], gone[key], same[key], tuple(sorted(meetings[key], key=lambda r: (r.weekday, r.lesson_no, r.weeks))))
        for key, group in sorted(groups.items(), key=lambda item: (item[1].grade, item[1].class_no))
    )


# --- staged form ------------------------------------------------------------------------------------


def lesson_to_json(one: RawLesson) -> list[Any]:
    """A lesson as it is staged."""
    return [one.place, one.class_text, one.weekday, one.lesson_no, one.subject, one.weeks, one.teacher, one.room]


def lesson_from_json(data: Sequence[Any]) -> RawLesson:
    """A lesson as it was staged."""
    return RawLesson(*data)


def content_of(lessons: Iterable[RawLesson]) -> str:
    """The digest of what a file says, whatever its order and places."""
    said = sorted(json.dumps(lesson_to_json(one)[1:], ensure_ascii=False) for one in lessons)
    return hashlib.sha256("\n".join(said).encode()).hexdigest()
