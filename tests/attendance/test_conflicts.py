"""A scan, a device and a sheet that disagree: what the rules settle, what waits, and who decided."""

import hashlib
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.attendance.sheets import Built, build_sheet
from tests.builders import Sample, add_staff
from tests.conftest import SignIn
from trainhub.attendance import queries, service
from trainhub.attendance.import_rules import Decisions
from trainhub.attendance.models import AttendanceClaim, AttendanceDecision, AttendanceMark
from trainhub.attendance.queries.claims import open_conflicts, said_on
from trainhub.attendance.reconciliation import Claim
from trainhub.attendance.service import Settle, SettleConflicts, SubmitRoll
from trainhub.attendance.service.claims import withdraw_claims
from trainhub.attendance.service.commands import NothingToSettle, OpenConflicts, SheetClosed
from trainhub.attendance.service.heads import Save, heads_of, locked_sheet
from trainhub.kernel.clock import local
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.ledger.models import LedgerEntry
from trainhub.plugin_api import Trust, Upload
from trainhub.roster.models import Employment, Person


@pytest.fixture
def sheet(session: Session, district: Sample) -> Built:
    return build_sheet(session, district)


@pytest.fixture
def officer(client: FlaskClient, sign_in: SignIn) -> FlaskClient:
    sign_in(client, "training_officer")
    return client


def scan(
    sheet: Built, *who: tuple[int, str], source: str = "qr", minutes: int | None = 120, late: int = 0, trust: Trust = "device"
) -> service.Stated:
    """Let a source state something about people, as a scan or a device would."""
    held = locked_sheet(sheet.session, sheet.actor(), Permission.ROLL_WRITE, sheet.sheet_id)
    statements = [
        (sheet.people[i], Claim(
            source, f"ev-{i}", hashlib.sha256(f"{i}{status}{minutes}{late}".encode()).hexdigest(), status, trust=trust,
            minutes=minutes, arrived_at=sheet.starts_at + timedelta(minutes=late) if late and status == "late" else None, late_minutes=late,
        ))
        for i, status in who
    ]
    stated = service.state_claims(sheet.session, sheet.actor(), held, statements, Save(new_id(), source), sheet.now)
    sheet.session.commit()
    return stated


def typed(app: Flask, sheet: Built, *rows: tuple[int, str], apply: bool = True, **choices: str) -> Any:
    """Import a typed list of (index, mark)."""
    held = dict(sheet.session.execute(select(Employment.person_id, Employment.staff_no)).all())
    names = dict(sheet.session.execute(select(Person.id, Person.name)).all())
    lines = "".join(f"{names[sheet.people[i]]},{held[sheet.people[i]]},{mark}\n" for i, mark in rows)
    upload = Upload("签到表.csv", f"姓名,工号,签到\n{lines}".encode())
    sources = app.extensions["trainhub.sources"]
    frame = service.imports.frame_for(sheet.session, sheet.actor(), sheet.sheet_id)
    read = service.read_attendance(upload, sources, frame, "tabular")
    batch = service.stage_import(sheet.session, sheet.actor(), sheet.sheet_id, read, sheet.now)
    people = {sheet.people[int(k[1:])]: v for k, v in choices.items()}
    service.decide_import(sheet.session, sheet.actor(), batch, Decisions({}, people, {}))
    sheet.session.commit()
    if not apply:
        return queries.import_page(sheet.session, sheet.actor().scope(Permission.ROLL_READ), batch)
    report = service.apply_import(sheet.session, sheet.actor(), batch, sheet.now)
    sheet.session.commit()
    return report


def waiting(sheet: Built) -> dict[str, Any]:
    sheet.session.expire_all()
    page = queries.conflicts(sheet.session, sheet.actor().scope(Permission.ROLL_READ), sheet.sheet_id)
    return {c.person.id: c for c in page.waiting}


def settle(sheet: Built, index: int, source: str, **more: Any) -> int:
    found = waiting(sheet)[sheet.people[index]].conflict
    side = next(c for c in found.sides if c.source == source)
    count = service.settle_conflicts(sheet.session, sheet.actor(), SettleConflicts(
        sheet.sheet_id, [Settle(sheet.people[index], found.digest, side.key)], **more), sheet.now)
    sheet.session.commit()
    return count


def test_a_scan_becomes_the_record_and_keeps_its_source_and_the_hash_of_its_line(sheet: Built) -> None:
    stated = scan(sheet, (0, "present"), (1, "late"), late=12, minutes=108)
    assert (len(stated.changed), stated.waiting) == (2, ())
    head = sheet.head(1)
    assert (head.status, head.source, head.minutes, head.late_minutes, head.marked_by) == ("late", "qr", 108, 12, sheet.actor().account_id)
    kept = sheet.session.scalars(select(AttendanceClaim).where(AttendanceClaim.person_id == sheet.people[1])).one()
    assert (kept.external_id, len(kept.raw_sha256)) == ("ev-1", 64)


def test_the_same_scan_again_changes_nothing(sheet: Built) -> None:
    scan(sheet, (0, "present"))
    again = scan(sheet, (0, "present"))
    assert (again.changed, again.unchanged) == ((), 1)
    assert sheet.head(0).version == 1
    assert sheet.session.scalar(select(func.count()).select_from(AttendanceClaim)) == 1
    assert sheet.session.scalar(select(func.count()).select_from(AttendanceMark)) == 1


def test_precedence_settles_how_somebody_attended(app: Flask, sheet: Built) -> None:
    typed(app, sheet, (0, "√"))
    scan(sheet, (0, "late"), late=30, minutes=90)
    head = sheet.head(0)
    assert (head.status, head.source, head.minutes) == ("late", "qr", 90)
    typed(app, sheet, (0, "√"))
    assert sheet.head(0).status == "late"
    assert waiting(sheet) == {}


def test_a_sheet_that_says_absent_against_a_scan_waits_and_overwrites_nothing(app: Flask, sheet: Built) -> None:
    scan(sheet, (0, "present"))
    report = typed(app, sheet, (0, "×"), (1, "√"))
    assert report.conflicts == 1
    assert (sheet.head(0).status, sheet.head(1).status) == ("present", "present")
    found = waiting(sheet)
    assert set(found) == {sheet.people[0]}
    sides = found[sheet.people[0]].conflict.sides
    assert [(c.source, c.status, c.file_name, c.row) for c in sides] == [("qr", "present", "", 0), ("import:tabular", "absent", "签到表.csv", 2)]
    assert "×" not in sides[1].cells  # cells are the words of the row: name and number
    assert sides[1].cells[1].startswith("T")


def test_the_order_in_which_the_sources_arrive_decides_nothing(app: Flask, sheet: Built) -> None:
    typed(app, sheet, (0, "×"))
    stated = scan(sheet, (0, "present"))
    assert stated.waiting == (sheet.people[0],)
    assert sheet.head(0).status == "absent"
    assert [c.source for c in waiting(sheet)[sheet.people[0]].conflict.sides] == ["qr", "import:tabular"]


def test_a_person_takes_a_side_and_it_is_on_record(app: Flask, sheet: Built) -> None:
    scan(sheet, (0, "present"))
    typed(app, sheet, (0, "×"))
    assert settle(sheet, 0, "import:tabular") == 1
    assert (sheet.head(0).status, sheet.head(0).source, sheet.head(0).minutes) == ("absent", "import:tabular", 0)
    assert waiting(sheet) == {}
    made = sheet.session.scalars(select(AttendanceDecision)).one()
    assert (made.decided_by, made.source, made.status, made.how) == (sheet.actor().account_id, "import:tabular", "absent", "one")
    assert [s["source"] for s in made.sides] == ["qr", "import:tabular"]
    entry = sheet.session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "roll.reconciled")).one()
    assert entry.object_ref == sheet.sheet_id
    assert sheet.session.scalar(select(func.count()).select_from(AttendanceClaim)) == 2


def test_keeping_the_record_is_a_decision_too(app: Flask, sheet: Built) -> None:
    scan(sheet, (0, "present"))
    typed(app, sheet, (0, "×"))
    settle(sheet, 0, "qr")
    assert (sheet.head(0).status, sheet.head(0).version) == ("present", 1)
    assert waiting(sheet) == {}
    assert sheet.session.scalar(select(func.count()).select_from(LedgerEntry).where(LedgerEntry.kind == "roll.reconciled")) == 1


def test_new_evidence_opens_a_settled_conflict_again_and_the_same_evidence_does_not(app: Flask, sheet: Built) -> None:
    scan(sheet, (0, "present"))
    typed(app, sheet, (0, "×"))
    settle(sheet, 0, "qr")
    typed(app, sheet, (0, "×"))
    scan(sheet, (0, "present"))
    assert waiting(sheet) == {}
    scan(sheet, (0, "present"), source="device:gate")
    assert set(waiting(sheet)) == {sheet.people[0]}


def test_a_decision_about_evidence_that_changed_meanwhile_is_refused(app: Flask, sheet: Built) -> None:
    scan(sheet, (0, "present"))
    typed(app, sheet, (0, "×"))
    seen = waiting(sheet)[sheet.people[0]].conflict
    scan(sheet, (0, "present"), source="device:gate")
    stale = SettleConflicts(sheet.sheet_id, [Settle(sheet.people[0], seen.digest, seen.sides[1].key)])
    with pytest.raises(NothingToSettle):
        service.settle_conflicts(sheet.session, sheet.actor(), stale, sheet.now)


def test_a_mark_by_hand_settles_a_conflict_by_rule(app: Flask, sheet: Built) -> None:
    scan(sheet, (0, "present"))
    typed(app, sheet, (0, "×"))
    sheet.mark((0, "absent", 1))
    assert waiting(sheet) == {}


def test_somebody_marked_absent_who_scans_later_waits(sheet: Built) -> None:
    sheet.mark((0, "absent", 0))
    scan(sheet, (0, "late"), late=60, minutes=60)
    assert sheet.head(0).status == "absent"
    assert waiting(sheet)[sheet.people[0]].conflict.code == "came_after_mark"
    settle(sheet, 0, "qr")
    assert (sheet.head(0).status, sheet.head(0).minutes) == ("late", 60)


def test_a_roll_with_open_conflicts_cannot_be_verified(app: Flask, sheet: Built) -> None:
    scan(sheet, *[(i, "present") for i in range(6)])
    typed(app, sheet, (0, "×"))
    service.submit_roll(sheet.session, sheet.actor(), SubmitRoll(sheet.sheet_id, 6), sheet.ends_at)
    with pytest.raises(OpenConflicts):
        service.verify_roll(sheet.session, sheet.actor("principal"), sheet.sheet_id, sheet.ends_at)
    with pytest.raises(SheetClosed):
        settle(sheet, 0, "qr")
    service.return_roll(sheet.session, sheet.actor("principal"), sheet.sheet_id, "一人有冲突", sheet.ends_at)
    settle(sheet, 0, "qr")
    service.submit_roll(sheet.session, sheet.actor(), SubmitRoll(sheet.sheet_id, 6), sheet.ends_at)
    service.verify_roll(sheet.session, sheet.actor("principal"), sheet.sheet_id, sheet.ends_at)


def test_whoever_decides_a_conflict_does_not_verify_the_roll(app: Flask, sheet: Built) -> None:
    scan(sheet, (0, "present"))
    typed(app, sheet, (0, "×"))
    found = waiting(sheet)[sheet.people[0]].conflict
    service.settle_conflicts(sheet.session, sheet.actor("training_officer_2"), SettleConflicts(
        sheet.sheet_id, [Settle(sheet.people[0], found.digest, found.sides[1].key)]), sheet.now)
    service.submit_roll(sheet.session, sheet.actor(), SubmitRoll(sheet.sheet_id, 0, "absent"), sheet.ends_at)
    review = queries.review(sheet.session, sheet.actor("training_officer_2"), sheet.sheet_id)
    assert review.verdict == "marker"


def test_the_preview_shows_what_would_conflict_and_lets_it_wait(app: Flask, sheet: Built) -> None:
    scan(sheet, (0, "present"), (1, "present"))
    page = typed(app, sheet, (0, "×"), (1, "√"), apply=False)
    lines = {line.person_id: line for line in page.plan.lines}
    clash, fine = lines[sheet.people[0]], lines[sheet.people[1]]
    assert (clash.kind, clash.code, clash.choice, clash.writes) == ("confirm", "presence", "wait", False)
    assert [c.source for c in clash.against] == ["qr"]
    assert fine.conflict is None


def test_a_typed_list_does_not_replace_what_a_device_list_measured(app: Flask, sheet: Built) -> None:
    scan(sheet, (0, "late"), source="import:dingtalk", late=30, minutes=90)
    line = typed(app, sheet, (0, "√"), apply=False).plan.lines[0]
    assert (line.code, line.choice, line.writes) == ("loses_to_mark", "keep", False)
    typed(app, sheet, (0, "√"))
    assert (sheet.head(0).status, sheet.head(0).minutes, waiting(sheet)) == ("late", 90, {})


@pytest.mark.parametrize(("trust", "code", "status"), [("self_report", "replaces_mark", "present"), ("device", "loses_to_mark", "late")])
def test_beside_a_device_the_preview_proposes_what_its_signature_is_worth(
    app: Flask, sheet: Built, trust: Trust, code: str, status: str
) -> None:
    """Whoever knows the serial number of a device without a signature could have sent what it says."""
    scan(sheet, (0, "late"), source="device:zkteco", late=30, minutes=90, trust=trust)
    line = typed(app, sheet, (0, "√"), apply=False).plan.lines[0]
    assert (line.code, line.choice, line.writes) == (code, "present" if status == "present" else "keep", status == "present")
    typed(app, sheet, (0, "√"))
    assert (sheet.head(0).status, waiting(sheet)) == (status, {})


def test_an_absence_only_concluded_from_times_contradicts_nobody(app: Flask, sheet: Built) -> None:
    scan(sheet, (0, "present"))
    number = dict(sheet.session.execute(select(Employment.person_id, Employment.staff_no)).all())[sheet.people[0]]
    early = f"{local(sheet.starts_at - timedelta(hours=5)):%Y-%m-%d %H:%M}"
    read = service.read_attendance(
        Upload("a.csv", f"工号,打卡时间\n{number},{early}\n".encode()), app.extensions["trainhub.sources"],
        service.imports.frame_for(sheet.session, sheet.actor(), sheet.sheet_id), "tabular")
    batch = service.stage_import(sheet.session, sheet.actor(), sheet.sheet_id, read, sheet.now)
    service.apply_import(sheet.session, sheet.actor(), batch, sheet.now)
    sheet.session.commit()
    assert waiting(sheet) == {}
    assert sheet.head(0).status == "present"


@pytest.mark.parametrize(("choice", "status", "side"), [("absent", "absent", "import:tabular"), ("keep", "present", "qr")])
def test_a_clerk_may_decide_while_importing(app: Flask, sheet: Built, choice: str, status: str, side: str) -> None:
    scan(sheet, (0, "present"))
    typed(app, sheet, (0, "×"), p0=choice)
    assert sheet.head(0).status == status
    assert waiting(sheet) == {}
    made = sheet.session.scalars(select(AttendanceDecision)).one()
    assert (made.source, made.how) == (side, "import")


def test_a_withdrawn_import_states_nothing_any_more_and_stays_readable(app: Flask, sheet: Built) -> None:
    scan(sheet, (0, "present"))
    report = typed(app, sheet, (0, "×"))
    service.withdraw_import(sheet.session, sheet.actor(), report.batch_id, "选错文件", sheet.now)
    sheet.session.commit()
    assert waiting(sheet) == {}
    kept = queries.claims.claims_about(sheet.session, sheet.sample.district_id, sheet.sheet_id, sheet.people[0])
    assert [c.withdrawn_at is None for c in kept if c.claim.source == "import:tabular"] == [False]
    typed(app, sheet, (0, "×"))
    assert set(waiting(sheet)) == {sheet.people[0]}


def test_withdrawing_one_line_leaves_the_others(sheet: Built) -> None:
    scan(sheet, (0, "present"), (1, "present"))
    held = locked_sheet(sheet.session, sheet.actor(), Permission.ROLL_WRITE, sheet.sheet_id)
    withdraw_claims(sheet.session, held, sheet.now, external_id="ev-0")
    assert set(said_on(sheet.session, sheet.sample.district_id, sheet.sheet_id).claims) == {sheet.people[1]}


def test_people_outside_the_sheet_and_closed_rolls_take_no_claims(sheet: Built) -> None:
    held = locked_sheet(sheet.session, sheet.actor(), Permission.ROLL_WRITE, sheet.sheet_id)
    stranger = [(sheet.sample.other_people[0], Claim("qr", "x", "h", "present"))]
    how = Save(new_id(), "qr")
    assert service.state_claims(sheet.session, sheet.actor(), held, stranger, how, sheet.now).changed == ()
    assert sheet.session.scalar(select(func.count()).select_from(AttendanceClaim)) == 0
    service.submit_roll(sheet.session, sheet.actor(), SubmitRoll(sheet.sheet_id, 0, "keep"), sheet.now)
    with pytest.raises(SheetClosed):
        service.state_claims(sheet.session, sheet.actor(), held, stranger, how, sheet.now)


@pytest.mark.parametrize("extra", [0, 40])
def test_statements_do_not_grow_with_the_number_of_claims(
    session: Session, district: Sample, count_statements: Callable[[], Any], extra: int
) -> None:
    sheet = build_sheet(session, district, extra=extra)
    people = range(len(sheet.people))
    with count_statements() as stating:
        scan(sheet, *[(i, "present") for i in people if i % 2], *[(i, "late") for i in people if not i % 2], late=5)
    scan(sheet, *[(i, "absent") for i in people], source="device:gate")
    with count_statements() as reading:
        heads = heads_of(session, locked_sheet(session, sheet.actor(), Permission.ROLL_WRITE, sheet.sheet_id))
        open_conflicts(said_on(session, district.district_id, sheet.sheet_id), heads)
    assert (stating.count, reading.count) == (12, 4), "\n".join(stating.texts)


def test_the_queue_page_shows_the_evidence_side_by_side_and_takes_a_side_with_one_click(
    app: Flask, sheet: Built, officer: FlaskClient
) -> None:
    scan(sheet, (0, "present"), (1, "present"))
    typed(app, sheet, (0, "×"), (1, "×"))
    url = f"/rolls/{sheet.sheet_id}/conflicts"
    text = officer.get(url).get_data(as_text=True)
    assert "签到表.csv" in text
    assert text.count("data-side") == 4
    assert "style=" not in text
    found = waiting(sheet)[sheet.people[0]].conflict
    data = {"person": sheet.people[0], "conflict": found.digest, "side": found.sides[1].key}
    assert officer.post(url, data=data).status_code == 303
    assert sheet.head(0).status == "absent"
    assert officer.post(url, data=data).status_code == 409
    assert officer.post(url, data={"person": "x", "conflict": "y", "side": "z"}).status_code == 409
    left = waiting(sheet)[sheet.people[1]].conflict
    bulk = {"choice": [f"{sheet.people[1]}:{left.digest}:{left.sides[1].key}", "damaged", f"x:{left.digest}:y"]}
    assert officer.post(url, data=bulk).status_code == 303
    assert (sheet.head(1).status, waiting(sheet)) == ("absent", {})
    assert "training_officer账号" in officer.get(url).get_data(as_text=True)


def test_the_closing_step_and_the_verification_count_the_conflicts(
    app: Flask, sheet: Built, officer: FlaskClient, sign_in: SignIn
) -> None:
    scan(sheet, (0, "present"))
    typed(app, sheet, (0, "×"))
    url = f"/rolls/{sheet.sheet_id}"
    assert f"{url}/conflicts" in officer.get(f"{url}/finish").get_data(as_text=True)
    assert officer.post(f"{url}/finish", data={"head_count": "1", "unset": "absent"}).status_code == 303
    sign_in(officer, "principal")
    assert f"{url}/conflicts" in officer.get(f"{url}/verify").get_data(as_text=True)
    assert officer.post(f"{url}/verify").status_code == 303
    assert officer.get(f"{url}/conflicts").status_code == 200
    assert officer.post(f"{url}/conflicts", data={"choice": "x"}).status_code == 403
    sheet.session.expire_all()
    assert queries.sheet_facts(sheet.session, sheet.actor().scope(Permission.ROLL_READ), sheet.sheet_id).state == "submitted"


def test_records_are_filtered_by_where_they_came_from(app: Flask, sheet: Built, officer: FlaskClient) -> None:
    scan(sheet, (0, "present"))
    typed(app, sheet, (1, "√"))
    sheet.mark((2, "present", 0))
    sheet.session.commit()
    scope = sheet.actor().scope(Permission.ROLL_READ)
    by = {o: [r.person_id for r in queries.records_by_origin(sheet.session, scope, [sheet.sheet_id], o)] for o in ("qr", "import", "manual", "imp")}
    assert by == {"qr": [sheet.people[0]], "import": [sheet.people[1]], "manual": [sheet.people[2]], "imp": []}
    names = dict(sheet.session.execute(select(Person.id, Person.name)).all())
    text = officer.get(f"/rolls/{sheet.sheet_id}/verify?origin=import:tabular").get_data(as_text=True)
    table = text[text.index('id="people"'):]
    assert names[sheet.people[1]] in table
    assert names[sheet.people[0]] not in table


def test_the_page_of_a_person_shows_what_every_source_states(app: Flask, sheet: Built, officer: FlaskClient) -> None:
    scan(sheet, (0, "present"))
    typed(app, sheet, (0, "×"))
    settle(sheet, 0, "qr")
    text = officer.get(f"/rolls/{sheet.sheet_id}/people/{sheet.people[0]}").get_data(as_text=True)
    claim = sheet.session.scalars(select(AttendanceClaim).where(AttendanceClaim.source == "qr")).one()
    assert claim.raw_sha256[:12] in text
    assert "签到表.csv" in text


def test_another_school_finds_no_queue(sheet: Built, client: FlaskClient, sign_in: SignIn) -> None:
    sign_in(client, "training_officer@other")
    assert client.get(f"/rolls/{sheet.sheet_id}/conflicts").status_code == 404
    assert client.post(f"/rolls/{sheet.sheet_id}/conflicts", data={"person": sheet.people[0]}).status_code == 404


def test_after_an_import_with_conflicts_the_queue_comes_next(
    app: Flask, session: Session, district: Sample, officer: FlaskClient
) -> None:
    sheet = build_sheet(session, district)
    scan(sheet, (0, "present"))
    number = dict(session.execute(select(Employment.person_id, Employment.staff_no)).all())[sheet.people[0]]
    name = session.get_one(Person, (district.district_id, sheet.people[0])).name
    url = f"/rolls/{sheet.sheet_id}"
    content = f"姓名,工号,签到\n{name},{number},×\n".encode()
    check = officer.post(f"{url}/import", data={"file": (io.BytesIO(content), "签到表.csv")}).location
    text = officer.get(check).get_data(as_text=True)
    assert 'value="wait" selected' in text
    assert officer.post(check, data={"version": "1", "then": "apply", f"person:{sheet.people[0]}": "wait"}).location == f"{url}/conflicts"


def test_people_added_later_do_not_disturb_the_queue(app: Flask, session: Session, sheet: Built) -> None:
    add_staff(session, sheet.sample.district_id, sheet.sample.school_id, 2, department="体育组", first_no=301)
    scan(sheet, (0, "present"))
    typed(app, sheet, (0, "×"))
    assert set(waiting(sheet)) == {sheet.people[0]}
