"""Files into a sheet: the samples, what is asked, what a second import changes, and taking it back."""

import csv
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.attendance.sheets import build_sheet
from tests.builders import Sample
from trainhub.attendance import queries, registry, service
from trainhub.attendance.import_rules import Decisions
from trainhub.attendance.models import AttendanceEvidence, AttendanceMark, AttendanceRecord, AttendanceSheet
from trainhub.attendance.registry import SubjectFacts
from trainhub.attendance.service import Mark, MarkRoll, OpenSheet, SheetPerson, SubmitRoll
from trainhub.attendance.service.imports import TooLateToWithdraw
from trainhub.kernel.clock import at, now
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.plugin_api import Refused, Upload
from trainhub.plugin_host.models import PluginChoice
from trainhub.roster.models import Department, DepartmentMembership, Employment, ImportBatch, Person, PersonIdentifier
from trainhub.roster.rules import name_key
from trainhub.roster.service import Merge, merge, undo_merge

SAMPLES = Path(__file__).parents[1] / "data" / "samples"
LATER = datetime(2026, 3, 6, 1, 0, tzinfo=UTC)


class Desk:
    """A school with the roster of the samples, and a sheet of the session of one sample."""

    def __init__(self, app: Flask, session: Session, district: Sample, name: str, *, extra: tuple[str, ...] = ()) -> None:
        self.session, self.district, self.sources = session, district, app.extensions["trainhub.sources"]
        self.expected = json.loads((SAMPLES / name / "expected.json").read_text(encoding="utf-8"))
        self.upload = Upload(self.expected["files"][0], (SAMPLES / name / self.expected["files"][0]).read_bytes())
        self.ids = self._staff()
        held = self.expected["session"]
        day = date.fromisoformat(held["date"])
        start, end = (at(day, datetime.strptime(held[k], "%H:%M").time()) for k in ("start", "end"))
        keys = [k for k in held["expected_people"] if k not in extra]
        self.actor = district.actors["training_officer"]
        self.sheet_id = service.open_sheet(session, self.actor, OpenSheet(
            district.school_id, "training_part", new_id(), held["title"], start, end,
            people=[SheetPerson(self.ids[k], i + 1, self.rows[k]["dept"], self.rows[k]["staff_no"]) for i, k in enumerate(keys)],
        ), start - timedelta(days=1))
        session.commit()

    def _staff(self) -> dict[str, str]:
        with (SAMPLES / "roster_staff.csv").open(encoding="utf-8-sig") as file:
            self.rows = {r["person_key"]: r for r in csv.DictReader(file)}
        key = (self.district.district_id, self.district.school_id)
        held = self.session.execute(select(Department.name, Department.id).where(Department.school_id == key[1]))
        groups = {row.name: row.id for row in held}
        for name in {r["dept"] for r in self.rows.values()} - groups.keys():
            groups[name] = new_id()
            self.session.add(Department(district_id=key[0], id=groups[name], school_id=key[1], name=name, sort_key=name))
        ids = {k: new_id() for k in self.rows}
        moment = datetime(2020, 1, 1, tzinfo=UTC)
        self.session.add_all(Person(district_id=key[0], id=ids[k], name=r["name"], name_key=name_key(r["name"]), sort_key=k,
                                    initials=k, phone_tail=r["phone_tail4"], created_at=moment) for k, r in self.rows.items())
        self.session.flush()
        jobs = {k: new_id() for k in self.rows}
        self.session.add_all(Employment(district_id=key[0], id=jobs[k], person_id=ids[k], school_id=key[1], staff_no=r["staff_no"],
                                        category="full_time_teacher", from_on=date(2020, 9, 1), created_at=moment)
                             for k, r in self.rows.items())
        self.session.flush()
        self.session.add_all(DepartmentMembership(district_id=key[0], id=new_id(), employment_id=jobs[k], department_id=groups[r["dept"]],
                                                  from_on=date(2020, 9, 1)) for k, r in self.rows.items())
        self.session.flush()
        return ids

    def run(self, moment: datetime = LATER, **more: Any) -> Any:
        """Import the sample in one go."""
        frame = service.imports.frame_for(self.session, self.actor, self.sheet_id)
        remembered = service.remembered_columns(self.session, self.actor, self.sheet_id)
        read = service.read_attendance(self.upload, self.sources, frame, more.pop("key", "auto"), remembered=remembered)
        report = service.import_read_file(self.session, self.actor, self.sheet_id, read, moment, **more)
        self.session.commit()
        return report

    def stage(self) -> str:
        """Read and stage the sample; return the batch."""
        sheet = service.imports.sheet_for_import(self.session, self.actor, self.sheet_id)
        read = service.read_attendance(self.upload, self.sources, queries.staging.session_frame(sheet))
        return service.stage_import(self.session, self.actor, self.sheet_id, read, LATER)

    def page(self, batch: str) -> Any:
        """The check page of a batch."""
        self.session.flush()
        return queries.import_page(self.session, self.actor.scope(Permission.ROLL_READ), batch)

    def head(self, key: str) -> AttendanceRecord | None:
        """The record of a person of the sample roster."""
        self.session.expire_all()
        return self.session.get(AttendanceRecord, (self.district.district_id, self.sheet_id, self.ids[key]))


@pytest.fixture
def desk(app: Flask, session: Session, district: Sample) -> Any:
    return lambda name, **more: Desk(app, session, district, name, **more)


def outcome(head: AttendanceRecord) -> tuple[str | None, int | None]:
    """A record as expected.json writes it: leaving early stands beside "present" there."""
    status = "present" if head.status == "left_early" else head.status
    return status, head.minutes if head.status is not None else None


@pytest.mark.parametrize("name", ["18-paper-signin-xlsx", "24-generic-csv", "20-html-disguised-as-xls"])
def test_a_sample_gives_its_expected_records(desk: Any, name: str) -> None:
    it = desk(name)
    report = it.run()
    want = {p["person_key"]: (p["status"], p["minutes"]) for p in it.expected["people"]}
    assert {k: outcome(it.head(k)) for k in want} == want
    assert report.open_rows == len(it.expected["unmatched"]) + sum(1 for p in it.expected["people"] if p["status"] is None)


def test_case_101_the_check_page_shows_problems_first_and_writes_nothing(desk: Any, session: Session) -> None:
    it = desk("18-paper-signin-xlsx")
    page = it.page(it.stage())
    assert page.plan.lines[0].kind == "problem"
    assert any(w.code == "totals_differ" for w in page.plan.warnings)
    assert session.scalar(select(func.count()).select_from(AttendanceMark)) == 0


@pytest.mark.parametrize("name", ["18-paper-signin-xlsx", "24-generic-csv"])
def test_case_102_the_same_file_again_changes_nothing(desk: Any, session: Session, name: str) -> None:
    it = desk(name)
    first = it.run()
    marks = session.scalar(select(func.count()).select_from(AttendanceMark))
    said = session.scalar(select(func.count()).select_from(AttendanceEvidence))
    it.upload = Upload("renamed.bin", it.upload.content)
    again = it.run()
    assert first.changed > 0
    assert again.changed == 0
    assert session.scalar(select(func.count()).select_from(AttendanceMark)) == marks
    assert session.scalar(select(func.count()).select_from(AttendanceEvidence)) == said


def test_a_dry_run_says_the_same_and_writes_nothing(desk: Any, session: Session) -> None:
    it = desk("18-paper-signin-xlsx")
    dry = it.run(dry_run=True)
    assert session.scalar(select(func.count()).select_from(ImportBatch)) == 0
    assert it.head("T001").status is None
    assert dry.changed == it.run().changed


def test_case_99_namesakes_are_offered_side_by_side_and_never_chosen(desk: Any) -> None:
    it = desk("18-paper-signin-xlsx")
    it.upload = Upload("a.csv", "姓名,签到\n王芳,√\n李建国,√\n".encode())
    batch = it.stage()
    line = it.page(batch).plan.lines[0]
    assert (line.kind, line.code, line.choice) == ("problem", "ambiguous_name", "")
    assert set(line.candidates) == {it.ids["T001"], it.ids["T002"]}
    service.decide_import(it.session, it.actor, batch, Decisions({line.keys[0]: it.ids["T002"]}, {}, {}))
    it.session.flush()
    service.apply_import(it.session, it.actor, batch, LATER)
    it.session.commit()
    assert (it.head("T002").status, it.head("T001").status) == ("present", None)


def test_a_row_left_out_keeps_its_reason(desk: Any, session: Session) -> None:
    it = desk("24-generic-csv")
    batch = it.stage()
    line = it.page(batch).plan.of("problem")[0]
    service.decide_import(session, it.actor, batch, Decisions({line.keys[0]: ""}, {}, {line.key: "外聘人员"}))
    left = it.page(batch).plan.of("left_out")
    assert [(x.code, x.reason) for x in left if x.keys == line.keys] == [("dismissed", "外聘人员")]


def test_a_mark_by_hand_beats_the_file_and_the_loser_stays_visible(desk: Any, session: Session) -> None:
    it = desk("18-paper-signin-xlsx")
    command = MarkRoll(it.sheet_id, [Mark(it.ids["T001"], "absent", 0)], new_id())
    service.record_marks(session, it.actor, command, LATER)
    session.commit()
    report = it.run()
    assert it.head("T001").status == "absent"
    assert report.superseded == 1
    said = session.scalars(select(AttendanceEvidence).where(AttendanceEvidence.person_id == it.ids["T001"])).one()
    assert (said.outcome, said.reading["status"]) == ("superseded", "present")
    roll = queries.roll(session, it.actor.scope(Permission.ROLL_READ), it.sheet_id)
    assert next(p for p in roll.people if p.id == it.ids["T001"]).contradicted == "present"


def test_a_human_may_take_the_files_word_over_a_mark(desk: Any, session: Session) -> None:
    it = desk("18-paper-signin-xlsx")
    service.record_marks(session, it.actor, MarkRoll(it.sheet_id, [Mark(it.ids["T001"], "absent", 0)], new_id()), LATER)
    session.commit()
    it.run(decisions=Decisions({}, {it.ids["T001"]: "present"}, {}))
    assert (it.head("T001").status, it.head("T001").source) == ("present", "manual")


def test_staff_who_are_not_on_the_list_come_in_as_walk_ins(desk: Any) -> None:
    it = desk("18-paper-signin-xlsx", extra=("T003",))
    report = it.run()
    head = it.head("T003")
    assert (head.expected, head.status, head.minutes) == (False, "present", 120)
    assert report.walk_ins == 1


def test_an_undecided_mark_waits_and_a_decision_settles_it(desk: Any) -> None:
    it = desk("18-paper-signin-xlsx")
    it.run()
    assert it.head("T012").status is None
    it.run(decisions=Decisions({}, {it.ids["T012"]: "present"}, {}))
    assert it.head("T012").status == "present"


def test_an_import_is_withdrawn_as_a_whole_within_a_day(desk: Any, session: Session) -> None:
    it = desk("18-paper-signin-xlsx", extra=("T003",))
    report = it.run()
    service.record_marks(session, it.actor, MarkRoll(it.sheet_id, [Mark(it.ids["T001"], "late", 1, late_minutes=5)], new_id()), LATER)
    session.commit()
    back = service.withdraw_import(session, it.actor, report.batch_id, "选错文件", LATER + timedelta(hours=1))
    session.commit()
    assert back == report.changed - 1
    assert (it.head("T002").status, it.head("T001").status, it.head("T003")) == (None, "late", None)
    assert it.run().changed > 0


def test_an_import_cannot_be_withdrawn_after_a_day_or_after_verification(desk: Any, session: Session) -> None:
    it = desk("18-paper-signin-xlsx")
    report = it.run()
    with pytest.raises(TooLateToWithdraw):
        service.withdraw_import(session, it.actor, report.batch_id, "晚了", LATER + timedelta(hours=25))
    service.submit_roll(session, it.actor, SubmitRoll(it.sheet_id, 9, "keep"), LATER)
    service.verify_roll(session, it.district.actors["principal"], it.sheet_id, LATER)
    with pytest.raises(TooLateToWithdraw):
        service.withdraw_import(session, it.actor, report.batch_id, "晚了", LATER + timedelta(hours=1))


def test_a_hostile_file_is_refused_before_anything_is_staged(desk: Any, session: Session) -> None:
    it = desk("18-paper-signin-xlsx")
    it.upload = Upload("entity.xlsx", (SAMPLES / "25-hostile-files" / "entity.xlsx").read_bytes())
    with pytest.raises(Refused):
        it.run()
    assert session.scalar(select(func.count()).select_from(ImportBatch)) == 0


def test_the_pages_from_choosing_to_writing(app: Flask, desk: Any, session: Session, sign_in: Any) -> None:
    from io import BytesIO

    it = desk("18-paper-signin-xlsx")
    client = app.test_client()
    sign_in(client, "training_officer")
    url = f"/rolls/{it.sheet_id}/import"
    sent = client.post(url, data={"file": (BytesIO(it.upload.content), "签到表.xlsx"), "source": "auto"})
    assert sent.status_code == 303
    check = client.get(sent.headers["Location"])
    text = check.get_data(as_text=True)
    assert check.status_code == 200
    assert "签到表.xlsx" in text
    assert it.head("T001").status is None
    assert client.post(sent.headers["Location"], data={"version": "1", "then": "apply"}).status_code == 303
    assert it.head("T001").status == "present"
    refused = client.post(url, data={"file": (BytesIO(b"%PDF-1.4 nothing"), "x.xlsx"), "source": "auto"})
    assert refused.status_code == 422


def test_dropping_and_withdrawing_on_the_pages(app: Flask, desk: Any, session: Session, sign_in: Any) -> None:
    it = desk("18-paper-signin-xlsx")
    client = app.test_client()
    sign_in(client, "training_officer")
    batch = it.stage()
    session.commit()
    base = f"/rolls/{it.sheet_id}/import"
    assert client.post(f"{base}/{batch}/discard").status_code == 303
    assert client.get(f"{base}/{batch}").status_code == 404
    report = it.run(now())
    listed = client.get(base).get_data(as_text=True)
    assert f"{base}/{report.batch_id}/withdraw" in listed
    client.post(f"{base}/{report.batch_id}/withdraw", data={"reason": ""})
    assert it.head("T001").status == "present"
    client.post(f"{base}/{report.batch_id}/withdraw", data={"reason": "选错文件"})
    assert it.head("T001").status is None


def test_a_file_is_read_knowing_the_room(
    app: Flask, desk: Any, session: Session, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever passed only the gate is not in the hall: a list of passages needs the room, on the page as anywhere."""
    from io import BytesIO

    it = desk("17-campus-card-csv")
    monkeypatch.setitem(registry._describers, "training_part", lambda _s, _d, ids: {i: SubjectFacts(room="报告厅") for i in ids})
    session.add(PluginChoice(district_id=it.district.district_id, plugin_key="access", is_on=True, changed_at=LATER, changed_by="x"))
    session.commit()
    host = app.extensions["trainhub.plugins"]
    host.apply(host.defaults | {"access"})
    try:
        client = app.test_client()
        sign_in(client, "training_officer")
        file = (BytesIO(it.upload.content), it.upload.name)
        assert client.post(f"/rolls/{it.sheet_id}/import", data={"file": file, "source": "auto"}).status_code == 303
    finally:
        host.apply(host.defaults)
    read = {r["staff_no"]: r for r in session.scalars(select(ImportBatch)).one().staged["readings"]}
    wanted = {p["person_key"]: p for p in it.expected["people"]}
    gone = next(key for key, p in wanted.items() if "other_location" in p["review"])
    assert "other_location" in read[it.rows[gone]["staff_no"]]["flags"]
    assert "punches" not in read[it.rows[gone]["staff_no"]]


def test_an_import_is_found_on_its_own_roll_only(app: Flask, desk: Any, session: Session, district: Sample, sign_in: Any) -> None:
    it, another = desk("18-paper-signin-xlsx"), build_sheet(session, district)
    report, staged = it.run(now()), it.stage()
    session.commit()
    client = app.test_client()
    sign_in(client, "training_officer")
    mine, other = (f"/rolls/{sheet}/import" for sheet in (it.sheet_id, another.sheet_id))
    for address in (f"{other}/{staged}", f"{other}/{staged}/columns", f"{other}/{staged}/problems.xlsx"):
        assert client.get(address).status_code == 404, address
    reason = {"reason": "选错文件"}
    for address in (f"{other}/{staged}", f"{other}/{staged}/discard", f"{other}/{report.batch_id}/withdraw", f"{mine}/{new_id()}/withdraw"):
        assert client.post(address, data=reason).status_code == 404, address
    sign_in(client, "training_officer@other")
    assert client.post(f"{mine}/{report.batch_id}/withdraw", data=reason).status_code == 404
    assert it.head("T001").status == "present"
    assert session.get_one(ImportBatch, (it.district.district_id, staged)).state == "staged"


def test_a_check_page_that_is_out_of_date_decides_and_writes_nothing(app: Flask, desk: Any, session: Session, sign_in: Any) -> None:
    it = desk("18-paper-signin-xlsx")
    client = app.test_client()
    sign_in(client, "training_officer")
    batch = it.stage()
    session.commit()
    url = f"/rolls/{it.sheet_id}/import/{batch}"
    assert 'name="version" value="1"' in client.get(url).get_data(as_text=True)
    person = f"person:{it.ids['T001']}"
    assert client.post(url, data={"version": "1", "then": "check", person: "skip"}).status_code == 303
    for old in ("1", "", "x"):
        refused = client.post(url, data={"version": old, "then": "apply", person: "absent"})
        assert refused.status_code == 409
        assert 'name="version" value="2"' in refused.get_data(as_text=True), "the page anew"
        assert 'role="alert"' in refused.get_data(as_text=True)
    session.expire_all()
    held = session.get_one(ImportBatch, (it.district.district_id, batch))
    assert (held.state, held.version, held.decisions["people"][it.ids["T001"]]) == ("staged", 2, "skip")
    assert client.post(url, data={"version": "2", "then": "apply"}).status_code == 303


def test_what_names_a_merged_record_names_the_kept_one(desk: Any, session: Session) -> None:
    """Case 100: the card of the merged record is known for the person it stands for, and again without the merge."""
    it = desk("18-paper-signin-xlsx")
    kept, merged = it.ids["T001"], it.ids["T003"]
    key = (it.district.district_id, it.district.school_id)
    session.add(PersonIdentifier(district_id=key[0], school_id=key[1], kind="card", value="88001234", person_id=merged, origin="typed",
                                 set_by=it.actor.account_id, set_at=now()))
    sheet = session.get_one(AttendanceSheet, (key[0], it.sheet_id))
    clerk = it.district.actors["school_administrator"]
    merge_id = merge(session, clerk, Merge(key[1], kept, merged, "同一人"), now())
    assert queries.staging.roster_for(session, sheet, {})[kept].card_no == "88001234"
    undo_merge(session, clerk, key[1], merge_id, "认错了", now())
    people = queries.staging.roster_for(session, sheet, {})
    assert (people[kept].card_no, people[merged].card_no) == ("", "88001234")
