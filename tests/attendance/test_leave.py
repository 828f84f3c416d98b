"""Leave known before a training: it excuses where nothing was said, and never takes the place of a mark."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from tests.attendance.sheets import Built, build_sheet
from tests.attendance.test_conflicts import scan, settle, waiting
from tests.builders import Sample
from tests.conftest import SignIn
from trainhub.attendance import queries, service
from trainhub.attendance.models import AttendanceClaim, AttendanceSheet, KnownLeave
from trainhub.attendance.service import EnterLeave, SheetPerson, SubmitRoll
from trainhub.attendance.service.commands import BadLeave, LeaveOverlaps, NotStaff, ReasonNeeded
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.ledger.models import LedgerEntry, LedgerPayload
from trainhub.roster.models import Employment, Person
from trainhub.roster.service import Merge, merge, undo_merge

TODAY = local_day(now())


@pytest.fixture
def sheet(session: Session, district: Sample) -> Built:
    return build_sheet(session, district)


@pytest.fixture
def officer(client: FlaskClient, sign_in: SignIn) -> FlaskClient:
    sign_in(client, "training_officer")
    return client


def day_of(sheet: Built) -> date:
    return local_day(sheet.starts_at)


def enter(it: Any, index: int, first: date, last: date | None = None, *, kind: str = "sick", key: str = "training_officer", note: str = "") -> Any:
    sample, session = (it.sample, it.session) if isinstance(it, Built) else it
    command = EnterLeave(sample.people[index], kind, first, last or first, note)
    effect = service.enter_leave(session, sample.actors[key], command, now())
    session.commit()
    return effect


def leave_ids(session: Session) -> list[str]:
    return list(session.scalars(select(KnownLeave.id).order_by(KnownLeave.entered_at)))


def test_a_roll_opened_later_starts_with_the_leave_and_its_kind(session: Session, district: Sample) -> None:
    enter((district, session), 0, TODAY - timedelta(days=2), TODAY + timedelta(days=2), kind="official")
    sheet = build_sheet(session, district)
    head = sheet.head(0)
    assert (head.status, head.leave_type, head.source, head.minutes) == ("excused", "official", "leave", 0)
    assert sheet.head(1).status is None
    claim = session.scalars(select(AttendanceClaim)).one()
    assert (claim.person_id, claim.external_id) == (district.people[0], leave_ids(session)[0])


@pytest.mark.parametrize("days", [-1, 1])
def test_leave_of_other_days_excuses_nobody(session: Session, district: Sample, days: int) -> None:
    sheet = build_sheet(session, district)
    other = day_of(sheet) + timedelta(days=days)
    assert enter(sheet, 0, other) == service.LeaveEffect()
    assert sheet.head(0).status is None


def test_leave_entered_while_a_roll_is_open_excuses_whoever_has_no_mark(sheet: Built) -> None:
    assert enter(sheet, 0, day_of(sheet)).excused == 1
    assert (sheet.head(0).status, sheet.head(0).source) == ("excused", "leave")
    roll = queries.roll(sheet.session, sheet.actor().scope(Permission.ROLL_READ), sheet.sheet_id)
    assert roll.tally.excused == 1


@pytest.mark.parametrize("value", ["present", "absent", "late"])
def test_later_leave_never_overwrites_a_mark(sheet: Built, value: str) -> None:
    sheet.mark((0, value, 0))
    sheet.session.commit()
    effect = enter(sheet, 0, day_of(sheet))
    assert (effect.excused, effect.kept) == (0, 1)
    assert (sheet.head(0).status, sheet.head(0).version) == (value, 1)
    said = sheet.session.scalars(select(AttendanceClaim).where(AttendanceClaim.source == "leave")).one()
    assert said.person_id == sheet.people[0]


def test_an_absence_of_another_source_stays_too(sheet: Built) -> None:
    scan(sheet, (0, "absent"), source="device:gate")
    effect = enter(sheet, 0, day_of(sheet))
    assert (effect.kept, sheet.head(0).status) == (1, "absent")


def test_somebody_on_leave_who_scans_waits_for_a_person(sheet: Built) -> None:
    enter(sheet, 0, day_of(sheet))
    scan(sheet, (0, "present"))
    assert sheet.head(0).status == "excused"
    assert waiting(sheet)[sheet.people[0]].conflict.code == "leave_but_there"
    settle(sheet, 0, "qr")
    assert (sheet.head(0).status, waiting(sheet)) == ("present", {})


def test_leave_after_a_scan_waits_as_well(sheet: Built) -> None:
    scan(sheet, (0, "present"))
    effect = enter(sheet, 0, day_of(sheet))
    assert (effect.waiting, sheet.head(0).status) == (1, "present")


def test_an_officer_may_mark_over_the_leave(sheet: Built) -> None:
    enter(sheet, 0, day_of(sheet))
    sheet.mark((0, "present", sheet.head(0).version))
    assert sheet.head(0).status == "present"
    assert waiting(sheet) == {}


def test_revoking_takes_the_excuse_back_and_keeps_the_leave_readable(sheet: Built) -> None:
    enter(sheet, 0, day_of(sheet))
    enter(sheet, 1, day_of(sheet))
    sheet.mark((1, "present", sheet.head(1).version))
    first, second = leave_ids(sheet.session)
    with pytest.raises(ReasonNeeded):
        service.revoke_leave(sheet.session, sheet.actor(), first, " ", now())
    assert service.revoke_leave(sheet.session, sheet.actor(), first, "提前返校", now()).undone == 1
    assert service.revoke_leave(sheet.session, sheet.actor(), second, "提前返校", now()).undone == 0
    sheet.session.commit()
    assert (sheet.head(0).status, sheet.head(1).status) == (None, "present")
    assert service.revoke_leave(sheet.session, sheet.actor(), first, "again", now()) == service.LeaveEffect()
    found = queries.leaves(sheet.session, sheet.actor().scope(Permission.ROLL_READ), sheet.sample.school_id, TODAY)
    assert (found.standing, {x.revoked_reason for x in found.past}) == ((), {"提前返校"})
    assert sheet.session.scalar(select(func.count()).select_from(KnownLeave)) == 2


def test_closed_rolls_are_left_alone(sheet: Built) -> None:
    service.submit_roll(sheet.session, sheet.actor(), SubmitRoll(sheet.sheet_id, 0, "absent"), now())
    sheet.session.commit()
    assert enter(sheet, 0, day_of(sheet)) == service.LeaveEffect()
    assert sheet.head(0).status == "absent"


def test_a_roll_that_moves_to_another_day_follows_the_leave(sheet: Built) -> None:
    enter(sheet, 0, day_of(sheet))
    enter(sheet, 1, day_of(sheet) + timedelta(days=7))
    week = timedelta(days=7)
    service.move_sheet(sheet.session, sheet.actor(), sheet.sheet_id, sheet.starts_at + week, sheet.ends_at + week, now())
    sheet.session.commit()
    assert (sheet.head(0).status, sheet.head(1).status) == (None, "excused")


def test_people_added_to_a_roll_bring_their_leave(session: Session, district: Sample) -> None:
    sheet = build_sheet(session, district)
    enter(sheet, 5, day_of(sheet))
    rest = [SheetPerson(p, i + 1, "语文组", "") for i, p in enumerate(sheet.people)]
    service.sync_people(session, sheet.actor(), sheet.sheet_id, rest[:5], now())
    service.sync_people(session, sheet.actor(), sheet.sheet_id, rest, now())
    session.commit()
    assert sheet.head(5).status == "excused"


def test_what_cannot_be_entered(session: Session, district: Sample) -> None:
    desk = (district, session)
    with pytest.raises(BadLeave):
        enter(desk, 0, TODAY, TODAY - timedelta(days=1))
    with pytest.raises(BadLeave):
        enter(desk, 0, TODAY, TODAY + timedelta(days=400))
    with pytest.raises(BadLeave):
        enter(desk, 0, TODAY, kind="holiday")
    with pytest.raises(NotStaff):
        service.enter_leave(session, district.actors["training_officer"], EnterLeave(district.other_people[0], "sick", TODAY, TODAY), now())
    enter(desk, 0, TODAY, TODAY + timedelta(days=3))
    with pytest.raises(LeaveOverlaps):
        enter(desk, 0, TODAY + timedelta(days=3))
    with pytest.raises(NotFound):
        service.revoke_leave(session, district.actors["training_officer@other"], leave_ids(session)[0], "x", now())


def test_the_ledger_knows_the_days_and_never_the_note(session: Session, district: Sample) -> None:
    enter((district, session), 0, TODAY, note="请假条 12 号")
    kept = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "leave.entered")).one()
    assert kept.subject_ref == district.people[0]
    assert all("12 号" not in str(p.payload) for p in session.scalars(select(LedgerPayload)))


def test_the_page_lists_enters_and_revokes(officer: FlaskClient, sheet: Built) -> None:
    day = day_of(sheet).isoformat()
    data = {"person_id": sheet.people[0], "leave_type": "personal", "from_on": day, "to_on": day, "note": "请假条 12 号"}
    assert officer.post("/training/leave", data=data).status_code == 303
    assert (sheet.head(0).status, sheet.head(0).leave_type) == ("excused", "personal")
    assert "请假条 12 号" in officer.get("/training/leave").get_data(as_text=True)
    assert officer.post("/training/leave", data=data).status_code == 422
    leave_id = leave_ids(sheet.session)[0]
    officer.post(f"/training/leave/{leave_id}/revoke", data={"reason": ""})
    assert sheet.head(0).status == "excused"
    assert officer.post(f"/training/leave/{leave_id}/revoke", data={"reason": "改期"}).status_code == 303
    assert sheet.head(0).status is None
    assert "改期" in officer.get("/training/leave").get_data(as_text=True)
    assert "/training/leave" in officer.get("/rolls").get_data(as_text=True)


@pytest.mark.parametrize("change", [{"person_id": ""}, {"person_id": "x"}, {"from_on": "1001-02-03"}, {"to_on": "2020-01-01"}, {"leave_type": "x"}])
def test_a_slip_is_told_on_the_page_and_nothing_is_written(officer: FlaskClient, sheet: Built, change: dict[str, str]) -> None:
    data = {"person_id": sheet.people[0], "leave_type": "sick", "from_on": TODAY.isoformat(), "to_on": TODAY.isoformat()} | change
    assert officer.post("/training/leave", data=data).status_code == 422
    assert leave_ids(sheet.session) == []


def test_the_principal_enters_leave_and_a_teacher_does_not(client: FlaskClient, sign_in: SignIn, sheet: Built) -> None:
    data = {"person_id": sheet.people[0], "leave_type": "sick", "from_on": TODAY.isoformat(), "to_on": TODAY.isoformat()}
    sign_in(client, "teacher")
    assert client.get("/training/leave").status_code == 403
    assert client.post("/training/leave", data=data).status_code == 403
    assert leave_ids(sheet.session) == []
    sign_in(client, "principal")
    assert client.post("/training/leave", data=data | {"from_on": day_of(sheet).isoformat()}).status_code == 303
    held = sheet.session.scalars(select(KnownLeave)).one()
    assert (held.person_id, held.leave_type, held.entered_by) == (sheet.people[0], "sick", sheet.sample.accounts["principal"])
    assert (sheet.head(0).status, sheet.head(0).leave_type, sheet.head(0).source) == ("excused", "sick", "leave")
    sign_in(client, "training_officer@other")
    assert client.post(f"/training/leave/{held.id}/revoke", data={"reason": "x"}).status_code == 404
    sheet.session.expire_all()
    assert sheet.session.scalars(select(KnownLeave)).one().revoked_at is None
    assert sheet.head(0).status == "excused"


def test_statements_do_not_grow_with_the_people_on_leave(session: Session, district: Sample, count_statements: Any) -> None:
    counts = []
    for extra in (0, 30):
        sheet = build_sheet(session, district, extra=extra, began=timedelta(hours=3 + extra))
        for person in sheet.people[1:]:
            session.add(KnownLeave(district_id=district.district_id, id=person[::-1], school_id=district.school_id, person_id=person,
                                   leave_type="sick", from_on=day_of(sheet), to_on=day_of(sheet), entered_by="x", entered_at=now()))
            session.flush()
        held = session.get_one(AttendanceSheet, (district.district_id, sheet.sheet_id))
        with count_statements() as seen:
            service.refresh_leave(session, sheet.actor(), held, now())
        counts.append(seen.count)
        session.rollback()
    assert counts[0] == counts[1] <= 16, counts


def also_at_the_other_school(it: Built, index: int) -> None:
    """Let somebody work at the second school too."""
    it.session.add(Employment(
        district_id=it.sample.district_id, id=new_id(), person_id=it.people[index], school_id=it.sample.other_school_id, staff_no="X1",
        category="full_time_teacher", is_home=False, from_on=date(2020, 9, 1), created_at=now(),
    ))
    it.session.commit()


def test_leave_of_another_school_is_neither_refused_nor_told(sheet: Built) -> None:
    also_at_the_other_school(sheet, 0)
    enter(sheet, 0, day_of(sheet))
    enter(sheet, 0, day_of(sheet), key="training_officer@other")
    assert len(leave_ids(sheet.session)) == 2
    with pytest.raises(LeaveOverlaps):
        enter(sheet, 0, day_of(sheet), key="training_officer@other")


def test_leave_excuses_on_open_rolls_of_the_persons_other_school_without_its_days(sheet: Built) -> None:
    also_at_the_other_school(sheet, 0)
    first, last = day_of(sheet) - timedelta(days=3), day_of(sheet) + timedelta(days=3)
    effect = enter(sheet, 0, first, last, key="training_officer@other")
    assert effect == service.LeaveEffect(), "what happens on rolls of another school is not told"
    assert (sheet.head(0).status, sheet.head(0).source) == ("excused", "leave")
    claim = sheet.session.scalars(select(AttendanceClaim)).one()
    assert first.isoformat() not in str({c.name: getattr(claim, c.key) for c in AttendanceClaim.__table__.columns})
    service.revoke_leave(sheet.session, sheet.sample.actors["training_officer@other"], leave_ids(sheet.session)[0], "取消", now())
    assert sheet.head(0).status is None


def test_leave_of_one_person_is_entered_one_after_the_other(sheet: Built) -> None:
    locked: list[Any] = []

    def note(state: Any) -> None:
        if getattr(state.statement, "_for_update_arg", None) is not None:
            locked.extend(found.get("entity") for found in state.statement.column_descriptions)

    event.listen(sheet.session, "do_orm_execute", note)
    try:
        enter(sheet, 0, day_of(sheet))
    finally:
        event.remove(sheet.session, "do_orm_execute", note)
    assert Person in locked


def test_case_100_leave_of_a_merged_record_excuses_the_kept_one(session: Session, district: Sample) -> None:
    enter((district, session), 1, TODAY - timedelta(days=2), TODAY + timedelta(days=2))
    clerk = district.actors["school_administrator"]
    merge_id = merge(session, clerk, Merge(district.school_id, district.people[0], district.people[1], "同一人"), now())
    with pytest.raises(LeaveOverlaps):
        enter((district, session), 0, TODAY)
    both = queries.leave.leaves_on(session, district.district_id, [district.people[0]], TODAY)
    assert set(both) == {district.people[0]}
    assert set(queries.leave.leaves_on(session, district.district_id, district.people[:2], TODAY)) == {district.people[1]}, "one leave, one line"
    undo_merge(session, clerk, district.school_id, merge_id, "认错了", now())
    assert queries.leave.leaves_on(session, district.district_id, [district.people[0]], TODAY) == {}
