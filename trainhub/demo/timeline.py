"""Past steps in the order in which they happened, each done by the real services at its own time."""

import heapq
import itertools
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.attendance import service as rolls
from trainhub.attendance.models import AttendanceRecord
from trainhub.courses.models import CoursePack
from trainhub.demo.world import TOPIC, World
from trainhub.kernel import clock
from trainhub.kernel.actor import Actor
from trainhub.ledger.service import NewEntry, append_many
from trainhub.training.models import EventPart, TrainingEvent
from trainhub.training.rules.audience import Choice
from trainhub.training.rules.planning import PartTime, PlanBlocked, PlanNeedsAnswer, Trainer
from trainhub.training.service.events import CancelEvent, MoveEvent, cancel_event, move_event
from trainhub.training.service.planning import PlanEvent, plan_event

Step = Callable[[datetime], object]
Answer = TypeVar("Answer")


@dataclass(slots=True)
class Timeline:
    """A queue of steps by time; those after the moment of telling never happen."""

    until: datetime
    _queue: list[tuple[datetime, int, Step]] = field(default_factory=list)
    _order: "itertools.count[int]" = field(default_factory=itertools.count)

    def at(self, moment: datetime, step: Step) -> None:
        """Do a step at a moment."""
        heapq.heappush(self._queue, (moment, next(self._order), step))

    def run(self) -> int:
        """Do all steps up to the moment of telling, in order; returns how many."""
        done = 0
        while self._queue and self._queue[0][0] <= self.until:
            moment, _, step = heapq.heappop(self._queue)
            step(moment)
            done += 1
        return done


@dataclass(frozen=True, slots=True)
class Turnout:
    """How a roll goes, in per mille of those expected; the rest is absent."""

    present: int = 920
    late: int = 25
    early: int = 8
    excused: int = 25


@dataclass(slots=True)
class Training:
    """A training of the story. ``parts`` are (day, hour, minute, minutes); ``key`` names it in the manifest."""

    key: str
    place: str
    title: str
    parts: list[tuple[date, int, int, int]]
    pack: str | None = None
    room: str = "阶梯教室"
    trainers: tuple[Trainer, ...] = ()
    choice: Choice = field(default_factory=Choice)
    missed_key: str | None = None
    turnout: Turnout = Turnout()
    notice_days: int = 10
    ends: str = "verified"
    """How far it gets: draft, planned, marked, submitted, verified, cancelled."""
    reason: str = ""
    topic: str = TOPIC
    mode: str = "face_to_face"
    make_up_year: str | None = None
    marked_share: int = 100
    moved_parts: list[tuple[date, int, int, int]] = field(default_factory=list)
    moved_reason: str = ""
    event_id: str = ""

    def planned(self) -> list[PartTime]:
        """The parts as they were planned first."""
        return _times(self.parts, self.room)

    def held(self) -> list[PartTime]:
        """The parts as they take place: moved ones where the training was moved."""
        return _times(self.moved_parts or self.parts, self.room)


def _times(parts: list[tuple[date, int, int, int]], room: str) -> list[PartTime]:
    found = []
    for day, hour, minute, minutes in parts:
        start = clock.at(day, time(hour, minute))
        found.append(PartTime(start, start + timedelta(minutes=minutes), room))
    return found


class Storyteller:
    """Puts trainings on the timeline and carries them out."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.timeline = Timeline(world.story.now)
        self.events: dict[str, str] = {}
        self.told: dict[str, Training] = {}
        self._packs: dict[str, str] = {
            row.pack_id: row.version
            for row in world.session.scalars(select(CoursePack).where(CoursePack.is_current.is_(True)))
        }

    def tell(self, training: Training) -> None:
        """Schedule every step of a training that its end asks for."""
        starts, story = training.planned()[0].starts_at, self.world.story
        self.told[training.key] = training
        day = story.working_day(clock.local_day(starts) - timedelta(days=training.notice_days), -1)
        planned = min(story.moment(day, 10, 20), story.now - timedelta(hours=1))
        self.timeline.at(planned, lambda moment: self._plan(training, moment))
        if training.moved_parts:
            day = story.working_day(clock.local_day(starts) - timedelta(days=2), -1)
            self.timeline.at(story.moment(day, 16, 40), lambda moment: self._unless_dropped(self._move, training, moment))
        if training.ends == "cancelled":
            self.timeline.at(starts - timedelta(hours=20), lambda moment: self._unless_dropped(self._cancel, training, moment))
        if training.ends in {"cancelled", "draft", "planned"}:
            return
        for number, part in enumerate(training.held()):
            self._schedule_roll(training, number, part)

    def tell_roster(self) -> None:
        """Schedule what the ledger says of later hires, posts and departures, one write a day and chain."""
        groups: dict[tuple[datetime, str], list[NewEntry]] = defaultdict(list)
        for entry in self.world.later:
            groups[entry.occurred_at, entry.school_id].append(entry)
        for (moment, _), entries in sorted(groups.items(), key=lambda item: item[0]):
            self.timeline.at(moment, partial(self._append, entries))

    def _append(self, entries: list[NewEntry], _: datetime) -> None:
        append_many(self._session, entries)

    def _schedule_roll(self, training: Training, number: int, part: PartTime) -> None:
        if training.ends == "marked":
            marked_at = min(self.world.story.now - timedelta(minutes=2), part.ends_at)
            self.timeline.at(max(marked_at, part.starts_at), lambda moment: self._unless_dropped(self._mark, training, number, moment))
            return
        self.timeline.at(part.ends_at - timedelta(minutes=3), lambda moment: self._unless_dropped(self._mark, training, number, moment))
        self.timeline.at(part.ends_at + timedelta(minutes=6), lambda moment: self._unless_dropped(self._submit, training, number, moment))
        if training.ends == "verified":
            story = self.world.story
            next_day = story.working_day(clock.local_day(part.ends_at) + timedelta(days=1))
            moment = min(story.moment(next_day, 9, 10 + number), max(story.now - timedelta(minutes=3), part.ends_at))
            self.timeline.at(max(moment, part.ends_at + timedelta(minutes=7)), lambda at: self._unless_dropped(self._verify, training, number, at))

    @staticmethod
    def _unless_dropped(step: Callable[..., None], training: Training, *rest: Any) -> None:
        if training.ends != "dropped":
            step(training, *rest)

    # --- steps ----------------------------------------------------------------------------------

    @property
    def _session(self) -> Session:
        return self.world.session

    def _officer(self, training: Training) -> Actor:
        return self.world.actor(training.place, "officer")

    def _plan(self, training: Training, moment: datetime) -> None:
        choice = training.choice
        if training.missed_key is not None:
            choice = Choice("missed", self.events[training.missed_key])
        pack = training.pack if training.pack in self._packs else None
        command = PlanEvent(
            school_id=self.world.orgs[training.place], title=training.title, parts=training.planned(), pack_id=pack,
            topic=training.topic, delivery_mode=training.mode, trainers=training.trainers, choice=choice,
            make_up_year=training.make_up_year, publish=training.ends != "draft", event_id=self.world.ids(), source="seed",
        )
        try:
            planned = self._answering(lambda keys: plan_event(
                self._session, self._officer(training), replace(command, accepted=keys), moment
            ))
        except PlanBlocked as blocked:
            if {problem.code for problem in blocked.params["problems"]} != {"nobody_invited"}:
                raise
            training.ends = "dropped"  # nobody owes any more: no officer would plan it
            return
        training.event_id = self.events[training.key] = planned.event_id

    @staticmethod
    def _answering(ask: "Callable[[frozenset[str]], Answer]") -> "Answer":
        """Do a step; where the service asks questions, answer them with yes as an officer would."""
        try:
            return ask(frozenset())
        except PlanNeedsAnswer as asked:
            return ask(frozenset(problem.key for problem in asked.params["problems"]))

    def _version(self, training: Training) -> int:
        return self._session.get_one(TrainingEvent, (self.world.district_id, training.event_id)).version

    def _cancel(self, training: Training, moment: datetime) -> None:
        command = CancelEvent(training.event_id, self._version(training), training.reason)
        cancel_event(self._session, self._officer(training), command, moment)

    def _move(self, training: Training, moment: datetime) -> None:
        command = MoveEvent(training.event_id, self._version(training), training.moved_reason, training.held())
        self._answering(lambda keys: move_event(
            self._session, self._officer(training), replace(command, accepted=keys), moment
        ))

    def sheet_of(self, training: Training, number: int) -> str:
        """Id of the roll of a part."""
        found = self._session.scalars(
            select(EventPart.sheet_id)
            .where(EventPart.district_id == self.world.district_id, EventPart.event_id == training.event_id)
            .order_by(EventPart.position)
        ).all()[number]
        if found is None:
            raise LookupError(training.key)
        return found

    def present_on(self, sheet_id: str) -> list[str]:
        """People who were in the room, in the order of the roll."""
        return list(self._session.scalars(
            select(AttendanceRecord.person_id).where(
                AttendanceRecord.district_id == self.world.district_id, AttendanceRecord.sheet_id == sheet_id,
                AttendanceRecord.status.in_(("present", "late", "left_early")),
            ).order_by(AttendanceRecord.serial_no)
        ))

    def _mark(self, training: Training, number: int, moment: datetime) -> None:
        sheet_id = self.sheet_of(training, number)
        people = self._session.scalars(
            select(AttendanceRecord.person_id)
            .where(AttendanceRecord.district_id == self.world.district_id, AttendanceRecord.sheet_id == sheet_id)
            .order_by(AttendanceRecord.serial_no)
        ).all()
        part = training.held()[number]
        share = max(1, len(people) * training.marked_share // 100)
        marks = [self._draw(person_id, training.turnout, part) for person_id in people[:share]]
        command = rolls.MarkRoll(sheet_id, [m for m in marks if m.value != "absent" or training.ends != "marked"],
                                 f"seed-{sheet_id[-12:]}-{number}")
        rolls.record_marks(self._session, self._officer(training), command, moment)

    def _draw(self, person_id: str, turnout: Turnout, part: PartTime) -> rolls.Mark:
        """What becomes of one person on one roll."""
        random, draw = self.world.random, self.world.random.randrange(1000)
        if draw < turnout.present:
            return rolls.Mark(person_id, "present", 0)
        draw -= turnout.present
        if draw < turnout.late:
            return rolls.Mark(person_id, "late", 0, late_minutes=random.randint(6, 25))
        draw -= turnout.late
        if draw < turnout.early:
            return rolls.Mark(person_id, "left_early", 0, left_at=part.ends_at - timedelta(minutes=random.randint(10, 40)))
        draw -= turnout.early
        if draw < turnout.excused:
            leave = random.choice(("sick", "personal", "official", "official"))
            return rolls.Mark(person_id, "excused", 0, leave_type=leave)
        return rolls.Mark(person_id, "absent", 0)

    def _submit(self, training: Training, number: int, moment: datetime) -> None:
        sheet_id = self.sheet_of(training, number)
        command = rolls.SubmitRoll(sheet_id, len(self.present_on(sheet_id)), "absent")
        rolls.submit_roll(self._session, self._officer(training), command, moment)

    def _verify(self, training: Training, number: int, moment: datetime) -> None:
        principal = self.world.actor(training.place, "principal")
        rolls.verify_roll(self._session, principal, self.sheet_of(training, number), moment)
