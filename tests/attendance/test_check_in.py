"""Checking in by code: the scan survives sign-in, serves one person once, and stays a claim until heads are counted."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.attendance.sheets import Built, build_sheet
from tests.builders import Sample, add_account, build_district
from tests.conftest import SignIn
from trainhub.attendance import queries, service
from trainhub.attendance.check_in_rules import Opening, device_mark, sheet_key
from trainhub.attendance.models import AttendanceClaim, AttendanceMark, AttendanceRecord, AttendanceSheet, CheckIn
from trainhub.attendance.queries.check_in import desk
from trainhub.attendance.service import SubmitRoll
from trainhub.attendance.views import codes
from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import now
from trainhub.kernel.minutes import whole_minute
from trainhub.kernel.permissions import Role
from trainhub.ledger.models import LedgerEntry
from trainhub.plugin_api import Accepted


@dataclass
class Room:
    """A sheet whose check-in was begun, and its codes."""

    app: Flask
    sheet: Built

    def shown(self, at: datetime | None = None):
        with self.app.test_request_context():
            held = desk(self.sheet.session, Scope(self.sheet.sample.district_id, None), self.sheet.sheet_id)
            return held.code, codes.shown(held, at or now())

    def address(self, at: datetime | None = None) -> str:
        name, shown = self.shown(at)
        return f"/check-in/{name}.{shown.token}"

    @property
    def digits(self) -> str:
        return self.shown()[1].digits

    @property
    def late(self) -> int:
        """Minutes from the beginning to the first scan: a test may run across the turn of a minute."""
        return int((whole_minute(self.rows()[0].scanned_at) - self.sheet.starts_at).total_seconds() // 60)

    def rows(self) -> list[CheckIn]:
        self.sheet.session.expire_all()
        return list(self.sheet.session.scalars(select(CheckIn).where(CheckIn.sheet_id == self.sheet.sheet_id)))


def room_of(app: Flask, session: Session, district: Sample, began: timedelta) -> Room:
    sheet = build_sheet(session, district, began=began)
    service.begin_check_in(session, sheet.actor(), sheet.sheet_id, "qr", now())
    session.commit()
    return Room(app, sheet)


@pytest.fixture
def room(app: Flask, session: Session, district: Sample) -> Room:
    """The session began two minutes ago: inside the grace of five."""
    return room_of(app, session, district, timedelta(minutes=2))


def phone(app: Flask, sign_in: SignIn | None = None, who: str = "") -> FlaskClient:
    client = app.test_client()
    if sign_in and who:
        sign_in(client, who)
    return client


def text(answer) -> str:
    return answer.get_data(as_text=True)


# --- the whole way ------------------------------------------------------------------------------


def test_a_scan_and_one_button_put_a_claim_on_the_roll(app, room: Room, sign_in: SignIn) -> None:
    teacher = phone(app, sign_in, "teacher")
    page = teacher.get(room.address())
    assert page.status_code == 200
    assert "签到" in text(page)
    assert room.rows() == []  # looking writes nothing
    done = teacher.post("/check-in")
    assert done.status_code == 303
    assert done.location.endswith(f"/check-in/done/{room.sheet.sheet_id}")
    assert "签到成功" in text(teacher.get(done.location))
    head = room.sheet.head(0)
    assert (head.status, head.source, head.minutes) == ("present", "qr", 120 - room.late)
    claim = room.sheet.session.scalars(select(AttendanceClaim)).one()
    assert (claim.source, claim.trust, claim.person_id) == ("qr", "device", room.sheet.people[0])


def test_a_scan_while_signed_out_is_kept_through_sign_in_with_its_time(app, room: Room, sign_in: SignIn) -> None:
    start = now()
    client = phone(app)
    with time_machine.travel(start, tick=False):
        answer = client.get(room.address())
    assert answer.status_code == 303
    assert "/sign-in?next=/check-in" in answer.location.replace("%2F", "/")
    assert "已扫码" in text(client.get(answer.location))
    # signing in takes eight minutes; the code is long over, the scan is not, and its time counts
    with time_machine.travel(start + timedelta(minutes=8), tick=False):
        sign_in(client, "teacher")
        assert "扫码时间" in text(client.get("/check-in"))
        assert client.post("/check-in").status_code == 303
    row = room.rows()[0]
    assert abs(row.scanned_at - start) < timedelta(seconds=1)
    assert row.redeemed_at - row.scanned_at > timedelta(minutes=7)
    assert room.sheet.head(0).status == "present"


def test_a_kept_scan_is_over_after_ten_minutes(app, room: Room, sign_in: SignIn) -> None:
    client = phone(app)
    client.get(room.address())
    with time_machine.travel(now() + timedelta(minutes=11)):
        sign_in(client, "teacher")
        answer = client.post("/check-in")
    assert answer.status_code == 422
    assert "十分钟" in text(answer)
    assert room.rows() == []


def test_one_scan_serves_one_person(app, room: Room, sign_in: SignIn) -> None:
    first, second = phone(app), phone(app)
    first.get(room.address())
    cookie = first.get_cookie("trainhub_scan", path="/check-in")
    assert cookie is not None
    assert cookie.http_only
    sign_in(first, "teacher")
    assert first.post("/check-in").status_code == 303
    second.set_cookie("trainhub_scan", cookie.value, path="/check-in")
    sign_in(second, "principal")
    answer = second.post("/check-in")
    assert answer.status_code == 422
    assert [r.person_id for r in room.rows()] == [room.sheet.people[0]]


def test_a_scan_made_while_signed_in_serves_nobody_else(app, room: Room, sign_in: SignIn) -> None:
    first, second = phone(app, sign_in, "teacher"), phone(app, sign_in, "principal")
    first.get(room.address())
    cookie = first.get_cookie("trainhub_scan", path="/check-in")
    second.set_cookie("trainhub_scan", cookie.value, path="/check-in")
    assert second.post("/check-in").status_code == 422
    assert room.rows() == []


def test_a_ticket_somebody_wrote_himself_is_no_ticket(app, room: Room, sign_in: SignIn) -> None:
    client = phone(app, sign_in, "teacher")
    client.set_cookie("trainhub_scan", '["a","b"].c2ln', path="/check-in")
    assert client.get("/check-in").status_code == 200
    assert client.post("/check-in").status_code == 422


# --- once, and by whom ------------------------------------------------------------------------------


def test_checking_in_twice_changes_nothing_and_says_so(app, room: Room, sign_in: SignIn) -> None:
    teacher = phone(app, sign_in, "teacher")
    for _ in range(3):
        teacher.get(room.address())
        done = teacher.post("/check-in")
        assert done.status_code == 303
    assert "已签到" in text(teacher.get(done.location))
    assert len(room.rows()) == 1
    marks = room.sheet.session.scalars(select(AttendanceMark).where(AttendanceMark.sheet_id == room.sheet.sheet_id)).all()
    assert len(marks) == 1


def test_two_people_on_one_phone_are_flagged_and_not_refused(app, room: Room, sign_in: SignIn, district: Sample) -> None:
    shared = phone(app)
    for who in ("teacher", "principal"):
        shared.get("/sign-in")
        password = "Lanyun-2026-mooring"
        with app.test_request_context():
            from trainhub.accounts.models import Account
            from trainhub.accounts.service import hash_password
            account = room.sheet.session.get_one(Account, (district.district_id, district.accounts[who]))
            account.password_hash = hash_password(password)
            room.sheet.session.commit()
        shared.get(room.address())
        answer = shared.post("/sign-in", data={"username": district.usernames[who], "password": password, "next": "/check-in"})
        assert answer.location.endswith("/check-in")
        assert shared.post("/check-in").status_code == 303
        shared.post("/sign-out")
    rows = room.rows()
    assert [r.review for r in rows] == [["shared_device"], ["shared_device"]]
    assert rows[0].device_mark == rows[1].device_mark != ""
    assert [room.sheet.head(i).review for i in (0, 5)] == [["shared_device"], ["shared_device"]]
    assert room.sheet.head(0).status == room.sheet.head(5).status == "present"
    review = queries.review(room.sheet.session, room.sheet.actor("training_officer_2"), room.sheet.sheet_id)
    assert {a.code: a.count for a in review.anomalies}["shared_device"] == 2


def test_a_device_cannot_be_followed_from_session_to_session() -> None:
    one, other = (sheet_key(bytes(32), "d", sheet, 1) for sheet in ("s1", "s2"))
    assert device_mark(one, "phone") != device_mark(other, "phone")
    assert device_mark(one, "") == ""
    assert sheet_key(bytes(32), "d", "s1", 2) != one


def test_staff_who_are_not_on_the_list_come_onto_it_as_walk_ins(app, room: Room, sign_in: SignIn, session: Session, district: Sample) -> None:
    from tests.builders import add_staff

    newcomer = add_staff(session, district.district_id, district.school_id, 1, department="后勤", first_no=900)[0]
    add_account(session, district, "newcomer", Role.TEACHER, district.school_id, newcomer)
    session.commit()
    client = phone(app, sign_in, "newcomer")
    client.get(room.address())
    assert client.post("/check-in").status_code == 303
    head = session.get_one(AttendanceRecord, (district.district_id, room.sheet.sheet_id, newcomer))
    assert (head.expected, head.status, head.source) == (False, "present", "qr")


def test_people_of_another_school_and_accounts_without_a_person_are_told_where_to_go(app, room: Room, sign_in: SignIn) -> None:
    stranger = phone(app, sign_in, "training_officer@other")
    stranger.get(room.address())
    answer = stranger.post("/check-in")
    assert answer.status_code == 422
    assert "经办人" in text(answer)
    bureau = phone(app, sign_in, "bureau_officer")
    bureau.get(room.address())
    assert bureau.post("/check-in").status_code == 422
    assert room.rows() == []


def test_somebody_of_another_district_sees_nothing_of_the_session(app, room: Room, sign_in: SignIn, session: Session, district: Sample, monkeypatch) -> None:
    other = build_district(session)
    session.commit()
    own = text(phone(app, sign_in, "teacher").get(room.address()))
    with monkeypatch.context() as there:
        there.setattr(district, "district_id", other.district_id)
        there.setitem(district.accounts, "stranger", other.accounts["teacher"])
        client = phone(app, sign_in, "stranger")
    answer = client.get(room.address())
    assert answer.status_code == 422
    title = session.get_one(AttendanceSheet, (district.district_id, room.sheet.sheet_id)).title
    assert title in own
    assert title not in text(answer)
    assert client.get_cookie("trainhub_scan", path="/check-in") is None


# --- codes that are not taken -------------------------------------------------------------------------


def test_forged_expired_and_foreign_codes_are_refused_with_a_sentence_each(app, room: Room, sign_in: SignIn, session, district) -> None:
    teacher = phone(app, sign_in, "teacher")
    other = room_of(app, session, district, timedelta(minutes=1))
    name, shown = room.shown()
    _, foreign = other.shown()
    old = room.shown(now() - timedelta(minutes=3))[1]
    forged = shown.token[:-3] + ("AAA" if shown.token[-3:] != "AAA" else "BBB")
    sentences = set()
    for address in (f"{name}.{forged}", f"{name}.{foreign.token}", f"{name}.{old.token}", name, f"nowhere.{shown.token}", "x" * 500):
        answer = teacher.get(f"/check-in/{address}")
        assert answer.status_code == 422, address
        sentences.add(text(answer).split("<h1>")[1].split("<")[0])
    assert len(sentences) == 3
    assert teacher.post("/check-in").status_code == 422
    assert room.rows() == other.rows() == []


def test_six_digits_in_the_address_are_refused_and_never_asked_about(app, room: Room, sign_in: SignIn, monkeypatch) -> None:
    """The address is open to everybody and counts nobody's attempts."""
    name, shown = room.shown()
    asked = []
    monkeypatch.setattr(codes, "judged", lambda desk, said, moment: asked.append(said) or Accepted(moment, "digits"))
    client = phone(app)
    for typed in (shown.digits, f"{shown.digits[:3]} {shown.digits[3:]}", "".join(chr(ord(c) + 0xFEE0) for c in shown.digits)):
        assert client.get(f"/check-in/{name}.{typed}").status_code == 422, typed
    assert asked == []
    assert client.get(f"/check-in/{name}.{shown.token}").status_code == 422  # whatever a source calls digits
    assert client.get_cookie("trainhub_scan", path="/check-in") is None


def test_a_renewed_key_makes_every_code_shown_so_far_worthless(app, room: Room, sign_in: SignIn) -> None:
    before = room.address()
    officer = phone(app, sign_in, "training_officer")
    teacher = phone(app, sign_in, "teacher")
    begin = f"/rolls/{room.sheet.sheet_id}/projector/begin"
    assert officer.post(begin).status_code == 303  # the projector opened once more
    assert teacher.get(before).status_code == 200
    assert officer.post(begin, data={"renew": "1"}).status_code == 303
    assert teacher.get(before).status_code == 422
    assert teacher.get(room.address()).status_code == 200


def test_a_closed_roll_takes_no_scan_not_even_a_kept_one(app, room: Room, sign_in: SignIn) -> None:
    teacher = phone(app, sign_in, "teacher")
    teacher.get(room.address())
    service.submit_roll(room.sheet.session, room.sheet.actor(), SubmitRoll(room.sheet.sheet_id, 0, "keep"), now())
    room.sheet.session.commit()
    answer = teacher.post("/check-in")
    assert answer.status_code == 422
    assert "结束" in text(answer)
    assert teacher.get(room.address()).status_code == 422
    assert room.rows() == []


# --- time ---------------------------------------------------------------------------------------


def test_a_scan_two_minutes_before_the_opening_waits(app, session, district, sign_in: SignIn) -> None:
    room = room_of(app, session, district, timedelta(minutes=-32))  # opens in two minutes
    teacher = phone(app, sign_in, "teacher")
    page = text(teacher.get(room.address()))
    assert "data-wait" in page
    assert teacher.post("/check-in").status_code == 409
    assert room.rows() == []
    with time_machine.travel(now() + timedelta(minutes=3)):
        assert "data-wait" not in text(teacher.get("/check-in"))
        assert teacher.post("/check-in").status_code == 303
    assert room.sheet.head(0).minutes == 120


def test_a_scan_long_before_the_opening_is_told_when(app, session, district, sign_in: SignIn) -> None:
    room = room_of(app, session, district, timedelta(minutes=-55))
    answer = phone(app, sign_in, "teacher").get(room.address())
    assert answer.status_code == 422
    assert "开放" in text(answer)


def test_after_the_grace_it_is_late_and_counts_from_then(app, session, district, sign_in: SignIn) -> None:
    room = room_of(app, session, district, timedelta(minutes=20))
    teacher = phone(app, sign_in, "teacher")
    teacher.get(room.address())
    done = teacher.post("/check-in")
    assert "迟到" in text(teacher.get(done.location))
    head = room.sheet.head(0)
    assert (head.status, head.late_minutes, head.minutes) == ("late", room.late, 120 - room.late)


def test_the_late_line_is_that_of_the_sheet() -> None:
    start = datetime.fromisoformat("2026-11-20T06:30:00+00:00")
    opening = Opening.of(start, start + timedelta(hours=2), 10)
    assert opening.late_after == start + timedelta(minutes=10)
    assert opening.may_wait(opening.opens_at - timedelta(minutes=2))
    assert not opening.may_wait(opening.opens_at)


# --- six digits ----------------------------------------------------------------------------------


def test_six_digits_check_in_as_well(app, room: Room, sign_in: SignIn) -> None:
    teacher = phone(app, sign_in, "teacher")
    code = room.digits
    assert teacher.post("/check-in", data={"digits": f"{code[:3]} {code[3:]}"}).status_code == 303
    assert room.rows()[0].how == "digits"


def test_wrong_digits_are_throttled_by_account_not_by_address(app, room: Room, sign_in: SignIn) -> None:
    teacher, principal = phone(app, sign_in, "teacher"), phone(app, sign_in, "principal")
    wrong = f"{(int(room.digits) + 1) % 10**6:06d}"
    codes_seen = [teacher.post("/check-in", data={"digits": wrong}).status_code for _ in range(12)]
    assert codes_seen == [422] * 10 + [429] * 2
    # the right digits do not help any more, and the colleague behind the same address is not held up
    assert teacher.post("/check-in", data={"digits": room.digits}).status_code == 429
    assert principal.post("/check-in", data={"digits": room.digits}).status_code == 303
    assert [r.person_id for r in room.rows()] == [room.sheet.people[5]]


def test_digits_of_a_session_that_is_not_ones_own_do_nothing(app, room: Room, sign_in: SignIn) -> None:
    stranger = phone(app, sign_in, "training_officer@other")
    assert stranger.post("/check-in", data={"digits": room.digits}).status_code == 422
    assert room.rows() == []


# --- the officer's side ---------------------------------------------------------------------------


def test_the_projector_shows_counts_and_never_a_name(app, room: Room, sign_in: SignIn, count_statements) -> None:
    teacher = phone(app, sign_in, "teacher")
    teacher.get(room.address())
    teacher.post("/check-in")
    officer = phone(app, sign_in, "training_officer")
    page = text(officer.get(f"/rolls/{room.sheet.sheet_id}/projector"))
    assert 'http-equiv="refresh"' in page
    assert "语文组" in page
    assert room.digits[:3] in page
    whole = queries.roll(room.sheet.session, room.sheet.actor().scope(service_permission()), room.sheet.sheet_id)
    assert not [p.name for p in whole.people if p.name in page]
    part = text(officer.get(f"/rolls/{room.sheet.sheet_id}/projector", headers={"X-Fragment": "1"}))
    assert "<html" not in part
    assert 'class="num">1<' in part


def service_permission():
    from trainhub.kernel.permissions import Permission

    return Permission.ROLL_READ


def test_only_whoever_marks_the_roll_sees_the_code(app, room: Room, sign_in: SignIn) -> None:
    url = f"/rolls/{room.sheet.sheet_id}/projector"
    assert phone(app, sign_in, "principal").get(url).status_code == 403
    assert phone(app, sign_in, "training_officer@other").get(url).status_code == 404
    assert phone(app, sign_in, "teacher").get(url).status_code == 403
    assert phone(app).get(url).status_code == 302
    assert phone(app, sign_in, "principal").post(f"{url}/begin").status_code == 403


def test_the_officer_begins_check_in_with_one_press_on_the_roll(app, session, district, sign_in: SignIn) -> None:
    sheet = build_sheet(session, district, began=timedelta(minutes=5))
    officer = phone(app, sign_in, "training_officer")
    assert f"/rolls/{sheet.sheet_id}/projector/begin" in text(officer.get(f"/rolls/{sheet.sheet_id}"))
    answer = officer.post(f"/rolls/{sheet.sheet_id}/projector/begin")
    assert answer.location.endswith("/projector")
    page = text(officer.get(answer.location))
    assert 'class="qr"' in page
    kinds = session.scalars(select(LedgerEntry.kind).where(LedgerEntry.object_ref == sheet.sheet_id)).all()
    assert "roll.check_in" in kinds


def test_claims_are_held_against_the_heads_counted(app, room: Room, sign_in: SignIn) -> None:
    """One more scanned than sat in the room: whoever verifies is shown the difference."""
    for who in ("teacher", "homeroom_teacher", "principal"):
        client = phone(app, sign_in, who)
        client.get(room.address())
        assert client.post("/check-in").status_code == 303
    session, sheet = room.sheet.session, room.sheet
    service.submit_roll(session, sheet.actor(), SubmitRoll(sheet.sheet_id, 2, "absent"), now())
    session.commit()
    review = queries.review(session, sheet.actor("principal"), sheet.sheet_id)
    assert {a.code: a.params for a in review.anomalies}["head_count_differs"] == (("head_count", 2), ("there", 3))
    # whoever verifies may have scanned like everybody: that is no mark on the roll
    service.verify_roll(session, sheet.actor("principal"), sheet.sheet_id, now())
    assert sheet.head(0).minutes == 120 - room.late


def test_a_scan_against_a_mark_by_hand_leaves_the_mark(app, room: Room, sign_in: SignIn) -> None:
    room.sheet.session.commit()
    service.record_marks(room.sheet.session, room.sheet.actor(), service.MarkRoll(
        room.sheet.sheet_id, [service.Mark(room.sheet.people[0], "present", 0)], "op-hand"), now())
    room.sheet.session.commit()
    teacher = phone(app, sign_in, "teacher")
    teacher.get(room.address())
    assert teacher.post("/check-in").status_code == 303
    assert room.sheet.head(0).source == "manual"


def test_a_check_in_costs_a_constant_number_of_statements(app, session, district, sign_in: SignIn, count_statements) -> None:
    counts = []
    for extra in (0, 60):
        sheet = build_sheet(session, district, extra=extra, began=timedelta(minutes=2))
        service.begin_check_in(session, sheet.actor(), sheet.sheet_id, "qr", now())
        session.commit()
        room = Room(app, sheet)
        teacher = phone(app, sign_in, "teacher")
        teacher.get(room.address())
        with count_statements() as seen:
            assert teacher.post("/check-in").status_code == 303
        counts.append(seen.count)
    assert counts[0] == counts[1] <= 26
