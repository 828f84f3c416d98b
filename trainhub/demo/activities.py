"""Parent meetings, heart talks, assemblies, law lessons and class conventions of the term, entered by the services."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial

from trainhub.class_meetings.registry import course_type
from trainhub.class_meetings.rules.activities import TYPE_OF, Activity
from trainhub.class_meetings.rules.conventions import Vote
from trainhub.class_meetings.service.activities import enter_activity
from trainhub.class_meetings.service.conventions import RecordVote, record_vote, save_draft
from trainhub.demo import wording
from trainhub.demo.class_cases import monday_of
from trainhub.demo.people import ClassRow
from trainhub.demo.term import MAIN, SECOND, Term
from trainhub.kernel.actor import Actor
from trainhub.kernel.ids import new_id
from trainhub.plugin_api.contracts import UnknownCourseType


def tell_activities(term: Term) -> None:
    """Most at the two schools whose accounts are shown; one entry each at two others."""
    for place in (MAIN, SECOND):
        if term.led.get(place):
            _school(term, place)
    for number, place in enumerate(("qinghe", "songxi")):
        if term.led.get(place):
            dean = term.world.actor(place, "dean")
            if number % 2:
                _assembly(term, place, dean, 6)
            else:
                _parents(term, dean, term.led[place], 7, grades=(term.led[place][0].grade,))
    own = _shown_class(term)
    if own is not None:
        _own_class(term, own)
    for row in [row for place in (MAIN, SECOND) for row in term.led.get(place, []) if row is not own and row.number == 3][:3]:
        _convention(term, row, 9, votes=True)


def _shown_class(term: Term) -> ClassRow | None:
    shown = term.world.actors.get((MAIN, "homeroom"))
    return next((row for row in term.led.get(MAIN, ()) if shown and term.teachers[row.id].id == shown.person_id), None)


def _school(term: Term, place: str) -> None:
    dean, rows = term.world.actor(place, "dean"), term.led[place]
    grades = sorted({row.grade for row in rows})
    _parents(term, dean, rows, 5, grades=(grades[0],))
    _assembly(term, place, dean, 6)
    _law(term, dean, _day(term, 8, 2), "minors_protection", "law_vice_principal", "", grades[-1:])
    if place == MAIN:
        _law(term, dean, _day(term, 10, 3), "delinquency_prevention", "court", "云岭区人民法院", grades[:1])
        coming = term.world.story.working_day(term.world.story.today + timedelta(days=9))
        _law(term, dean, coming, "school_protection", "law_vice_principal", "", grades[1:2] or grades)


def _own_class(term: Term, row: ClassRow) -> None:
    """The shown teacher's own: parents of the class, three weeks of talks, a convention and a draft of the next one."""
    teacher = term.teacher(row)
    _parents(term, teacher, [row], 9, class_id=row.id)
    for week, talks in ((8, 4), (9, 6), (10, 3)):
        day = _day(term, week, 4)
        if day != monday_of(term.bounds.first, week) + timedelta(days=3):
            continue  # a week of holidays has its talks in another one
        start = term.world.story.moment(day, 8)
        _enter(term, teacher, Activity("heart_talk", start, start + timedelta(hours=1), class_id=row.id, took_part=talks), hours=8)
    _convention(term, row, 5, votes=True)
    _convention(term, row, 11, votes=False)


def _day(term: Term, week: int, weekday: int) -> date:
    """A working day of a week of the term; ``weekday`` from 1."""
    return term.world.story.working_day(monday_of(term.bounds.first, week) + timedelta(days=weekday - 1))


def _parents(term: Term, actor: Actor, rows: Sequence[ClassRow], week: int, grades: tuple[int, ...] = (), class_id: str | None = None) -> None:
    concerned = [row for row in rows if class_id or row.grade in grades]
    invited = sum(row.pupils for row in concerned)
    start = term.world.story.moment(_day(term, week, 5), 18, 30)
    words = partial(term.chronicle.line_of, [row.id for row in rows])
    pack = term.parents_pack if class_id is None else None
    _enter(term, actor, Activity(
        "parent_meeting", start, start + timedelta(minutes=60), class_id, grades,
        title=words(("家长会：看得出，问得对", "家长会")), topic="recognise", pack_id=pack, invited=invited, came=invited * 9 // 10, material=True,
        feedback=words(wording.PARENT_FEEDBACK) if class_id else "", names_confirmed=True,
    ))


def _assembly(term: Term, place: str, actor: Actor, week: int) -> None:
    start = term.world.story.moment(_day(term, week, 1), 7, 50)
    words = partial(term.chronicle.line_of, [row.id for row in term.led[place]])
    _enter(term, actor, Activity(
        "assembly", start, start + timedelta(minutes=25), title=words(("升旗仪式：不做冷漠的人", "国旗下讲话")),
        names_confirmed=True,
    ))


def _law(term: Term, actor: Actor, day: date, law: str, speaker: str, unit: str, grades: Sequence[int]) -> None:
    start = term.world.story.moment(day, 15, 20)
    _enter(term, actor, Activity(
        "law_lesson", start, start + timedelta(minutes=45), grades=tuple(grades), led_by=unit, topic=law, speaker=speaker, names_confirmed=True,
    ))


def _enter(term: Term, actor: Actor, entry: Activity, hours: int = 2) -> None:
    """Enter it the same day when it is over; what is still to come was entered this morning."""
    world, kind = term.world, TYPE_OF.get(entry.kind)
    if kind is not None and isinstance(course_type(kind), UnknownCourseType):
        return  # nobody could check its numbers
    moment = entry.ends_at + timedelta(hours=hours)
    if entry.starts_at > world.story.now:
        if entry.kind == "heart_talk" or not _in_term(term, entry):
            return
        moment = world.story.now - timedelta(minutes=4)
    term.teller.timeline.at(moment, lambda at: enter_activity(world.session, actor, new_id(), entry, at))


def _in_term(term: Term, entry: Activity) -> bool:
    """Near enough to be planned already, and within the term."""
    return entry.day <= min(term.bounds.last, term.world.story.today + timedelta(days=14))


def _convention(term: Term, row: ClassRow, week: int, *, votes: bool) -> None:
    """A class drafts its text in a week of the term and, where ``votes``, agrees on it two days later."""
    world, actor, story = term.world, term.teacher(row), term.world.story
    clauses = [text for text in wording.CLAUSES if term.chronicle.line(row.id, [text])]
    chosen = sorted(term.random.sample(clauses, min(len(clauses), 6 if votes else 8)), key=clauses.index)
    drafted = story.moment(_day(term, week, 2), 16, 50)

    def draft(moment: datetime) -> None:
        seen = term.conventions.get(row.id, 0)
        made = save_draft(world.session, actor, row.id, chosen, moment, seen_revision=seen, names_confirmed=True)
        term.conventions[row.id] = made
        if votes:
            day = _day(term, week, 4)
            against, abstained = row.pupils // 20, row.pupils // 15
            command = RecordVote(row.id, made, Vote(row.pupils - against - abstained, against, abstained), day)
            term.teller.timeline.at(story.moment(day, 17, 10), lambda at: record_vote(world.session, actor, command, at))

    term.teller.timeline.at(drafted, draft)

