"""The other child's own plan: its lead and nobody else, handed on only with the guardian's word."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import Sample, add_account
from tests.education_plans.plan_scenery import ACTOR, NOW, RING, TARGET, Scene, build_scene
from trainhub.cases.models import CaseFile, CaseStep
from trainhub.committees.models import Recusal
from trainhub.education_plans.models import HandOver, SupportPlan
from trainhub.education_plans.queries.support import support_list, support_page
from trainhub.education_plans.service import support
from trainhub.education_plans.service.support import AddStep, Offer, OpenSupport, SupportRefused
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import Forbidden, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.opening import UnloggedRead
from trainhub.kernel.permissions import Permission, Role
from trainhub.ledger.access import Reading, open_record
from trainhub.ledger.models import LedgerEntry, LedgerPayload

NEEDS = "金丝雀的需要"


@pytest.fixture
def scene(session: Session, district: Sample) -> Scene:
    return build_scene(session, district)


def lead(scene: Scene) -> Actor:
    return scene.sample.actors["psychologist"]


def opened(scene: Scene, **changes: str) -> str:
    command = OpenSupport(**{"party_id": scene.target_party, "lead_account_id": lead(scene).account_id, "needs": NEEDS} | changes)
    return support.open_support(scene.session, scene.sample.actors["case_officer"], RING, command, NOW)


def aside(scene: Scene, actor: Actor) -> None:
    """Let somebody step aside from the case, as a row."""
    scene.session.add(Recusal(
        district_id=scene.sample.district_id, id=new_id(), school_id=scene.sample.school_id, matter_id=scene.case_id, person_id=actor.person_id,
        account_id=actor.account_id, ground="declared_other", found_by="self", entered_at=NOW, entered_by=actor.account_id,
    ))
    scene.session.flush()


def test_the_lead_alone_finds_it(scene: Scene, session: Session) -> None:
    key = opened(scene)
    assert support.seen_support(session, lead(scene), key, NOW).state == "open"
    assert [row.support_id for row in support_list(session, lead(scene), NOW)] == [key]
    for name, actor in scene.sample.actors.items():
        if name == "psychologist":
            continue
        with pytest.raises((NotFound, Forbidden)):
            support.seen_support(session, actor, key, NOW)
        if actor.can(Permission.SUPPORT_READ):
            assert not support_list(session, actor, NOW)
    assert not scene.secretary.can(Permission.SUPPORT_READ)


def test_whoever_opened_it_reads_nothing_of_it(scene: Scene, session: Session) -> None:
    key = opened(scene)
    with pytest.raises(NotFound):
        support.add_step(session, scene.sample.actors["case_officer"], RING, AddStep(key, "counselling"), NOW)


def test_it_is_for_a_child_it_was_done_to_and_once(scene: Scene) -> None:
    with pytest.raises(SupportRefused) as refused:
        opened(scene, party_id=scene.actor_party)
    assert refused.value.params["why"] == "not_target"
    opened(scene)
    with pytest.raises(SupportRefused) as refused:
        opened(scene)
    assert refused.value.params["why"] == "there_already"


@pytest.mark.parametrize("key", ["committee_secretary", "teacher", "case_officer@other", "principal"])
def test_a_lead_is_the_psychologist_or_case_officer_of_that_school(scene: Scene, key: str) -> None:
    with pytest.raises(SupportRefused) as refused:
        opened(scene, lead_account_id=scene.sample.accounts[key])
    assert refused.value.params["why"] == "lead"


def test_case_47_a_recused_lead_is_not_named_and_loses_what_was_theirs(scene: Scene, session: Session) -> None:
    key = opened(scene)
    aside(scene, lead(scene))
    with pytest.raises(NotFound):
        support.seen_support(session, lead(scene), key, NOW)
    assert not support_list(session, lead(scene), NOW)
    officer = scene.sample.actors["case_officer"]
    with pytest.raises(SupportRefused):
        opened(scene)
    assert opened(scene, lead_account_id=officer.account_id) == key, "a plan without a lead gets another one, and stays the same plan"
    assert support.seen_support(session, officer, key, NOW).version == 3


def test_the_words_are_read_with_a_ticket_for_exactly_this_plan(scene: Scene, session: Session) -> None:
    key = opened(scene)
    step = support.add_step(session, lead(scene), RING, AddStep(key, "safety_plan", "换一条路回家", NOW.date()), NOW)
    support.finish_step(session, lead(scene), step, NOW)
    reading = Reading(scene.sample.school_id, "support", key, Permission.SUPPORT_READ, "handling", "page", about_ref=scene.case_id)
    ticket = open_record(session, lead(scene), reading, NOW)
    found = support_page(session, RING, ticket, lead(scene), key, NOW)
    assert (found.needs, found.steps[0].note, found.steps[0].done_at) == (NEEDS, "换一条路回家", NOW)
    other = open_record(session, lead(scene), Reading(scene.sample.school_id, "support", scene.case_id, Permission.SUPPORT_READ, "handling", "page"), NOW)
    with pytest.raises(UnloggedRead):
        support_page(session, RING, other, lead(scene), key, NOW)


def test_nothing_of_it_stands_open_anywhere(scene: Scene, session: Session) -> None:
    key = opened(scene)
    support.add_step(session, lead(scene), RING, AddStep(key, "counselling", "金丝雀谈话"), NOW)
    for model in (SupportPlan, HandOver, LedgerEntry, LedgerPayload, CaseStep):
        for row in session.execute(sa.select(model.__table__)):  # type: ignore[attr-defined]
            assert "金丝雀" not in repr(tuple(row)), model.__tablename__  # type: ignore[attr-defined]


def test_passed_on_it_is_gone_for_whoever_had_it(scene: Scene, session: Session) -> None:
    key, officer = opened(scene), scene.sample.actors["case_officer"]
    support.pass_on(session, lead(scene), key, officer.account_id, NOW)
    with pytest.raises(NotFound):
        support.seen_support(session, lead(scene), key, NOW)
    assert support.seen_support(session, officer, key, NOW)
    support.close_support(session, officer, key, NOW)
    with pytest.raises(SupportRefused):
        support.add_step(session, officer, RING, AddStep(key, "other"), NOW)
    with pytest.raises(SupportRefused):
        support.pass_on(session, officer, key, lead(scene).account_id, NOW)


def test_case_66_without_the_guardians_word_nothing_leaves_the_school(scene: Scene, session: Session) -> None:
    key = opened(scene)
    offer = Offer(key, "refused", scene.sample.other_school_id)
    assert support.offer_to_new_school(session, lead(scene), RING, offer, NOW) is None
    assert not session.scalars(sa.select(HandOver)).all()
    assert support.seen_support(session, lead(scene), key, NOW).state == "open", "the support goes on"
    for consent in ("", "not_needed", "yes"):
        with pytest.raises(SupportRefused):
            support.offer_to_new_school(session, lead(scene), RING, Offer(key, consent, scene.sample.other_school_id), NOW)


def test_case_66_with_it_the_new_school_takes_it_over_by_the_receipt_number(scene: Scene, session: Session) -> None:
    key = opened(scene)
    sent = support.offer_to_new_school(session, lead(scene), RING, Offer(key, "given", scene.sample.other_school_id), NOW)
    assert sent is not None
    add_account(session, scene.sample, "psychologist@other", Role.PSYCHOLOGIST, scene.sample.other_school_id, scene.sample.other_people[0])
    new_lead, moment = scene.sample.actors["psychologist@other"], NOW + timedelta(hours=1)
    assert [row.id for row in support.offered_here(session, new_lead)] == [sent.hand_over_id]
    with pytest.raises(SupportRefused):
        support.accept_support(session, new_lead, RING, sent.hand_over_id, "AAAA-BBBB-CCCC", moment)
    with pytest.raises(NotFound):
        support.accept_support(session, lead(scene), RING, sent.hand_over_id, sent.receipt, moment)
    with pytest.raises(NotFound):
        support.accept_support(session, scene.sample.actors["committee_secretary@other"], RING, sent.hand_over_id, sent.receipt, moment)
    fresh = support.accept_support(session, new_lead, RING, sent.hand_over_id, sent.receipt.lower(), moment)
    assert support.seen_support(session, new_lead, fresh, moment).school_id == scene.sample.other_school_id
    assert support.seen_support(session, lead(scene), key, moment).state == "closed"
    reading = Reading(scene.sample.other_school_id, "support", fresh, Permission.SUPPORT_READ, "handling", "page")
    page = support_page(session, RING, open_record(session, new_lead, reading, moment), new_lead, fresh, moment)
    assert NEEDS in page.needs
    assert ACTOR not in page.needs
    assert TARGET not in page.needs


def test_it_runs_on_whatever_becomes_of_the_case_and_is_gone_when_that_is_sealed(scene: Scene, session: Session) -> None:
    key = opened(scene)
    case = session.get_one(CaseFile, (scene.sample.district_id, scene.case_id))
    case.state = "follow_up"
    session.flush()
    assert support.seen_support(session, lead(scene), key, NOW).state == "open"
    case.state, case.sealed_at = "sealed", NOW
    session.flush()
    with pytest.raises(NotFound):
        support.seen_support(session, lead(scene), key, NOW)
    assert not support_list(session, lead(scene), NOW)
