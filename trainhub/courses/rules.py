"""What a course pack is and what makes it usable. Pure: no file, no database, no clock.

Source of the invariants: the course format ``trainhub.course/1`` (``courses/README.md``): units last at
least the periods claimed, a pack required face to face is face to face throughout, a type that no
plugin registered is refused, unknown top-level keys are kept and warned about. A class meeting says for which grades, on which theme and
how long its lesson is, fills exactly that lesson, and brings what pupils write on and what parents read. A module of an education plan says
which module it is; each of its units is one lesson.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from typing import Any, Literal

FORMAT = "trainhub.course/1"
FORMAT_PERIOD_MINUTES = 45
"""Length of one ``class_hours`` in the format. It only checks packs; what attendance is worth follows the bureau's policy."""
DEFAULT_TOPIC = "student_bullying_prevention"
DEFAULT_VERSION = "1"
BUILT_IN_TYPES = frozenset({
    "staff_training", "class_meeting", "rule_of_law_lesson", "counselling", "parent_meeting", "school_service", "plan_module",
})
"""The types that the in-tree plugin ``course_types`` registers."""
KNOWN_KEYS = frozenset({
    "format", "id", "version", "title", "summary", "order", "language", "topic", "type", "delivery", "audience", "required",
    "class_hours", "aims", "preparation", "units", "run_of_show", "cases", "handouts", "assessment",
    "local_parameters", "license", "sources", "grade_bands", "theme", "lesson_minutes", "questions", "avoid", "module",
})
CLASS_MEETING = "class_meeting"
PARENT_MEETING = "parent_meeting"
PLAN_MODULE = "plan_module"
GRADE_BANDS = ("lower_primary", "upper_primary", "junior", "senior")
"""Grades 1-3, 4-6, 7-9 and 10-12; :func:`band_of_grade` tells which."""
THEMES = ("recognise", "bystander", "internet", "ask_for_help")
LESSONS = (40, 45)
"""Minutes of one lesson in primary school, and in junior and senior school (domain.md, glossary "lesson")."""
MODULES = ("law", "psychology", "conduct", "service", "family")
"""The parts of an education plan (domain.md section 5) of which a ``plan_module`` pack serves one."""
PARENT_MEETING_MINUTES = (30, 90)
PLAN_LESSON_MINUTES = (45, 90)
AT_LEAST = 3
"""Questions to ask, and things not to do, that a class meeting needs."""

Delivery = Literal["face_to_face", "online", "blended", "on_the_job"]
Severity = Literal["error", "warning"]
HandoutKind = Literal["activity_sheet", "parent_letter", "sheet"]


@dataclass(frozen=True, slots=True)
class PackProblem:
    """One thing wrong with a pack.

    ``code`` names the sentence (``trainhub.courses.messages``), ``params`` fill it; ``file`` is relative
    to the pack folder; ``field`` is a dotted path such as ``units.2.minutes`` (list items count from 1);
    ``line`` counts from 1, 0 where the file has no such line. A warning does not stop an installation.
    """

    code: str
    file: str = "course.yaml"
    field: str = ""
    line: int = 0
    severity: Severity = "error"
    params: Mapping[str, Any] = dataclass_field(default_factory=dict)


def version_order(version: str) -> tuple[int, ...]:
    """The rank of a version: 1.10 comes after 1.9, and 1 equals 1.0."""
    numbers = [int(part) for part in version.split(".")]
    return tuple(numbers + [0] * (4 - len(numbers)))


def usable(problems: Sequence[PackProblem]) -> bool:
    """Whether nothing but warnings was found."""
    return all(problem.severity == "warning" for problem in problems)


def band_of_grade(grade: int) -> str:
    """Return the grade band (of :data:`GRADE_BANDS`) of a grade from 1 to 12. Raises ValueError for any other number."""
    if not 1 <= grade <= 12:
        raise ValueError(f"grades run from 1 to 12, not {grade}")
    return GRADE_BANDS[(grade - 1) // 3]


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit: whole minutes, how it is delivered, its file and the Markdown in it (None: not read)."""

    id: str
    title: str
    minutes: int
    delivery: str
    file: str
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the run of show. ``unit`` is "" for a break, which counts for nothing."""

    minutes: int
    kind: str
    title: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class TimedStep:
    """A step with its place in the day: minutes from the start, breaks included, half open."""

    start: int
    end: int
    step: Step


@dataclass(frozen=True, slots=True)
class DiscussionCase:
    """A fictional case and the unit that discusses it."""

    id: str
    title: str
    unit: str


@dataclass(frozen=True, slots=True)
class Handout:
    """A sheet to print: its file, the Markdown in it (None: not read), and who gets it."""

    title: str
    file: str
    text: str | None = None
    kind: HandoutKind = "sheet"


@dataclass(frozen=True, slots=True)
class QuizItem:
    """One question of the closing check. ``options`` in order as (key, text); ``answer`` holds keys."""

    id: str
    kind: str
    question: str
    options: tuple[tuple[str, str], ...]
    answer: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Quiz:
    """The closing check and how many answers must be right."""

    title: str
    pass_correct: int
    items: tuple[QuizItem, ...]


@dataclass(frozen=True, slots=True)
class Pack:
    """A course pack as it lies in its folder. ``description`` keeps every key, known or not.

    ``lesson_minutes`` is 0, ``theme`` and ``module`` (of an education plan) are "" where the pack names none.
    """

    id: str
    version: str
    title: str
    summary: str
    language: str
    topic: str
    type_key: str
    delivery: str
    audience: tuple[str, ...]
    required_face_to_face: bool
    class_hours: int
    aims: tuple[str, ...]
    preparation: tuple[str, ...]
    units: tuple[Unit, ...]
    run_of_show: tuple[Step, ...]
    cases: tuple[DiscussionCase, ...]
    handouts: tuple[Handout, ...]
    assessment: str
    pass_correct: int | None
    quiz: Quiz | None
    local_parameters: tuple[str, ...]
    license: str
    sources: tuple[str, ...]
    grade_bands: tuple[str, ...] = ()
    theme: str = ""
    lesson_minutes: int = 0
    questions: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    module: str = ""
    description: Mapping[str, Any] = dataclass_field(default_factory=dict, repr=False)
    quiz_description: Mapping[str, Any] | None = dataclass_field(default=None, repr=False)

    @property
    def minutes(self) -> int:
        """Minutes of all units; breaks do not count."""
        return sum(unit.minutes for unit in self.units)

    @property
    def parts(self) -> tuple[Unit | Handout, ...]:
        """Everything of the pack that has a text of its own: units, then hand-outs."""
        return (*self.units, *self.handouts)

    def handout(self, number: int) -> Handout | None:
        """Return a hand-out by its number, counted from 1; None where there is none."""
        return self.handouts[number - 1] if 1 <= number <= len(self.handouts) else None

    def timetable(self) -> tuple[TimedStep, ...]:
        """Return the run of show with the minute at which each step starts and ends."""
        timed, clock = [], 0
        for step in self.run_of_show:
            timed.append(TimedStep(clock, clock + step.minutes, step))
            clock += step.minutes
        return tuple(timed)

    def lessons(self) -> tuple[tuple[TimedStep, ...], ...]:
        """Return the run of show by sitting, each from its own start: the units of a plan module lie days apart, all else is one sitting."""
        if self.type_key != PLAN_MODULE or not self.run_of_show:
            return (self.timetable(),) if self.run_of_show else ()
        sittings = (replace(self, run_of_show=tuple(s for s in self.run_of_show if s.unit == unit.id)) for unit in self.units)
        return tuple(sitting.timetable() for sitting in sittings if sitting.run_of_show)

    def content(self) -> dict[str, Any]:
        """Return everything of the pack as plain JSON values; :func:`pack_of` reads it back."""
        texts = {part.file: part.text for part in self.parts if part.text is not None}
        quiz = dict(self.quiz_description) if self.quiz_description is not None else None
        return {"course": dict(self.description), "texts": texts, "quiz": quiz}

    def digest(self) -> str:
        """Return the SHA-256 (64 hex digits) of the content, whatever the order of keys or the comments."""
        canonical = json.dumps(self.content(), sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


def _quiz_of(quiz: Mapping[str, Any] | None) -> Quiz | None:
    if quiz is None:
        return None
    items = tuple(
        QuizItem(q["id"], q["kind"], q["question"], tuple(sorted(q["options"].items())), tuple(q["answer"]), q["reason"])
        for q in quiz["items"]
    )
    return Quiz(quiz["title"], quiz["pass_correct"], items)


def pack_of(
    course: Mapping[str, Any], texts: Mapping[str, str] | None = None, quiz: Mapping[str, Any] | None = None
) -> Pack:
    """Build a pack from a description that fits the schema, the texts by file, and the quiz.

    Raises KeyError or TypeError for a description that was not checked against the schema.
    """
    texts = texts or {}
    assessment = course.get("assessment", {})
    return Pack(
        id=course["id"],
        version=course.get("version", DEFAULT_VERSION),
        title=course["title"],
        summary=course.get("summary", ""),
        language=course.get("language", "zh-CN"),
        topic=course.get("topic", DEFAULT_TOPIC),
        type_key=course["type"],
        delivery=course["delivery"],
        audience=tuple(course.get("audience", ())),
        required_face_to_face=bool(course.get("required", {}).get("face_to_face", False)),
        class_hours=int(course["class_hours"]),
        aims=tuple(course.get("aims", ())),
        preparation=tuple(course.get("preparation", ())),
        units=tuple(
            Unit(u["id"], u["title"], int(u["minutes"]), u["delivery"], u["file"], texts.get(u["file"])) for u in course["units"]
        ),
        run_of_show=tuple(Step(int(s["minutes"]), s["kind"], s["title"], s.get("unit", "")) for s in course.get("run_of_show", ())),
        cases=tuple(DiscussionCase(c["id"], c["title"], c["unit"]) for c in course.get("cases", ())),
        handouts=tuple(
            Handout(h["title"], h["file"], texts.get(h["file"]), h.get("kind", "sheet")) for h in course.get("handouts", ())
        ),
        assessment=assessment.get("kind", "none"),
        pass_correct=assessment.get("pass_correct"),
        quiz=_quiz_of(quiz),
        local_parameters=tuple(course.get("local_parameters", ())),
        license=course.get("license", ""),
        sources=tuple(course.get("sources", ())),
        grade_bands=tuple(band for band in GRADE_BANDS if band in course.get("grade_bands", ())),
        theme=course.get("theme", ""),
        lesson_minutes=int(course.get("lesson_minutes", 0)),
        questions=tuple(course.get("questions", ())),
        avoid=tuple(course.get("avoid", ())),
        module=course.get("module", ""),
        description=course,
        quiz_description=quiz,
    )


def check_pack(pack: Pack, known_types: Collection[str] = BUILT_IN_TYPES) -> list[PackProblem]:
    """Return what is wrong with a pack beyond its shape, empty when nothing is.

    ``known_types`` are the course types that plugins registered. Lines are not known here; the reader of
    the folder adds them by ``field``.
    """
    return [
        *_check_type(pack, known_types),
        *_check_minutes(pack),
        *_check_lesson(pack),
        *_check_delivery(pack),
        *_check_names(pack),
        *_check_run_of_show(pack),
        *_check_quiz(pack),
        *_check_keys(pack),
    ]


def _check_type(pack: Pack, known_types: Collection[str]) -> list[PackProblem]:
    if pack.type_key in known_types:
        return []
    return [PackProblem("unknown_type", field="type", params={"type": pack.type_key, "known": ", ".join(sorted(known_types))})]


def _check_minutes(pack: Pack) -> list[PackProblem]:
    claimed = pack.class_hours * (pack.lesson_minutes or FORMAT_PERIOD_MINUTES)
    if pack.minutes >= claimed:
        return []
    params = {"periods": pack.class_hours, "claimed": claimed, "minutes": pack.minutes}
    return [PackProblem("too_few_minutes", field="class_hours", params=params)]


def _check_lesson(pack: Pack) -> list[PackProblem]:
    problems = []
    if pack.lesson_minutes:
        lowest, highest = PARENT_MEETING_MINUTES
        if pack.type_key == CLASS_MEETING and pack.lesson_minutes not in LESSONS:
            problems.append(PackProblem("no_lesson_length", field="lesson_minutes", params={"minutes": pack.lesson_minutes}))
        if pack.type_key == PARENT_MEETING and not lowest <= pack.lesson_minutes <= highest:
            params = {"minutes": pack.lesson_minutes, "lowest": lowest, "highest": highest}
            problems.append(PackProblem("no_parent_meeting_length", field="lesson_minutes", params=params))
        if pack.type_key in {CLASS_MEETING, PARENT_MEETING} and pack.minutes != pack.lesson_minutes:
            params = {"lesson": pack.lesson_minutes, "minutes": pack.minutes}
            problems.append(PackProblem("lesson_minutes_differ", field="lesson_minutes", params=params))
    if pack.type_key == CLASS_MEETING:
        problems += _check_class_meeting(pack)
    if pack.type_key == PLAN_MODULE:
        problems += _check_plan_module(pack)
    return problems


def _check_plan_module(pack: Pack) -> list[PackProblem]:
    problems = []
    kinds = {handout.kind for handout in pack.handouts}
    here = {
        "module": pack.module, "grade_bands": pack.grade_bands, "lesson_minutes": pack.lesson_minutes, "run_of_show": pack.run_of_show,
        "aims": pack.aims, "sources": pack.sources, "handouts": {"activity_sheet", "parent_letter"} <= kinds,
    }  # fmt: skip
    problems += [PackProblem("plan_key_missing", field=key, params={"key": key}) for key, value in here.items() if not value]
    lowest, highest = PLAN_LESSON_MINUTES
    for number, unit in enumerate(pack.units, 1):
        if not lowest <= unit.minutes <= highest:
            params = {"unit": unit.title, "minutes": unit.minutes, "lowest": lowest, "highest": highest}
            problems.append(PackProblem("no_plan_lesson_length", field=f"units.{number}.minutes", params=params))
    if "class" in pack.audience:
        problems.append(PackProblem("plan_not_for_class", field="audience"))
    if len(pack.avoid) < AT_LEAST:
        problems.append(PackProblem("too_few_to_avoid", field="avoid", params={"count": len(pack.avoid), "least": AT_LEAST}))
    return problems


def _check_class_meeting(pack: Pack) -> list[PackProblem]:
    problems = []
    kinds = {handout.kind for handout in pack.handouts}
    if not pack.grade_bands:
        problems.append(PackProblem("grade_bands_missing", field="grade_bands", params={"known": ", ".join(GRADE_BANDS)}))
    if not pack.theme:
        problems.append(PackProblem("theme_missing", field="theme", params={"known": ", ".join(THEMES)}))
    if not pack.lesson_minutes:
        problems.append(PackProblem("lesson_minutes_missing", field="lesson_minutes"))
    if not pack.run_of_show:
        problems.append(PackProblem("run_of_show_missing", field="run_of_show"))
    if "activity_sheet" not in kinds:
        problems.append(PackProblem("activity_sheet_missing", field="handouts"))
    if "parent_letter" not in kinds:
        problems.append(PackProblem("parent_letter_missing", field="handouts"))
    if len(pack.questions) < AT_LEAST:
        problems.append(PackProblem("too_few_questions", field="questions", params={"count": len(pack.questions), "least": AT_LEAST}))
    if len(pack.avoid) < AT_LEAST:
        problems.append(PackProblem("too_few_to_avoid", field="avoid", params={"count": len(pack.avoid), "least": AT_LEAST}))
    return problems


def _check_delivery(pack: Pack) -> list[PackProblem]:
    problems = []
    if pack.required_face_to_face and pack.delivery != "face_to_face":
        problems.append(PackProblem("not_face_to_face", field="delivery"))
    if pack.delivery != "blended":
        for number, unit in enumerate(pack.units, 1):
            if unit.delivery != pack.delivery:
                params = {"unit": unit.title}
                problems.append(PackProblem("delivery_differs", field=f"units.{number}.delivery", params=params))
    return problems


def _check_names(pack: Pack) -> list[PackProblem]:
    problems = []
    for group, values in (
        ("units", [u.id for u in pack.units]),
        ("cases", [c.id for c in pack.cases]),
    ):
        problems += [
            PackProblem("repeated", field=f"{group}.{n}.id", params={"value": value})
            for n, value in enumerate(values, 1)
            if value in values[: n - 1]
        ]
    places = [(f"units.{n}.file", u.file) for n, u in enumerate(pack.units, 1)]
    places += [(f"handouts.{n}.file", h.file) for n, h in enumerate(pack.handouts, 1)]
    files = [name for _, name in places]
    problems += [
        PackProblem("repeated", field=place, params={"value": name})
        for n, (place, name) in enumerate(places)
        if name in files[:n]
    ]
    units = {u.id for u in pack.units}
    problems += [
        PackProblem("no_such_unit", field=f"cases.{n}.unit", params={"unit": c.unit})
        for n, c in enumerate(pack.cases, 1)
        if c.unit not in units
    ]
    return problems


def _check_run_of_show(pack: Pack) -> list[PackProblem]:
    if not pack.run_of_show:
        return []
    problems, spent = [], {unit.id: 0 for unit in pack.units}
    for number, step in enumerate(pack.run_of_show, 1):
        if step.unit in spent:
            spent[step.unit] += step.minutes
            if step.kind == "break":
                problems.append(PackProblem("break_in_unit", field=f"run_of_show.{number}.unit"))
        elif step.unit:
            problems.append(PackProblem("no_such_unit", field=f"run_of_show.{number}.unit", params={"unit": step.unit}))
        elif step.kind != "break":
            problems.append(PackProblem("step_without_unit", field=f"run_of_show.{number}", params={"title": step.title}))
    for number, unit in enumerate(pack.units, 1):
        if spent[unit.id] != unit.minutes:
            params = {"unit": unit.title, "minutes": unit.minutes, "spent": spent[unit.id]}
            problems.append(PackProblem("run_of_show_differs", field=f"units.{number}.minutes", params=params))
    return problems


def _check_quiz(pack: Pack) -> list[PackProblem]:
    if pack.quiz is None:
        return [PackProblem("quiz_missing", field="assessment")] if pack.assessment == "quiz" else []
    problems, seen = [], set()
    for number, item in enumerate(pack.quiz.items, 1):
        place = f"items.{number}"
        keys = {key for key, _ in item.options}
        if item.id in seen:
            problems.append(PackProblem("repeated", "quiz.yaml", f"{place}.id", params={"value": item.id}))
        seen.add(item.id)
        if not set(item.answer) <= keys:
            problems.append(PackProblem("answer_not_offered", "quiz.yaml", f"{place}.answer", params={"item": item.id}))
        if item.kind == "single" and len(item.answer) != 1:
            problems.append(PackProblem("one_answer_only", "quiz.yaml", f"{place}.answer", params={"item": item.id}))
    count = len(pack.quiz.items)
    if pack.quiz.pass_correct > count:
        problems.append(PackProblem("pass_mark_too_high", "quiz.yaml", "pass_correct", params={"count": count}))
    if pack.pass_correct is not None and pack.pass_correct != pack.quiz.pass_correct:
        params = {"course": pack.pass_correct, "quiz": pack.quiz.pass_correct}
        problems.append(PackProblem("pass_mark_differs", field="assessment.pass_correct", params=params))
    return problems


def _check_keys(pack: Pack) -> list[PackProblem]:
    return [
        PackProblem("unknown_key", field=key, severity="warning", params={"key": key})
        for key in pack.description
        if key not in KNOWN_KEYS
    ]
