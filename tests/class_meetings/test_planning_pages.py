"""The pages of planning as a browser without scripts sees them: one tap, two clicks, moved, taken back; home page and calendars."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.builders import Sample, add_class, add_post
from tests.class_meetings.planning_scenery import MONDAY, NOW, Classes, add_meeting, build_classes
from trainhub.class_meetings.models import ClassMeeting, MeetingReminder
from trainhub.class_meetings.service.standing import rebuild
from trainhub.kernel.ids import new_id
from trainhub.plugin_host.models import PluginChoice
from trainhub.roster.models import Student


@pytest.fixture
def calendars_on(app: Flask, session: Session, classes: Classes) -> Iterator[None]:
    """The format of calendars switched on in this district."""
    session.add(PluginChoice(
        district_id=classes.district_id, plugin_key="ical", is_on=True, changed_at=NOW, changed_by=classes.sample.accounts["system_administrator"]
    ))
    session.commit()
    host = app.extensions["trainhub.plugins"]
    host.apply(host.defaults | {"ical"})
    yield
    host.apply(host.defaults)


SLOT = f"{MONDAY.isoformat()}.8"


@pytest.fixture
def classes(session: Session, district: Sample) -> Classes:
    made = build_classes(session, district)
    rebuild(session, made.district_id, made.school_id, "2026-2027", "autumn", NOW)
    session.commit()
    return made


@pytest.fixture
def teacher(classes: Classes, client: FlaskClient, sign_in: Any) -> Iterator[FlaskClient]:
    with time_machine.travel(NOW, tick=False):
        sign_in(client, "homeroom_teacher")
        yield client


@pytest.fixture
def dean(classes: Classes, client: FlaskClient, sign_in: Any) -> Iterator[FlaskClient]:
    with time_machine.travel(NOW, tick=False):
        sign_in(client, "dean")
        yield client


class Form:
    """A form of a page with what it would send as it stands."""

    def __init__(self, html: str) -> None:
        self.action = unescape(re.search(r'action="([^"]*)"', html).group(1))  # type: ignore[union-attr]
        self.data: dict[str, str] = {}
        for tag in re.findall(r"<input[^>]*>", html):
            attrs = dict(re.findall(r'(\w[\w-]*)="([^"]*)"', tag))
            ticked = " checked" in tag
            if attrs.get("type") in {"radio", "checkbox"} and not ticked:
                continue
            if "name" in attrs and " disabled" not in tag:
                self.data[attrs["name"]] = unescape(attrs.get("value", ""))
        for name, options in re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', html, re.DOTALL):
            chosen = re.search(r'<option value="([^"]*)"[^>]* selected', options) or re.search(r'<option value="([^"]*)"', options)
            self.data[name] = unescape(chosen.group(1)) if chosen else ""


def forms(text: str, part: str) -> list[Form]:
    return [Form(html) for html in re.findall(r"<form.*?</form>", text, re.DOTALL) if part in html.split(">", 1)[0]]


def meetings(session: Session) -> list[ClassMeeting]:
    session.expire_all()
    return list(session.scalars(select(ClassMeeting).order_by(ClassMeeting.id)))


# --- clicks ------------------------------------------------------------------------------------------


def test_from_today_a_pack_is_one_tap(teacher: FlaskClient, session: Session, classes: Classes) -> None:
    taps = forms(teacher.get("/").text, "/meetings/schedule")
    assert [tap.data["pack"] for tap in taps] == ["lesson-1", "lesson-2", "lesson-3"]
    answer = teacher.post(taps[1].action, data=taps[1].data)  # the one tap
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    [meeting] = meetings(session)
    assert (meeting.pack_id, meeting.starts_at.isoformat() if meeting.starts_at else "") == ("lesson-2", "2026-11-23T08:30:00+00:00")
    home = teacher.get("/").text
    assert f"/meetings/{meeting.id}/undo" in home  # the toast
    [undo] = forms(home, f"/meetings/{meeting.id}/undo")
    teacher.post(undo.action, data=undo.data)
    assert meetings(session)[0].state == "cancelled"
    assert len(forms(teacher.get("/").text, "/meetings/schedule")) == 3


def test_the_sentence_page_is_two_clicks(teacher: FlaskClient, session: Session, classes: Classes) -> None:
    link = re.search(r'href="(/meetings/new\?class=[^"]+)"', teacher.get("/").text)
    assert link
    page = teacher.get(unescape(link.group(1)))  # first click
    [form] = forms(page.text, "/meetings/new")
    assert (form.data["slot"], form.data["pack"], form.data["held_by"]) == (SLOT, "lesson-1", classes.teachers[0])
    answer = teacher.post(form.action, data=form.data | {"do": "save"})  # second click
    assert answer.status_code == 303
    assert [m.state for m in meetings(session)] == ["scheduled"]


def test_three_packs_not_used_yet_come_first(teacher: FlaskClient, session: Session, classes: Classes) -> None:
    add_meeting(session, classes, day=MONDAY - timedelta(days=14), state="checked", pack_id="lesson-1", pack_version="1.0")
    session.commit()
    taps = forms(teacher.get("/meetings").text, "/meetings/schedule")
    assert [tap.data["pack"] for tap in taps] == ["lesson-2", "lesson-3", "lesson-4"]


# --- refusals on the page ----------------------------------------------------------------------------


def test_a_tap_that_cannot_be_ends_on_the_sentence_page_with_free_lessons(teacher: FlaskClient, session: Session, classes: Classes) -> None:
    add_meeting(session, classes)
    session.commit()
    answer = teacher.post("/meetings/schedule", data={"class": classes.ids[0], "pack": "lesson-1", "slot": SLOT})
    assert answer.status_code == 422
    assert "旁观者可以做什么" in answer.text
    assert 'role="alert"' in answer.text
    free = re.findall(r'type="radio" name="slot" value="(2026-[^"]+)"(?![^>]*disabled)', answer.text)
    assert len([value for value in free if value != SLOT]) >= 3


def test_a_clash_goes_with_a_reason_on_the_page(teacher: FlaskClient, session: Session, classes: Classes) -> None:
    add_meeting(session, classes, 1, room="报告厅")
    session.commit()
    sent = {"class": classes.ids[0], "pack": "lesson-1", "slot": SLOT, "room": "报告厅", "do": "save"}
    refused = teacher.post("/meetings/new", data=sent)
    assert refused.status_code == 422
    assert 'name="override_reason"' in refused.text
    assert teacher.post("/meetings/new", data=sent | {"override_reason": "合班"}).status_code == 303
    assert {m.override_reason for m in meetings(session)} == {"", "合班"}


@pytest.mark.parametrize("sent", [{"slot": "tomorrow"}, {"slot": "2026-11-23.99"}, {"slot": "other"}, {"slot": "other", "day": "2026-11-23", "starts": "25:00"}, {"slot": ""}])
def test_nonsense_is_a_sentence_not_a_fault(teacher: FlaskClient, session: Session, classes: Classes, sent: dict[str, str]) -> None:
    answer = teacher.post("/meetings/new", data={"class": classes.ids[0], "pack": "lesson-1", "do": "save", **sent})
    assert answer.status_code == 422
    assert not meetings(session)


def test_what_was_held_already_leads_to_its_record(teacher: FlaskClient, session: Session, classes: Classes) -> None:
    sent = {"class": classes.ids[0], "pack": "lesson-1", "slot": "other", "day": "2026-11-16", "lesson": "8", "do": "save"}
    assert teacher.post("/meetings/new", data=sent).status_code == 422
    answer = teacher.post("/meetings/new", data=sent | {"already_held": "1"})
    [meeting] = meetings(session)
    assert answer.headers["Location"] == f"/meetings/{meeting.id}/record"


def test_a_name_in_the_guest_is_stopped_and_kept_in_the_field(teacher: FlaskClient, session: Session, classes: Classes) -> None:
    name = session.get_one(Student, (classes.district_id, classes.pupils[0][0])).name
    answer = teacher.post("/meetings/new", data={"class": classes.ids[0], "pack": "lesson-1", "slot": SLOT, "guest": f"{name}家长", "do": "save"})
    assert answer.status_code == 422
    assert not meetings(session)


def test_other_classes_are_not_there(teacher: FlaskClient, session: Session, classes: Classes) -> None:
    other = add_meeting(session, classes, 1)
    session.commit()
    assert teacher.get(f"/meetings/new?class={classes.ids[1]}").status_code == 404
    assert teacher.post("/meetings/schedule", data={"class": classes.ids[1], "pack": "lesson-1", "slot": SLOT}).status_code == 404
    for page in ("move", "cancel", "missed"):
        assert teacher.get(f"/meetings/{other.id}/{page}").status_code == 404
        assert teacher.post(f"/meetings/{other.id}/{page}", data={"reason": "不行"}).status_code == 404
    assert teacher.post(f"/meetings/{other.id}/undo").status_code == 404


def test_the_dean_plans_for_any_class_of_the_school_and_no_other(dean: FlaskClient, session: Session, classes: Classes) -> None:
    page = dean.get(f"/meetings/new?class={classes.ids[1]}")
    assert page.status_code == 200
    [form] = forms(page.text, "/meetings/new")
    assert dean.post(form.action, data=form.data | {"do": "save"}).status_code == 303
    assert meetings(session)[0].planned_by == classes.dean.account_id
    foreign = add_class(session, classes.district_id, classes.sample.other_school_id, 8, 1)
    session.commit()
    assert dean.get(f"/meetings/new?class={foreign}").status_code == 404


# --- moved, cancelled --------------------------------------------------------------------------------


def test_moving_and_cancelling_on_the_page(teacher: FlaskClient, session: Session, classes: Classes) -> None:
    meeting = add_meeting(session, classes, pack_id="lesson-1", pack_version="1.0")
    session.commit()
    [form] = forms(teacher.get(f"/meetings/{meeting.id}/move").text, f"/meetings/{meeting.id}/move")
    later = {"slot": f"{(MONDAY + timedelta(days=7)).isoformat()}.8", "do": "save"}
    assert teacher.post(form.action, data=form.data | later).status_code == 422  # no reason yet
    assert teacher.post(form.action, data=form.data | later | {"reason": "消防演练"}).status_code == 303
    assert teacher.post(form.action, data=form.data | later | {"reason": "再一次"}).status_code == 409  # an old page
    assert teacher.post(f"/meetings/{meeting.id}/cancel", data={"reason": ""}).status_code == 422
    assert teacher.post(f"/meetings/{meeting.id}/missed", data={"reason": "停电"}).status_code == 422  # not its time yet
    assert teacher.post(f"/meetings/{meeting.id}/cancel", data={"reason": "与校运会冲突"}).status_code == 303
    assert meetings(session)[0].state == "cancelled"


def test_case_34_a_substitute_sees_and_moves_what_they_lead(client: FlaskClient, sign_in: Any, session: Session, classes: Classes) -> None:
    meeting = add_meeting(session, classes, held_by_id=classes.sample.people[0])
    session.commit()
    with time_machine.travel(NOW, tick=False):
        sign_in(client, "teacher")
        assert "旁观者可以做什么" in client.get("/meetings").text
        assert client.get(f"/meetings/{meeting.id}/move").status_code == 200
        assert client.get(f"/meetings/new?class={classes.ids[0]}").status_code == 404


# --- home page ---------------------------------------------------------------------------------------


def test_home_tells_a_homeroom_teacher_what_is_owed(teacher: FlaskClient, session: Session, classes: Classes) -> None:
    done = add_meeting(session, classes, day=MONDAY - timedelta(days=14), state="checked", title="玩笑的边界")
    owed = add_meeting(session, classes, day=MONDAY - timedelta(days=7), title="网络上的每一句话")
    session.add(MeetingReminder(
        district_id=classes.district_id, id=new_id(), school_id=classes.school_id, class_id=classes.ids[0], meeting_id=owed.id,
        person_id=classes.teachers[0], about="record", sent_by=classes.dean.account_id, sent_at=NOW - timedelta(days=1), done_at=None,
    ))
    rebuild(session, classes.district_id, classes.school_id, "2026-2027", "autumn", NOW)
    session.commit()
    home = teacher.get("/").text
    assert f"/meetings/{owed.id}/record" in home
    assert f"/meetings/{done.id}" in home or "玩笑的边界" in home
    assert "1 / 2" in home
    assert "11月19日" in home  # the reminder
    assert not forms(home, "/meetings/schedule")  # enough is on its way


def test_home_tells_the_dean_what_waits(dean: FlaskClient, session: Session, classes: Classes) -> None:
    add_meeting(session, classes, day=MONDAY - timedelta(days=7), state="recorded", revision=1)
    rebuild(session, classes.district_id, classes.school_id, "2026-2027", "autumn", NOW)
    session.commit()
    home = dean.get("/").text
    assert "/meetings/board?show=none" in home
    assert "/meetings/check" in home


def test_home_without_a_class_says_nothing_of_meetings(client: FlaskClient, sign_in: Any, classes: Classes) -> None:
    with time_machine.travel(NOW, tick=False):
        sign_in(client, "teacher")
        assert "/meetings/schedule" not in client.get("/").text


def test_home_takes_a_constant_number_of_statements(
    client: FlaskClient, sign_in: Any, session: Session, classes: Classes, count_statements: Callable[[], Any]
) -> None:
    with time_machine.travel(NOW, tick=False):
        sign_in(client, "teacher")
        client.get("/")
        with count_statements() as plain:
            client.get("/")
        sign_in(client, "homeroom_teacher")
        client.get("/")
        with count_statements() as few:
            client.get("/")
        for week in range(1, 5):
            add_meeting(session, classes, day=MONDAY - timedelta(days=7 * week), state="checked")
        extra = add_class(session, classes.district_id, classes.school_id, 8, 7)
        add_post(session, classes.district_id, classes.school_id, classes.teachers[0], "homeroom_teacher", MONDAY - timedelta(days=60), class_id=extra)
        rebuild(session, classes.district_id, classes.school_id, "2026-2027", "autumn", NOW)
        session.commit()
        client.get("/")
        with count_statements() as many:
            client.get("/")
    assert many.count <= few.count
    assert few.count <= plain.count + 15
    assert plain.count <= 20


# --- calendars ---------------------------------------------------------------------------------------


def test_the_calendar_shows_own_meetings_to_a_teacher_and_all_to_the_dean(
    teacher: FlaskClient, session: Session, classes: Classes, sign_in: Any, app: Any
) -> None:
    add_meeting(session, classes, title="我的班会")
    add_meeting(session, classes, 1, title="他的班会")
    session.commit()
    for address in (f"/meetings/calendar?day={MONDAY}", f"/meetings/calendar?view=term&day={MONDAY}"):
        mine = teacher.get(address).text
        assert "我的班会" in mine
        assert "他的班会" not in mine
    other = app.test_client()
    sign_in(other, "dean")
    for address in (f"/meetings/calendar?day={MONDAY}", f"/meetings/calendar?view=term&day={MONDAY}"):
        assert "他的班会" in other.get(address).text
    assert "他的班会" not in other.get(f"/meetings/calendar?day={MONDAY}&whose=own").text
    assert teacher.get("/meetings/calendar?day=soon").status_code == 200


def test_the_private_address_carries_class_meetings_without_pupils(
    teacher: FlaskClient, session: Session, classes: Classes, calendars_on: None
) -> None:
    add_meeting(session, classes, title="我的班会")
    gone = add_meeting(session, classes, day=MONDAY + timedelta(days=7), state="cancelled", state_reason="与校运会冲突")
    session.commit()
    page = teacher.post("/account/calendar").text
    address = re.search(r"/calendar/[^\"<\s]+\.ics", page)
    assert address
    feed = teacher.get(address.group(0)).text.replace("\r\n ", "")
    assert "我的班会" in feed
    assert f"{gone.id}@trainhub" in feed
    assert "STATUS:CANCELLED" in feed
    for pupils in classes.pupils:
        for key in pupils:
            assert session.get_one(Student, (classes.district_id, key)).name not in feed


def test_pages_of_planning_take_a_bounded_number_of_statements(
    teacher: FlaskClient, session: Session, classes: Classes, count_statements: Callable[[], Any]
) -> None:
    for address, most in (("/meetings", 30), ("/meetings/new", 60), (f"/meetings/calendar?view=term&day={MONDAY}", 15)):
        teacher.get(address)
        with count_statements() as seen:
            assert teacher.get(address).status_code == 200
        assert seen.count <= most, address
    assert session.scalar(select(func.count()).select_from(ClassMeeting)) == 0
