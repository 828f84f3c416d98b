"""Sealing: automatic, in whole batches, and then the case is nowhere but in numbers."""

from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import Sample
from tests.cases.scenery import World, build
from trainhub.app import work
from trainhub.appeals.models import Appeal
from trainhub.cases.models import (
    CaseClock,
    CaseDuty,
    CaseFile,
    CaseNotice,
    CaseParty,
    CaseRecipient,
    CaseStep,
    Determination,
    EvaluationEntry,
    SecondPerson,
)
from trainhub.cases.queries.access import seen_case
from trainhub.cases.queries.board import board
from trainhub.cases.queries.refs import case_numbered, flagged_for_county, standing_findings
from trainhub.cases.service.sealing import Sealed, seal_due
from trainhub.education_plans.models import EducationPlan, FollowUp, SupportPlan
from trainhub.jobs.models import OutboxJob
from trainhub.jobs.registry import Job
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import POLICY, Permission
from trainhub.ledger.models import LedgerEntry


def nothing(session: Session, district_id: str, case_ids: Collection[str]) -> set[str]:
    return set()


def close(world: World, case: CaseFile, days_ago: int = 0) -> CaseFile:
    case.state, case.closed_at = "closed", world.now
    case.seal_due_on = local_day(world.now) - timedelta(days=days_ago)
    world.session.flush()
    return case


def finding(world: World, case: CaseFile, party_id: str) -> Determination:
    row = Determination(
        district_id=case.district_id, id=new_id(), school_id=case.school_id, case_id=case.id, party_id=party_id, version=1, outcome="bullying",
        tier="heavier", measures=[], basis={}, defects=[], state="effective", entered_by=world.officer.account_id, entered_at=world.now,
    )
    world.session.add(row)
    world.session.flush()
    return row


def run(world: World, blocked: Any = nothing, **more: Any) -> Sealed:
    return seal_due(world.session, world.sample.district_id, world.now, blocked, **more)


def state_of(world: World, case: CaseFile) -> str:
    return world.session.scalars(sa.select(CaseFile.state).where(CaseFile.id == case.id)).one()


def test_a_closed_case_that_is_due_is_sealed_and_nothing_of_it_is_deleted(world: World, session: Session) -> None:
    case = world.case()
    world.both_sides(case)
    close(world, case)
    session.add(CaseClock(
        district_id=case.district_id, id=new_id(), school_id=case.school_id, case_id=case.id, kind="service", started_at=world.now,
        due_at=world.now, rule={},
    ))
    duty = CaseDuty(
        district_id=case.district_id, id=new_id(), case_id=case.id, account_id=world.sample.accounts["psychologist"], duty="psychologist",
        from_at=world.now - timedelta(days=1), given_by=world.officer.account_id,
    )
    notice = CaseNotice(
        district_id=case.district_id, id=new_id(), org_id=case.school_id, code="x", matter_id=case.id, created_at=world.now,
    )
    session.add_all((duty, notice))
    session.flush()
    before = session.scalar(sa.select(sa.func.count()).select_from(CaseParty))
    assert run(world).count == 1
    session.expire_all()
    assert (state_of(world, case), case.sealed_at) == ("sealed", world.now)
    assert (duty.to_at, notice.done_at) == (world.now, world.now)
    clocks = session.scalars(sa.select(CaseClock.dropped_at).where(CaseClock.case_id == case.id, CaseClock.met_at.is_(None))).all()
    assert clocks
    assert None not in clocks
    assert session.scalar(sa.select(sa.func.count()).select_from(CaseParty)) == before
    step = session.scalars(sa.select(CaseStep).where(CaseStep.to_state == "sealed")).one()
    assert (step.from_state, step.actor_id) == ("closed", "system")
    entry = session.scalars(sa.select(LedgerEntry).where(LedgerEntry.object_ref == case.id).order_by(LedgerEntry.seq.desc())).first()
    assert entry is not None
    assert entry.kind == "case.moved"
    assert run(world).count == 0, "once"


def test_a_case_that_is_not_closed_or_not_due_stays(world: World) -> None:
    early, running = close(world, world.case(), -1), world.case()
    running.seal_due_on = local_day(world.now)
    world.session.flush()
    assert run(world).count == 0
    assert (state_of(world, early), state_of(world, running)) == ("closed", "accepted")


@pytest.mark.parametrize("what", ["plan", "support", "contact", "appeal", "recipient", "evaluation"])
def test_what_is_still_open_keeps_a_case_from_being_sealed(world: World, session: Session, what: str) -> None:
    case = world.case()
    actor, target = world.both_sides(case)
    close(world, case)
    found = finding(world, case, actor)
    base = {"district_id": case.district_id, "id": new_id()}
    by, moment, day = world.officer.account_id, world.now, local_day(world.now)
    rows: dict[str, Callable[[], Any]] = {
        "plan": lambda: EducationPlan(
            **base, school_id=case.school_id, case_id=case.id, party_id=actor, determination_id=found.id, student_mark="m" * 64, year=2026, number=1,
            state="active", total_minutes=90, starts_on=day, due_on=day, made_by=by, created_at=moment, updated_at=moment,
        ),
        "support": lambda: SupportPlan(
            **base, school_id=case.school_id, case_id=case.id, party_id=target, code="S26-01", state="open",
            lead_account_id=world.sample.accounts["psychologist"], opened_at=moment, opened_by=by,
        ),
        "contact": lambda: FollowUp(
            **base, school_id=case.school_id, case_id=case.id, party_id=actor, side="actor", due_on=day, state="scheduled",
        ),
        "appeal": lambda: Appeal(
            **base, school_id=case.school_id, case_id=case.id, determination_id=found.id, party_id=actor, track="determination", side="actor",
            year=2026, number=1, state="filed", channel="letter", sealed_grounds="", filed_at=moment, entered_by=by, updated_at=moment,
        ),
        "recipient": lambda: CaseRecipient(
            **base, case_id=case.id, party_id=actor, kind="guardian", told_at=moment, correction_due_at=moment,
        ),
        "evaluation": lambda: EvaluationEntry(
            **base, case_id=case.id, party_id=actor, determination_id=found.id, entered_at=moment, entered_by=by, recall_due_at=moment,
        ),
    }
    row = rows[what]()
    session.add(row)
    session.flush()
    assert run(world, work._still_needed).count == 0
    assert state_of(world, case) == "closed"
    if what in {"plan", "support", "contact", "appeal"}:
        row.state = {"plan": "completed", "support": "closed", "contact": "done", "appeal": "executed"}[what]
        if what == "plan":
            row.ended_at = moment
    elif what == "recipient":
        row.corrected_at = moment
    else:
        row.recalled_at = moment
    session.flush()
    assert run(world, work._still_needed).count == 1


def test_batches_are_whole_and_a_second_run_finishes(world: World, session: Session) -> None:
    cases = [close(world, world.case()) for _ in range(7)]
    first = run(world, batch=3)
    assert (first.count, first.last_id) == (3, sorted(c.id for c in cases)[2])

    def dies(*_: Any) -> set[str]:
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError), session.begin_nested():
        seal_due(session, world.sample.district_id, world.now, dies, after=first.last_id, batch=3)
    sealed = session.scalar(sa.select(sa.func.count()).where(CaseFile.state == "sealed"))
    assert sealed == 3, "a batch that died left nothing"
    assert run(world, batch=3).count == 3, "the next run begins anew and needs no memory"
    assert run(world, batch=3).count == 1
    assert run(world, batch=3) == Sealed(0, "")
    steps = session.scalar(sa.select(sa.func.count()).where(CaseStep.to_state == "sealed"))
    assert steps == 7, "each once"


def test_what_is_blocked_does_not_hold_up_what_comes_after_it(world: World) -> None:
    cases = sorted((close(world, world.case()) for _ in range(4)), key=lambda case: case.id)
    held = {cases[0].id, cases[1].id}
    first = seal_due(world.session, world.sample.district_id, world.now, lambda *_: held, batch=2)
    assert (first.count, first.last_id) == (0, cases[1].id)
    second = seal_due(world.session, world.sample.district_id, world.now, lambda *_: held, after=first.last_id, batch=2)
    assert second.count == 2


def test_the_job_goes_on_by_itself(world: World, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        close(world, world.case())
    monkeypatch.setattr(seal_due, "__kwdefaults__", {"after": "", "batch": 2})
    job = Job(world.sample.district_id, "d", work.SEAL, {}, 1)
    work._seal(session, job, world.now)
    session.flush()
    waiting = session.scalars(sa.select(OutboxJob).where(OutboxJob.kind == work.SEAL)).one()
    work._seal(session, Job(job.district_id, waiting.dedup, work.SEAL, waiting.payload, 1), world.now)
    assert session.scalar(sa.select(sa.func.count()).where(CaseFile.state == "sealed")) == 3


def test_the_number_of_statements_does_not_grow_with_the_cases(world: World, count_statements: Any) -> None:
    close(world, world.case())
    with count_statements() as one:
        run(world)
    for _ in range(6):
        close(world, world.case())
    with count_statements() as many:
        assert run(world).count == 6
    assert many.count == one.count


def test_case_64_sealed_it_is_there_for_no_role_at_all(world: World, session: Session) -> None:
    case = world.case()
    actor, _target = world.both_sides(case)
    finding(world, case, actor)
    for key in ("committee_member", "psychologist", "bureau_case_officer", "appeal_reviewer"):
        session.add(CaseDuty(
            district_id=case.district_id, id=new_id(), case_id=case.id, account_id=world.sample.accounts[key], duty="member",
            from_at=world.now - timedelta(days=1), given_by=world.officer.account_id,
        ))
    case.county_review = True
    close(world, case)
    run(world)
    session.expire_all()
    for key, actor_ in world.sample.actors.items():
        for right in (Permission.CASE_READ, Permission.CASE_FILE_READ, Permission.CASE_WRITE, Permission.CASE_REVEAL, Permission.CASE_EXPORT):
            if right in POLICY[actor_.role]:
                with pytest.raises(NotFound):
                    seen_case(session, actor_, right, case.id, world.now)
        if actor_.can(Permission.CASE_READ):
            assert case.id not in {row.case_id for row in board(session, actor_, world.now).rows}, key
            assert not standing_findings(session, actor_, world.now), key
    assert not flagged_for_county(session, case.district_id)
    with pytest.raises(NotFound):
        case_numbered(session, case.district_id, case.school_id, case.year, case.number)


def test_opened_again_by_two_people_for_a_time_and_for_the_one_who_asked(world: World, session: Session) -> None:
    case = close(world, world.case())
    run(world)
    row = SecondPerson(
        district_id=case.district_id, id=new_id(), school_id=case.school_id, case_id=case.id, kind="unseal", object_id=case.id, reason="appeal",
        parameters={}, state="asked", asked_by=world.officer.account_id, asked_at=world.now,
    )
    session.add(row)
    session.flush()
    with pytest.raises(NotFound):
        seen_case(session, world.officer, Permission.CASE_READ, case.id, world.now)
    row.state, row.decided_by, row.expires_at = "granted", world.sample.accounts["principal"], world.now + timedelta(days=7)
    session.flush()
    assert seen_case(session, world.officer, Permission.CASE_READ, case.id, world.now).id == case.id
    for key in ("committee_secretary", "principal"):
        with pytest.raises(NotFound):
            seen_case(session, world.actor(key), Permission.CASE_READ, case.id, world.now)
    with pytest.raises(NotFound):
        seen_case(session, world.officer, Permission.CASE_READ, case.id, world.now + timedelta(days=8))
    row.decided_by = row.asked_by
    with pytest.raises(sa.exc.IntegrityError):
        session.flush()
    session.rollback()


def test_a_sealed_case_stands_on_no_page(client: FlaskClient, session: Session, district: Sample, sign_in: Callable[..., None]) -> None:
    world = build(session, now(), district)
    case = world.case()
    world.both_sides(case)
    close(world, case)
    run(world)
    session.commit()
    for key in ("case_officer", "committee_secretary", "principal", "bureau_case_officer", "auditor"):
        sign_in(client, key)
        for path in ("/", "/cases", "/committee", "/second", "/support", "/hand-overs", "/cases/counts"):
            assert case.id not in client.get(path).text, (key, path)
        assert client.get(f"/cases/{case.id}").status_code in {403, 404}, key


def test_a_step_of_a_sealed_case_is_refused(world: World) -> None:
    from trainhub.cases.service.opening import write_narrative

    case = close(world, world.case())
    run(world)
    with pytest.raises(DomainError):
        write_narrative(world.session, world.ring, world.officer, case.id, "x", world.now)
