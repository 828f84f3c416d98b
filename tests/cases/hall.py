"""A case before a whole committee: handed in, proposed, voted, adopted, served."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.cases.scenery import RING, World, build
from tests.committees import scenery
from tests.committees.scenery import Scene, build_scene, sitting
from tests.seeds import plant_scene
from trainhub.cases.models import CaseFile, CaseStep, Determination
from trainhub.cases.queries.matters import CaseMatters
from trainhub.cases.service import opening
from trainhub.cases.service.determining import Proposal, adopt_determination, propose_determination, put_on_agenda
from trainhub.cases.service.serving import Serve, serve
from trainhub.committees.rules.voting import Votes
from trainhub.committees.service.resolving import HoldItem, hold_item
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import NotFound

NOW = scenery.NOW
CLAUSES = ("《未成年人学校保护规定》第二十一条",)


@dataclass
class Hall:
    """``world`` with a committee of nine at its school."""

    world: World
    scene: Scene
    session: Session

    @property
    def officer(self) -> Actor:
        return self.world.officer

    @property
    def secretary(self) -> Actor:
        return self.world.actor("committee_secretary")

    def row(self, determination_id: str) -> Determination:
        return self.session.get_one(Determination, (self.world.sample.district_id, determination_id))

    def steps(self, case: CaseFile) -> list[str]:
        return list(self.session.scalars(sa.select(CaseStep.step).where(CaseStep.case_id == case.id).order_by(CaseStep.id)))

    def investigated(self, severity: str = "minor") -> tuple[CaseFile, str, str]:
        """A case with one pupil on each side; both guardians told and heard."""
        case = self.world.case(severity)
        actor, target = self.world.both_sides(case)
        for party in (actor, target):
            self.world.tell(party)
            self.world.tell(party, "hearing", "heard")
        opening.start_procedure(self.session, self.officer, case.id, NOW)
        return case, actor, target

    def submitted(self, severity: str = "minor") -> tuple[CaseFile, str, str]:
        case, actor, target = self.investigated(severity)
        opening.submit_to_committee(self.session, self.officer, case.id, NOW)
        return case, actor, target

    def propose(self, party_id: str, *, by: Actor | None = None, **more: object) -> str:
        values = {
            "outcome": "bullying", "tier": "minor", "measures": ("apology",), "plan_minutes": 180, "facts": "A1 多次推搡 B1",
            "grounds": "有两份笔录", "clauses": CLAUSES,
        } | more
        return propose_determination(self.session, by or self.officer, self.world.ring, Proposal(party_id, **values), NOW)  # type: ignore[arg-type]

    def vote(self, case: CaseFile, *party_ids: str, in_favour: int = 9) -> list[str]:
        """Put parties on the agenda of a sitting and vote; returns the items."""
        meeting = sitting(self.session, self.scene)
        items = put_on_agenda(self.session, self.officer, case.id, party_ids, NOW, meeting_id=meeting)
        for item_id in items:
            self.hold(case, item_id, in_favour)
        return list(items)

    def hold(self, case: CaseFile, item_id: str, in_favour: int = 9) -> None:
        facts = CaseMatters(lambda: self.world.ring).item_facts(self.session, case.district_id, case.id, "determination", None, NOW)
        if facts is None:
            raise NotFound
        there = frozenset(self.scene.members[:9])
        hold_item(
            self.session, self.secretary, HoldItem(item_id, there, Votes(in_favour, 9 - in_favour, 0), "事实清楚", CLAUSES), NOW, facts=facts, ring=self.world.ring
        )

    def adopt(self, determination_id: str, *, by: Actor | None = None) -> str:
        return adopt_determination(self.session, by or self.secretary, self.world.ring, determination_id, NOW)

    def determined(self, severity: str = "minor", **more: object) -> tuple[CaseFile, str, str, str]:
        """A case whose one actor has an adopted version: case, actor, target, version."""
        case, actor, target = self.submitted(severity)
        found = self.propose(actor, **more)
        self.vote(case, actor)
        self.adopt(found)
        return case, actor, target, found

    def serve(self, party_id: str, outcome: str = "acknowledged", **more: object) -> tuple[str, ...]:
        values = {"channel": "face", "happened_at": NOW} | more
        return serve(self.session, self.world.ring, self.officer, Serve(party_id, outcome=outcome, **values), NOW)  # type: ignore[arg-type]

    def serve_all(self, *party_ids: str) -> None:
        for party_id in party_ids:
            self.serve(party_id)


def open_hall(session: Session) -> Hall:
    """Build it, or put back what was built."""
    return plant_scene(session, "hall", _built, lambda hall: hall.world.sample.district_id, RING)


def _built(session: Session) -> Hall:
    world = build(session, NOW)
    scene = build_scene(session, world.sample, stages=("primary",))
    return Hall(world, scene, session)
