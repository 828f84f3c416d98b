"""Other kinds of education with their own numbers: parent meetings, heart talks, assemblies, law lessons. Pure.

None of them ever fills a class's count (domain.md 3.2, case 33). Households of a parent meeting are counted (SA22), talks of a
week are counted, never with whom nor what about; pupils of an assembly or lesson are counted. Law vice-principals owe at least
four lessons a year at the school (domain.md 3.3, SA53; Order 52 of the Ministry of Education, in force since 1 May 2022).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from typing import Any, Literal

from trainhub.kernel.clock import at, local_day
from trainhub.kernel.errors import DomainError

Kind = Literal["parent_meeting", "heart_talk", "assembly", "law_lesson"]
KINDS: tuple[Kind, ...] = ("parent_meeting", "heart_talk", "assembly", "law_lesson")
CLASS_KINDS: tuple[Kind, ...] = ("parent_meeting", "heart_talk", "law_lesson")
"""What one class alone can have; one class that assembles has a class meeting."""
TYPE_OF: Mapping[str, str] = {"parent_meeting": "parent_meeting", "law_lesson": "rule_of_law_lesson"}
"""Kind -> key of the course type that knows its choices and checks its numbers."""
LAW_LESSONS_A_YEAR = 4
OWES_LESSONS = "law_vice_principal"
"""The speaker whose lessons fill the duty; lessons by others are counted beside it."""
MOST_HOUSEHOLDS, MOST_TALKS = 6000, 999
MOST_TITLE, MOST_PLACE, MOST_LED_BY, MOST_FEEDBACK = 80, 60, 80, 2000
SHORTEST, LONGEST = 5, 480
REACH = timedelta(days=400)
"""How far from today a day may lie: further away it is a typing error."""
UNDO_WITHIN = timedelta(minutes=2)


class ActivityRefused(DomainError):
    """An activity that cannot be right; which of the problems is part of the code."""

    def __init__(self, problem: str, field: str | None = None, **params: Any) -> None:
        self.code = f"activity_{problem}"  # type: ignore[misc]  # the sentence differs by problem
        super().__init__(field=field, **params)


@dataclass(frozen=True, slots=True)
class Activity:
    """What somebody enters. Without ``class_id`` and ``grades`` it is the whole school's. Times are aware UTC.

    ``invited``/``came`` are households. ``took_part`` counts pupils, or talks; None for an assembly or a lesson: everybody of the
    classes concerned. ``topic`` and ``speaker`` are choices of the course type, ``led_by`` who led it or the speaker's unit.
    """

    kind: Kind
    starts_at: datetime
    ends_at: datetime
    class_id: str | None = None
    grades: tuple[int, ...] = ()
    title: str = ""
    place: str = ""
    led_by: str = ""
    topic: str = ""
    speaker: str = ""
    pack_id: str | None = None
    invited: int | None = None
    came: int | None = None
    took_part: int | None = None
    material: bool = False
    feedback: str = ""
    names_confirmed: bool = False

    @property
    def texts(self) -> tuple[tuple[str, str], ...]:
        """Everything somebody typed freely, as (field, text)."""
        named = (("title", self.title), ("place", self.place), ("led_by", self.led_by), ("feedback", self.feedback))
        return tuple((field, text) for field, text in named if text)

    @property
    def day(self) -> date:
        """The local day it begins on."""
        return local_day(self.starts_at)


@dataclass(frozen=True, slots=True)
class Concerned:
    """Whom an activity concerns on its day: how many pupils and classes. ``names`` also holds who was there lately."""

    pupils: int
    classes: int
    names: tuple[str, ...] = ()


def week_of(day: date) -> tuple[datetime, datetime]:
    """Return the week of a day: Monday's beginning and the next Monday's, where the schools are."""
    monday = day - timedelta(days=day.weekday())
    return at(monday, clock_time()), at(monday + timedelta(days=7), clock_time())


def tidied(entry: Activity) -> Activity:
    """Return the entry with blanks folded, and heart talks as a whole week."""
    title, place, led_by = (" ".join(text.split()) for text in (entry.title, entry.place, entry.led_by))
    grades = tuple(sorted(set(entry.grades)))
    done = replace(entry, title=title, place=place, led_by=led_by, feedback=entry.feedback.strip(), grades=grades)
    if entry.class_id:
        done = replace(done, grades=())
    if entry.kind == "heart_talk":
        first, last = week_of(entry.day)
        done = replace(done, starts_at=first, ends_at=last)
    return done


def is_held(entry: Activity, now: datetime) -> bool:
    """Whether it has begun, so that its numbers are asked for."""
    return entry.starts_at <= now


def refuse_shape(entry: Activity, now: datetime) -> None:
    """Refuse what no school and no day could make right. Raises ActivityRefused."""
    if entry.kind not in KINDS:
        raise ActivityRefused("kind", "kind")
    if entry.class_id and entry.kind not in CLASS_KINDS:
        raise ActivityRefused("one_class", "class")
    if abs(entry.starts_at - now) > REACH:
        raise ActivityRefused("far", "day")
    if entry.kind == "heart_talk":
        if entry.texts or entry.pack_id:
            raise ActivityRefused("talk_text")
        if not is_held(entry, now):
            raise ActivityRefused("talk_ahead", "day")
    elif local_day(entry.starts_at) != local_day(entry.ends_at) or not SHORTEST <= _minutes(entry) <= LONGEST:
        raise ActivityRefused("times", "starts", most=LONGEST)
    limits = {"title": MOST_TITLE, "place": MOST_PLACE, "led_by": MOST_LED_BY, "feedback": MOST_FEEDBACK}
    for field, text in entry.texts:
        if len(text) > limits[field]:
            raise ActivityRefused("text_long", field, most=limits[field])


def _minutes(entry: Activity) -> int:
    return (entry.ends_at - entry.starts_at) // timedelta(minutes=1)


def refuse_day(entry: Activity, *, teaching: bool, what: str) -> str:
    """Return the warning a day deserves, "" for none. ``teaching``: a school day, or a week that has one.

    Parents meet when they are free, so a weekend only warns there. Raises ActivityRefused for every other kind.
    """
    if teaching:
        return ""
    if entry.kind == "parent_meeting":
        return "no_school_day"
    raise ActivityRefused("week_off" if entry.kind == "heart_talk" else "no_school_day", "day", what=what)


def with_numbers(entry: Activity, concerned: Concerned, now: datetime) -> Activity:
    """Return the entry with its numbers checked, and filled in where everybody took part.

    Numbers of what has not begun are not kept, but how many households are invited is known before. Raises ActivityRefused.
    """
    if entry.kind != "parent_meeting" and not concerned.pupils:
        raise ActivityRefused("nobody", "class")
    held = is_held(entry, now)
    if entry.kind == "parent_meeting":
        return _households(replace(entry, took_part=None, came=entry.came if held else None), held=held)
    plain = replace(entry, invited=None, came=None, material=False)
    if entry.kind == "heart_talk":
        if entry.took_part is None or not 1 <= entry.took_part <= MOST_TALKS:
            raise ActivityRefused("talks", "took_part", most=MOST_TALKS)
        return plain
    if not held:
        return replace(plain, took_part=None)
    count = concerned.pupils if entry.took_part is None else entry.took_part
    if not 1 <= count <= concerned.pupils:
        raise ActivityRefused("pupils", "took_part", most=concerned.pupils)
    return replace(plain, took_part=count)


def _households(entry: Activity, *, held: bool) -> Activity:
    if entry.invited is None:
        if held:
            raise ActivityRefused("invited_missing", "invited")
    elif not 1 <= entry.invited <= MOST_HOUSEHOLDS:
        raise ActivityRefused("invited", "invited", most=MOST_HOUSEHOLDS)
    if held and entry.came is None:
        raise ActivityRefused("came_missing", "came")
    if entry.came is not None and entry.invited is not None and entry.came > entry.invited:
        raise ActivityRefused("more_than_invited", "came")
    return entry


def details_of(entry: Activity, concerned: Concerned) -> dict[str, Any]:
    """Return the entry as the detail fields of its course type, empty ones left out."""
    if entry.kind == "parent_meeting":
        of = "class" if entry.class_id else "grade" if entry.grades else "school"
        found = {
            "kind": of,
            "topic": entry.topic,
            "invited": entry.invited,
            "came": entry.came,
            "material": entry.material,
        }
    else:
        classes = (
            concerned.classes if concerned.classes <= 60 else None
        )  # more than the type's own limit: the whole school
        found = {"law": entry.topic, "speaker": entry.speaker, "speaker_unit": entry.led_by, "classes": classes}
    return {name: value for name, value in found.items() if value not in (None, "")}


FIELD_OF: Mapping[str, str] = {"law": "topic", "speaker_unit": "led_by", "classes": "class", "kind": "class"}
"""Detail field of a course type -> field of the form, where they differ."""


def may_change(state: str) -> bool:
    """Whether an activity can still be recorded, corrected or cancelled."""
    return state in {"planned", "recorded"}


# --- numbers of a term -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ActivityFact:
    """What adding up needs of one activity that was recorded."""

    kind: str
    season: str
    speaker: str
    invited: int
    came: int
    took_part: int
    count: int = 1


@dataclass(frozen=True, slots=True)
class ActivityNumbers:
    """The numbers of a term. ``year_lessons`` are those of law vice-principals in the whole school year, out of ``year_owed``."""

    parent_meetings: int = 0
    invited: int = 0
    came: int = 0
    talks: int = 0
    assemblies: int = 0
    assembly_pupils: int = 0
    law_lessons: int = 0
    law_pupils: int = 0
    year_lessons: int = 0
    year_others: int = 0
    year_owed: int = LAW_LESSONS_A_YEAR


def add_up(facts: Iterable[ActivityFact], season: str) -> ActivityNumbers:
    """Add the recorded activities of a school year up to the numbers of one term, and the year's law lessons."""
    listed = list(facts)
    here = [f for f in listed if f.season == season]
    lessons = [f for f in listed if f.kind == "law_lesson"]
    own = sum(f.count for f in lessons if f.speaker == OWES_LESSONS)
    return ActivityNumbers(
        parent_meetings=_sum(here, "parent_meeting", "count"),
        invited=_sum(here, "parent_meeting", "invited"),
        came=_sum(here, "parent_meeting", "came"),
        talks=_sum(here, "heart_talk", "took_part"),
        assemblies=_sum(here, "assembly", "count"),
        assembly_pupils=_sum(here, "assembly", "took_part"),
        law_lessons=_sum(here, "law_lesson", "count"),
        law_pupils=_sum(here, "law_lesson", "took_part"),
        year_lessons=own,
        year_others=sum(f.count for f in lessons) - own,
    )


def _sum(facts: Collection[ActivityFact], kind: str, name: str) -> int:
    return sum(int(getattr(f, name)) for f in facts if f.kind == kind)
