"""What the bureau is told of a school's committee, on its case officers' first page: numbers and plain words, nobody's name (domain.md case 48)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import Sample
from tests.committees.scenery import NOW, RING, K, Scene, build_scene, own_account
from trainhub.cases.queries.notices import NoticeRow, notices_for
from trainhub.cases.service.opening import CaseStart, open_case
from trainhub.committees.models import Recusal
from trainhub.committees.rules.composition import SeatLine
from trainhub.committees.rules.recusal import Ground
from trainhub.committees.service.recusal import ask_lift, lift, recuse_for, recuse_self
from trainhub.committees.service.register import FillSeat, add_seat, end_membership, fill_seat
from trainhub.committees.service.sittings import PlanSitting, cancel_sitting, move_sitting, plan_sitting
from trainhub.kernel.clock import local_day
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Role
from trainhub.roster.models import OrgUnit, Person

SignIn = Callable[[FlaskClient, str], None]


@pytest.fixture
def scene(session: Session, district: Sample) -> Scene:
    return build_scene(session, district)


def told(session: Session, scene: Scene, key: str = "bureau_case_officer") -> dict[str, NoticeRow]:
    """What waits for somebody, by code."""
    session.flush()
    return {row.code: row for row in notices_for(session, scene.sample.actors[key])}


def aside(session: Session, scene: Scene, member: int, matter: str = "") -> str:
    """Let a member step aside and return the matter."""
    matter = matter or new_id()
    recuse_for(session, scene.secretary, matter, scene.school_id, scene.members[member], Ground.OBJECTION, NOW, by="objection")
    return matter


def test_case_48_the_bureau_hears_that_a_principal_stepped_aside_and_nothing_else(
    session: Session, scene: Scene, client: FlaskClient, sign_in: SignIn
) -> None:
    principal = scene.sample.actors["principal"]
    for _ in range(2):
        recuse_self(session, principal, new_id(), scene.school_id, Ground.OWN_CHILD, NOW)
    aside(session, scene, 3)  # a member who does not lead is the school's own affair
    found = told(session, scene)
    assert set(found) == {"principal_aside"}
    assert found["principal_aside"].matters == 2
    for key in ("principal", "case_officer", "committee_secretary", "bureau_officer", "principal@other"):
        assert not told(session, scene, key), key
    session.commit()
    sign_in(client, "bureau_case_officer")
    page = client.get("/").text
    assert "有校长在一件事项中回避，由他人主持" in page
    assert "2 件" in page
    person = session.get_one(Person, (scene.sample.district_id, scene.staff[0]))
    school = session.get_one(OrgUnit, (scene.sample.district_id, scene.school_id))
    for word in (person.name, principal.display_name, school.name):
        assert word not in page


def test_a_chair_who_is_not_the_principal_is_told_too_and_a_lifted_recusal_takes_it_away(session: Session, district: Sample) -> None:
    lines = (SeatLine(K.PRINCIPAL), SeatLine(K.TEACHER, is_chair=True), SeatLine(K.TEACHER), SeatLine(K.STAFF))
    scene = build_scene(session, district, lines=lines)
    matter = aside(session, scene, 1)
    assert set(told(session, scene)) == {"chair_aside"}
    aside(session, scene, 0, matter)
    assert set(told(session, scene)) == {"chair_aside", "principal_aside"}
    row = session.scalars(sa.select(Recusal).where(Recusal.member_id == scene.members[1])).one()
    ask_lift(session, scene.secretary, row.id, "objection_unfounded", NOW)
    lift(session, own_account(session, scene, "principal-2", None, Role.PRINCIPAL), row.id, NOW)
    assert set(told(session, scene)) == {"principal_aside"}


def test_a_committee_that_nobody_is_left_to_lead(session: Session, district: Sample) -> None:
    scene = build_scene(session, district, lines=(SeatLine(K.PRINCIPAL, is_chair=True), SeatLine(K.TEACHER)))
    matter = aside(session, scene, 0)
    assert set(told(session, scene)) == {"principal_aside"}
    aside(session, scene, 1, matter)
    assert set(told(session, scene)) == {"principal_aside", "nobody_leads"}


def test_a_sitting_that_cannot_be_held_is_told_until_the_committee_is_one_again(session: Session, scene: Scene) -> None:
    later, today = NOW + timedelta(days=7), local_day(NOW)
    first = plan_sitting(session, scene.secretary, PlanSitting(scene.school_id, later), NOW)
    assert not told(session, scene)
    end_membership(session, scene.secretary, scene.members[0], today, "left", NOW)  # the principal's seat, which the rule set asks for
    assert told(session, scene)["sitting_unfit"].matters == 1
    second = plan_sitting(session, scene.secretary, PlanSitting(scene.school_id, later + timedelta(days=1)), NOW)
    assert told(session, scene)["sitting_unfit"].matters == 2
    cancel_sitting(session, scene.secretary, second, "other_day", NOW)
    assert told(session, scene)["sitting_unfit"].matters == 1
    move_sitting(session, scene.secretary, first, later + timedelta(days=2), "", NOW)
    assert told(session, scene)["sitting_unfit"].matters == 1, "once, however often it is looked at"
    fill_seat(session, scene.secretary, FillSeat(scene.seats[0], today + timedelta(days=1), person_id=scene.staff[0]), NOW, ring=RING)
    assert not told(session, scene)


def test_a_new_seat_that_makes_the_committee_unfit_is_seen_at_once(session: Session, scene: Scene) -> None:
    session.get_one(OrgUnit, (scene.sample.district_id, scene.school_id)).stages = ["senior"]  # pupils must sit on it now
    plan_sitting(session, scene.secretary, PlanSitting(scene.school_id, NOW + timedelta(days=3)), NOW)
    assert set(told(session, scene)) == {"sitting_unfit"}
    seat = add_seat(session, scene.secretary, scene.committee_id, SeatLine(K.STUDENT), NOW)
    assert set(told(session, scene)) == {"sitting_unfit"}  # nobody sits there yet
    pupil = FillSeat(seat, local_day(NOW), name="孙学生丙丁", phone_tail="5001", shown_as="学生代表 1")
    fill_seat(session, scene.secretary, pupil, NOW, ring=RING)
    assert not told(session, scene)


def test_a_sitting_to_which_too_few_could_come(session: Session, scene: Scene) -> None:
    meeting = plan_sitting(session, scene.secretary, PlanSitting(scene.school_id, NOW + timedelta(days=1)), NOW)
    cancel_sitting(session, scene.secretary, meeting, "no_quorum", NOW)
    assert set(told(session, scene)) == {"sitting_fell_through"}


def test_the_bureaus_page_of_numbers_counts_open_matters_only(session: Session, scene: Scene, client: FlaskClient, sign_in: SignIn) -> None:
    officer = scene.sample.actors["case_officer"]
    cases = [open_case(session, RING, officer, CaseStart(None, "", (), NOW), NOW) for _ in range(3)]
    for one in cases:
        recuse_self(session, scene.sample.actors["principal"], one.id, scene.school_id, Ground.OWN_CHILD, NOW)
    cases[0].closed_at = NOW
    session.commit()
    words = "校长回避、由他人主持的在办事项"
    sign_in(client, "bureau_case_officer")
    page = client.get("/cases/counts").text
    assert words in page
    assert ">2<" in page[page.index('class="stats"'):page.index(words) + 200].replace(" ", "").replace("\n", "")
    for key in ("principal", "bureau_officer"):
        sign_in(client, key)
        assert words not in client.get("/cases/counts").text, key
