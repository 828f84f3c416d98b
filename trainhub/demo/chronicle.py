"""What became of many class meetings, written in bulk; every step is told to the ledger at its own time.

The rows are those the services of class meetings write, one step after the other; the projections are made anew at the end.
"""

import base64
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from random import Random
from typing import Any, Literal

from sqlalchemy import select

from trainhub.class_meetings.models import ClassMeeting, MeetingAbsence, MeetingPhoto, MeetingRecord, MeetingStep
from trainhub.class_meetings.rules.naming import given_name, plain
from trainhub.courses.queries import LessonPack
from trainhub.demo import wording
from trainhub.demo.drawing import classroom
from trainhub.demo.roster import Row, put
from trainhub.demo.timeline import Timeline
from trainhub.demo.world import World
from trainhub.evidence.models import StoredProof
from trainhub.evidence.rules import content_hash
from trainhub.kernel import clock
from trainhub.kernel.actor import Actor
from trainhub.kernel.ids import new_id
from trainhub.ledger.service import NewEntry, append_many
from trainhub.roster.models import ClassMembership, Student

Fate = Literal["checked", "late", "waiting", "returned", "mended", "missed", "cancelled", "unrecorded"]
"""How far a meeting gets; what lies after the moment of telling has not happened yet."""
LATE_AFTER = timedelta(days=7)
_CHECK_DAY = 3  # Wednesday


@dataclass(slots=True)
class Chronicle:
    """Collects the rows of records, steps, absences and photos; ``write`` puts them into the database at the end.

    ``pupils`` are the pupils of each class of the year, ``names`` the words no text of the class may hold; ``joined`` says from
    which day the pupils of another class are in this one too.
    """

    world: World
    timeline: Timeline
    random: Random
    policy_version: int = 0
    pupils: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    names: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    joined: dict[str, tuple[date, str]] = field(default_factory=dict)
    _photos: dict[str, int] = field(default_factory=dict)
    _kept: set[str] = field(default_factory=set)
    _rows: dict[type[Any], list[Row]] = field(default_factory=lambda: defaultdict(list))
    _entries: dict[tuple[date, str], list[NewEntry]] = field(default_factory=dict)

    def know_pupils(self, class_ids: Sequence[str]) -> None:
        """Read who is in these classes. One statement."""
        query = (
            select(ClassMembership.class_id, Student.id, Student.name)
            .join(Student, (Student.district_id == ClassMembership.district_id) & (Student.id == ClassMembership.student_id))
            .where(ClassMembership.district_id == self.world.district_id, ClassMembership.class_id.in_(class_ids))
            .order_by(ClassMembership.class_id, Student.id)
        )
        for class_id, student_id, name in self.world.session.execute(query):
            self.pupils[class_id].append(student_id)
            whole = plain(name)
            self.names[class_id] |= {whole, given_name(whole)} - {""}

    def line(self, class_id: str, lines: Sequence[str]) -> str:
        """Draw a text that holds no name of a pupil of the class, "" where every one does."""
        return self.line_of([class_id], self.random.sample(lines, len(lines)))

    def line_of(self, class_ids: Sequence[str], lines: Sequence[str]) -> str:
        """The first text that holds no name of a pupil of any of the classes, "" where every one does."""
        for text in lines:
            bare = plain(text)
            if not any(name in bare for class_id in class_ids for name in self.names[class_id]):
                return text
        return ""

    def present(self, class_id: str, day: date) -> list[str]:
        """Who is in a class on a day."""
        since, other = self.joined.get(class_id, (date.max, ""))
        return self.pupils[class_id] + (self.pupils[other] if day >= since else [])

    # --- steps ---------------------------------------------------------------------------------------

    def note(
        self, meeting: ClassMeeting, kind: str, after: str, actor: Actor, moment: datetime, changes: Row, reason: str = ""
    ) -> None:
        """Take a step: state, version, history, and an entry of the ledger that is appended when its time comes."""
        before, meeting.state = meeting.state or "", after
        meeting.state_reason, meeting.updated_at = reason, moment
        meeting.version = (meeting.version or 0) + 1
        self._rows[MeetingStep].append({
            "district_id": meeting.district_id, "meeting_id": meeting.id, "id": new_id(), "step": kind, "from_state": before,
            "to_state": after, "reason": reason, "changes": changes, "actor_id": actor.account_id, "acting_role": actor.role.value,
            "recorded_at": moment,
        })
        self._append(NewEntry(
            meeting.district_id, meeting.school_id, f"meeting.{kind}", meeting.class_id, meeting.id,
            {"from": before, "to": after, "version": meeting.version, **changes}, occurred_at=moment, recorded_at=moment,
            actor_ref=actor.account_id, acting_role=actor.role.value, source="seed", reason=reason,
        ))

    def _append(self, entry: NewEntry) -> None:
        key = (clock.local_day(entry.occurred_at), entry.school_id)
        if key not in self._entries:
            self._entries[key] = []
            self.timeline.at(min(clock.at(key[0], time(20, 10)), self.world.story.now), partial(self._tell, key))
        self._entries[key].append(entry)

    def _tell(self, key: tuple[date, str], _: datetime) -> None:
        """Append what happened at a school on a day, in the order in which it happened."""
        append_many(self.world.session, sorted(self._entries.pop(key), key=lambda entry: entry.occurred_at))

    def live(
        self, meeting: ClassMeeting, fate: Fate, actor: Actor, dean: Actor, pack: LessonPack | None, held_by: str | None = None
    ) -> None:
        """Let a scheduled meeting become what it does, as far as time has come; ``held_by`` a substitute."""
        story, ends = self.world.story, meeting.ends_at
        if ends is None or meeting.starts_at is None:
            return
        if fate in {"missed", "cancelled"}:
            moment = ends + timedelta(minutes=65) if fate == "missed" else meeting.starts_at - timedelta(hours=22)
            reason = self.line(meeting.class_id, wording.MISSED if fate == "missed" else wording.CANCELLED) or "另行安排"
            if moment <= story.now:
                self.note(meeting, fate, fate, actor, moment, {}, reason)
            return
        moment = self._recorded_at(ends, late=fate == "late")
        if fate == "unrecorded" or moment > story.now:
            return
        meeting.held_by_id = held_by or meeting.held_by_id
        photos = self._record(meeting, actor, moment, pack, 1)
        check = self._checked_at(moment)
        if fate in {"returned", "mended"} and check <= story.now:
            why = self.random.choice(("topic", "too_short"))
            reason = f"{why}: {wording.RETURN_LINES[why]}"
            self.note(meeting, "returned", "returned", dean, check, {"revision": 1, "why": why}, reason)
            moment = clock.at(clock.local_day(ends) + timedelta(days=14), time(18, 5))
            if fate == "returned" or moment > story.now:
                return
            photos = self._record(meeting, actor, moment, pack, 2)
            check = self._checked_at(moment)
        if fate != "waiting" and check <= story.now:
            reason = "" if photos else self.line(meeting.class_id, wording.NO_PHOTO) or "已查看"
            changes = {"revision": meeting.revision, "photos": photos, "policy_version": self.policy_version}
            self.note(meeting, "checked", "checked", dean, check, changes, reason)

    def _recorded_at(self, ends: datetime, *, late: bool) -> datetime:
        """The same afternoon, the same evening, or on the second day of the check after the one it missed."""
        day = clock.local_day(ends)
        if late:
            return clock.at(clock.local_day(self._checked_at(ends)) + timedelta(days=7), time(12, 40))
        return clock.at(day, time(20, 10)) if self.random.random() < 0.4 else ends + timedelta(minutes=25)

    def _checked_at(self, recorded: datetime) -> datetime:
        """The dean looks through the records once a week."""
        day = clock.local_day(recorded)
        wait = (_CHECK_DAY - day.isoweekday()) % 7 or 7
        return clock.at(self.world.story.working_day(day + timedelta(days=wait)), time(16, 20))

    def _record(self, meeting: ClassMeeting, actor: Actor, moment: datetime, pack: LessonPack | None, revision: int) -> int:
        """Write one revision of a record; returns how many photos stand beside it."""
        if meeting.starts_at is None or meeting.ends_at is None:
            return 0
        key = {"district_id": meeting.district_id, "meeting_id": meeting.id, "revision": revision}
        pupils = self.present(meeting.class_id, clock.local_day(meeting.starts_at))
        away = self.random.sample(pupils, min(len(pupils) // 4, self.random.choice((0, 0, 1, 1, 2, 3))))
        statuses = [self.random.choice(("excused", "excused", "absent", "late")) for _ in away]
        there = len(pupils) - sum(status != "late" for status in statuses)
        minutes = int((meeting.ends_at - meeting.starts_at).total_seconds() // 60)
        steps = self._steps(pack)
        held = sum(step["minutes"] for step in steps) or minutes
        meeting.revision, meeting.recorded_at = revision, meeting.recorded_at or moment
        meeting.late_recorded = meeting.recorded_at > meeting.ends_at + LATE_AFTER
        self._rows[MeetingRecord].append(key | {
            "op_id": f"seed-{meeting.id[-12:]}-{revision}", "held_by_id": meeting.held_by_id, "starts_at": meeting.starts_at,
            "ends_at": meeting.ends_at, "expected_count": len(pupils), "there_count": there, "steps": steps, "minutes_held": held,
            "engagement": self.random.choice(("high", "high", "middle", "middle", "low")),
            "worked": self.line(meeting.class_id, wording.WORKED), "again": self.line(meeting.class_id, wording.AGAIN),
            "agreed": self.line(meeting.class_id, wording.AGREED), "recorded_by": actor.account_id, "acting_role": actor.role.value,
            "recorded_at": moment, "device_at": None, "redacted_at": None,
        })
        self._rows[MeetingAbsence] += [
            key | {"student_id": student, "status": status, "leave_type": "sick" if status == "excused" else "", "caught_up_on": None}
            for student, status in zip(away, statuses, strict=True)
        ]
        if revision == 1:
            self._photos[meeting.id] = self._photo(meeting, actor, moment)
        photos = self._photos[meeting.id]
        self.note(meeting, "recorded", "recorded", actor, moment, {
            "revision": revision, "starts_at": meeting.starts_at.isoformat(), "ends_at": meeting.ends_at.isoformat(),
            "held_by": meeting.held_by_id, "late": meeting.late_recorded, "times_unsure": False, "expected": len(pupils), "there": there,
            "minutes": held, "steps": len(steps), "done": sum(step["done"] for step in steps), "photos": photos,
        })
        return photos

    def _steps(self, pack: LessonPack | None) -> list[Row]:
        """The steps of the pack as they were done: now and then one longer, shorter or left out."""
        found = []
        for number, (title, planned, _) in enumerate(pack.steps if pack else ()):
            done = number == 0 or self.random.random() < 0.93
            minutes = max(1, planned + self.random.choice((0, 0, 0, 0, -2, -1, 2, 3))) if done else 0
            found.append({"title": title, "planned": planned, "done": done, "minutes": minutes})
        return found

    def _photo(self, meeting: ClassMeeting, actor: Actor, moment: datetime) -> int:
        if self.random.random() < 0.12:
            return 0
        content = classroom(self.random)
        digest = content_hash(content)
        if digest not in self._kept:
            self._kept.add(digest)
            self._rows[StoredProof].append({
                "district_id": meeting.district_id, "sha256": digest, "media_type": "image/png", "size": len(content),
                "content": base64.b64encode(content).decode("ascii"), "stored_by": actor.account_id, "stored_at": moment,
            })
        self._rows[MeetingPhoto].append({
            "district_id": meeting.district_id, "meeting_id": meeting.id, "sha256": digest, "school_id": meeting.school_id,
            "original_sha256": "", "added_by": actor.account_id, "added_at": moment, "removed_at": None, "explained": "",
        })
        return 1

    def write(self) -> None:
        """Put the collected rows into the database; meetings first, what hangs on them behind."""
        self.world.session.flush()
        for table in (MeetingStep, MeetingRecord, MeetingAbsence, StoredProof, MeetingPhoto):
            put(self.world.session, table, self._rows.pop(table, []))
