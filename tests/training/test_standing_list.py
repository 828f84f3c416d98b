"""The list of a school: who owes first, the rest counted and a click away; how an ended training is told."""

from collections.abc import Callable
from datetime import date, time
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.builders import Sample, add_post, add_staff
from tests.training.scenery import AUTUMN, SPRING, YEAR, add_training, verify
from trainhub.attendance.models import AttendanceRecord, AttendanceSheet
from trainhub.kernel.clock import at
from trainhub.kernel.errors import NotFound
from trainhub.training.models import EventPart, EventParticipant, TrainingEvent
from trainhub.training.queries.standing import standing_page
from trainhub.training.queries.standing_list import PAGE, Pick, standing_list
from trainhub.training.service.standing import recompute

NOW = at(date(2026, 11, 20), time(18))
SignIn = Callable[[FlaskClient, str], None]


@pytest.fixture(autouse=True)
def november() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def big(session: Session, district: Sample) -> tuple[Sample, list[str], list[str]]:
    """A school of 130: 6 of the old staff owe, 124 newcomers to the list have met it."""
    met = add_staff(session, district.district_id, district.school_id, 124, first_no=500, department="数学组")
    add_post(session, district.district_id, district.school_id, met[3], "homeroom_teacher", date(2025, 9, 1))
    add_training(session, district, SPRING, met, minutes=180, title="第一期")
    recompute(session, district.district_id, YEAR, NOW, school_ids=[district.school_id])
    session.commit()
    return district, district.people, met


def listed(session: Session, sample: Sample, **pick: Any) -> Any:
    return standing_list(session, sample.actors["training_officer"].scope("standing.read"), sample.school_id, NOW, Pick(**pick))


def people_on(found: Any) -> list[str]:
    return [r.obligation.person_id for s in found.sections for r in s.rows]


def test_who_owes_comes_in_full_and_the_others_are_counted(session: Session, big: tuple[Sample, list[str], list[str]]) -> None:
    sample, owing, _ = big
    found = listed(session, sample)
    assert set(people_on(found)) == set(owing)
    assert [(s.name, s.count) for s in found.folded] == [("met", 124)]
    assert (found.counts["owing"], found.counts["met"], found.counts["all"], found.counts["homeroom"]) == (6, 124, 130, 1)


def test_pages_hold_everybody_once(session: Session, big: tuple[Sample, list[str], list[str]]) -> None:
    sample, owing, met = big
    seen: list[str] = []
    after, sizes = "", []
    while True:
        found = listed(session, sample, show="all", after=after)
        sizes.append(len(people_on(found)))
        seen += people_on(found)
        assert {s.name: s.count for s in found.sections}.get("met", 124) == 124, "the count is that of the whole section"
        if not found.following:
            break
        after = found.following
    assert sizes == [PAGE, PAGE, 30]
    assert len(seen) == len(set(seen)) == 130
    assert set(seen[:6]) == set(owing), "who owes comes first"
    whole = listed(session, sample, show="all", whole=True)
    assert people_on(whole) == seen, "paper has everybody in the same order"
    assert set(people_on(listed(session, sample, show="met", whole=True))) == set(met)


def test_department_post_and_name_narrow_the_counts_too(session: Session, big: tuple[Sample, list[str], list[str]]) -> None:
    sample, owing, met = big
    maths = listed(session, sample, department="数学组")
    assert (maths.counts["owing"], maths.counts["met"], people_on(maths)) == (0, 124, [])
    homeroom = listed(session, sample, show="homeroom", post="homeroom_teacher")
    assert people_on(homeroom) == [met[3]]
    assert people_on(listed(session, sample, find="T0003")) == [owing[2]]
    assert people_on(listed(session, sample, find="p503")) == [met[3]], "somebody who met it is found as well"
    assert people_on(listed(session, sample, find="nobody")) == []


def test_the_list_and_the_whole_school_say_the_same(session: Session, big: tuple[Sample, list[str], list[str]]) -> None:
    sample, _, _ = big
    scope = sample.actors["training_officer"].scope("standing.read")
    for day in (None, date(2026, 6, 1), date(2026, 2, 1)):
        whole = standing_page(session, scope, sample.school_id, NOW, as_of=day)
        found = standing_list(session, scope, sample.school_id, NOW, Pick("all", whole=True), as_of=day)
        assert found.totals == whole.totals
        cells = {p: dict(c) for p, c in found.turnout.cells.items()}
        assert {r.obligation.person_id: [c.status for c in r.cells.values()] for r in whole.rows if r.cells} == {
            p: [c.status for c in mine.values()] for p, mine in cells.items()
        }


def test_a_training_of_the_bureau_is_a_column_where_it_concerns_the_school(session: Session, district: Sample) -> None:
    add_training(session, district, AUTUMN, district.people[:2], school_id=district.bureau_id, title="全区轮训")
    add_training(session, district, AUTUMN, district.other_people[:2], school_id=district.bureau_id, title="别校的轮训", start=time(9))
    recompute(session, district.district_id, YEAR, NOW, school_ids=[district.school_id, district.other_school_id])
    for day in (None, date(2026, 10, 1)):
        found = standing_list(
            session, district.actors["principal"].scope("standing.read"), district.school_id, NOW, Pick(), as_of=day
        )
        assert [c.title for c in found.turnout.columns] == ["全区轮训"]


def test_another_school_is_refused(session: Session, district: Sample) -> None:
    with pytest.raises(NotFound):
        standing_list(session, district.actors["principal@other"].scope("standing.read"), district.school_id, NOW, Pick())


def test_statements_of_the_list_are_few_and_do_not_grow(
    session: Session, district: Sample, count_statements: Callable[[], Any]
) -> None:
    seen = set()
    for size in (6, 60, 300):
        more = size - 6
        people = add_staff(session, district.district_id, district.school_id, more, first_no=1000 + size, department=f"组{size}") if more else district.people
        add_training(session, district, SPRING, people)
        recompute(session, district.district_id, YEAR, NOW, school_ids=[district.school_id])
        session.commit()
        for pick in ({}, {"show": "all"}, {"show": "met"}):
            with count_statements() as counting:
                listed(session, district, **pick)
            if pick.get("show") != "met":
                seen.add(counting.count)
    assert max(seen) <= 8
    assert len(seen) == 1, seen


# --- the page --------------------------------------------------------------------------------------


def test_the_page_opens_its_sections_without_scripts(
    client: FlaskClient, big: tuple[Sample, list[str], list[str]], sign_in: SignIn
) -> None:
    _sample, _owing, _met = big
    sign_in(client, "training_officer")
    page = client.get("/training/standing").get_data(as_text=True)
    assert page.count('name="people"') == 6
    assert "124 人" in page
    assert "show=met" in page
    assert len(page) < 60_000
    opened = client.get("/training/standing?show=met").get_data(as_text=True)
    assert opened.count('name="people"') == PAGE
    assert "第 1–50 人，共 124 人" in opened
    paper = client.get("/training/standing?show=all&whole=1").get_data(as_text=True)
    assert paper.count("data-find=") == 130
    assert 'name="people"' not in paper
    found = client.get("/training/standing?q=p503").get_data(as_text=True)
    assert found.count('name="people"') == 1
    assert "style=" not in page


def test_what_is_shared_is_drawn_once(client: FlaskClient, big: tuple[Sample, list[str], list[str]], sign_in: SignIn) -> None:
    sign_in(client, "training_officer")
    page = client.get("/training/standing?show=met").get_data(as_text=True)
    assert page.count('<symbol id="b') == 1, "everybody here has the same minutes"
    assert page.count('<use href="#b0"/>') == PAGE


# --- an ended training -----------------------------------------------------------------------------


@pytest.fixture
def ended(session: Session, district: Sample) -> str:
    """A training of which one was absent, one late; its roll is ended and not verified."""
    people = district.people
    sheet = add_training(session, district, SPRING, people, attended={people[0]: 0}, title="第一期", verified=False)
    session.execute(update(AttendanceRecord).where(AttendanceRecord.sheet_id == sheet, AttendanceRecord.person_id == people[1]).values(
        status="late", late_minutes=20, minutes=70
    ))
    event = session.scalars(
        select(TrainingEvent).join(EventPart, EventPart.event_id == TrainingEvent.id).where(EventPart.sheet_id == sheet)
    ).one()
    event.state = "submitted"
    session.add_all(EventParticipant(district_id=district.district_id, event_id=event.id, person_id=p, serial_no=n, reason="yearly:180")
                    for n, p in enumerate(people, 1))
    recompute(session, district.district_id, YEAR, NOW, school_ids=[district.school_id])
    session.commit()
    return event.id


def test_an_ended_training_tells_how_it_went(
    client: FlaskClient, session: Session, district: Sample, ended: str, sign_in: SignIn
) -> None:
    sign_in(client, "principal")
    page = client.get(f"/training/events/{ended}").get_data(as_text=True)
    assert "还没有人核实" in page
    assert "为他们安排补训" not in page, "a principal plans nothing"
    assert "1 人没有参加，本年度仍欠学时" in page
    sheet = session.scalars(select(AttendanceSheet.id)).one()
    verify(session, sheet, NOW)
    session.execute(update(AttendanceSheet).where(AttendanceSheet.id == sheet).values(verified_by=district.accounts["principal"]))
    session.execute(update(TrainingEvent).where(TrainingEvent.id == ended).values(state="verified"))
    session.commit()
    page = client.get(f"/training/events/{ended}").get_data(as_text=True)
    outcome = page[page.index('id="outcome"'):]
    assert "共核实 430 分钟" in outcome
    assert "11月20日 18:00 核实" in outcome, "who verified it and when"
    assert outcome.index("没有全程参加") < outcome.index("钱若兰") < outcome.index("当初为什么"), "the absent one stands among the exceptions"
    assert outcome.index("迟到") < outcome.index("当初为什么请这些人"), "reasons are folded behind the outcome"
    sign_in(client, "training_officer")
    assert "为他们安排补训" in client.get(f"/training/events/{ended}").get_data(as_text=True)


def test_the_bureau_reads_figures_and_no_names(client: FlaskClient, session: Session, district: Sample, ended: str, sign_in: SignIn) -> None:
    sign_in(client, "bureau_officer")
    page = client.get(f"/training/events/{ended}").get_data(as_text=True)
    assert "还没有人核实" in page
    assert "没有全程参加" not in page


def test_the_page_of_an_ended_training_asks_as_often_for_many_people(
    client: FlaskClient, session: Session, district: Sample, ended: str, sign_in: SignIn, count_statements: Callable[[], Any]
) -> None:
    sign_in(client, "principal")
    seen = set()
    sheet = session.scalars(select(AttendanceSheet.id)).one()
    for more in (0, 80):
        for n, p in enumerate(add_staff(session, district.district_id, district.school_id, more, first_no=900, department=f"组{more}") if more else (), 10):
            session.add(AttendanceRecord(district_id=district.district_id, sheet_id=sheet, person_id=p, school_id=district.school_id,
                                         serial_no=n, status="present", minutes=90, review=[], version=1))
        session.commit()
        with count_statements() as counting:
            assert client.get(f"/training/events/{ended}").status_code == 200
        seen.add(counting.count)
    assert len(seen) == 1, seen
