"""The pages of determinations, papers and second persons: who gets them, what they show, what they never show (domain.md case 64; security.md W6)."""

import secrets
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.cases.hall import NOW, Hall, open_hall
from trainhub.accounts import rules as account_rules
from trainhub.accounts.models import UserSession
from trainhub.cases.models import CaseNotice, CaseParty, CaseStep, Determination, IssuedDocument, SecondPerson
from trainhub.cases.queries.identity import unsealed_identity
from trainhub.cases.service import intake, second
from trainhub.kernel import clock
from trainhub.kernel.actor import Actor
from trainhub.kernel.ids import new_id
from trainhub.ledger.models import AccessLogEntry, LedgerPayload
from trainhub.web import keys

CANARY = "金丝雀"
SignIn = Callable[[FlaskClient, Actor], None]


@pytest.fixture
def hall(session: Session, app: Flask, monkeypatch: pytest.MonkeyPatch) -> Hall:
    found = open_hall(session)
    found.world.ring = keys.key_ring()
    return found


@pytest.fixture
def sign_in(session: Session) -> SignIn:
    """Open a session for an actor of the hall, password and second factor just passed."""

    def enter(client: FlaskClient, who: Actor) -> None:
        token, moment = secrets.token_urlsafe(16), clock.now()
        session.add(UserSession(
            token_hash=account_rules.token_digest(token), district_id=who.district_id, id=new_id(), account_id=who.account_id, created_at=moment,
            used_at=moment, expires_at=moment + account_rules.SESSION_LIFETIME, proved_at=moment, second_factor_at=moment,
        ))
        session.commit()
        with client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = token, True

    return enter


def pages(case_id: str, actor: str, found: str) -> list[str]:
    return [
        f"/cases/{case_id}/determinations", f"/cases/{case_id}/determinations/{found}", f"/cases/{case_id}/parties/{actor}/determination",
        f"/cases/{case_id}/parties/{actor}/service", f"/cases/{case_id}/papers",
    ]


def name_of(hall: Hall, party_id: str) -> str:
    return str(unsealed_identity(hall.world.ring, hall.session.get_one(CaseParty, (hall.world.sample.district_id, party_id)))["name"])


@pytest.mark.parametrize("key", ["case_officer", "committee_secretary"])
def test_the_desk_sees_findings_by_code(hall: Hall, session: Session, client: FlaskClient, sign_in: SignIn, key: str) -> None:
    case, actor, target, found = hall.determined()
    names = [name_of(hall, party) for party in (actor, target)]
    session.commit()
    sign_in(client, hall.world.actor(key))
    for path in pages(case.id, actor, found):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert "no-store" in answer.headers["Cache-Control"]
        assert not any(name in answer.text for name in names), path
    assert "A1 多次推搡 B1" in client.get(pages(case.id, actor, found)[1]).text
    assert "A1 多次推搡 B1" not in client.get(pages(case.id, actor, found)[0]).text
    opened = session.scalars(sa.select(AccessLogEntry).where(AccessLogEntry.object_kind == "determination")).all()
    assert {entry.object_ref for entry in opened} == {found}


@pytest.mark.parametrize("key", ["teacher", "homeroom_teacher", "case_officer@other", "psychologist", "committee_member", "bureau_case_officer", "principal@other"])
def test_case_64_who_may_not_see_it_gets_what_does_not_exist(hall: Hall, session: Session, client: FlaskClient, sign_in: SignIn, key: str) -> None:
    case, actor, _target, found = hall.determined()
    session.commit()
    sign_in(client, hall.world.sample.actors[key])
    for path, other in zip(pages(case.id, actor, found), pages(new_id(), new_id(), new_id()), strict=True):
        real, nothing = client.get(path), client.get(other)
        assert real.status_code == nothing.status_code in {403, 404}, path
        assert case.id not in real.text.replace(path, "")


def test_a_proposal_is_written_and_a_refusal_says_why(hall: Hall, session: Session, client: FlaskClient, sign_in: SignIn) -> None:
    case, actor, _target = hall.submitted()
    session.commit()
    sign_in(client, hall.officer)
    path = f"/cases/{case.id}/parties/{actor}/determination"
    shown = client.get(f"{path}?tier=serious").text
    assert "sanction_expulsion" not in shown
    form = {
        "tier": "minor", "outcome": "bullying", "measures": ["apology"], "plan_minutes": "180", "facts": "A1 推搡 B1", "grounds": "笔录两份", "clauses": "第二十一条",
    }
    refused = client.post(path, data=form | {"measures": ["sanction_expulsion"]})
    assert refused.status_code == 422
    assert "笔录两份" in refused.text  # nothing that was written is lost
    named = client.post(path, data=form | {"facts": f"{name_of(hall, actor)}推搡 B1"})
    assert named.status_code == 422
    assert client.post(path, data=form).status_code == 303
    assert session.scalar(sa.select(sa.func.count()).select_from(Determination)) == 1


def test_papers_get_their_number_and_a_print_is_logged(hall: Hall, session: Session, client: FlaskClient, sign_in: SignIn) -> None:
    case, actor, target, found = hall.determined()
    session.commit()
    sign_in(client, hall.officer)
    assert client.post(f"/cases/{case.id}/papers", data={"kind": "acceptance_notice", "object": actor}).status_code == 303
    paper = session.scalars(sa.select(IssuedDocument).where(IssuedDocument.kind == "determination")).one()
    for suffix, kind in (("docx", "application/vnd"), ("pdf", "application/pdf")):
        answer = client.get(f"/cases/{case.id}/papers/{paper.id}.{suffix}?to={target}")
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith(kind)
        assert name_of(hall, target) not in answer.headers["Content-Disposition"]
    assert client.get(f"/cases/{case.id}/papers/{paper.id}.pdf?to={new_id()}").status_code == 404
    assert client.get(f"/cases/{case.id}/papers/{paper.id}.exe").status_code == 404
    assert session.scalars(sa.select(AccessLogEntry.via).where(AccessLogEntry.object_kind == "paper")).all() == ["print", "print"]
    assert found


def test_abuse_12_the_page_that_shows_who_reported_is_shown_once(hall: Hall, session: Session, client: FlaskClient, sign_in: SignIn) -> None:
    receipt = hall.world.report("teacher")
    intake.accept_concern(session, hall.world.ring, hall.officer, intake.AcceptConcern(receipt.concern_id), NOW)
    session.commit()
    sign_in(client, hall.officer)
    assert client.get(f"/second/ask/reporter/{receipt.concern_id}").status_code == 200
    asked = client.post(f"/second/ask/reporter/{receipt.concern_id}", data={"reason": "safety", "words": f"{CANARY}一句"})
    assert asked.status_code == 303
    row = session.scalars(sa.select(SecondPerson)).one()
    assert client.post(f"/second/{row.id}/grant").status_code in {303, 403}
    session.expire_all()
    assert session.get_one(SecondPerson, (row.district_id, row.id)).state == "asked"
    second.grant(session, hall.secretary, row.id, clock.now())
    session.commit()
    first = client.post(f"/second/{row.id}/look")
    assert first.status_code == 200
    assert hall.world.actor("teacher").display_name in first.text
    assert "no-store" in first.headers["Cache-Control"]
    again = client.post(f"/second/{row.id}/look")
    assert again.status_code == 303
    assert hall.world.actor("teacher").display_name not in client.get("/second").text


def test_the_queue_of_whoever_decides(hall: Hall, session: Session, client: FlaskClient, sign_in: SignIn) -> None:
    case, _actor, _target = hall.submitted("serious")
    second.ask(session, hall.world.ring, hall.officer, second.Ask("downgrade", case.id, "new_facts", f"{CANARY}两份笔录", {"severity": "minor"}), clock.now())
    session.commit()
    sign_in(client, hall.world.actor("principal"))
    assert CANARY in client.get("/second").text
    row = session.scalars(sa.select(SecondPerson)).one()
    assert client.post(f"/second/{row.id}/grant").status_code == 303
    session.expire_all()
    assert session.get_one(SecondPerson, (row.district_id, row.id)).state == "granted"
    assert CANARY not in client.get("/second").text


def test_canaries_of_protected_fields_stand_nowhere_else(hall: Hall, session: Session, client: FlaskClient, sign_in: SignIn) -> None:
    case, actor, target = hall.submitted()
    found = hall.propose(actor, facts=f"A1 推搡 B1 {CANARY}事实", grounds=f"{CANARY}理由")
    hall.vote(case, actor)
    hall.adopt(found)
    hall.serve(actor, note=f"{CANARY}备注")
    hall.serve(target)
    second.ask(session, hall.world.ring, hall.officer, second.Ask("identified_export", case.id, "handover", f"{CANARY}申请"), clock.now())
    names = [name_of(hall, party) for party in (actor, target)]
    session.commit()
    for model in (CaseStep, CaseNotice, Determination, SecondPerson, IssuedDocument, LedgerPayload, AccessLogEntry):
        for row in session.scalars(sa.select(model)):
            text = str([getattr(row, column.key) for column in sa.inspect(model).columns])
            assert CANARY not in text, model
            assert not any(name in text for name in names), model
    sign_in(client, hall.officer)
    for path in ("/", "/cases", f"/cases/{case.id}", f"/cases/{case.id}/determinations", f"/cases/{case.id}/papers", "/committee/sittings", "/nothing-here"):
        answer = client.get(path)
        assert CANARY not in answer.text, path
        assert not any(name in answer.text for name in names), path
        assert not any(name in str(answer.headers) for name in names), path
    sign_in(client, hall.world.actor("teacher"))
    assert CANARY not in client.get("/").text


def test_the_page_of_determinations_costs_the_same_with_more_versions(
    hall: Hall, session: Session, client: FlaskClient, sign_in: SignIn, count_statements: object
) -> None:
    case, actor, _target = hall.submitted()
    hall.propose(actor)
    session.commit()
    sign_in(client, hall.officer)
    path = f"/cases/{case.id}/determinations"
    client.get(path)
    counts = []
    for _round in range(2):
        with count_statements() as counted:  # type: ignore[operator]
            assert client.get(path).status_code == 200
        counts.append(len(counted.texts))
        for _n in range(3):
            hall.propose(actor)
        session.commit()
    assert counts[0] == counts[1]
