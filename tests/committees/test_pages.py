"""The pages of the committee, as its people see them."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.builders import Sample
from tests.committees.scenery import BOTH, PARENT, RING, K, Scene, build_scene, item, own_account, sitting
from trainhub.committees import registry
from trainhub.committees.models import Committee, CommitteeMember, MeetingItem, MeetingPresence, Recusal
from trainhub.committees.queries import on_day
from trainhub.committees.rules.composition import SeatLine
from trainhub.committees.rules.deciding import ItemFacts
from trainhub.committees.rules.recusal import MatterFacts
from trainhub.committees.service.register import add_seat
from trainhub.committees.service.sittings import Came, PlanSitting, note_presence, plan_sitting
from trainhub.committees.views import items as item_views
from trainhub.committees.views import papers, register, sittings
from trainhub.kernel.clock import local_day, now
from trainhub.ledger.models import AccessLogEntry

SignIn = Callable[[FlaskClient, str], None]


class Knows:
    """Answers for every matter with the same facts."""

    def __init__(self, facts: ItemFacts) -> None:
        self.facts = facts

    def item_facts(self, *_args: Any) -> ItemFacts:
        """The facts."""
        return self.facts

    def open_matters(self, *_args: Any) -> list[Any]:
        """Nothing."""
        return []


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The pages seal under the key of the scenery, and the room of the cases answers what a test says."""
    for module in (papers, register, sittings, item_views):
        monkeypatch.setattr(module, "key_ring", lambda: RING)
    before = registry.matters()
    registry.use_matters(Knows(ItemFacts(BOTH)))
    yield
    registry.use_matters(before)


@pytest.fixture
def scene(session: Session, district: Sample) -> Scene:
    """A whole committee."""
    return build_scene(session, district)


def held_now(session: Session, scene: Scene) -> str:
    """A sitting that began half an hour ago and to which everybody came."""
    meeting = plan_sitting(session, scene.secretary, PlanSitting(scene.school_id, now() - timedelta(minutes=30), "三楼"), now())
    note_presence(session, scene.secretary, meeting, {m: Came("present") for m in scene.members[:9]}, now())
    session.commit()
    return meeting


def test_an_empty_school_is_led_to_its_first_committee(client: FlaskClient, district: Sample, session: Session, sign_in: SignIn) -> None:
    sign_in(client, "committee_secretary")
    page = client.get("/committee").text
    assert "还没有委员会" in page
    form = client.get("/committee/new").text
    assert "2024 年专项行动方案" in form
    answer = client.post("/committee/new", data={"name": "委员会", "from_on": local_day(now()).isoformat(), "chair": "principal", "n-principal": "1", "n-teacher": "2", "s-teacher": "1"})
    assert answer.status_code == 303
    found = on_day(session, district.district_id, district.school_id, local_day(now()))
    assert [(s.kind.value, s.is_chair, s.is_substitute) for s in found.seats] == [
        ("principal", True, False), ("teacher", False, False), ("teacher", False, False), ("teacher", False, True),
    ]  # fmt: skip
    page = client.get("/committee").text
    assert "组成不合规" in page
    assert "缺校长" in page
    assert client.post("/committee/new", data={"name": "", "from_on": "2026-09-01", "n-principal": "1"}).status_code == 422


def test_the_register_shows_parents_by_code_and_names_on_request_only(client: FlaskClient, scene: Scene, session: Session, sign_in: SignIn) -> None:
    for key in ("committee_secretary", "principal", "committee_member", "case_officer"):
        sign_in(client, key)
        page = client.get("/committee").text
        assert "组成合规" in page
        assert "家长代表 6" in page
        assert PARENT not in page
    sign_in(client, "committee_member")
    assert client.post("/committee/names").status_code == 403
    sign_in(client, "committee_secretary")
    before = len(session.scalars(select(AccessLogEntry)).all())
    page = client.post("/committee/names").text
    assert PARENT in page
    assert "2021年9月1日" in page
    assert len(session.scalars(select(AccessLogEntry)).all()) == before + 1


def test_a_seat_is_filled_with_a_sealed_name(client: FlaskClient, scene: Scene, session: Session, sign_in: SignIn) -> None:
    seat = add_seat(session, scene.secretary, scene.committee_id, SeatLine(K.PARENT), now())
    session.commit()
    sign_in(client, "committee_secretary")
    form = client.get(f"/committee/seats/{seat}/fill").text
    assert "家长代表 3" in form
    entry = {"name": "周某某", "phone_tail": "1234", "shown_as": "周某某家长", "from_on": local_day(now()).isoformat()}
    refused = client.post(f"/committee/seats/{seat}/fill", data=entry)
    assert refused.status_code == 422
    assert "代称里出现了姓名" in refused.text
    assert client.post(f"/committee/seats/{seat}/fill", data=entry | {"shown_as": "家长代表 3"}).status_code == 303
    row = session.scalars(select(CommitteeMember).where(CommitteeMember.seat_id == seat)).one()
    assert "周某某" not in row.sealed_name
    assert "周某某" not in client.get("/committee").text


def test_seats_members_and_terms_change_through_the_page(client: FlaskClient, scene: Scene, session: Session, sign_in: SignIn) -> None:
    sign_in(client, "committee_secretary")
    today = local_day(now())
    for path, data in (
        ("/committee/seats", {"committee": scene.committee_id, "kind": "student"}),
        (f"/committee/members/{scene.members[3]}/end", {"last_day": today.isoformat(), "reason": "left"}),
        (f"/committee/seats/{scene.seats[8]}/close", {"on": today.isoformat()}),
        (f"/committee/members/{scene.members[1]}/declare", {}),
    ):
        assert client.post(path, data=data).status_code == 303, path
    page = client.get("/committee").text
    assert "学生代表" in page
    assert "已申报" in page
    data = {"committee": scene.committee_id, "name": "新一届", "from_on": (today + timedelta(days=1)).isoformat(), "keep": scene.members[:3]}
    assert "谁继续任职" in client.get("/committee/renew").text
    assert client.post("/committee/renew", data=data).status_code == 303
    assert len(session.scalars(select(Committee)).all()) == 2


def test_a_sitting_from_plan_to_sealed_minutes(client: FlaskClient, scene: Scene, session: Session, sign_in: SignIn) -> None:
    sign_in(client, "committee_secretary")
    answer = client.post("/committee/sittings", data={"day": local_day(now()).isoformat(), "starts": "00:00", "place": "三楼"})
    assert answer.status_code == 303
    meeting = answer.headers["Location"].rsplit("/", 1)[1]
    one, _matter, _thing = item(session, scene, meeting)
    page = client.get(f"/committee/sittings/{meeting}").text
    assert "案 2026-03 A1" in page
    came = {f"p-{m}": "present" for m in scene.members[:9]}
    assert client.post(f"/committee/sittings/{meeting}/presence", data=came).status_code == 303
    assert len(session.scalars(select(MeetingPresence).where(MeetingPresence.status == "present")).all()) == 9
    vote = {"present": scene.members[:9], "in_favour": "7", "against": "2", "abstained": "0", "clauses": "第十九条", "grounds": "A1 先动手"}
    refused = client.post(f"/committee/items/{one}/vote", data=vote | {"clauses": ""})
    assert refused.status_code == 422
    assert "依据的条款" in refused.text
    assert "A1 先动手" in refused.text
    assert client.post(f"/committee/items/{one}/vote", data=vote).status_code == 303
    page = client.get(f"/committee/sittings/{meeting}").text
    assert "同意 7，反对 2" in page
    assert "先动手" not in page
    end = now().astimezone().strftime("%H:%M")
    close = client.post(f"/committee/sittings/{meeting}/close", data={"ends": _local_clock(), "minutes": "逐项讨论了证据"})
    assert close.status_code == 303, (end, close.text[:400])
    assert "逐项讨论" not in client.get(f"/committee/sittings/{meeting}").text
    shown = client.post(f"/committee/sittings/{meeting}/minutes").text
    assert "逐项讨论了证据" in shown
    assert "A1 先动手" in shown
    assert {"sitting", "committee_item"} <= set(session.scalars(select(AccessLogEntry.object_kind)))
    paper = client.post(f"/committee/sittings/{meeting}/minutes", data={"as": "docx"})
    assert paper.status_code == 200
    assert "A1" not in paper.headers["Content-Disposition"]


def _local_clock() -> str:
    from trainhub.kernel.clock import local

    return local(now()).strftime("%H:%M")


def test_case_47_stepping_aside_takes_the_item_from_the_page_at_once(client: FlaskClient, scene: Scene, session: Session, sign_in: SignIn) -> None:
    meeting = held_now(session, scene)
    one, _matter, _thing = item(session, scene, meeting)
    own_account(session, scene, "m1", scene.staff[1])
    sign_in(client, "m1")
    assert "案 2026-03 A1" in client.get(f"/committee/sittings/{meeting}").text
    assert client.post(f"/committee/items/{one}/aside", data={"ground": "relative"}).status_code == 303
    assert "案 2026-03" not in client.get(f"/committee/sittings/{meeting}").text
    assert client.post(f"/committee/items/{one}/aside", data={"ground": "relative"}).status_code == 404
    assert client.post(f"/committee/items/{one}/vote").status_code == 403
    held = session.scalars(select(Recusal.id)).one()
    own_account(session, scene, "m2", scene.staff[2])
    sign_in(client, "m2")
    page = client.get(f"/committee/sittings/{meeting}").text
    assert "已回避" in page
    assert not re.search(r"当事人的亲属(?!</option>)", page), "why says who the child may be"
    back = {"next": f"/committee/sittings/{meeting}"}
    sign_in(client, "committee_secretary")
    assert "当事人的亲属" in client.get(f"/committee/sittings/{meeting}").text
    assert client.post(f"/committee/recusals/{held}/ask", data=back | {"reason": "mistake"}).headers["Location"] == back["next"]
    client.post(f"/committee/recusals/{held}/lift", data=back)
    assert session.get_one(Recusal, (scene.sample.district_id, held)).lifted_at is None
    sign_in(client, "principal")
    assert client.post(f"/committee/recusals/{held}/lift", data=back).status_code == 303
    session.expire_all()
    assert session.get_one(Recusal, (scene.sample.district_id, held)).lifted_at is not None


def test_a_secretary_who_stepped_aside_neither_votes_nor_reads(client: FlaskClient, scene: Scene, session: Session, sign_in: SignIn) -> None:
    meeting = held_now(session, scene)
    one, _matter, _thing = item(session, scene, meeting)
    sign_in(client, "committee_secretary")
    client.post(f"/committee/items/{one}/aside", data={"ground": "declared_other"})
    assert client.post(f"/committee/sittings/{meeting}/minutes").status_code == 404
    for path in ("vote", "adjourn", "drop", "recusals", "aside"):
        data = {"ground": "relative", "member": scene.members[0], "in_favour": "1", "clauses": "x", "grounds": "y", "present": scene.members[:9]}
        assert client.post(f"/committee/items/{one}/{path}", data=data).status_code == 404, path
    assert session.get_one(MeetingItem, (scene.sample.district_id, one)).outcome is None


def test_conflicts_that_the_case_shows_are_written_before_the_vote(client: FlaskClient, scene: Scene, session: Session, sign_in: SignIn) -> None:
    registry.use_matters(Knows(ItemFacts(BOTH, MatterFacts(frozenset({scene.staff[1]})))))
    meeting = held_now(session, scene)
    one, _matter, _thing = item(session, scene, meeting)
    sign_in(client, "committee_secretary")
    vote = {"present": scene.members[:9], "in_favour": "9", "clauses": "第十九条", "grounds": "x"}
    refused = client.post(f"/committee/items/{one}/vote", data=vote)
    assert refused.status_code == 422
    assert "应当回避" in refused.text
    assert session.scalars(select(Recusal.member_id)).all() == [scene.members[1]]
    rest = [m for m in scene.members[:9] if m != scene.members[1]]
    assert client.post(f"/committee/items/{one}/vote", data=vote | {"present": rest, "in_favour": "8"}).status_code == 303


def test_another_school_gets_the_answer_of_nothing(client: FlaskClient, scene: Scene, session: Session, sign_in: SignIn) -> None:
    meeting = sitting(session, scene)
    one, _matter, _thing = item(session, scene, meeting)
    sign_in(client, "committee_secretary@other")
    assert "家长代表" not in client.get("/committee").text
    for path in (f"/committee/sittings/{meeting}", f"/committee/seats/{scene.seats[0]}/fill"):
        assert client.get(path).status_code == 404
    for path in (f"/committee/items/{one}/vote", f"/committee/members/{scene.members[0]}/declare", f"/committee/sittings/{meeting}/cancel"):
        data = {"in_favour": "1", "reason": "other_day", "present": scene.members[:9], "clauses": "x", "grounds": "y"}
        assert client.post(path, data=data).status_code == 404


def test_pages_take_a_constant_number_of_statements(
    app: Flask, client: FlaskClient, scene: Scene, session: Session, sign_in: SignIn, count_statements: Any
) -> None:
    meeting = held_now(session, scene)
    item(session, scene, meeting)
    sign_in(client, "committee_secretary")

    def counts() -> list[int]:
        done = []
        for path in ("/committee", "/committee/sittings", f"/committee/sittings/{meeting}"):
            client.get(path)
            with count_statements() as seen:
                assert client.get(path).status_code == 200
            done.append(seen.count)
        return done

    before = counts()
    for _number in range(3):
        item(session, scene, meeting)
        held_now(session, scene)
    assert counts() == before


def test_cells_of_who_came_are_seen_before_anything_is_noted_and_one_button_notes_the_rest(
    scene: Scene, session: Session, client: FlaskClient, sign_in: SignIn
) -> None:
    meeting = plan_sitting(session, scene.secretary, PlanSitting(scene.secretary.org_id, now() - timedelta(hours=1)), now())
    session.commit()
    sign_in(client, "committee_secretary")
    page = f"/committee/sittings/{meeting}"
    shown = client.get(page).text
    assert shown.count("seg seg-3") > 8
    assert "seg seg-3 has" not in shown, "a cell with a value hides the other choices; nobody has answered yet"
    assert "全部到会" in shown
    assert "会议记录" in shown
    away = scene.members[4]
    client.post(f"{page}/presence", data={"rest": "present", f"p-{away}": "excused", "version": "1"})
    noted = {p.member_id: p.status for p in session.scalars(select(MeetingPresence).where(MeetingPresence.meeting_id == meeting))}
    assert noted[away] == "excused"
    assert [noted[member] for member in scene.members[:9] if member != away] == ["present"] * 8
    assert noted[scene.members[9]] == "invited", "a substitute sits only for somebody"
    assert "全部到会" not in client.get(page).text
    client.post(f"{page}/presence", data={f"p-{scene.members[0]}": "absent"})
    session.expire_all()
    assert session.get_one(MeetingPresence, (scene.secretary.district_id, meeting, scene.members[0])).status == "absent"


def test_the_words_of_the_committee_are_its_own(scene: Scene, session: Session, client: FlaskClient, sign_in: SignIn) -> None:
    """A sentence shared with another room said the other room's thing: a term of office was a school term, a chair a head of department."""
    sign_in(client, "committee_secretary")
    shown = client.get("/committee").text
    assert all(word in shown for word in ("任职人", "任期", "主任委员"))
    assert not any(word in shown for word in ("经办人", "学期"))
    planning = client.get("/committee/sittings").text
    assert "安排会议" in planning
    assert "去安排" not in planning
