"""A school with two classes, a reported concern and the way to a case ready for the committee, for the tests of this room."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from tests.builders import Sample, add_class, add_post, add_pupils, build_district
from trainhub.cases.models import CaseFile
from trainhub.cases.service import intake, notices, opening, parties
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.sealing import KeyRing, key_of

RING = KeyRing(key_of("a long random text for the tests of this room only"))
CANARY = "金丝雀"


@dataclass
class World:
    session: Session
    sample: Sample
    now: datetime
    class_a: str
    class_b: str
    pupils: list[str]
    others: list[str]
    ring: KeyRing = RING

    @property
    def officer(self) -> Actor:
        return self.sample.actors["case_officer"]

    def actor(self, key: str) -> Actor:
        return self.sample.actors[key]

    def report(self, key: str = "teacher", op_id: str = "op-1", **more: object) -> intake.Receipt:
        command = intake.ReportConcern(text="走廊里有人被推", op_id=op_id, **more)  # type: ignore[arg-type]
        return intake.report_concern(self.session, self.ring, self.actor(key), command, self.now)

    def case(self, severity: str = "", **more: object) -> CaseFile:
        start = opening.CaseStart(local_day(self.now - timedelta(days=1)), "corridor", ("body",), self.now - timedelta(hours=2), severity)
        return opening.open_case(self.session, self.ring, self.officer, start, self.now)

    def party(self, case: CaseFile, student: str, *roles: str, actor: Actor | None = None) -> str:
        command = parties.AddPupil(case.id, student, roles)
        return parties.add_pupil(self.session, self.ring, actor or self.officer, command, self.now)

    def both_sides(self, case: CaseFile) -> tuple[str, str]:
        return self.party(case, self.pupils[0], "actor"), self.party(case, self.pupils[1], "target")

    def tell(self, party_id: str, about: str = "investigation", outcome: str = "acknowledged", **more: object) -> str:
        values = {"channel": "face", "happened_at": self.now} | more
        command = notices.RecordNotice(party_id, about, outcome=outcome, **values)  # type: ignore[arg-type]
        return notices.record_notice(self.session, self.ring, self.officer, command, self.now)


def build(session: Session, now: datetime, given: Sample | None = None) -> World:
    sample = given or build_district(session)
    day = local_day(now)
    start = day.year if day.month >= 9 else day.year - 1
    year = f"{start}-{start + 1}"
    first = local_day(now).replace(year=start, month=9, day=1)
    class_a = add_class(session, sample.district_id, sample.school_id, 5, 1, year)
    class_b = add_class(session, sample.district_id, sample.school_id, 5, 2, year)
    other = add_class(session, sample.district_id, sample.other_school_id, 5, 1, year)
    add_post(session, sample.district_id, sample.school_id, sample.people[1], "homeroom_teacher", first, class_id=class_a)
    return World(
        session, sample, now, class_a, class_b, add_pupils(session, sample, class_a, 4, first), add_pupils(session, sample, other, 2, first)
    )
