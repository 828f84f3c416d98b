"""The continuing-education register: every verified minute once, periods by the dated rule, who is left out and why."""

import io
import zipfile
from collections.abc import Callable
from datetime import date, time
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from tests.builders import TOPIC, Sample, add_staff
from tests.training.scenery import AUTUMN, SPRING, YEAR, add_training
from trainhub.kernel.clock import at
from trainhub.kernel.minutes import PeriodRule
from trainhub.roster.models import Employment
from trainhub.training.queries.registration import register_of
from trainhub.training.rules.counting import CountingRule, Presence
from trainhub.training.rules.registration import register
from trainhub.training.service.standing import recompute

NOW = at(date(2026, 11, 20), time(18))
RULE = CountingRule(YEAR, TOPIC)
SignIn = Callable[[FlaskClient, str], None]


def roll(day: date, start: time, minutes: int, *, event: str = "e", **other: Any) -> Presence:
    begins = at(day, start)
    from datetime import timedelta

    return Presence(f"{event}.{day}{start}", event, begins, begins + timedelta(minutes=minutes), minutes, **other)


def test_case_9_online_hours_stand_in_the_register() -> None:
    found = register([roll(SPRING, time(9), 90, mode="online", topic=TOPIC)], RULE)
    assert (found.minutes, found.periods.count, found.items[0].mode) == (90, 2, "online")


def test_case_12_another_topic_stands_in_the_register() -> None:
    assert register([roll(SPRING, time(9), 45, topic="fire_drill")], RULE).minutes == 45


def test_case_15_two_lessons_are_eighty_minutes_and_one_period() -> None:
    found = register([roll(SPRING, time(9), 40), roll(SPRING, time(10), 40)], RULE)
    assert (found.minutes, found.periods.count, found.items[0].formula) == (80, 1, "80 ÷ 45 = 1")


def test_case_16_ten_periods_of_a_day_are_eight() -> None:
    found = register([roll(SPRING, time(7 + 3 * n), 150, event=str(n)) for n in range(3)], RULE)
    assert (found.minutes, sum(i.periods or 0 for i in found.items), found.periods.count) == (450, 9, 8)


def test_rounding_over_a_day_leaves_single_trainings_without_periods() -> None:
    rule = CountingRule(YEAR, TOPIC, PeriodRule(rounding="day"))
    found = register([roll(SPRING, time(9), 40, event="a"), roll(SPRING, time(10), 50, event="b")], rule)
    assert ([i.periods for i in found.items], found.periods.count) == ([None, None], 2)


def test_case_8_overlapping_minutes_are_entered_once() -> None:
    found = register([roll(SPRING, time(9), 60, event="a"), roll(SPRING, time(9, 30), 60, event="b")], RULE)
    assert [i.minutes for i in found.items] == [60, 30]


@pytest.mark.parametrize("other", [{"verified": False}, {"revoked": True}, {"void": True}, {"host": "x", "host_accepted": False}])
def test_what_nobody_vouches_for_is_not_entered(other: dict[str, Any]) -> None:
    assert register([roll(SPRING, time(9), 60, **other)], RULE).items == ()


def test_outside_the_year_is_not_entered() -> None:
    assert register([roll(date(2025, 12, 30), time(9), 60)], RULE).minutes == 0


@pytest.fixture
def scene(session: Session, district: Sample) -> Sample:
    people = district.people
    add_training(session, district, SPRING, people[:4], title="第一期")
    add_training(session, district, AUTUMN, people[:2], title="网络研修", delivery_mode="online")
    session.execute(update(Employment).where(Employment.person_id == people[1]).values(ce_opt_out=True))
    recompute(session, district.district_id, YEAR, NOW, school_ids=[district.school_id])
    session.commit()
    return district


def test_case_26_opting_out_of_the_register_is_no_exemption(session: Session, scene: Sample) -> None:
    found = register_of(session, scene.actors["principal"].scope("standing.export"), scene.school_id, NOW)
    first, second = found.people[0], found.people[1]
    assert (first.expected, [i.title for i in first.registration.items]) == (True, ["第一期", "网络研修"])
    assert (second.expected, second.opted_out, second.registration.minutes) == (False, True, 180)


def test_the_workbook(client: FlaskClient, scene: Sample, sign_in: SignIn) -> None:
    with time_machine.travel(NOW, tick=False):
        sign_in(client, "training_officer")
        answer = client.get("/training/registration.xlsx?year=2026")
        assert answer.status_code == 200
        with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
            register_sheet, left_out = (book.read(f"xl/worksheets/sheet{n}.xml").decode() for n in (1, 2))
        assert "90 ÷ 45 = 2" in register_sheet
        assert register_sheet.count("年度合计") == 3
        assert "本人选择不登记" in left_out
        assert "/training/registration.xlsx" in client.get("/training/standing").get_data(as_text=True)
        sign_in(client, "training_officer@other")
        assert client.get(f"/training/registration.xlsx?school={scene.school_id}").status_code == 404


def test_statements_do_not_grow_with_people(
    session: Session, scene: Sample, count_statements: Callable[[], Any]
) -> None:
    scope, seen = scene.actors["principal"].scope("standing.export"), set()
    for more in (0, 60):
        people = add_staff(session, scene.district_id, scene.school_id, more, first_no=700, department=f"组{more}") if more else scene.people
        add_training(session, scene, AUTUMN, people, start=time(8))
        session.flush()
        with count_statements() as counting:
            register_of(session, scope, scene.school_id, NOW)
        seen.add(counting.count)
    assert len(seen) == 1, seen
