"""Files that prove an hour: sealed without what the phone writes beside the picture, opened one by one, seen by who sees what was done."""

import io
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import Sample
from tests.class_meetings.test_record_pages import jpeg
from tests.conftest import SignIn
from tests.education_plans.hour_scenery import HourScene, balance_of, build_hours, lesson, plan_of, said, verdict
from tests.education_plans.test_hour_pages import form_of, past
from trainhub.cases.models import CaseDuty
from trainhub.education_plans.models import HourProof, PlanStep
from trainhub.education_plans.rules.hours import MOST_PROOFS, EntryKind, HourRefused
from trainhub.education_plans.service.absences import MarkAbsent, mark_absent
from trainhub.education_plans.service.hours import confirm_hours, log_lesson
from trainhub.education_plans.service.proofs import AddProof, add_proof, withdraw_proof
from trainhub.evidence.models import SealedFile
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import NotFound
from trainhub.kernel.ids import new_id
from trainhub.ledger.models import AccessLogEntry, LedgerEntry
from trainhub.web.keys import key_ring

SECRET = b"GPS 39.9042 116.4074 made by somebody's phone"


@pytest.fixture
def scene(app: Flask, session: Session, district: Sample) -> HourScene:
    scene = build_hours(session, district, ring=key_ring())
    plan, today = plan_of(session, scene), local_day(now())
    plan.starts_on, plan.due_on = today - timedelta(days=70), today + timedelta(days=70)
    session.flush()
    return scene


def logged(session: Session, scene: HourScene, hours: float = 30, **changes: Any) -> int:
    return log_lesson(session, scene.instructor, key_ring(), said(scene, *past(hours), **changes), now()).number


def photo() -> bytes:
    """A picture with a word of the camera beside it."""
    content = jpeg()
    remark = b"\xff\xfe" + (len(SECRET) + 2).to_bytes(2, "big") + SECRET
    return content[:2] + remark + content[2:]


def sent(content: bytes, kind: str = "sheet") -> dict[str, Any]:
    return {"kind": kind, "file": (io.BytesIO(content), "张三的作品.jpg")}


def test_from_the_logged_hour_to_the_file_in_the_hands_of_the_second_person(
    client: FlaskClient, sign_in: SignIn, session: Session, scene: HourScene
) -> None:
    key = lesson(session, scene, *past(30))
    session.commit()
    sign_in(client, "plan_instructor")
    form = form_of(said(scene, *past(30), lesson_id=key)) | {"product": "yes"}
    answer = client.post(f"/my-lessons/{scene.plan_id}/log", data=form)
    page = f"/my-lessons/{scene.plan_id}/lines/1"
    assert answer.headers["Location"] == page, "who says there is a sheet is led to where its photo is added"
    assert "签到表" in client.get(page).get_data(as_text=True)
    assert client.post(page, data=sent(photo()), content_type="multipart/form-data").status_code == 303
    proof = session.scalars(sa.select(HourProof)).one()
    own = client.get(f"{page}/proofs/{proof.id}")
    assert own.status_code == 200
    assert own.mimetype == "image/jpeg"
    assert SECRET not in own.data
    assert "张三" not in own.headers["Content-Disposition"]
    assert f"{page}" in client.get(f"/my-lessons/{scene.plan_id}").get_data(as_text=True)
    sign_in(client, "committee_secretary")
    path = f"/plans/{scene.plan_id}/lines/1/proofs/{proof.id}"
    for where in ("/plans/confirm", f"/plans/{scene.plan_id}"):
        assert path in client.get(where).get_data(as_text=True), where
    file = client.get(path)
    assert file.data == own.data
    assert "no-store" in file.headers["Cache-Control"]
    opened = session.scalars(sa.select(AccessLogEntry.purpose).where(AccessLogEntry.object_ref == proof.file_id).order_by(AccessLogEntry.seq)).all()
    assert opened == ["lesson", "handling"], "every opening is an entry of its own"


def test_a_file_counts_nothing_and_is_a_step_and_an_entry(session: Session, scene: HourScene) -> None:
    number = logged(session, scene)
    add_proof(session, scene.instructor, key_ring(), AddProof(scene.plan_id, number, "work", photo()), now())
    assert (balance_of(session, scene).done_minutes, balance_of(session, scene).waiting_minutes) == (0, 45)
    confirm_hours(session, scene.secretary, key_ring(), verdict(scene, number), now())
    assert balance_of(session, scene).done_minutes == 45
    assert "proof_added" in session.scalars(sa.select(PlanStep.step).where(PlanStep.plan_id == scene.plan_id)).all()
    assert "plan.proof_added" in session.scalars(sa.select(LedgerEntry.kind)).all()
    stored = session.scalars(sa.select(SealedFile.sealed_content)).one()
    assert SECRET.decode() not in stored


def test_only_who_gave_the_lesson_adds_and_withdraws(session: Session, scene: HourScene, district: Sample) -> None:
    number = logged(session, scene)
    command = AddProof(scene.plan_id, number, "sheet", photo())
    stranger = district.actors["teacher"]
    for actor in (scene.secretary, stranger):
        with pytest.raises((NotFound, Exception)) as refused:
            add_proof(session, actor, key_ring(), command, now())
        assert getattr(refused.value, "status", 0) in {403, 404}
    proof_id = add_proof(session, scene.instructor, key_ring(), command, now())
    with pytest.raises(NotFound):
        withdraw_proof(session, scene.instructor, scene.plan_id, number + 1, proof_id, now())
    with pytest.raises(NotFound):
        add_proof(session, scene.instructor, key_ring(), AddProof(scene.plan_id, 99, "sheet", photo()), now())
    withdraw_proof(session, scene.instructor, scene.plan_id, number, proof_id, now())
    row = session.get_one(HourProof, (district.district_id, proof_id), populate_existing=True)
    assert row.withdrawn_at is not None
    assert session.scalar(sa.select(sa.func.count()).select_from(SealedFile)) == 1, "withdrawn, it stays sealed"


@pytest.mark.parametrize(("change", "code"), [
    ({"kind": "face"}, "hour_proof_kind"), ({"content": None}, "hour_proof_file"), ({"content": b""}, "hour_proof_file"),
])
def test_what_is_no_proof_is_refused(session: Session, scene: HourScene, change: dict[str, Any], code: str) -> None:
    values: dict[str, Any] = {"plan_id": scene.plan_id, "number": logged(session, scene), "kind": "sheet", "content": photo(), **change}
    with pytest.raises(HourRefused) as refused:
        add_proof(session, scene.instructor, key_ring(), AddProof(**values), now())
    assert refused.value.code == code


def test_so_many_files_and_no_more_and_none_after_the_end(session: Session, scene: HourScene) -> None:
    command = AddProof(scene.plan_id, logged(session, scene), "sheet", photo())
    for _ in range(MOST_PROOFS):
        add_proof(session, scene.instructor, key_ring(), command, now())
    with pytest.raises(HourRefused) as refused:
        add_proof(session, scene.instructor, key_ring(), command, now())
    assert refused.value.code == "hour_proofs_most"
    plan_of(session, scene).state = "completed"
    session.flush()
    with pytest.raises(HourRefused) as refused:
        add_proof(session, scene.instructor, key_ring(), command, now())
    assert refused.value.code == "hour_plan_ended"


def test_a_file_is_there_for_who_sees_what_was_done(client: FlaskClient, sign_in: SignIn, session: Session, scene: HourScene, district: Sample) -> None:
    number = logged(session, scene)
    proof_id = add_proof(session, scene.instructor, key_ring(), AddProof(scene.plan_id, number, "sheet", photo()), now())
    for who, duty in (("committee_member", "committee"), ("psychologist", "psychologist")):
        session.add(CaseDuty(
            district_id=district.district_id, id=new_id(), case_id=scene.case_id, account_id=district.accounts[who], duty=duty,
            from_at=now() - timedelta(days=1), given_by=scene.secretary.account_id,
        ))
    session.commit()
    path = f"/plans/{scene.plan_id}/lines/{number}/proofs/{proof_id}"
    seen = {}
    for who in ("case_officer", "committee_member", "psychologist", "principal", "committee_secretary@other", "teacher"):
        sign_in(client, who)
        seen[who] = client.get(path).status_code
        assert (proof_id in client.get(f"/plans/{scene.plan_id}").get_data(as_text=True)) is (seen[who] == 200), who
    assert seen == {
        "case_officer": 200, "committee_member": 200, "psychologist": 404, "principal": 404, "committee_secretary@other": 404, "teacher": 403,
    }
    sign_in(client, "plan_instructor")
    withdraw_proof(session, scene.instructor, scene.plan_id, number, proof_id, now())
    session.commit()
    assert client.get(f"/my-lessons/{scene.plan_id}/lines/{number}/proofs/{proof_id}").status_code == 404


def test_a_damaged_file_is_refused_in_words(client: FlaskClient, sign_in: SignIn, session: Session, scene: HourScene) -> None:
    number = logged(session, scene)
    session.commit()
    sign_in(client, "plan_instructor")
    answer = client.post(f"/my-lessons/{scene.plan_id}/lines/{number}", data=sent(b"\x00\x01"), content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "文件" in answer.get_data(as_text=True)
    assert client.get(f"/my-lessons/{scene.plan_id}/lines/77").status_code == 404


# --- lines, their kinds, and an absence noted by mistake ---------------------------------------------------


def test_every_kind_of_line_is_told_of_in_one_place_and_has_its_word_for_the_guardian() -> None:
    from trainhub.cases.keeping_wording import VALUES
    from trainhub.education_plans.models import HourEntry

    table = (EntryKind.__doc__ or "").split("====")
    told = {row.split()[0] for part in table for row in part.splitlines() if row.strip() and row.startswith("    ") and not row.strip().startswith("=")}
    assert {kind.value for kind in EntryKind} <= told
    assert "EntryKind" in (HourEntry.__doc__ or "")
    assert {f"entry_{kind.value}" for kind in EntryKind} <= set(VALUES)


def test_an_absence_noted_by_mistake_is_taken_back_on_the_page(client: FlaskClient, sign_in: SignIn, session: Session, scene: HourScene) -> None:
    key = lesson(session, scene, *past(30))
    number = mark_absent(session, scene.instructor, key_ring(), MarkAbsent(scene.plan_id, key, "not_come", new_id()), now()).number
    session.commit()
    sign_in(client, "committee_secretary")
    path = f"/plans/{scene.plan_id}/lines/{number}/take-back"
    assert path in client.get(f"/plans/{scene.plan_id}").get_data(as_text=True)
    answer = client.post(path, data={"op_id": new_id(), "reason": "twice"})
    assert answer.headers["Location"] == f"/plans/{scene.plan_id}"
    assert (balance_of(session, scene).make_up_minutes, balance_of(session, scene).booked_minutes) == (0, 45)
    assert path not in client.get(f"/plans/{scene.plan_id}").get_data(as_text=True)
