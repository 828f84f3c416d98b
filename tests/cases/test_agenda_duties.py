"""Members of the committee can read what they vote on, from the agenda to the decision (domain.md section 6; cases 47, 48)."""

import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import add_account
from tests.cases.conftest import Enter
from tests.cases.hall import NOW, Hall
from tests.committees.scenery import sitting
from trainhub.cases.models import CaseDuty, CaseFile, CaseNotice, CaseStep
from trainhub.cases.queries.access import seen_case
from trainhub.cases.service import duties
from trainhub.cases.service.determining import put_on_agenda
from trainhub.committees.models import CommitteeMember
from trainhub.committees.rules.recusal import Ground
from trainhub.committees.service.recusal import name_substitute, recuse_for, recuse_from_item
from trainhub.committees.service.register import end_membership
from trainhub.committees.service.resolving import adjourn_item
from trainhub.committees.service.sittings import Came, cancel_sitting, drop_item, note_presence
from trainhub.kernel.actor import SYSTEM, Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import NotFound
from trainhub.kernel.permissions import Permission, Role
from trainhub.ledger.models import LedgerEntry

READ = Permission.CASE_FILE_READ


@pytest.fixture
def hall(sealed_hall: Hall, session: Session) -> Hall:
    """The members of the committee have accounts: member_0, member_1, ... and the substitutes."""
    for n, member_id in enumerate(sealed_hall.scene.members):
        person = session.get_one(CommitteeMember, (sealed_hall.world.sample.district_id, member_id)).person_id
        if person is not None:
            add_account(session, sealed_hall.world.sample, f"member_{n}", Role.COMMITTEE_MEMBER, sealed_hall.scene.school_id, person)
    session.commit()
    return sealed_hall


def on_agenda(hall: Hall, meeting: str | None = None) -> tuple[CaseFile, str, str, str]:
    """A case whose one proposal stands on the agenda: case, item, sitting, version."""
    case, actor, _target = hall.submitted()
    version = hall.propose(actor)
    place = meeting or sitting(hall.session, hall.scene)
    item = put_on_agenda(hall.session, hall.officer, case.id, (actor,), NOW, meeting_id=place)[0]
    return case, item, place, version


def reads(hall: Hall, who: Actor, case: CaseFile) -> bool:
    try:
        return seen_case(hall.session, who, READ, case.id, NOW).id == case.id
    except NotFound:
        return False


def members(hall: Hall, first: int, last: int) -> list[Actor]:
    return [actor for n in range(first, last) if (actor := hall.world.sample.actors.get(f"member_{n}"))]


def standing(session: Session) -> list[CaseDuty]:
    return list(session.scalars(sa.select(CaseDuty).where(CaseDuty.duty == "member", CaseDuty.to_at.is_(None))))


def test_members_read_a_matter_from_the_agenda_to_the_vote(hall: Hall, session: Session) -> None:
    sitters = members(hall, 0, 9)
    assert len(sitters) > 4
    case, item, _place, _version = on_agenda(hall)
    assert all(reads(hall, who, case) for who in sitters)
    assert not any(reads(hall, who, case) for who in members(hall, 9, 11))  # substitutes do not sit yet
    assert not reads(hall, hall.world.actor("committee_member"), case) or hall.world.actor("committee_member").person_id in {w.person_id for w in sitters}
    assert {row.given_by for row in standing(session)} == {SYSTEM}
    told = session.scalars(sa.select(CaseNotice).where(CaseNotice.code == "matter_on_agenda", CaseNotice.done_at.is_(None))).all()
    assert {row.account_id for row in told} == {row.account_id for row in standing(session)}
    assert session.scalar(sa.select(sa.func.count()).select_from(CaseStep).where(CaseStep.case_id == case.id, CaseStep.actor_id == SYSTEM, CaseStep.step == "duty_given",
                                                                                 CaseStep.object_id == "")) == 1
    hall.hold(case, item)
    assert not any(reads(hall, who, case) for who in sitters)
    assert not standing(session)
    assert {row.reason for row in session.scalars(sa.select(CaseDuty).where(CaseDuty.duty == "member"))} == {"done"}
    assert not session.scalars(sa.select(CaseNotice).where(CaseNotice.code == "matter_on_agenda", CaseNotice.done_at.is_(None))).all()
    kinds = list(session.scalars(sa.select(LedgerEntry.kind).where(LedgerEntry.subject_ref == case.id, LedgerEntry.actor_ref == SYSTEM)))
    assert kinds.count("case.duty_ended") == 1


@pytest.mark.parametrize("way", ["dropped", "adjourned", "cancelled"])
def test_what_leaves_the_agenda_leaves_the_members(hall: Hall, session: Session, way: str) -> None:
    case, item, place, _version = on_agenda(hall)
    assert standing(session)
    if way == "dropped":
        drop_item(session, hall.secretary, item, NOW)
    elif way == "adjourned":
        adjourn_item(session, hall.secretary, item, NOW)
    else:
        cancel_sitting(session, hall.secretary, place, "other_day", NOW)
    assert not standing(session)
    assert not any(reads(hall, who, case) for who in members(hall, 0, 11))


def test_case_47_who_steps_aside_loses_it_at_once_and_the_substitute_has_it(hall: Hall, session: Session) -> None:
    case, item, _place, _version = on_agenda(hall)
    aside = next(n for n in range(1, 9) if f"member_{n}" in hall.world.sample.actors)
    gone = hall.world.actor(f"member_{aside}")
    recuse_from_item(session, gone, item, Ground.RELATIVE, NOW)
    assert not reads(hall, gone, case)
    assert gone.account_id not in {row.account_id for row in standing(session)}
    row = session.scalars(sa.select(CaseDuty).where(CaseDuty.account_id == gone.account_id)).one()
    assert (row.reason, row.to_at) == ("conflict", NOW)
    assert len(standing(session)) == len({row.account_id for row in standing(session)})


def test_a_substitute_reads_from_the_moment_of_standing_in(hall: Hall, session: Session) -> None:
    case, _item, place, _version = on_agenda(hall)
    stands_in = members(hall, 9, 11)[0]
    number = next(n for n in range(9, 11) if hall.world.sample.actors.get(f"member_{n}") == stands_in)
    away = hall.world.actor("member_1")
    came = {hall.scene.members[1]: Came("excused"), hall.scene.members[number]: Came("present", hall.scene.members[1])}
    note_presence(session, hall.secretary, place, came, NOW)
    assert reads(hall, stands_in, case)
    assert not reads(hall, away, case)
    note_presence(session, hall.secretary, place, {hall.scene.members[number]: Came("invited"), hall.scene.members[1]: Came("present")}, NOW)
    assert (reads(hall, stands_in, case), reads(hall, away, case)) == (False, True)
    recusal = recuse_for(session, hall.secretary, case.id, case.school_id, hall.scene.members[1], Ground.RELATIVE, NOW, by="secretary")
    name_substitute(session, hall.secretary, recusal, hall.scene.members[number], NOW)
    assert (reads(hall, stands_in, case), reads(hall, away, case)) == (True, False)


def test_whoever_leaves_the_committee_before_the_day_reads_no_more(hall: Hall, session: Session) -> None:
    case, _item, _place, _version = on_agenda(hall)
    gone = hall.world.actor("member_1")
    assert reads(hall, gone, case)
    end_membership(session, hall.secretary, hall.scene.members[1], local_day(NOW).replace(day=1), "left", NOW)
    assert not reads(hall, gone, case)
    assert any(reads(hall, who, case) for who in members(hall, 2, 9))


def test_a_duty_given_by_hand_outlives_the_vote(hall: Hall, session: Session) -> None:
    case, item, _place, _version = on_agenda(hall)
    who = hall.world.actor("member_1")
    duties.give_duty(session, hall.officer, duties.GiveDuty(case.id, who.account_id, "member"), NOW)
    hall.hold(case, item)
    assert reads(hall, who, case)
    assert not reads(hall, hall.world.actor("member_2"), case)


def test_statements_do_not_grow_with_the_members(hall: Hall, session: Session, count_statements: Any) -> None:
    place = sitting(session, hall.scene)
    case, actor, _target = hall.submitted()
    hall.propose(actor)
    session.commit()
    with count_statements() as seen:
        put_on_agenda(session, hall.officer, case.id, (actor,), NOW, meeting_id=place)
        session.flush()
    inserts = [text for text in seen.texts if text.startswith("INSERT INTO case_duty")]
    assert len(inserts) == 1
    assert seen.count < 45


def test_the_label_on_the_agenda_leads_to_what_is_voted_on(hall: Hall, session: Session, client: FlaskClient, enter: Enter) -> None:
    case, item, place, version = on_agenda(hall)
    session.commit()
    member = hall.world.actor("member_1")
    where = f"/cases/{case.id}/determinations/{version}"
    enter(client, member)
    assert f'href="{where}"' in client.get(f"/committee/sittings/{place}").text
    assert client.get(where).status_code == 200
    enter(client, members(hall, 9, 11)[0])  # a substitute who does not sit sees the agenda by code only
    shown = client.get(f"/committee/sittings/{place}").text
    assert f'id="item-{item}"' in shown
    assert where not in shown
    assert client.get(where).status_code == 404
    hall.hold(case, item)
    session.commit()
    enter(client, member)
    assert where not in client.get(f"/committee/sittings/{place}").text
    assert not re.search("A1 多次", client.get(f"/committee/sittings/{place}").text)
