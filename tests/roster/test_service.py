"""Dated records of staff: moves keep history, nothing is deleted, merges can be undone."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.builders import Sample, add_class, add_post, person_name
from tests.roster.conftest import NOW
from trainhub.kernel.actor import Actor, Scope
from trainhub.kernel.errors import Forbidden, NotFound, StaleVersion
from trainhub.kernel.events import announcer
from trainhub.kernel.permissions import Permission
from trainhub.ledger.models import LedgerEntry
from trainhub.roster import queries, service
from trainhub.roster.events import StaffChanged
from trainhub.roster.refusals import (
    ClassNeeded,
    DateBeforeStart,
    HomeroomTaken,
    NameTaken,
    NotAllowedValue,
    NotKnownYet,
    PastPolicyDay,
    PeriodsOverlap,
    ReasonMissing,
    SamePerson,
    SameSchool,
    StaffNumberTaken,
    StillInUse,
    UnknownWord,
)

TODAY = date(2026, 11, 21)


def whole(district: Sample) -> Scope:
    """A scope over the district."""
    return Scope(district.district_id, None)


def names_on(session: Session, district: Sample, school_id: str, day: date) -> set[str]:
    """Names on the staff of a school on a day."""
    return {s.name for s in queries.staff_on(session, whole(district), school_id, day)}


def test_case_01_a_move_keeps_history(session: Session, district: Sample, clerk: Actor) -> None:
    """A in February, B in March, one person throughout; both ledgers and the listeners know."""
    heard: list[StaffChanged] = []
    announcer.listen(StaffChanged, lambda _session, event: heard.append(event))
    person = district.people[0]
    moved = service.move(session, clerk, service.Move(
        person, district.school_id, district.other_school_id, date(2026, 3, 1), "数学组", "M1", "组织调动"), NOW)
    name = person_name(1)
    assert name in names_on(session, district, district.school_id, date(2026, 2, 28))
    assert name not in names_on(session, district, district.school_id, date(2026, 3, 1))
    assert name not in names_on(session, district, district.other_school_id, date(2026, 2, 28))
    assert name in names_on(session, district, district.other_school_id, date(2026, 3, 1))
    spans = queries.people_in_year(session, whole(district), None, date(2026, 1, 1), date(2026, 12, 31), person_ids=[person])
    assert [(s.school_id, s.is_home, s.left_reason) for s in spans] == [
        (district.school_id, True, "moved"), (district.other_school_id, True, "")]
    assert spans[1].hired_on == spans[0].hired_on, "a move makes nobody a newcomer"
    kinds = {(e.school_id, e.kind) for e in session.scalars(select(LedgerEntry))}
    assert (district.school_id, "roster.moved_away") in kinds
    assert (district.other_school_id, "roster.moved_in") in kinds
    assert heard[-1].school_ids == tuple(sorted((district.school_id, district.other_school_id)))
    assert moved.person_id == person


def test_case_02_a_second_school_is_not_a_second_home(session: Session, district: Sample, clerk: Actor) -> None:
    """Serving two schools: the staffing unit stays the home, whatever the second entry says."""
    elsewhere = replace(clerk, org_id=district.other_school_id, grants=())
    person = service.hire(session, clerk, service.Hire(district.school_id, "走教老师", "full_time_teacher", TODAY), NOW)
    with pytest.raises(NotFound):
        service.hire(session, elsewhere, service.Hire(
            district.other_school_id, "走教老师", "full_time_teacher", TODAY, person_id=person.person_id), NOW)
    both = replace(clerk, org_id=district.school_id)
    spans = queries.employments_of(session, whole(district), [person.person_id])
    assert [s.is_home for s in spans] == [True]
    with pytest.raises(PeriodsOverlap):
        service.hire(session, both, service.Hire(
            district.school_id, "走教老师", "full_time_teacher", TODAY, person_id=person.person_id), NOW)


def test_case_04_leaving_ends_posts_and_departments_on_the_last_day(session: Session, district: Sample, clerk: Actor) -> None:
    """Retired: earlier days unchanged, posts end with the employment."""
    person = district.people[1]
    class_id = add_class(session, district.district_id, district.school_id, 3, 1)
    add_post(session, district.district_id, district.school_id, person, "homeroom_teacher", date(2026, 9, 1), class_id=class_id)
    service.leave(session, clerk, service.Leave(person, district.school_id, TODAY, "retired", "到龄"), NOW)
    page = queries.person_page(session, whole(district), person, TODAY + timedelta(days=1))
    assert page.current is None
    assert all(item.to_on == TODAY for item in page.timeline)
    with pytest.raises(DateBeforeStart):
        service.leave(session, clerk, service.Leave(district.people[2], district.school_id, date(2019, 1, 1), "retired"), NOW)
    with pytest.raises(UnknownWord):
        service.leave(session, clerk, service.Leave(district.people[2], district.school_id, TODAY, "bored"), NOW)


def test_case_20_and_21_posts_are_dated(session: Session, district: Sample, clerk: Actor) -> None:
    """A homeroom post has a class and one holder; it starts and ends on days."""
    class_id = add_class(session, district.district_id, district.school_id, 3, 2)
    old, new = district.people[0], district.people[1]
    give = service.AssignPost(old, district.school_id, "班主任", date(2026, 9, 1), class_id)
    post_id = service.assign_post(session, clerk, give, NOW)
    with pytest.raises(HomeroomTaken):
        service.assign_post(session, clerk, replace(give, person_id=new, from_on=date(2027, 4, 1)), NOW)
    with pytest.raises(ClassNeeded):
        service.assign_post(session, clerk, replace(give, person_id=new, class_id=None), NOW)
    service.end_post(session, clerk, service.EndPost(district.school_id, post_id, date(2027, 3, 31)), NOW)
    service.assign_post(session, clerk, replace(give, person_id=new, from_on=date(2027, 4, 1)), NOW)
    on = {s.person_id: s.posts for s in queries.staff_on(session, whole(district), district.school_id, date(2027, 4, 2))}
    assert on[old] == ()
    assert on[new] == ("homeroom_teacher",)


def test_case_26_opting_out_of_ce_is_a_mark_only(session: Session, district: Sample, clerk: Actor) -> None:
    """The person stays on the staff list; only the mark changes."""
    service.correct(session, clerk, service.CorrectDetails(
        district.people[0], district.school_id, person_name(1), "T0001", "full_time_teacher", "staffed", None, ce_opt_out=True), NOW)
    (span,) = queries.employments_of(session, whole(district), [district.people[0]])
    assert span.ce_opt_out
    assert span.covers(TODAY)


def test_case_27_an_organisation_without_staff_is_listed_and_empty(session: Session, district: Sample) -> None:
    """A teaching point without own staff: it is there, and nobody is on it."""
    officer = district.actors["bureau_officer"]
    point = service.create_org(session, officer, service.CreateOrg("上湾教学点", "teaching_point", ("primary",)), NOW)
    assert point in {o.id for o in queries.schools(session, whole(district))}
    assert queries.staff_on(session, whole(district), point, TODAY) == []
    with pytest.raises(NameTaken):
        service.create_org(session, officer, service.CreateOrg("上湾教学点", "teaching_point"), NOW)
    service.close_org(session, officer, service.CloseOrg(point, TODAY), NOW)
    with pytest.raises(StillInUse):
        service.close_org(session, officer, service.CloseOrg(district.school_id, TODAY), NOW)


def test_an_outside_law_vice_principal_needs_no_number(session: Session, district: Sample, clerk: Actor) -> None:
    """法治副校长: by name, category external, not at home here."""
    person = service.add_external(session, clerk, service.AddExternal(
        district.school_id, "沈志强", "法治副校长", TODAY), NOW)
    found = next(s for s in queries.staff_on(session, whole(district), district.school_id, TODAY) if s.person_id == person)
    assert (found.staff_no, found.category, found.posts, found.is_home) == ("", "external", ("law_vice_principal",), False)


def test_hiring_refuses_a_taken_number_and_unknown_words(session: Session, district: Sample, clerk: Actor) -> None:
    """The refusal names the holder, so that the clerk can look."""
    with pytest.raises(StaffNumberTaken) as refused:
        service.hire(session, clerk, service.Hire(district.school_id, "新人", "full_time_teacher", TODAY, "t0001"), NOW)
    assert refused.value.params["name"] == person_name(1)
    with pytest.raises(UnknownWord):
        service.hire(session, clerk, service.Hire(district.school_id, "新人", "wizard", TODAY), NOW)
    with pytest.raises(SameSchool):
        service.move(session, clerk, service.Move(district.people[0], district.school_id, district.school_id, TODAY), NOW)


def test_a_school_writes_its_own_roster_only(session: Session, district: Sample, clerk: Actor) -> None:
    """Another school's person is not there; a role without the right is refused."""
    with pytest.raises(NotFound):
        service.leave(session, clerk, service.Leave(district.other_people[0], district.other_school_id, TODAY, "retired"), NOW)
    with pytest.raises(NotFound):
        service.leave(session, clerk, service.Leave(district.other_people[0], district.school_id, TODAY, "retired"), NOW)
    with pytest.raises(Forbidden):
        service.leave(session, district.actors["teacher"], service.Leave(
            district.people[0], district.school_id, TODAY, "retired"), NOW)
    with pytest.raises(NotFound):
        queries.person_page(session, clerk.scope(Permission.ROSTER_READ), district.other_people[0], TODAY)


def test_case_100_two_records_become_one_and_come_apart_again(session: Session, district: Sample, clerk: Actor) -> None:
    """Merged: one line on the list, posts with it, aliases known; undone: exactly as before."""
    kept = district.people[0]
    twin = service.hire(session, clerk, service.Hire(
        district.school_id, person_name(1), "full_time_teacher", date(2019, 9, 1), "OLD1", posts=("安全主任",)), NOW)
    before = queries.staff_on(session, whole(district), district.school_id, TODAY)
    with pytest.raises(ReasonMissing):
        service.merge(session, clerk, service.Merge(district.school_id, kept, twin.person_id, " "), NOW)
    merge_id = service.merge(session, clerk, service.Merge(district.school_id, kept, twin.person_id, "同一人两个工号"), NOW)
    after = queries.staff_on(session, whole(district), district.school_id, TODAY)
    assert len(after) == len(before) - 1
    one = next(s for s in after if s.person_id == kept)
    assert one.posts == ("safety_head",)
    assert one.from_on == date(2019, 9, 1)
    assert queries.aliases(session, district.district_id, [kept]) == {twin.person_id: kept}
    with pytest.raises(SamePerson):
        service.merge(session, clerk, service.Merge(district.school_id, kept, twin.person_id, "再来"), NOW)
    service.undo_merge(session, clerk, district.school_id, merge_id, "认错了", NOW)
    assert queries.staff_on(session, whole(district), district.school_id, TODAY) == before
    assert queries.aliases(session, district.district_id, [kept]) == {}


def test_rollover_opens_next_years_classes(session: Session, district: Sample, clerk: Actor) -> None:
    """Case 31: 5(3) stays as it was, 6(3) is a new record linked to it; the homeroom teacher goes along."""
    class_id = add_class(session, district.district_id, district.school_id, 5, 3)
    add_class(session, district.district_id, district.school_id, 6, 1)
    add_post(session, district.district_id, district.school_id, district.people[0], "homeroom_teacher", date(2026, 9, 1), class_id=class_id)
    command = service.Rollover(district.school_id, "2026-2027", "2027-2028", date(2027, 9, 1), 6)
    done = service.roll_over(session, clerk, command, NOW)
    assert (done.classes, done.graduated) == (1, 0)
    (new,) = queries.classes(session, whole(district), district.school_id, "2027-2028", date(2027, 9, 2))
    assert (new.grade, new.class_no, new.previous_id, new.homeroom_name) == (6, 3, class_id, person_name(1))
    assert service.roll_over(session, clerk, command, NOW).classes == 0, "a second time changes nothing"


def test_case_25_policy_versions_are_dated_and_say_what_was_before(session: Session, district: Sample) -> None:
    """A value from a day on: the day before keeps the old one; a school inherits; both are shown."""
    officer = district.actors["bureau_officer"]
    done = service.set_policy(session, officer, service.SetPolicy(
        district.district_id, "training_min_minutes", "240", date(2027, 1, 1), "年度要求提高"), NOW)
    assert (done.before, done.after, done.number) == (180, 240, 1)
    for day, value in ((date(2026, 12, 31), 180), (date(2027, 1, 1), 240)):
        assert queries.policy_for(session, district.district_id, district.school_id, day)["training_min_minutes"] == value
    page = queries.policy_page(session, whole(district), district.school_id, TODAY)
    line = next(x for x in page.lines if x.parameter.key == "training_min_minutes")
    assert line.upcoming == (date(2027, 1, 1), 240, 1)
    for command, refusal in (
        (service.SetPolicy(district.district_id, "training_min_minutes", "-3", TODAY, "x"), NotAllowedValue),
        (service.SetPolicy(district.district_id, "training_min_minutes", "100", date(2026, 12, 1), "x"), PastPolicyDay),
        (service.SetPolicy(district.district_id, "requirement_year", "lunar", TODAY, "x"), NotAllowedValue),
        (service.SetPolicy(district.district_id, "requirement_year", "school", TODAY, ""), ReasonMissing),
        (service.SetPolicy(district.district_id, "requirement_year", "school", TODAY, "x", seen_number=0), StaleVersion),
        (service.SetPolicy(district.district_id, "nonsense", "1", TODAY, "x"), UnknownWord),
    ):
        with pytest.raises(refusal):
            service.set_policy(session, officer, command, NOW)
    with pytest.raises(Forbidden):
        service.set_policy(session, district.actors["principal"], service.SetPolicy(
            district.school_id, "training_min_minutes", "10", TODAY, "x"), NOW)


def test_the_national_calendar_is_seeded_once_and_unknown_years_are_said(session: Session, district: Sample, clerk: Actor) -> None:
    """2026 with its make-up workdays; 2030 is not announced: weekdays hold and the page can say so."""
    assert service.seed_calendar(session, 2026) == service.seed_calendar(session, 2026) > 30
    with pytest.raises(NotKnownYet):
        service.seed_calendar(session, 2030)
    officer = district.actors["bureau_officer"]
    service.set_term(session, officer, service.SetTerm(
        district.district_id, "2026-2027", "autumn", date(2026, 9, 1), date(2027, 1, 20)), NOW)
    service.set_day(session, clerk, service.SetDay(district.school_id, date(2026, 11, 6), "off", "运动会补休"), NOW)
    days = queries.calendar(session, district.district_id, district.school_id, date(2026, 8, 1), date(2026, 12, 31))
    assert days.kind(date(2026, 10, 1)).label == "国庆节"
    assert days.kind(date(2026, 10, 10)).teaching, "make-up workday"
    assert not days.kind(date(2026, 11, 7)).teaching, "Saturday"
    assert days.kind(date(2026, 11, 6)).label == "运动会补休"
    assert days.kind(date(2026, 8, 10)).code == "vacation"
    assert days.week_label(date(2026, 11, 20)) == "第12周"
    later = queries.calendar(session, district.district_id, district.school_id, date(2030, 3, 1), date(2030, 3, 31))
    assert later.unknown_years == (2030,)
    other = queries.calendar(session, district.district_id, district.other_school_id, date(2026, 11, 1), date(2026, 11, 30))
    assert other.kind(date(2026, 11, 6)).teaching, "one school's day off is its own"


def test_finding_people_by_name_pinyin_and_number(session: Session, district: Sample, clerk: Actor) -> None:
    """Initials, part of a name, number; a percent sign is a character, not a wildcard."""
    service.hire(session, clerk, service.Hire(district.school_id, "欧阳若彤", "support", TODAY, "Z_9"), NOW)
    scope = clerk.scope(Permission.ROSTER_READ)
    for words in ("oyrt", "欧阳", "若彤", "z_9", "OuYang".lower()[:2]):
        assert "欧阳若彤" in {s.name for s in queries.search(session, scope, words, TODAY)}, words
    assert queries.search(session, scope, "%", TODAY) == []
    outside = replace(clerk, org_id=district.other_school_id).scope(Permission.ROSTER_READ)
    assert queries.search(session, outside, "oyrt", TODAY) == []


def test_lists_filter_and_page_with_a_constant_number_of_statements(
    session: Session, district: Sample, clerk: Actor, count_statements: Any
) -> None:
    """State, department, category, post; statements do not grow with the staff."""
    scope = clerk.scope(Permission.ROSTER_READ)
    service.leave(session, clerk, service.Leave(district.people[0], district.school_id, date(2026, 11, 1), "retired"), NOW)

    def listed(**wanted: Any) -> queries.StaffPage:
        return queries.staff_list(session, scope, district.school_id, TODAY, queries.StaffFilter(**wanted))

    assert (listed().total, listed(state="left").total, listed(state="all").total) == (5, 1, 6)
    assert listed(state="left").rows[0].department == "语文组"
    assert listed(category="logistics").total == 0
    assert listed(words=person_name(3)).total == 1
    with count_statements() as few:
        listed()
    for number in range(40):
        service.hire(session, clerk, service.Hire(district.school_id, f"测试{number}", "support", TODAY, f"N{number}", department="总务处"), NOW)
    with count_statements() as many:
        page = listed(size=20)
    assert (page.total, page.pages, len(page.rows)) == (45, 3, 20)
    assert many.count == few.count == 4
