"""Training at other units: entered by the school, accepted by the bureau, traceable, never deleted (case 23)."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from tests.builders import TOPIC, Sample, add_staff
from tests.training.scenery import SPRING, YEAR, add_training
from trainhub.evidence.models import StoredProof
from trainhub.evidence.proofs import BadProof, ProofTooLarge, media_type_of, without_metadata
from trainhub.kernel.clock import at
from trainhub.kernel.errors import InvalidState, NotFound, SeparationOfDuties
from trainhub.kernel.ids import new_id
from trainhub.ledger.models import LedgerEntry
from trainhub.roster.models import Person
from trainhub.roster.service import Merge, merge, undo_merge
from trainhub.training.models import HostEvidence, TrainingObligation
from trainhub.training.queries.person import person_standing
from trainhub.training.queries.standing import standing_page
from trainhub.training.rules.hosted import (
    BadEvidence,
    EvidenceState,
    EvidenceTwice,
    HostDay,
    HostedTraining,
    checked_days,
)
from trainhub.training.service.hosted import (
    EnterEvidence,
    accept_evidence,
    enter_evidence,
    return_evidence,
    revoke_evidence,
    withdraw_evidence,
)
from trainhub.training.service.standing import recompute

NOW = at(date(2026, 11, 20), time(18))
LATER = NOW + timedelta(days=1)
DAY = date(2026, 5, 8)
PDF = b"%PDF-1.7\n% a page\n%%EOF"
SignIn = Callable[[FlaskClient, str], None]


def stretch(day: date = DAY, start: time = time(9), minutes: int = 90, counted: int | None = None) -> HostDay:
    begins = at(day, start)
    return HostDay(begins, begins + timedelta(minutes=minutes), minutes if counted is None else counted)


def paper(sample: Sample, *days: HostDay, **other: Any) -> EnterEvidence:
    entry = EnterEvidence(
        new_id(), sample.people[0], "邻县教师发展中心", "学生欺凌防治专题培训", days or (stretch(),), "certificate", "教培证 2026-17 号，办公室柜 3"
    )
    return replace(entry, **other)


def counted(session: Session, sample: Sample) -> int:
    row = session.get(TrainingObligation, (sample.district_id, sample.requirement_id, "2026", sample.people[0]), populate_existing=True)
    return row.counted_minutes if row else 0


@pytest.fixture
def scene(session: Session, district: Sample) -> Sample:
    recompute(session, district.district_id, YEAR, NOW, school_ids=[district.school_id])
    return district


def test_case_23_minutes_count_after_the_home_bureau_accepted_the_paper(session: Session, scene: Sample) -> None:
    officer, bureau = scene.actors["training_officer"], scene.actors["bureau_officer"]
    made = enter_evidence(session, officer, paper(scene), NOW)
    assert counted(session, scene) == 0, "entered is not accepted"
    accept_evidence(session, bureau, made, LATER)
    assert counted(session, scene) == 90
    found = person_standing(session, scene.actors["teacher"].scope("standing.own.read"), scene.people[0], LATER)
    assert found is not None
    line = found.judged.did.lines[0]
    assert (line.presence.host, line.presence.verified_by) == ("邻县教师发展中心", bureau.account_id), "provenance is kept"
    kinds = session.scalars(select(LedgerEntry.kind).where(LedgerEntry.object_ref == made).order_by(LedgerEntry.seq)).all()
    assert kinds == ["host_evidence.entered", "host_evidence.accepted"]


def test_case_23_whoever_entered_it_or_is_meant_may_not_accept_it(session: Session, scene: Sample) -> None:
    officer, bureau = scene.actors["training_officer"], scene.actors["bureau_officer"]
    made = enter_evidence(session, officer, paper(scene), NOW)
    with pytest.raises(NotFound):
        accept_evidence(session, replace(bureau, district_id=new_id()), made, NOW)
    with pytest.raises(SeparationOfDuties):
        accept_evidence(session, replace(bureau, account_id=officer.account_id), made, NOW)
    with pytest.raises(SeparationOfDuties):
        accept_evidence(session, replace(bureau, person_id=scene.people[0]), made, NOW)
    accept_evidence(session, bureau, made, NOW)
    with pytest.raises(InvalidState):
        accept_evidence(session, bureau, made, NOW)


def test_case_23_only_the_home_unit_enters_it(session: Session, scene: Sample) -> None:
    with pytest.raises(NotFound):
        enter_evidence(session, scene.actors["training_officer@other"], paper(scene), NOW)
    made = enter_evidence(session, scene.actors["training_officer"], paper(scene), NOW)
    with pytest.raises(NotFound):
        withdraw_evidence(session, scene.actors["training_officer@other"], made, "", NOW)


def test_case_23_a_correction_takes_the_place_of_the_old_entry_once_accepted(session: Session, scene: Sample) -> None:
    officer, bureau = scene.actors["training_officer"], scene.actors["bureau_officer"]
    old = enter_evidence(session, officer, paper(scene), NOW)
    accept_evidence(session, bureau, old, NOW)
    new = enter_evidence(session, officer, paper(scene, stretch(minutes=45), corrects_id=old), LATER)
    assert counted(session, scene) == 90, "the old entry stands until the new one is accepted"
    accept_evidence(session, bureau, new, LATER)
    assert counted(session, scene) == 45
    states = {row.id: row.state for row in session.scalars(select(HostEvidence))}
    assert states == {old: "superseded", new: "accepted"}, "nothing is deleted"
    entries = {e.object_ref: e for e in session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "host_evidence.entered"))}
    assert entries[new].corrects_seq == entries[old].seq


def test_case_23_a_revoked_paper_counts_nothing_and_stays_readable(session: Session, scene: Sample) -> None:
    officer, bureau = scene.actors["training_officer"], scene.actors["bureau_officer"]
    made = enter_evidence(session, officer, paper(scene), NOW)
    accept_evidence(session, bureau, made, NOW)
    with pytest.raises(BadEvidence):
        revoke_evidence(session, bureau, made, " ", LATER)
    revoke_evidence(session, bureau, made, "主办单位来函更正", LATER)
    assert counted(session, scene) == 0
    found = person_standing(session, scene.actors["teacher"].scope("standing.own.read"), scene.people[0], LATER)
    assert found is not None
    assert [(line.presence.revoked, line.presence.revoked_reason) for line in found.past] == [(True, "主办单位来函更正")]


def test_case_24_a_past_day_knows_only_what_was_accepted_by_then(session: Session, scene: Sample) -> None:
    officer, bureau = scene.actors["training_officer"], scene.actors["bureau_officer"]
    made = enter_evidence(session, officer, paper(scene), NOW - timedelta(days=20))
    accept_evidence(session, bureau, made, NOW - timedelta(days=10))
    revoke_evidence(session, bureau, made, "有误", NOW)
    scope, figures = officer.scope("standing.read"), {}
    for days in (15, 5, 0):
        day = (NOW - timedelta(days=days)).date()
        rows = standing_page(session, scope, scene.school_id, LATER, as_of=day).rows
        figures[days] = next(r.obligation.counted for r in rows if r.obligation.person_id == scene.people[0])
    assert figures == {15: 0, 5: 90, 0: 0}


def test_case_8_hours_at_two_places_at_once_count_once(session: Session, scene: Sample) -> None:
    officer, bureau = scene.actors["training_officer"], scene.actors["bureau_officer"]
    add_training(session, scene, SPRING, scene.people[:1], minutes=90, start=time(14, 30))
    accept_evidence(session, bureau, enter_evidence(session, officer, paper(scene, stretch(SPRING, time(15), 90)), NOW), NOW)
    assert counted(session, scene) == 120


def test_another_topic_goes_to_the_register_only(session: Session, scene: Sample) -> None:
    officer, bureau = scene.actors["training_officer"], scene.actors["bureau_officer"]
    accept_evidence(session, bureau, enter_evidence(session, officer, paper(scene, right_topic=False), NOW), NOW)
    row = session.get_one(TrainingObligation, (scene.district_id, scene.requirement_id, "2026", scene.people[0]), populate_existing=True)
    assert (row.counted_minutes, row.other_minutes) == (0, 90)


def test_a_paper_that_waits_is_in_no_figure(session: Session, scene: Sample) -> None:
    enter_evidence(session, scene.actors["training_officer"], paper(scene, right_topic=False), NOW)
    recompute(session, scene.district_id, YEAR, NOW, person_ids=[scene.people[0]])
    row = session.get_one(TrainingObligation, (scene.district_id, scene.requirement_id, "2026", scene.people[0]), populate_existing=True)
    assert (row.counted_minutes, row.other_minutes) == (0, 0)


def test_sent_twice_is_entered_once_and_the_same_hours_are_refused(session: Session, scene: Sample) -> None:
    officer, entry = scene.actors["training_officer"], paper(scene)
    assert enter_evidence(session, officer, entry, NOW) == enter_evidence(session, officer, entry, NOW)
    with pytest.raises(EvidenceTwice):
        enter_evidence(session, officer, paper(scene, stretch(start=time(10))), NOW)
    withdraw_evidence(session, officer, entry.id, "录错了人", NOW)
    assert enter_evidence(session, officer, paper(scene), NOW)


def test_a_returned_paper_may_be_corrected(session: Session, scene: Sample) -> None:
    officer, bureau = scene.actors["training_officer"], scene.actors["bureau_officer"]
    made = enter_evidence(session, officer, paper(scene), NOW)
    with pytest.raises(BadEvidence):
        return_evidence(session, bureau, made, "", NOW)
    return_evidence(session, bureau, made, "没有盖章", NOW)
    with pytest.raises(InvalidState):
        withdraw_evidence(session, officer, made, "", NOW)
    again = enter_evidence(session, officer, paper(scene, corrects_id=made, scan=PDF), NOW)
    accept_evidence(session, bureau, again, NOW)
    assert counted(session, scene) == 90


@pytest.mark.parametrize(
    ("days", "field"),
    [
        ((), "days"),
        ((stretch(minutes=0),), "ends"),
        ((stretch(minutes=60, counted=61),), "minutes"),
        ((stretch(), stretch(start=time(10))), "overlap"),
        ((stretch(date(2026, 12, 1)),), "future"),
        (tuple(stretch(DAY + timedelta(days=n)) for n in range(7)), "days"),
    ],
)
def test_days_that_no_paper_can_say_are_refused(days: tuple[HostDay, ...], field: str) -> None:
    with pytest.raises(BadEvidence) as refused:
        checked_days(days, NOW)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("change", "field"),
    [({"host_unit": " "}, "host_unit"), ({"title": ""}, "title"), ({"proof_kind": "rumour"}, "proof_kind"), ({"proof_reference": ""}, "proof_reference")],
)
def test_an_entry_without_its_proof_is_refused(session: Session, scene: Sample, change: dict[str, str], field: str) -> None:
    with pytest.raises(BadEvidence) as refused:
        enter_evidence(session, scene.actors["training_officer"], paper(scene, **change), NOW)
    assert refused.value.field == field


def test_before_it_was_entered_nobody_knew_of_it() -> None:
    entry = HostedTraining("e", "p", "s", "h", "t", TOPIC, (stretch(),), EvidenceState.ACCEPTED, NOW, "a", NOW, None)
    assert entry.presences(NOW - timedelta(seconds=1)) == ()
    assert entry.presences(NOW)[0].host_accepted


def test_papers_of_one_person_are_entered_and_accepted_one_after_the_other(session: Session, scene: Sample) -> None:
    locked: list[Any] = []

    def note(state: Any) -> None:
        if getattr(state.statement, "_for_update_arg", None) is not None:
            locked.extend(found.get("entity") for found in state.statement.column_descriptions)

    event.listen(session, "do_orm_execute", note)
    try:
        made = enter_evidence(session, scene.actors["training_officer"], paper(scene), NOW)
        assert Person in locked
        locked.clear()
        accept_evidence(session, scene.actors["bureau_officer"], made, NOW)
        assert locked.index(Person) < locked.index(HostEvidence), "in the same order as entering"
    finally:
        event.remove(session, "do_orm_execute", note)


def test_the_same_hours_are_not_accepted_twice(session: Session, scene: Sample) -> None:
    officer, bureau = scene.actors["training_officer"], scene.actors["bureau_officer"]
    first, second = (enter_evidence(session, officer, paper(scene, stretch(DAY + timedelta(days=n))), NOW) for n in (0, 1))
    accept_evidence(session, bureau, first, NOW)
    held = session.get_one(HostEvidence, (scene.district_id, second))
    held.days, held.starts_at, held.ends_at = (getattr(session.get_one(HostEvidence, (scene.district_id, first)), n) for n in ("days", "starts_at", "ends_at"))
    session.flush()
    with pytest.raises(EvidenceTwice):
        accept_evidence(session, bureau, second, NOW)
    revoke_evidence(session, bureau, first, "有误", NOW)
    accept_evidence(session, bureau, second, NOW)
    assert counted(session, scene) == 90


def test_case_100_the_paper_of_a_merged_record_counts_for_the_kept_one(session: Session, scene: Sample) -> None:
    officer, bureau, kept = scene.actors["training_officer"], scene.actors["bureau_officer"], scene.people[0]
    twin = add_staff(session, scene.district_id, scene.school_id, 1, department="旧号", first_no=800)[0]
    made = enter_evidence(session, officer, paper(scene, person_id=twin), NOW)
    clerk = scene.actors["school_administrator"]
    merge_id = merge(session, clerk, Merge(scene.school_id, kept, twin, "同一人两个工号"), NOW)
    with pytest.raises(EvidenceTwice):
        enter_evidence(session, officer, paper(scene), NOW)
    with pytest.raises(SeparationOfDuties):
        accept_evidence(session, replace(bureau, person_id=kept), made, NOW)
    accept_evidence(session, bureau, made, NOW)
    assert counted(session, scene) == 90
    undo_merge(session, clerk, scene.school_id, merge_id, "认错了", NOW)
    recompute(session, scene.district_id, YEAR, NOW, person_ids=[kept, twin])
    assert counted(session, scene) == 0


# --- the scan --------------------------------------------------------------------------------------


def _segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


JPEG = b"\xff\xd8" + _segment(0xE0, b"JFIF\0") + _segment(0xE1, b"Exif\0\0GPS 31.2N") + _segment(0xFE, b"remark") + _segment(0xDA, b"..") + b"pixels\xff\xd9"


def test_a_photo_is_kept_without_place_and_device() -> None:
    clean = without_metadata(JPEG, media_type_of(JPEG))
    assert b"GPS" not in clean
    assert b"remark" not in clean
    assert clean.endswith(b"pixels\xff\xd9")
    with pytest.raises(BadProof):
        without_metadata(JPEG[:20], "image/jpeg")


def test_a_png_loses_its_remarks() -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + kind + body + b"crc!"

    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"x") + chunk(b"tEXt", b"where") + chunk(b"IEND", b"")
    assert b"where" not in without_metadata(png, media_type_of(png))
    with pytest.raises(BadProof):
        without_metadata(png[:-6], "image/png")


@pytest.mark.parametrize("content", [b"", b"<html>", b"MZ\x90", b"PK\x03\x04"])
def test_what_is_no_scan_is_refused(content: bytes) -> None:
    with pytest.raises(BadProof):
        media_type_of(content)


def test_a_scan_has_a_limit() -> None:
    with pytest.raises(ProofTooLarge):
        media_type_of(PDF + b"\0" * (8 * 1024 * 1024))


# --- the pages -------------------------------------------------------------------------------------


@pytest.fixture
def november() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def form(sample: Sample, **other: Any) -> dict[str, Any]:
    return {
        "evidence_id": new_id(), "corrects": "", "person": sample.people[0], "host_unit": "邻县教师发展中心", "title": "专题面授",
        "right_topic": "yes", "days-0-day": "2026-05-08", "days-0-starts": "09:00", "days-0-ends": "10:30", "days-0-minutes": "",
        "days-1-day": "", "days-1-starts": "", "days-1-ends": "", "proof_kind": "certificate", "proof_reference": "17 号",
    } | other


def test_from_the_paper_to_the_standing(
    client: FlaskClient, app: Any, scene: Sample, sign_in: SignIn, session: Session, november: None
) -> None:
    session.commit()
    sign_in(client, "training_officer")
    assert scene.people[0] in client.get(f"/training/evidence/new?person={scene.people[0]}&days=6").get_data(as_text=True)
    for wrong in ({"host_unit": ""}, {"days-0-day": "0001-01-01"}, {"days-0-ends": "08:00"}, {"days-0-ends": ""}, {"proof_reference": ""}, {"days-0-day": "2026-12-24"}):
        assert client.post("/training/evidence/new", data=form(scene, **wrong)).status_code == 422, wrong
    bad = client.post("/training/evidence/new", data=form(scene, scan=(io.BytesIO(b"MZ"), "x.pdf")))
    assert bad.status_code == 422
    sent = client.post("/training/evidence/new", data=form(scene, scan=(io.BytesIO(PDF), "证明.pdf")))
    assert sent.status_code == 303
    address = sent.headers["Location"]
    assert client.post(f"{address}/decision", data={"decision": "accept"}).status_code == 403
    bureau = app.test_client()
    sign_in(bureau, "bureau_officer")
    assert address in bureau.get("/training/evidence").get_data(as_text=True)
    assert "/training/evidence" in bureau.get("/").get_data(as_text=True)
    kept = bureau.get(f"{address}/scan")
    assert kept.data == PDF
    assert kept.headers["Content-Disposition"].startswith("attachment")
    assert bureau.post(f"{address}/decision", data={"decision": "return", "reason": ""}).status_code == 422
    assert bureau.post(f"{address}/decision", data={"decision": "accept"}).status_code == 303
    page = client.get(f"/training/standing/people/{scene.people[0]}").get_data(as_text=True)
    assert page.count("邻县教师发展中心") >= 2, "among the trainings and among the papers"
    assert session.scalars(select(StoredProof.media_type)).one() == "application/pdf"
    corrected = client.get(f"/training/evidence/new?corrects={address.rsplit('/', 1)[1]}").get_data(as_text=True)
    assert "2026-05-08" in corrected


def test_another_school_sees_nothing_of_it(
    client: FlaskClient, app: Any, scene: Sample, sign_in: SignIn, session: Session, november: None
) -> None:
    made = enter_evidence(session, scene.actors["training_officer"], paper(scene, scan=PDF), NOW)
    session.commit()
    sign_in(client, "training_officer@other")
    for path in (f"/training/evidence/{made}", f"/training/evidence/{made}/scan", f"/training/evidence/new?corrects={made}"):
        assert client.get(path).status_code == 404, path
    assert made not in client.get("/training/evidence").get_data(as_text=True)
    assert client.post(f"/training/evidence/{made}/withdrawal").status_code == 404
    sign_in(client, "teacher")
    assert client.get(f"/training/evidence/{made}").status_code == 403
    sign_in(client, "training_officer")
    assert client.post(f"/training/evidence/{made}/withdrawal").status_code == 303


def test_statements_do_not_grow_with_papers(
    session: Session, scene: Sample, count_statements: Callable[[], Any]
) -> None:
    from trainhub.training.queries.hosted import evidence_list

    officer, seen = scene.actors["training_officer"], set()
    for n in (1, 12):
        for offset in range(n):
            enter_evidence(session, officer, paper(scene, stretch(DAY + timedelta(days=n + offset))), NOW)
        session.flush()
        with count_statements() as counting:
            assert evidence_list(session, officer.scope("evidence.read"))
        seen.add(counting.count)
    assert seen == {2}
