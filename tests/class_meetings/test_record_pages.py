"""The recording page, the record document, photos, rolls from files: as a browser without scripts sees them."""

import gzip
import hashlib
import io
import re
from collections.abc import Callable
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.builders import Sample
from tests.class_meetings.record_scenery import MONDAY, NOW, Scene, build_scene, planned
from trainhub.class_meetings.models import ClassMeeting, MeetingAbsence, MeetingPhoto, MeetingRecord
from trainhub.class_meetings.queries.photos import duplicate_photos
from trainhub.evidence.models import StoredProof
from trainhub.kernel.actor import Scope
from trainhub.kernel.ids import new_id
from trainhub.roster.models import ClassMembership, Student

SAMPLE = Path(__file__).parents[1] / "data" / "samples" / "19-class-rollcall-xlsx" / "主题班会点名册.xlsx"


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def jpeg(pixels: bytes = b"pixels") -> bytes:
    return b"\xff\xd8" + segment(0xE0, b"JFIF\0") + segment(0xE1, b"Exif\0\0GPS 31.2N") + segment(0xDA, b"..") + pixels + b"\xff\xd9"


@pytest.fixture
def scene(session: Session, district: Sample) -> Any:
    with time_machine.travel(NOW, tick=False):
        yield build_scene(session, district)


@pytest.fixture
def teacher(client: FlaskClient, scene: Scene, sign_in: Any) -> FlaskClient:
    sign_in(client, "homeroom_teacher")
    return client


def fields(page: str, **changes: Any) -> dict[str, Any]:
    """The form as a browser would send it untouched, with changes."""
    found: dict[str, Any] = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    found |= dict(re.findall(r'name="(minutes-\d+)"[^>]*value="(\d+)"', page))
    found |= dict.fromkeys(re.findall(r'name="(step-\d+)" value="yes" checked', page), "yes")
    found |= dict(re.findall(r'name="(day|starts|ends)" required value="([^"]+)"', page))
    found.pop("csrf_token", None)
    return found | changes


def opened(client: FlaskClient, meeting_id: str) -> str:
    answer = client.get(f"/meetings/{meeting_id}/record")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


# --- the page ----------------------------------------------------------------------------------------


def test_the_untouched_form_records_everybody_present_and_every_step_done(teacher: FlaskClient, session: Session, scene: Scene) -> None:
    meeting_id = planned(session, scene)
    answer = teacher.post(f"/meetings/{meeting_id}/record", data=fields(opened(teacher, meeting_id)))
    assert (answer.status_code, answer.location) == (303, f"/meetings/{meeting_id}")
    record = session.scalars(select(MeetingRecord)).one()
    assert (record.there_count, record.minutes_held, [s["done"] for s in record.steps]) == (12, 40, [True] * 4)
    document = teacher.get(f"/meetings/{meeting_id}").get_data(as_text=True)
    assert "12" in document
    assert teacher.get(f"/meetings/{meeting_id}/print").status_code == 200


def test_absences_photos_and_texts_go_with_one_plain_form(teacher: FlaskClient, session: Session, scene: Scene) -> None:
    meeting_id = planned(session, scene)
    sent = fields(opened(teacher, meeting_id), worked="全班表决通过三条约定", engagement="high")
    sent[f"absence-{scene.pupils[0]}"] = "excused.sick"
    sent["photos"] = [(io.BytesIO(jpeg(b"one")), "板书.jpg"), (io.BytesIO(jpeg(b"two")), "b.JPG")]
    assert teacher.post(f"/meetings/{meeting_id}/record", data=sent, content_type="multipart/form-data").status_code == 303
    assert session.scalars(select(MeetingAbsence)).one().leave_type == "sick"
    photos = session.scalars(select(MeetingPhoto)).all()
    assert len(photos) == 2
    shown = teacher.get(f"/meetings/{meeting_id}/photos/{photos[0].sha256}")
    assert (shown.status_code, shown.content_type, shown.headers["Cache-Control"]) == (200, "image/jpeg", "no-store")
    assert b"GPS" not in shown.data
    assert hashlib.sha256(shown.data).hexdigest() == photos[0].sha256


def test_first_load_of_the_record_page_is_small(teacher: FlaskClient, session: Session, scene: Scene, app: Flask) -> None:
    page = opened(teacher, planned(session, scene))
    names = re.findall(r'(?:href|src)="/static/([^"?]+)\?', page)
    assert "js/record.js" in names
    sizes = [len(gzip.compress((Path(app.static_folder or "") / name).read_bytes())) for name in names]
    assert len(gzip.compress(page.encode())) + sum(sizes) < 150 * 1024 / 2  # half of what is allowed


def test_a_name_in_a_text_comes_back_with_everything_typed_and_no_name_said(teacher: FlaskClient, session: Session, scene: Scene) -> None:
    meeting_id = planned(session, scene)
    name = session.get_one(Student, (scene.district_id, scene.pupils[3])).name
    sent = fields(opened(teacher, meeting_id), worked=f"{name}讲得好", again="时间紧") | {f"absence-{scene.pupils[5]}": "late"}
    sent["photos"] = [(io.BytesIO(jpeg()), "a.jpg")]
    answer = teacher.post(f"/meetings/{meeting_id}/record", data=sent, content_type="multipart/form-data")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    alert = re.search(r'role="alert">.*?</div></div>', page, re.DOTALL)
    assert alert is not None
    assert name not in alert.group()
    assert "时间紧" in page
    assert re.search(rf'name="absence-{scene.pupils[5]}".*?value="late" selected', page, re.DOTALL)
    assert session.scalars(select(MeetingRecord)).all() == []
    assert session.scalars(select(MeetingPhoto)).all() == []


def test_two_teachers_see_both_records_and_choose(teacher: FlaskClient, session: Session, scene: Scene, app: Flask, sign_in: Any) -> None:
    meeting_id = planned(session, scene)
    mine = fields(opened(teacher, meeting_id), worked="班主任记的")
    dean = app.test_client()
    sign_in(dean, "dean")
    assert dean.post(f"/meetings/{meeting_id}/record", data=fields(opened(dean, meeting_id), worked="德育处记的")).status_code == 303
    answer = teacher.post(f"/meetings/{meeting_id}/record", data=mine)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "德育处记的" in page
    assert "班主任记的" in page
    assert "dean账号" not in page
    told = teacher.post(f"/meetings/{meeting_id}/record", data=mine, headers={"Accept": "application/json"})
    assert (told.status_code, told.json["error"], told.json["theirs"]["worked"]) == (409, "meeting_recorded_elsewhere", "德育处记的")
    again = fields(page, worked="班主任记的")
    assert teacher.post(f"/meetings/{meeting_id}/record", data=again).status_code == 303
    assert session.get_one(ClassMeeting, (scene.district_id, meeting_id), populate_existing=True).revision == 2
    assert "德育处记的" in teacher.get(f"/meetings/{meeting_id}").get_data(as_text=True)


def test_a_sync_repeated_five_times_is_one_record(teacher: FlaskClient, session: Session, scene: Scene) -> None:
    meeting_id = planned(session, scene)
    sent = fields(opened(teacher, meeting_id))
    answers = [teacher.post(f"/meetings/{meeting_id}/record", data=sent, headers={"Accept": "application/json"}) for _ in range(5)]
    assert [(a.status_code, a.json["revision"]) for a in answers] == [(200, 1)] * 5
    assert len(session.scalars(select(MeetingRecord)).all()) == 1


def test_case_41_names_stay_with_the_teacher_of_the_class(teacher: FlaskClient, session: Session, scene: Scene, app: Flask, sign_in: Any) -> None:
    meeting_id = planned(session, scene)
    name = session.get_one(Student, (scene.district_id, scene.pupils[0])).name
    page = opened(teacher, meeting_id)
    assert name in page
    assert teacher.post(f"/meetings/{meeting_id}/record", data=fields(page) | {f"absence-{scene.pupils[0]}": "absent"}).status_code == 303
    assert name in teacher.get(f"/meetings/{meeting_id}").get_data(as_text=True)
    assert name not in teacher.get(f"/meetings/{meeting_id}/print").get_data(as_text=True)
    for who, statuses in {"dean": (200, 200), "principal": (200, 303), "homeroom_teacher_2": (404, 404), "bureau_officer": (404, 404)}.items():
        other = app.test_client()
        sign_in(other, who)
        for path, status in zip(("", "/record"), statuses, strict=True):
            answer = other.get(f"/meetings/{meeting_id}{path}")
            assert answer.status_code == status, (who, path)
            assert name not in answer.get_data(as_text=True)
    assert teacher.post(f"/meetings/{meeting_id}/told/{scene.pupils[0]}").status_code == 303
    assert session.scalars(select(MeetingAbsence)).one().caught_up_on == date(2026, 11, 20)


def test_a_checked_record_is_corrected_in_red_and_a_text_can_be_emptied(teacher: FlaskClient, session: Session, scene: Scene, app: Flask, sign_in: Any) -> None:
    meeting_id = planned(session, scene)
    teacher.post(f"/meetings/{meeting_id}/record", data=fields(opened(teacher, meeting_id), worked="原来的话"))
    dean = app.test_client()
    sign_in(dean, "dean")
    dean.post(f"/meetings/{meeting_id}/check", data={"revision": "1", "version": "2", "reason": "黑板照已存档"})
    assert session.get_one(ClassMeeting, (scene.district_id, meeting_id), populate_existing=True).state == "checked"
    page = opened(teacher, meeting_id)
    assert teacher.post(f"/meetings/{meeting_id}/record", data=fields(page, worked="改过的话")).status_code == 422
    assert teacher.post(f"/meetings/{meeting_id}/record", data=fields(page, worked="改过的话", reason="写错了")).status_code == 303
    shown = teacher.get(f"/meetings/{meeting_id}").get_data(as_text=True)
    assert "<s>原来的话</s>" in shown
    assert "改过的话" in shown
    assert dean.post(f"/meetings/{meeting_id}/redact", data={"revision": "1", "reason": "能认出一名学生"}).status_code == 303
    assert "原来的话" not in teacher.get(f"/meetings/{meeting_id}").get_data(as_text=True)


# --- photos ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("content", "status"), [
    (b"just words, called a photo", 422), (b"%PDF-1.7 a scan", 422), (jpeg(b"x" * (8 * 2**20)), 413), (jpeg()[:12], 422), (b"", 422),
])
def test_what_is_no_photo_ends_in_a_sentence_and_nothing_is_kept(teacher: FlaskClient, session: Session, scene: Scene, content: bytes, status: int) -> None:
    meeting_id = planned(session, scene)
    sent = fields(opened(teacher, meeting_id)) | {"photos": [(io.BytesIO(content), "a.jpg")]}
    answer = teacher.post(f"/meetings/{meeting_id}/record", data=sent, content_type="multipart/form-data")
    assert answer.status_code == status
    assert 'role="alert"' in answer.get_data(as_text=True)
    assert session.scalars(select(StoredProof)).all() == []
    assert session.scalars(select(MeetingRecord)).all() == []


def test_forty_megabytes_are_refused_before_they_are_read(teacher: FlaskClient, session: Session, scene: Scene) -> None:
    meeting_id = planned(session, scene)
    answer = teacher.post(f"/meetings/{meeting_id}/photos", data={"photos": (io.BytesIO(b"\xff\xd8\xff" + bytes(40 * 2**20)), "a.jpg")},
                          content_type="multipart/form-data", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["error"]) == (413, "photo_too_large")
    assert "8 MB" in answer.json["message"]


def test_what_a_phone_hangs_behind_a_picture_is_cut_off(teacher: FlaskClient, session: Session, scene: Scene) -> None:
    meeting_id = planned(session, scene)
    teacher.post(f"/meetings/{meeting_id}/photos", data={"photos": (io.BytesIO(jpeg() + b"film GPS 31.2N"), "a.jpg")}, content_type="multipart/form-data")
    sha = session.scalars(select(MeetingPhoto)).one().sha256
    assert b"GPS" not in teacher.get(f"/meetings/{meeting_id}/photos/{sha}").data


def send(client: FlaskClient, meeting_id: str, content: bytes, original: str = "") -> Any:
    return client.post(f"/meetings/{meeting_id}/photos", data={"photos": (io.BytesIO(content), "a.jpg"), "original": original}, content_type="multipart/form-data")


def test_three_photos_at_most_one_taken_off_keeps_its_row(teacher: FlaskClient, session: Session, scene: Scene, app: Flask, sign_in: Any) -> None:
    meeting_id = planned(session, scene)
    for letter in (b"A", b"B", b"C", b"A", b"D"):  # the same again is no fourth, another one is
        assert send(teacher, meeting_id, jpeg(letter)).status_code == 303
    kept = list(session.scalars(select(MeetingPhoto.sha256)))
    assert len(kept) == 3
    assert teacher.post(f"/meetings/{meeting_id}/photos/{kept[0]}/remove").status_code == 303
    assert teacher.get(f"/meetings/{meeting_id}/photos/{kept[0]}").status_code == 404
    assert session.get_one(MeetingPhoto, (scene.district_id, meeting_id, kept[0]), populate_existing=True).removed_at is not None
    send(teacher, meeting_id, jpeg(b"D"))
    assert len(session.scalars(select(MeetingPhoto)).all()) == 4
    stranger = app.test_client()
    sign_in(stranger, "homeroom_teacher_2")
    assert stranger.get(f"/meetings/{meeting_id}/photos/{kept[1]}").status_code == 404
    assert send(stranger, meeting_id, jpeg(b"E")).status_code == 404
    assert teacher.get(f"/meetings/{meeting_id}/photos/{'f' * 64}").status_code == 404


def test_case_35_the_same_photo_on_two_classes_is_found_by_what_is_kept_or_by_the_original(
    teacher: FlaskClient, session: Session, scene: Scene, app: Flask, sign_in: Any
) -> None:
    first, second = planned(session, scene), planned(session, scene, class_id=scene.other_class_id)
    other = app.test_client()
    sign_in(other, "homeroom_teacher_2")
    send(teacher, first, jpeg(b"made smaller by one phone"), "a" * 64)
    send(other, second, jpeg(b"made smaller by another"), "A" * 64)
    found = duplicate_photos(session, Scope(scene.district_id, frozenset({scene.school_id})), scene.school_id)
    assert set(found) == {first, second}
    assert found[first][0].other_meeting_id == second


# --- a roll from a file ------------------------------------------------------------------------------


@pytest.fixture
def roll_class(session: Session, scene: Scene) -> str:
    """The class of the sample, numbered 1 to 5 where the file counts 20230101 and on; a meeting on the day of its second column."""
    for number, (pupil, name) in enumerate(zip(scene.pupils, ("陈一诺", "王梓涵", "王梓涵", "李浩然", "赵宇轩"), strict=False), 1):
        student = session.get_one(Student, (scene.district_id, pupil))
        student.name = student.name_key = name
        session.scalars(select(ClassMembership).where(ClassMembership.student_id == pupil)).one().number_in_class = str(number)
    for pupil in scene.pupils[5:]:
        session.scalars(select(ClassMembership).where(ClassMembership.student_id == pupil)).one().to_on = MONDAY - timedelta(days=300)
    for row in session.scalars(select(ClassMembership).where(ClassMembership.student_id.in_(scene.pupils[:5]))):
        row.from_on = date(2026, 2, 1)
    for student in session.scalars(select(Student).where(Student.id.in_(scene.pupils))):
        student.from_on = date(2026, 2, 1)
    return planned(session, scene, day=date(2026, 3, 9), school_year="2025-2026", season="spring")


def test_sample_19_becomes_the_roll_of_the_meeting_and_namesakes_are_asked_about(
    teacher: FlaskClient, session: Session, scene: Scene, roll_class: str
) -> None:
    answer = teacher.post(f"/meetings/{roll_class}/import", data={"file": (io.BytesIO(SAMPLE.read_bytes()), SAMPLE.name)}, content_type="multipart/form-data")
    assert answer.status_code == 303, answer.get_data(as_text=True)[-3000:]
    check = answer.location
    page = teacher.get(check).get_data(as_text=True)
    asked = re.findall(r'name="(whom-\d+)"', page)
    assert len(asked) == 2  # two pupils of one name
    assert teacher.post(check, data={}).status_code == 422
    chosen = dict(zip(asked, scene.pupils[1:3], strict=True)) | dict.fromkeys(re.findall(r'name="(mark-\d+)"', page), "present")
    answer = teacher.post(check, data=chosen)
    assert answer.status_code == 303
    form = teacher.get(answer.location).get_data(as_text=True)
    sent = fields(form) | {f"absence-{pupil}": mark for pupil, mark in re.findall(r'name="absence-(\w+)">(?:(?!</select>).)*value="([\w.]+)" selected', form, re.DOTALL)}
    assert sent["roll"]
    assert teacher.post(f"/meetings/{roll_class}/record", data=sent).status_code == 303
    absent = {a.student_id: a.status for a in session.scalars(select(MeetingAbsence))}
    assert absent == {scene.pupils[1]: "excused", scene.pupils[3]: "absent"}
    assert teacher.get(check).status_code == 404  # used once


def test_a_roll_of_other_days_says_which_it_has(teacher: FlaskClient, session: Session, scene: Scene, roll_class: str) -> None:
    meeting = session.get_one(ClassMeeting, (scene.district_id, roll_class))
    assert meeting.starts_at is not None
    assert meeting.ends_at is not None
    meeting.starts_at, meeting.ends_at = meeting.starts_at + timedelta(days=1), meeting.ends_at + timedelta(days=1)
    session.commit()
    answer = teacher.post(f"/meetings/{roll_class}/import", data={"file": (io.BytesIO(SAMPLE.read_bytes()), SAMPLE.name)}, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "2026-03-16" in answer.get_data(as_text=True)


def test_a_roll_of_another_class_and_a_file_that_is_none(teacher: FlaskClient, session: Session, scene: Scene, app: Flask, sign_in: Any) -> None:
    meeting_id = planned(session, scene, day=date(2026, 3, 9), clock=time(16, 10))
    for content, name in ((SAMPLE.read_bytes(), "a.xlsx"), (b"not a table", "a.xlsx")):
        answer = teacher.post(f"/meetings/{meeting_id}/import", data={"file": (io.BytesIO(content), name)}, content_type="multipart/form-data")
        assert answer.status_code == 422
        assert 'role="alert"' in answer.get_data(as_text=True)
    dean = app.test_client()
    sign_in(dean, "dean")
    assert dean.get(f"/meetings/{meeting_id}/import").status_code == 404


# --- without a network -------------------------------------------------------------------------------


def test_the_worker_keeps_files_by_content_and_a_page_that_holds_nobody(teacher: FlaskClient, session: Session, scene: Scene) -> None:
    worker = teacher.get("/sw.js")
    assert worker.content_type == "text/javascript; charset=utf-8"
    assert worker.headers["Cache-Control"] == "no-store"
    assert "connect-src 'self'" in worker.headers["Content-Security-Policy"]
    kept = re.findall(r'"(/static/[^"]+)"', worker.get_data(as_text=True))
    assert all("?v=" in url for url in kept)
    shell = teacher.get("/meetings/offline").get_data(as_text=True)
    assert "homeroom_teacher账号" not in shell
    assert 'data-account=""' in shell
    assert "csrf" not in shell
    for url in re.findall(r'(?:href|src)="(/static/[^"]+)"', shell):
        assert url in kept


def test_the_key_of_the_device_differs_by_account_and_needs_a_session(teacher: FlaskClient, scene: Scene, app: Flask, sign_in: Any) -> None:
    mine = teacher.get("/meetings/offline/key").json
    other = app.test_client()
    assert other.get("/meetings/offline/key", headers={"Accept": "application/json"}).status_code == 401
    sign_in(other, "dean")
    theirs = other.get("/meetings/offline/key").json
    assert len(mine["lock"]) == 64
    assert mine["lock"] != theirs["lock"]
    assert mine["account"] != theirs["account"]
    assert new_id() not in mine["account"]


def test_why_a_meeting_was_planned_over_a_clash_stands_on_its_page(session: Session, scene: Scene, client: FlaskClient, sign_in: Callable[[FlaskClient, str], None]) -> None:
    meeting_id = planned(session, scene, override_reason="操场开放日，教室空着")
    sign_in(client, "dean")
    page = client.get(f"/meetings/{meeting_id}").get_data(as_text=True)
    assert "有冲突仍安排的原因" in page
    assert "操场开放日，教室空着" in page
