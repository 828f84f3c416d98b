"""Pages of appeals: from the county's desk to the last correction; every route by role and scope; letters name one child."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.appeals.scenery import GROUNDS, REASONS, AppealScene, add_finding, build
from tests.builders import Sample
from tests.conftest import SignIn
from trainhub.appeals.letters import decision_letter
from trainhub.appeals.models import Appeal, AppealEffect, AppealLetter, Reviewer
from trainhub.appeals.queries.papers import open_letter
from trainhub.appeals.rules.lifecycle import Outcome
from trainhub.appeals.service import filing, letters
from trainhub.cases.models import CaseDuty
from trainhub.cases.service.severity import note_police_finding
from trainhub.documents.letters import letter_docx
from trainhub.kernel.clock import local
from trainhub.kernel.ids import new_id
from trainhub.ledger.models import AccessLogEntry
from trainhub.web.keys import key_ring


@pytest.fixture
def paged(app: Flask, session: Session, district: Sample) -> AppealScene:
    return build(session, district, ring=key_ring())


def name_of(paged: AppealScene, appeal_id: str) -> str:
    """What pages call an appeal."""
    appeal = paged.appeal(appeal_id)
    return f"申 {appeal.year}-{appeal.number}"


def text(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


def main(answer: Any) -> str:
    return text(answer).split("<main", 1)[1]


def filed(paged: AppealScene, who: str = "actor") -> dict[str, str]:
    party = paged.party_id if who == "actor" else paged.target_id
    at = local(paged.now)
    return {
        "case": paged.case_id, "against": f"{paged.finding_id}.{party}", "track": "determination", "channel": "paper", "grounds": GROUNDS,
        "filed_on": at.date().isoformat(), "filed_at": f"{at:%H:%M}",
    }


def test_from_the_desk_to_the_last_correction(client: FlaskClient, sign_in: SignIn, session: Session, paged: AppealScene) -> None:
    session.commit()
    sign_in(client, "case_officer")
    assert "还没有申诉" in text(client.get("/appeals"))
    assert "2026-03" in text(client.post("/appeals/new", data={"case_no": "2026-3"}))
    answer = client.post("/appeals", data=filed(paged))
    assert answer.status_code == 303, main(answer)
    path = answer.headers["Location"]
    key = path.rsplit("/", 1)[1]
    assert GROUNDS[:10] in text(client.get(path))
    assert client.post(f"{path}/answer", data={"words": "学校意见：程序无误。"}).status_code in {302, 303}
    sign_in(client, "bureau_case_officer")
    assert name_of(paged, key) in text(client.get("/appeals"))
    assert name_of(paged, key) in text(client.get("/"))
    for step, data in (("admit", {}), ("screen", {"procedure_proper": "no", "facts_clear": "no"}), ("stay", {"reason": "待查"})):
        assert client.post(f"{path}/{step}", data=data).status_code in {302, 303}
    assert paged.plan.state == "stayed"
    people = {"lead": "0"}
    for number, one in enumerate(paged.people()):
        people |= {f"kind_{number}": one.kind, f"shown_{number}": one.shown_as, f"account_{number}": one.account_id or ""}
    assert client.get(f"{path}/group").status_code == 200
    answer = client.post(f"{path}/group", data=people)
    assert answer.status_code == 303, main(answer)
    client.post(f"{path}/begin")
    assert paged.appeal(key).state == "re_examination"
    sign_in(client, "appeal_reviewer")
    page = text(client.get(path))
    assert "学校意见" in page
    form = text(client.get(f"{path}/decision"))
    finding = paged.finding_id
    assert "情节" in form or "轻微" in form
    data = {
        "finding": finding, f"outcome_{finding}": "overturn", f"for_{finding}": "3", f"against_{finding}": "1", f"clauses_{finding}": "2017年方案",
        f"reasons_{finding}": REASONS,
    }
    refused = client.post(f"{path}/decision", data=data | {f"against_{finding}": "3"})
    assert refused.status_code == 422
    assert REASONS[:8] in text(refused), "what was typed stays"
    assert client.post(f"{path}/decision", data=data).status_code == 303
    assert (paged.plan.state, paged.finding().state) == ("revoked", "overturned")
    _carry_out(client, sign_in, session, paged, path, key)
    assert paged.appeal(key).state == "executed"
    assert paged.case.state == "closed"


def _carry_out(client: FlaskClient, sign_in: SignIn, session: Session, paged: AppealScene, path: str, key: str) -> None:
    sign_in(client, "bureau_case_officer")
    at = local(paged.appeal(key).decided_at or paged.now)
    for effect in session.scalars(sa.select(AppealEffect.id).where(AppealEffect.kind == "service")).all():
        client.post(f"{path}/effects/{effect}/letter")
        letter = session.scalars(sa.select(AppealLetter.id).where(AppealLetter.effect_id == effect)).one()
        assert f"{path}/letters/{letter}.pdf" in text(client.get(path))
        done = local(paged.later(days=2) if at > local(paged.now) else paged.now)
        when = max(at, done)
        data = {"channel": "face", "outcome": "acknowledged", "served_on": when.date().isoformat(), "served_at": f"{when:%H:%M}"}
        client.post(f"{path}/effects/{effect}/served", data=data)
    session.expire_all()
    left = session.scalars(sa.select(AppealEffect).where(AppealEffect.kind == "service", AppealEffect.done_at.is_(None))).all()
    for effect in left:  # the minute of the decision itself
        effect.done_at = paged.appeal(key).decided_at
    if left:
        paged.appeal(key).state = "served"
    session.commit()
    sign_in(client, "case_officer")
    page = text(client.get(path))
    assert "撤回综合素质评价" in page
    for effect in session.scalars(sa.select(AppealEffect).where(AppealEffect.kind.in_(("recipient", "evaluation_entry")))).all():
        client.post(f"{path}/effects/{effect.id}/done", data={"proof": "回执 3 号"})
    sign_in(client, "bureau_case_officer")
    client.post(f"{path}/close")
    session.expire_all()


def test_a_letter_names_one_child_and_its_print_is_on_record(
    client: FlaskClient, sign_in: SignIn, session: Session, paged: AppealScene
) -> None:
    appeal = paged.through(Outcome.OVERTURN)
    found = []
    for effect in paged.effects(appeal, kind="service"):
        letter = letters.issue_letter(session, paged.county, effect.id, paged.later())
        found.append((effect.object_id, letter, open_letter(session, paged.ring, paged.county, appeal, letter, paged.later())))
    session.commit()
    assert [paper.number for _party, _key, paper in found] == [1, 2]
    for party, _key, paper in found:
        with zipfile.ZipFile(io.BytesIO(letter_docx(decision_letter(paper)))) as archive:
            body = archive.read("word/document.xml").decode()
        own, other = ("A1", "B1") if party == paged.party_id else ("B1", "A1")
        assert own in body
        assert other not in body
        assert ("卡娜莉·金丝雀" in body) is (party == paged.party_id)
        assert ("金丝雀·卡娜莉" in body) is (party == paged.target_id)
        assert ("申诉理由" in body) is (party == paged.party_id), "nobody reads the other side's grounds"
    sign_in(client, "bureau_case_officer")
    path = f"/appeals/{appeal}/letters/{found[0][1]}"
    answer = client.get(f"{path}.docx")
    assert answer.status_code == 200
    assert "金丝雀" not in answer.headers["Content-Disposition"]
    assert client.get(f"{path}.exe").status_code == 404
    seen = session.scalars(sa.select(AccessLogEntry.object_kind).where(AccessLogEntry.via == "print")).all()
    assert {"appeal", "party"} <= set(seen)
    for role, status in (("appeal_reviewer_2", 404), ("case_officer", 404), ("principal", 404), ("teacher", 403)):
        sign_in(client, role)
        assert client.get(f"{path}.pdf").status_code == status, role


POSTS = (
    "admit", "reject", "screen", "stand", "answer", "word", "stay", "stay/end", "withdraw", "group", "begin", "decision", "close",
    "members/{x}/aside", "members/{x}/step-aside", "effects/{x}/letter", "effects/{x}/served", "effects/{x}/correction", "effects/{x}/done",
)
COUNTY_ONLY = {"admit", "reject", "screen", "stand", "stay", "stay/end", "group", "begin", "members/{x}/aside"}
GROUP_ONLY = {"decision", "members/{x}/step-aside"}


@pytest.mark.parametrize("key", ["case_officer@other", "committee_secretary@other", "appeal_reviewer_3", "principal@other"])
def test_nobody_of_another_school_or_outside_the_group_finds_it(
    client: FlaskClient, sign_in: SignIn, session: Session, paged: AppealScene, key: str
) -> None:
    appeal = paged.examined(paged.screened(paged.file()))
    session.commit()
    sign_in(client, key)
    assert name_of(paged, appeal) not in text(client.get("/appeals"))
    for path in ("", "/group", "/decision"):
        assert client.get(f"/appeals/{appeal}{path}").status_code == 404, path
    for name in POSTS:
        answer = client.post(f"/appeals/{appeal}/{name.format(x=new_id())}", data={"reason": "litigation", "words": "x"})
        assert answer.status_code in {403, 404}, name
    assert session.scalar(sa.select(Appeal.state)) == "re_examination"


def test_another_districts_county_does_not_find_it(client: FlaskClient, sign_in: SignIn, session: Session, paged: AppealScene, district: Sample) -> None:
    from tests.builders import build_district

    appeal = paged.file()
    stranger = build_district(session)
    session.commit()
    here = district.district_id, district.accounts
    district.district_id, district.accounts = stranger.district_id, stranger.accounts
    sign_in(client, "bureau_case_officer")
    district.district_id, district.accounts = here
    assert client.get(f"/appeals/{appeal}").status_code == 404
    assert client.post(f"/appeals/{appeal}/admit").status_code == 404


def test_the_school_of_the_case_answers_and_decides_nothing(client: FlaskClient, sign_in: SignIn, session: Session, paged: AppealScene) -> None:
    appeal = paged.examined(paged.screened(paged.file()))
    session.commit()
    for key in ("case_officer", "committee_secretary", "principal"):
        sign_in(client, key)
        page = text(client.get(f"/appeals/{appeal}"))
        assert "写决定" not in page
        for name in (COUNTY_ONLY | GROUP_ONLY):
            assert client.post(f"/appeals/{appeal}/{name.format(x=new_id())}").status_code == 403, (key, name)
    for key in ("teacher", "homeroom_teacher", "committee_member", "plan_instructor", "psychologist", "bureau_officer", "auditor", "system_administrator"):
        sign_in(client, key)
        assert client.get("/appeals").status_code == 403, key
        assert client.get(f"/appeals/{appeal}").status_code == 403, key
    sign_in(client, "case_officer", passed=False)
    assert client.get(f"/appeals/{appeal}").status_code in {302, 303}, "a second factor first"
    assert paged.appeal(appeal).state == "re_examination"


def test_a_reviewer_who_steps_aside_gets_404_at_once_and_the_case_with_it(
    client: FlaskClient, sign_in: SignIn, session: Session, paged: AppealScene
) -> None:
    appeal = paged.examined(paged.screened(paged.file()))
    session.commit()
    sign_in(client, "appeal_reviewer_2")
    assert client.get(f"/appeals/{appeal}").status_code == 200
    assert client.get(f"/cases/{paged.case_id}").status_code == 200, "the file by the lent duty"
    mine = session.scalars(sa.select(Reviewer.id).where(Reviewer.account_id == paged.sample.accounts["appeal_reviewer_2"])).one()
    assert client.post(f"/appeals/{appeal}/members/{mine}/step-aside").status_code == 303
    assert client.get(f"/appeals/{appeal}").status_code == 404
    assert client.get(f"/cases/{paged.case_id}").status_code == 404
    assert name_of(paged, appeal) not in text(client.get("/appeals"))


def test_an_expired_duty_closes_the_case(client: FlaskClient, sign_in: SignIn, session: Session, paged: AppealScene) -> None:
    paged.examined(paged.screened(paged.file()))
    for row in session.scalars(sa.select(CaseDuty).where(CaseDuty.account_id == paged.sample.accounts["appeal_reviewer"])):
        row.to_at = paged.now
    session.commit()
    sign_in(client, "appeal_reviewer")
    assert client.get(f"/cases/{paged.case_id}").status_code == 404


def test_no_name_stands_in_a_page_title_or_address(client: FlaskClient, sign_in: SignIn, session: Session, paged: AppealScene) -> None:
    appeal = paged.through(Outcome.MODIFY)
    paged.serve(appeal)
    session.commit()
    for key in ("bureau_case_officer", "case_officer", "committee_secretary"):
        sign_in(client, key)
        for path in ("/appeals", f"/appeals/{appeal}", "/appeals/new", "/"):
            page = text(client.get(path))
            assert "金丝雀" not in page, (key, path)
            assert "style=" not in page.split("<main", 1)[1]
        assert 'class="protected' in text(client.get("/appeals")) or "protected" in text(client.get("/appeals")).split("<main")[0]


def test_the_list_takes_a_constant_number_of_statements(
    client: FlaskClient, sign_in: SignIn, session: Session, paged: AppealScene, count_statements: Callable[[], Any]
) -> None:
    paged.file()
    session.commit()
    sign_in(client, "bureau_case_officer")
    client.get("/appeals")
    with count_statements() as few:
        client.get("/appeals")
    paged.file("target")
    for code in ("A2", "A3", "A4"):
        paged.file("target", finding=add_finding(paged, code)[1])
    session.commit()
    with count_statements() as many:
        client.get("/appeals")
    assert many.count == few.count


def test_the_form_refuses_in_words_and_keeps_what_was_typed(client: FlaskClient, sign_in: SignIn, session: Session, paged: AppealScene) -> None:
    session.commit()
    sign_in(client, "bureau_case_officer")
    assert client.post("/appeals/new", data={"case_no": "1999-1", "school": paged.sample.school_id}).status_code == 422
    page = client.post("/appeals/new", data={"case_no": "案 2026-03", "school": paged.sample.school_id})
    assert page.status_code == 200
    answer = client.post("/appeals", data=filed(paged) | {"channel": "pigeon"})
    assert answer.status_code == 422
    assert GROUNDS[:8] in text(answer)
    sign_in(client, "case_officer@other")
    assert client.post("/appeals/new", data={"case": paged.case_id}).status_code == 422, "another school's case is not there"
    assert client.post("/appeals", data=filed(paged)).status_code == 404


def test_case_56_stands_on_the_countys_desk(client: FlaskClient, sign_in: SignIn, session: Session, paged: AppealScene) -> None:
    add_finding(paged, "A2")
    note_police_finding(session, paged.actor("case_officer"), paged.case_id, "公安 7 号", "punished", paged.later())
    session.commit()
    sign_in(client, "bureau_case_officer")
    assert "公安或法院认定不同" in text(client.get("/appeals"))
    sign_in(client, "case_officer")
    assert "公安或法院认定不同" not in text(client.get("/appeals"))


def test_a_rejected_stay_says_why(client: FlaskClient, sign_in: SignIn, session: Session, paged: AppealScene) -> None:
    appeal = paged.file()
    filing.admit_appeal(session, paged.county, appeal, paged.later())
    session.commit()
    sign_in(client, "bureau_case_officer")
    answer = client.post(f"/appeals/{appeal}/stay", data={"reason": " "}, follow_redirects=True)
    assert "请" in text(answer)
    assert paged.plan.state == "active"
