"""Who does what with a case in the story: each step by the account whose step it is, through the services."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.cases.queries.refs import CaseRef, case_ref
from trainhub.cases.service import determining, notices, opening, parties, serving
from trainhub.committees.queries import on_day
from trainhub.committees.queries.recusal import recused_members
from trainhub.committees.rules.deciding import ItemKind
from trainhub.committees.rules.voting import Votes
from trainhub.committees.service.resolving import HoldItem, facts_for, hold_item
from trainhub.committees.service.sittings import AgendaItem, add_item
from trainhub.demo import case_words as words
from trainhub.demo.names import NameMaker
from trainhub.demo.school_days import SchoolDays
from trainhub.demo.world import World
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.sealing import KeyRing
from trainhub.roster.models import ClassMembership, PostAssignment, SchoolClass, Student


@dataclass(slots=True)
class CaseDesk:
    """The case desk of a school. ``sittings``: ids by name; ``seated``: members who came to the latest.

    ``packs``: ids of the course packs on the shelf; ``busy``: who teaches a lesson of a plan when; ``led_by_member``: the class of a
    homeroom teacher who sits on the committee.
    """

    world: World
    place: str
    days: SchoolDays
    ring: KeyRing
    random: Random
    sittings: dict[str, str] = field(default_factory=dict)
    seated: frozenset[str] = frozenset()
    packs: frozenset[str] = frozenset()
    busy: set[tuple[str, datetime]] = field(default_factory=set)
    led_by_member: str = ""
    _pupils: dict[str, Iterator[str]] = field(default_factory=dict)

    @property
    def session(self) -> Session:
        """Where everything is written."""
        return self.world.session

    @property
    def school_id(self) -> str:
        """The school."""
        return self.world.orgs[self.place]

    @property
    def officer(self) -> Actor:
        """Who handles cases."""
        return self.world.actor(self.place, "case")

    @property
    def secretary(self) -> Actor:
        """Who keeps the committee's register, confirms hours and carries resolutions out."""
        return self.world.actor(self.place, "secretary")

    def moment(self, ago: int, hour: int, minute: int = 0, *, before: int = 0) -> datetime:
        """A time on the school day so many school days ago, or on one so many days before that."""
        return self.days.moment(self.days.back(ago, before), hour, minute)

    def pupil(self, grade: int, class_id: str = "") -> str:
        """Another pupil of a grade, each from the next class, so that both sides sit apart; or of one class."""
        key = class_id or str(grade)
        if key not in self._pupils:
            self._pupils[key] = iter(_pupils_of(self, grade, class_id))
        return next(self._pupils[key])

    def name(self) -> str:
        """An invented adult."""
        return NameMaker(self.random).person("middle")

    # --- a case up to the committee -----------------------------------------------------------------

    def open(self, matter: str, now: datetime, *, severity: str = "", days_before: int = 1) -> CaseRef:
        """Open a case of something that happened shortly before."""
        text, place, means = words.MATTERS[matter]
        start = opening.CaseStart(
            local_day(now - timedelta(days=days_before)), place, means, now - timedelta(hours=3), severity
        )
        case = opening.open_case(self.session, self.ring, self.officer, start, now)
        opening.write_narrative(self.session, self.ring, self.officer, case.id, text, now)
        return case_ref(self.session, self.world.district_id, case.id)

    def party(self, case: CaseRef, grade: int, role: str, now: datetime, *, class_id: str = "", guardian: bool = True) -> str:
        """Bring a pupil in, with a guardian on file or without; returns the party's id."""
        command = parties.AddPupil(case.case_id, self.pupil(grade, class_id), (role,))
        found = parties.add_pupil(self.session, self.ring, self.officer, command, now)
        if not guardian:
            return found
        relation = self.random.choice(("父亲", "母亲"))
        person = parties.AddGuardian(found, self.name(), relation, f"139000{self.random.randint(0, 99999):05d}")
        parties.add_guardian(self.session, self.ring, self.officer, person, now)
        return found

    def told(self, party_id: str, about: str, now: datetime, outcome: str = "acknowledged", object_id: str = "", channel: str = "face") -> None:
        """Note that a guardian was told of something."""
        command = notices.RecordNotice(party_id, about, channel, outcome, now, object_id=object_id)
        notices.record_notice(self.session, self.ring, self.officer, command, now)

    def serve(self, party_id: str, now: datetime, outcome: str = "acknowledged", witnesses: tuple[str, ...] = ()) -> None:
        """Serve a party's guardians what they are owed."""
        command = serving.Serve(party_id, "face", outcome, now, witnesses=witnesses)
        serving.serve(self.session, self.ring, self.officer, command, now)

    # --- the committee ------------------------------------------------------------------------------

    def propose(self, party_id: str, matter: str, finding: "Finding", now: datetime) -> str:
        """Put a finding of one pupil before the committee."""
        proven = finding.outcome == "bullying"
        proposal = determining.Proposal(
            party_id, finding.outcome, finding.tier if proven else "", finding.measures if proven else (), finding.minutes if proven else 0,
            words.MATTERS[matter][0], words.GROUNDS if proven else words.NOT_PROVEN, words.CLAUSES,
        )
        return determining.propose_determination(self.session, self.officer, self.ring, proposal, now)

    def agenda(self, case: CaseRef, party_ids: Sequence[str], sitting: str, now: datetime) -> str:
        """Put a case on the agenda of a sitting; returns the item of the first party."""
        return determining.put_on_agenda(self.session, self.officer, case.case_id, party_ids, now, meeting_id=self.sittings[sitting])[0]

    def item(self, kind: ItemKind, case_id: str, object_id: str, label: str, sitting: str, now: datetime) -> str:
        """Put a plan on the agenda of a sitting."""
        item = AgendaItem(kind, case_id, object_id, label, self.school_id, self.sittings[sitting])
        return add_item(self.session, self.secretary, item, now)

    def vote(self, item_id: str, case_id: str, grounds: str, clauses: tuple[str, ...], now: datetime, against: int = 0) -> None:
        """Let the committee vote: everybody who came and did not step aside."""
        facts = facts_for(self.session, self.secretary, item_id, now, ring=self.ring)
        there = self.seated - recused_members(self.session, self.world.district_id, case_id)
        votes = Votes(len(there) - against, against, 0)
        hold_item(self.session, self.secretary, HoldItem(item_id, frozenset(there), votes, grounds, clauses), now, facts=facts, ring=self.ring)

    def adopt(self, determination_id: str, now: datetime) -> str:
        """Draw the consequence of the vote; returns the document's number."""
        return determining.adopt_determination(self.session, self.secretary, self.ring, determination_id, now)

    def members(self, day: date) -> list[str]:
        """Members of a day who vote and are no substitutes."""
        return [s.member_id for s in on_day(self.session, self.world.district_id, self.school_id, day).sitters if s.votes and not s.is_substitute]


@dataclass(frozen=True, slots=True)
class Finding:
    """What the committee finds of one pupil. ``minutes`` of the plan that follows."""

    tier: str = "heavier"
    minutes: int = 360
    measures: tuple[str, ...] = ("apology", "admonition")
    outcome: str = "bullying"


def _pupils_of(desk: CaseDesk, grade: int, class_id: str) -> list[str]:
    """Pupils of a grade by id, one of each class in turn, of classes that somebody leads who does not sit on the committee."""
    tenant = desk.world.district_id
    led = select(PostAssignment.class_id).where(
        PostAssignment.district_id == tenant, PostAssignment.post == "homeroom_teacher", PostAssignment.to_on.is_(None),
    )
    query = (
        select(ClassMembership.class_id, Student.id)
        .join(Student, (Student.district_id == ClassMembership.district_id) & (Student.id == ClassMembership.student_id))
        .join(SchoolClass, (SchoolClass.district_id == ClassMembership.district_id) & (SchoolClass.id == ClassMembership.class_id))
        .where(Student.district_id == tenant, Student.school_id == desk.school_id)
        .order_by(ClassMembership.class_id, Student.id)
    )
    within = SchoolClass.id == class_id if class_id else (SchoolClass.grade == grade) & SchoolClass.id.in_(led) & (SchoolClass.id != desk.led_by_member)
    by_class: dict[str, list[str]] = {}
    for found, student_id in desk.session.execute(query.where(within)):
        by_class.setdefault(found, []).append(student_id)
    for pupils in by_class.values():
        desk.random.shuffle(pupils)
    return [pupils[n] for n in range(max(map(len, by_class.values()), default=0)) for pupils in by_class.values() if n < len(pupils)]
