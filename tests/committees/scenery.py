"""A school with a whole committee, and a stand-in for the room of the cases."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from tests.builders import Sample, add_account, add_staff
from trainhub.committees import registry
from trainhub.committees.queries import on_day
from trainhub.committees.rules.composition import SeatKind, SeatLine
from trainhub.committees.rules.deciding import GuardianSide, ItemFacts, ItemKind
from trainhub.committees.rules.recusal import MatterFacts
from trainhub.committees.rules.voting import Votes
from trainhub.committees.service.register import FillSeat, FoundCommittee, fill_seat, found_committee
from trainhub.committees.service.resolving import HoldItem, hold_item
from trainhub.committees.service.sittings import AgendaItem, Came, PlanSitting, add_item, note_presence, plan_sitting
from trainhub.kernel.actor import Actor
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Role
from trainhub.kernel.sealing import KeyRing, key_of
from trainhub.roster.models import OrgUnit, Person

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
FIRST = date(2021, 9, 1)
RING = KeyRing(key_of("a key of the tests, long enough to be one"))
PARENT = "钱家长甲乙"
PUPIL = "孙学生丙丁"
K = SeatKind
LINES = (
    SeatLine(K.PRINCIPAL, is_chair=True), SeatLine(K.TEACHER), SeatLine(K.YOUNG_PIONEER_COUNSELLOR), SeatLine(K.STAFF),
    SeatLine(K.LAW_VICE_PRINCIPAL), SeatLine(K.COMMUNITY_WORKER), SeatLine(K.PARENT), SeatLine(K.OUTSIDE_EXPERT), SeatLine(K.TEACHER),
    SeatLine(K.TEACHER, is_substitute=True), SeatLine(K.PARENT, is_substitute=True),
)  # fmt: skip
BOTH = (GuardianSide("acting", "A1", notified=True, heard=True), GuardianSide("harmed", "B1", notified=True))
FACTS = ItemFacts(BOTH)


class Cases:
    """Stands for the room of the cases: answers for every matter."""

    def __init__(self) -> None:
        self.facts: dict[str, ItemFacts] = {}
        self.open: list[tuple[str, MatterFacts]] = []

    def item_facts(
        self, session: Session, district_id: str, matter_id: str, kind: str, object_id: str | None, now: datetime
    ) -> ItemFacts | None:
        """What a test laid down for a matter."""
        return self.facts.get(matter_id)

    def open_matters(self, session: Session, district_id: str, school_id: str, now: datetime) -> Sequence[tuple[str, MatterFacts]]:
        """What a test laid down."""
        return self.open


@dataclass
class Scene:
    """A committee of nine and two substitutes. ``members``: ids in the order of ``LINES``."""

    sample: Sample
    committee_id: str
    seats: list[str]
    members: list[str] = field(default_factory=list)
    staff: list[str] = field(default_factory=list)

    @property
    def secretary(self) -> Actor:
        """Who keeps the register."""
        return self.sample.actors["committee_secretary"]

    @property
    def school_id(self) -> str:
        """The first school."""
        return self.sample.school_id


def build_scene(session: Session, sample: Sample, *, stages: Sequence[str] = ("junior",), lines: Sequence[SeatLine] = LINES) -> Scene:
    """Found a committee at the first school and fill every seat: principal, then staff, outside people, a parent."""
    tenant, school = sample.district_id, sample.school_id
    session.get_one(OrgUnit, (tenant, school)).stages = list(stages)
    secretary = sample.actors["committee_secretary"]
    committee = found_committee(session, secretary, FoundCommittee(school, "学生欺凌治理委员会", FIRST, None, tuple(lines)), NOW)
    seats = [s.id for s in sorted(on_day(session, tenant, school, FIRST).seats, key=lambda s: s.sort_no)]
    staff = [sample.people[5], sample.people[0], *add_staff(session, tenant, school, 4, department="德育处", first_no=60)]
    outside = add_staff(session, tenant, school, 3, department="校外", first_no=70, category="external")
    scene = Scene(sample, committee, seats, staff=staff)
    for line, seat in zip(lines, seats, strict=True):
        scene.members.append(fill_seat(session, secretary, _filled(line, seat, staff, outside, scene), NOW, ring=RING))
    session.commit()
    return scene


def _filled(line: SeatLine, seat: str, staff: list[str], outside: list[str], scene: Scene) -> FillSeat:
    if line.kind in {K.PARENT, K.STUDENT}:
        word = "家长代表" if line.kind is K.PARENT else "学生代表"
        number = len(scene.members)
        name = (PARENT if line.kind is K.PARENT else PUPIL) + ("替" if line.is_substitute else "")
        return FillSeat(seat, FIRST, name=name, phone_tail=f"{4000 + number}", shown_as=f"{word} {number}")
    if line.kind in {K.LAW_VICE_PRINCIPAL, K.COMMUNITY_WORKER, K.OUTSIDE_EXPERT}:
        return FillSeat(seat, FIRST, person_id=outside.pop(0))
    taken = getattr(scene, "_taken", 0)
    scene._taken = taken + 1  # type: ignore[attr-defined]
    return FillSeat(seat, FIRST, person_id=staff[taken])


def sitting(session: Session, scene: Scene, *, at: datetime = NOW - timedelta(hours=1)) -> str:
    """Plan a sitting that has begun; everybody but the substitutes came."""
    meeting = plan_sitting(session, scene.secretary, PlanSitting(scene.school_id, at, "会议室"), NOW)
    came = {m: Came("present") for m, line in zip(scene.members, LINES, strict=False) if not line.is_substitute}
    note_presence(session, scene.secretary, meeting, came, NOW)
    session.commit()
    return meeting


def item(session: Session, scene: Scene, meeting: str, *, matter: str = "", kind: ItemKind = ItemKind.DETERMINATION) -> tuple[str, str, str]:
    """Put a matter on the agenda; return item, matter, object."""
    matter, thing = matter or new_id(), new_id()
    found = add_item(session, scene.secretary, AgendaItem(kind, matter, thing, "案 2026-03 A1", scene.school_id, meeting), NOW)
    session.commit()
    return found, matter, thing


def vote(scene: Scene, item_id: str, *, present: Sequence[str] | None = None, votes: Votes | None = None, **more: Any) -> HoldItem:
    """A vote of everybody who is there for it."""
    there = frozenset(scene.members[:9] if present is None else present)
    return HoldItem(item_id, there, votes or Votes(len(there), 0, 0), more.get("grounds", "事实清楚"), more.get("clauses", ("《办法》第十九条",)))


def hold(session: Session, scene: Scene, command: HoldItem, facts: ItemFacts = FACTS) -> Any:
    """Record a vote."""
    return hold_item(session, scene.secretary, command, NOW, facts=facts, ring=RING)


def own_account(session: Session, scene: Scene, key: str, person_id: str | None, role: Role = Role.COMMITTEE_MEMBER) -> Actor:
    """An account of a member."""
    add_account(session, scene.sample, key, role, scene.school_id, person_id)
    session.commit()
    return scene.sample.actors[key]


def known_cases() -> Cases:
    """Let a stand-in answer for the matters."""
    cases = Cases()
    registry.use_matters(cases)
    return cases


def person_of(session: Session, scene: Scene, person_id: str) -> Person:
    """A person of the roster."""
    return session.get_one(Person, (scene.sample.district_id, person_id))
