"""What the pages read: same numbers whichever way, nothing outside the scope, statements that do not grow."""

from collections.abc import Callable
from datetime import date, time
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.builders import Sample, add_org, add_post, add_staff
from tests.training.scenery import AUTUMN, SPRING, YEAR, add_training, set_policy
from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import at
from trainhub.kernel.errors import NotFound
from trainhub.kernel.permissions import Permission
from trainhub.training.queries.coverage import Sort, coverage_json, coverage_page, rule_preview, unit_page
from trainhub.training.queries.person import person_standing
from trainhub.training.queries.standing import standing_json, standing_page
from trainhub.training.queries.standing_list import chosen, grouped
from trainhub.training.rules.obligations import State
from trainhub.training.service.standing import recompute

NOW = at(date(2026, 11, 20), time(18))


def prepare(session: Session, sample: Sample) -> None:
    add_training(session, sample, SPRING, sample.people, attended={sample.people[0]: 0}, title="第一期")
    add_training(session, sample, AUTUMN, sample.people[:4], title="第二期")
    schools = [sample.bureau_id, sample.school_id, sample.other_school_id]
    recompute(session, sample.district_id, YEAR, NOW, school_ids=schools)


def district_scope(sample: Sample) -> Scope:
    return sample.actors["bureau_officer"].scope(Permission.COVERAGE_READ)


def test_the_page_groups_people_and_shows_each_training(session: Session, district: Sample) -> None:
    prepare(session, district)
    scope = district.actors["training_officer"].scope(Permission.STANDING_READ)
    page = standing_page(session, scope, district.school_id, NOW)
    assert [c.title for c in page.columns] == ["第一期", "第二期"]
    assert [(c.there, c.expected) for c in page.columns] == [(5, 6), (4, 4)]
    assert [(name, len(rows)) for name, rows in grouped(page.rows)] == [("owing", 3), ("met", 3)]
    assert len(chosen(page.rows, "met")) == 3
    absent = next(r for r in page.rows if r.obligation.person_id == district.people[0])
    assert [c.status for c in absent.cells.values()] == ["absent", "present"]
    assert absent.out_of_reach


def test_stored_and_recomputed_figures_are_the_same(session: Session, district: Sample) -> None:
    prepare(session, district)
    scope = district.actors["training_officer"].scope(Permission.STANDING_READ)
    live = standing_page(session, scope, district.school_id, NOW)
    tomorrow = at(date(2026, 11, 21), time(9))
    past = standing_page(session, scope, district.school_id, tomorrow, as_of=date(2026, 11, 20))
    assert [r.obligation for r in live.rows] == [r.obligation for r in past.rows]
    assert live.totals == past.totals
    whole, then = (
        coverage_page(session, district_scope(district), tomorrow, as_of=day) for day in (None, date(2026, 11, 20))
    )
    assert [(r.school_id, r.totals) for r in whole.rows] == [(r.school_id, r.totals) for r in then.rows]


def test_nobody_looks_into_another_school(session: Session, district: Sample) -> None:
    prepare(session, district)
    scope = district.actors["training_officer@other"].scope(Permission.STANDING_READ)
    for call in (
        lambda: standing_page(session, scope, district.school_id, NOW),
        lambda: person_standing(session, scope, district.people[0], NOW),
        lambda: unit_page(session, scope, district.school_id, NOW),
    ):
        with pytest.raises(NotFound):
            call()
    mine = coverage_page(session, district.actors["principal@other"].scope(Permission.COVERAGE_READ), NOW)
    assert [r.school_id for r in mine.rows] == [district.other_school_id]


def test_a_person_sees_every_presence_with_its_reason(session: Session, district: Sample) -> None:
    prepare(session, district)
    add_training(session, district, date(2026, 5, 6), district.people[:1], title="消防演练", topic="fire_drill", minutes=60)
    own = district.actors["teacher"].scope(Permission.STANDING_OWN_READ)
    found = person_standing(session, own, district.people[0], NOW)
    assert found is not None
    assert (found.judged.obligation.counted, found.judged.obligation.missing, found.judged.did.other) == (90, 90, 60)
    drill = next(line for line in found.past if line.presence.title == "消防演练")
    assert [(n.minutes, n.why) for n in drill.not_counted] == [(60, "wrong_topic")]
    assert found.accounts[drill.presence.verified_by]
    with pytest.raises(NotFound):
        person_standing(session, own, district.people[1], NOW)


def test_case_27_an_empty_school_is_not_applicable(session: Session, district: Sample) -> None:
    point = add_org(session, district.district_id, "云上教学点", "teaching_point")
    prepare(session, district)
    page = coverage_page(session, district_scope(district), NOW)
    row = next(r for r in page.rows if r.school_id == point)
    assert (row.totals.coverage.rate, row.totals.coverage.percent) == (None, "")
    assert page.not_applicable == 2, "the bureau has no staff of its own here"
    assert page.mean == (page.rows[0].totals.coverage.rate + page.rows[1].totals.coverage.rate) / 2  # type: ignore[operator]
    units = {u["name"]: u for u in coverage_json(session, district_scope(district), now=NOW)["units"]}
    assert units["云上教学点"]["coverage"] is None


def test_each_figure_carries_its_own_definition(session: Session, district: Sample) -> None:
    set_policy(session, district, "training_min_minutes", 90, date(2026, 1, 1), org_id=district.school_id, number=4)
    prepare(session, district)
    rows = {r.school_id: r for r in coverage_page(session, district_scope(district), NOW).rows}
    mine, theirs = rows[district.school_id], rows[district.other_school_id]
    assert (mine.definition.required_minutes, mine.definition.version, mine.totals.basis.version) == (90, 4, 4)
    assert (theirs.definition.required_minutes, theirs.definition.version) == (180, 0)
    assert mine.totals.met == 6


def test_case_25_the_preview_shows_before_and_after_and_changes_nothing(session: Session, district: Sample) -> None:
    prepare(session, district)
    shown = rule_preview(session, district_scope(district), {"training_min_minutes": 240}, NOW)
    assert (shown.before.met, shown.after.met) == (3, 0)
    assert {(f.before, f.after) for f in shown.flips} == {(State.MET, State.IN_PROGRESS)}
    assert coverage_page(session, district_scope(district), NOW).total.met == 3


def test_case_19_a_bureau_official_appears_in_coverage(session: Session, district: Sample) -> None:
    add_staff(session, district.district_id, district.bureau_id, 1, first_no=900, category="administrator")
    prepare(session, district)
    row = next(r for r in coverage_page(session, district_scope(district), NOW).rows if r.kind == "bureau")
    assert (row.totals.coverage.done, row.totals.coverage.owed) == (0, 1)


@pytest.mark.parametrize("text", [None, "", "rate; drop table", "RATE"])
def test_an_unknown_order_is_the_default(text: str | None) -> None:
    assert Sort.parse(text) is Sort.GAP


def test_homeroom_and_departments_are_figures_of_their_own(session: Session, district: Sample) -> None:
    add_post(session, district.district_id, district.school_id, district.people[1], "homeroom_teacher", date(2025, 9, 1))
    add_staff(session, district.district_id, district.school_id, 2, department="总务处", first_no=50, category="logistics")
    prepare(session, district)
    page = unit_page(session, district_scope(district), district.school_id, NOW)
    assert [(name, t.met, t.in_scope) for name, t in page.departments] == [("语文组", 3, 6), ("总务处", 0, 2)]
    assert [(name, t.met, t.in_scope) for name, t in page.posts] == [("homeroom_teacher", 1, 1)]


def test_plain_data_for_the_command_line(session: Session, district: Sample) -> None:
    prepare(session, district)
    scope = district.actors["training_officer"].scope(Permission.STANDING_READ)
    plain = standing_json(session, scope, district.school_id, now=NOW)
    assert (plain["totals"]["met"], plain["totals"]["coverage"]) == (3, "50.0%")
    assert plain["definition"]["policy_version"] == 0
    assert len(plain["people"]) == 6


def test_statements_of_a_school_do_not_grow_with_people(
    session: Session, district: Sample, count_statements: Callable[[], Any]
) -> None:
    scope = Scope(district.district_id, None)
    seen = []
    for size in (5, 45, 130):
        school = add_org(session, district.district_id, f"规模{size}校")
        people = add_staff(session, district.district_id, school, size, first_no=1000 + size * 10)
        add_training(session, district, SPRING, people, school_id=school)
        recompute(session, district.district_id, YEAR, NOW, school_ids=[school])
        session.expire_all()
        with count_statements() as live:
            standing_page(session, scope, school, NOW)
        with count_statements() as past:
            standing_page(session, scope, school, NOW, as_of=date(2026, 6, 1))
        seen.append((live.count, past.count))
    assert len(set(seen)) == 1, seen
    assert seen[0][0] <= 10


def test_statements_of_coverage_do_not_grow_with_schools(
    session: Session, district: Sample, count_statements: Callable[[], Any]
) -> None:
    seen = []
    for more in (0, 18):
        for n in range(more):
            school = add_org(session, district.district_id, f"第{n}小学")
            add_training(
                session, district, SPRING,
                add_staff(session, district.district_id, school, 2, first_no=2000 + n * 10), school_id=school,
            )
        session.expire_all()
        with count_statements() as live:
            coverage_page(session, district_scope(district), NOW)
        with count_statements() as past:
            coverage_page(session, district_scope(district), NOW, as_of=date(2026, 6, 1))
        seen.append((live.count, past.count))
    assert seen[0] == seen[1], seen
    assert seen[0][0] <= 8
