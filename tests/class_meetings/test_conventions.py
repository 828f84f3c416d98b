"""A class's convention: clauses, vote, what is in force; nobody's name and nobody's vote."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.builders import Sample, add_class, add_pupils, person_name
from tests.class_meetings.record_scenery import NOW, SEASON, YEAR, Scene, build_scene, planned
from tests.class_meetings.test_checking import recorded
from trainhub.class_meetings.convention_wording import examples
from trainhub.class_meetings.models import ClassConvention, MeetingRecord
from trainhub.class_meetings.queries.board import TermKey
from trainhub.class_meetings.queries.conventions import (
    convention_count,
    convention_marks,
    convention_of,
    convention_overview,
    convention_page,
)
from trainhub.class_meetings.rules.conventions import (
    LONGEST_CLAUSE,
    MOST_CLAUSES,
    ConventionRefused,
    Vote,
    added,
    agreed,
    clauses_from,
    moved,
    refuse_clauses,
    refuse_vote,
    tidied,
    width,
)
from trainhub.class_meetings.rules.naming import TextNamesPupil, given_name
from trainhub.class_meetings.service.conventions import RecordVote, record_vote, save_draft, withdraw_draft
from trainhub.kernel.actor import Actor, Scope
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import InvalidState, NotFound, StaleVersion
from trainhub.ledger.models import LedgerEntry, LedgerPayload
from trainhub.roster.models import ClassMembership, SchoolClass, Student

TODAY = local_day(NOW)
TEXT = ("玩笑先看对方笑不笑", "看见有人落单，叫上一起")
FOR = Vote(9, 2, 1)


@pytest.fixture
def scene(session: Session, district: Sample) -> Scene:
    return build_scene(session, district)


def draft(session: Session, scene: Scene, *clauses: str, seen: int = 0, actor: Actor | None = None) -> int:
    return save_draft(session, actor or scene.teacher, scene.class_id, clauses or TEXT, NOW, seen_revision=seen)


def vote(session: Session, scene: Scene, counts: Vote = FOR, *, seen: int = 1, day: date = TODAY, **more: Any) -> bool:
    return record_vote(session, scene.teacher, RecordVote(scene.class_id, seen, counts, day, **more), NOW)


def states(session: Session, scene: Scene) -> dict[int, str]:
    rows = session.scalars(select(ClassConvention).where(ClassConvention.class_id == scene.class_id))
    return {r.revision: r.state for r in rows}


# --- drafting ------------------------------------------------------------------------------------


def test_a_draft_is_kept_and_a_later_one_replaces_it(session: Session, scene: Scene) -> None:
    assert draft(session, scene, "1. 不给同学起外号", "  ", "不给同学起外号", "（二）不围观") == 1
    page = convention_page(session, scene.teacher, scene.class_id, TODAY)
    assert page.draft is not None
    assert page.draft.clauses == ("不给同学起外号", "不围观")
    assert draft(session, scene, "不围观", seen=1) == 2
    assert states(session, scene) == {1: "replaced", 2: "draft"}
    assert draft(session, scene, "不围观", seen=2) == 2


def test_taking_a_draft_back_brings_the_one_before(session: Session, scene: Scene) -> None:
    draft(session, scene)
    draft(session, scene, "不围观", seen=1)
    withdraw_draft(session, scene.teacher, scene.class_id, NOW, seen_revision=2)
    assert states(session, scene) == {1: "draft", 2: "withdrawn"}
    withdraw_draft(session, scene.teacher, scene.class_id, NOW, seen_revision=2)
    assert states(session, scene) == {1: "withdrawn", 2: "withdrawn"}
    with pytest.raises(InvalidState):
        withdraw_draft(session, scene.teacher, scene.class_id, NOW, seen_revision=2)


def test_two_people_drafting_do_not_overwrite_each_other(session: Session, scene: Scene) -> None:
    draft(session, scene)
    with pytest.raises(StaleVersion):
        draft(session, scene, "不围观", seen=0, actor=scene.dean)
    with pytest.raises(StaleVersion):
        vote(session, scene, seen=0)


@pytest.mark.parametrize(
    ("clauses", "code"),
    [
        ((), "empty"),
        (("  ", "1."), "empty"),
        (tuple(f"第几条{n}" for n in range(13)), "too_many"),
        (("长" * 46,), "clause_long"),
        (("a" * 91,), "clause_long"),
    ],
)
def test_a_text_that_is_no_convention_is_refused(
    session: Session, scene: Scene, clauses: tuple[str, ...], code: str
) -> None:
    with pytest.raises(ConventionRefused) as refused:
        save_draft(session, scene.teacher, scene.class_id, clauses, NOW, seen_revision=0)
    assert refused.value.code == f"convention_{code}"


def test_case_40_a_clause_names_no_pupil(session: Session, scene: Scene) -> None:
    name = session.get_one(Student, (scene.district_id, scene.pupils[0])).name
    with pytest.raises(TextNamesPupil) as refused:
        draft(session, scene, "不围观", f"不再笑{name}")
    assert refused.value.params["sentence"] == 1
    assert refused.value.field == "clause-2"
    assert states(session, scene) == {}


@pytest.mark.parametrize("locale", ["zh_Hans_CN", "en"])
def test_clauses_to_start_from_fit_in_both_languages(app: Flask, locale: str) -> None:
    with app.test_request_context(f"/?lang={locale}"):
        for grade in range(1, 13):
            offered = examples(grade)
            assert tidied(offered) == tuple(offered)
            refuse_clauses(offered)
            assert not any(given_name(person_name(n)) in clause for n in range(192) for clause in offered)


# --- the vote ------------------------------------------------------------------------------------


def test_more_than_half_of_those_who_voted_agree(session: Session, scene: Scene) -> None:
    draft(session, scene)
    assert vote(session, scene)
    page = convention_page(session, scene.teacher, scene.class_id, TODAY)
    assert page.in_force is not None
    assert (page.in_force.state, page.in_force.vote, page.in_force.pupils, page.in_force.agreed_on) == (
        "agreed",
        FOR,
        12,
        TODAY,
    )
    assert page.draft is None


def test_half_is_not_enough_and_the_text_stays_readable(session: Session, scene: Scene) -> None:
    draft(session, scene)
    assert not vote(session, scene, Vote(6, 5, 1))
    assert states(session, scene) == {1: "rejected"}
    page = convention_page(session, scene.teacher, scene.class_id, TODAY)
    assert (page.in_force, page.draft, page.revisions[0].clauses) == (None, None, TEXT)
    with pytest.raises(InvalidState):
        vote(session, scene)


def test_what_is_in_force_stays_until_a_new_text_is_agreed(session: Session, scene: Scene) -> None:
    draft(session, scene)
    vote(session, scene)
    draft(session, scene, "不围观", seen=1)
    assert states(session, scene) == {1: "agreed", 2: "draft"}
    vote(session, scene, Vote(1, 11, 0), seen=2)
    assert states(session, scene) == {1: "agreed", 2: "rejected"}
    draft(session, scene, "不起哄", seen=2)
    vote(session, scene, seen=3)
    assert states(session, scene) == {1: "replaced", 2: "rejected", 3: "agreed"}
    assert convention_of(session, scene.teacher, scene.class_id, 1, TODAY)[2].clauses == TEXT
    assert convention_of(session, scene.teacher, scene.class_id, 0, TODAY)[2].revision == 3


@pytest.mark.parametrize(
    ("counts", "code"), [(Vote(12, 1, 0), "too_many_votes"), (Vote(0, 0, 0), "nobody_voted"), (Vote(5, -1, 0), "votes")]
)
def test_votes_that_cannot_be_are_refused(session: Session, scene: Scene, counts: Vote, code: str) -> None:
    draft(session, scene)
    with pytest.raises(ConventionRefused) as refused:
        vote(session, scene, counts)
    assert refused.value.code == f"convention_{code}"


def test_pupils_are_counted_on_the_day_of_the_vote(session: Session, scene: Scene) -> None:
    place = session.scalars(select(ClassMembership).where(ClassMembership.student_id == scene.pupils[0])).one()
    place.to_on = date(2026, 11, 10)
    draft(session, scene)
    with pytest.raises(ConventionRefused, match="too_many_votes"):
        vote(session, scene, Vote(12, 0, 0))
    assert vote(session, scene, Vote(12, 0, 0), day=date(2026, 11, 9))


@pytest.mark.parametrize(
    ("day", "code"), [(TODAY + timedelta(days=1), "day_ahead"), (date(2026, 8, 1), "class_not_there")]
)
def test_a_vote_has_been_held_while_the_class_was_there(session: Session, scene: Scene, day: date, code: str) -> None:
    draft(session, scene)
    with pytest.raises(ConventionRefused, match=code):
        vote(session, scene, day=day)


def test_a_vote_at_a_meeting_takes_its_day(session: Session, scene: Scene) -> None:
    held = recorded(session, scene)
    draft(session, scene)
    vote(session, scene, meeting_id=held)
    page = convention_page(session, scene.teacher, scene.class_id, TODAY)
    assert page.in_force is not None
    assert (page.in_force.agreed_on, page.in_force.meeting) == (date(2026, 11, 16), "玩笑的边界")


def test_a_vote_is_not_held_at_another_classs_meeting_nor_at_one_to_come(session: Session, scene: Scene) -> None:
    draft(session, scene)
    other = planned(session, scene, class_id=scene.other_class_id)
    to_come = planned(session, scene, day=date(2026, 11, 23))
    cancelled = planned(session, scene, day=date(2026, 11, 9), state="cancelled")
    for meeting in (other, to_come, cancelled, "0" * 32):
        with pytest.raises(ConventionRefused, match="convention_meeting"):
            vote(session, scene, meeting_id=meeting)


def test_the_ledger_holds_counts_and_no_clause(session: Session, scene: Scene) -> None:
    draft(session, scene)
    vote(session, scene)
    draft(session, scene, "不围观", seen=1)
    withdraw_draft(session, scene.teacher, scene.class_id, NOW, seen_revision=2)
    entries = session.scalars(
        select(LedgerEntry).where(LedgerEntry.subject_ref == scene.class_id).order_by(LedgerEntry.seq)
    ).all()
    assert [e.kind for e in entries] == [
        "convention.drafted",
        "convention.agreed",
        "convention.drafted",
        "convention.withdrawn",
    ]
    payloads = str(
        [
            {c.name: getattr(p, c.name) for c in LedgerPayload.__table__.columns}
            for p in session.scalars(select(LedgerPayload))
        ]
    )
    assert "'for': 9" in payloads
    assert not any(clause in payloads for clause in (*TEXT, "不围观"))


# --- taking over ---------------------------------------------------------------------------------


def test_clauses_are_taken_over_from_what_a_meeting_agreed(session: Session, scene: Scene) -> None:
    held = recorded(session, scene)
    record = session.scalars(select(MeetingRecord).where(MeetingRecord.meeting_id == held)).one()
    record.agreed = "1. 不给同学起外号；2、看见先喊停\n3）找老师。"
    session.flush()
    [source] = convention_page(session, scene.teacher, scene.class_id, TODAY).sources
    assert source.clauses == ("不给同学起外号", "看见先喊停", "找老师")


def test_a_class_can_begin_with_what_it_agreed_the_year_before(session: Session, scene: Scene) -> None:
    before = add_class(session, scene.district_id, scene.school_id, 7, 3, "2025-2026")
    session.get_one(SchoolClass, (scene.district_id, scene.class_id)).previous_id = before
    session.add(ClassConvention(
        district_id=scene.district_id, class_id=before, revision=1, school_id=scene.school_id, state="agreed", clauses=["去年说好的"],
        for_count=9, against_count=0, abstained_count=0, pupil_count=9, agreed_on=date(2025, 11, 3), entered_by=scene.dean.account_id, entered_at=NOW,
    ))  # fmt: skip
    session.flush()
    page = convention_page(session, scene.teacher, scene.class_id, TODAY)
    assert (page.last_year, page.in_force) == (("去年说好的",), None)


# --- who, and which classes ----------------------------------------------------------------------


def test_another_classs_convention_is_not_found(session: Session, scene: Scene) -> None:
    for actor in (
        scene.other_teacher,
        scene.substitute,
        scene.sample.actors["principal@other"],
        scene.sample.actors["bureau_officer"],
    ):
        with pytest.raises(NotFound):
            convention_page(session, actor, scene.class_id, TODAY)
        with pytest.raises(NotFound):
            draft(session, scene, actor=actor)
    assert convention_page(session, scene.sample.actors["principal"], scene.class_id, TODAY).may_write is False
    with pytest.raises(NotFound):
        draft(session, scene, actor=scene.sample.actors["principal"])
    assert convention_page(session, scene.dean, scene.class_id, TODAY).may_write


def test_the_overview_counts_classes_that_have_pupils(session: Session, scene: Scene, count_statements: Any) -> None:
    draft(session, scene)
    vote(session, scene)
    save_draft(session, scene.dean, scene.other_class_id, TEXT, NOW, seen_revision=0)
    add_class(session, scene.district_id, scene.school_id, 8, 9)
    session.commit()
    scope, key = Scope(scene.district_id, frozenset({scene.school_id})), TermKey(YEAR, SEASON)
    with count_statements() as few:
        found = convention_overview(session, scope, scene.school_id, key, TODAY)
    assert (found.owing, found.having) == (2, 1)
    marks = {k.class_id: mark for k, mark in found.rows}
    assert (marks[scene.class_id].clauses, marks[scene.class_id].vote, marks[scene.other_class_id].drafted) == (
        2,
        FOR,
        True,
    )
    assert convention_count(session, scene.district_id, scene.school_id, YEAR) == 1
    for number in range(10, 30):
        add_pupils(session, scene.sample, add_class(session, scene.district_id, scene.school_id, 7, number), 2)
    session.commit()
    with count_statements() as many:
        convention_overview(session, scope, scene.school_id, key, TODAY)
    assert many.count == few.count <= 8
    assert convention_marks(session, scene.district_id, []) == {}


# --- properties ----------------------------------------------------------------------------------

votes = st.builds(Vote, *(st.integers(-2, 60) for _ in range(3)))
lines = st.lists(st.text(alphabet="不围观起哄1一2.、（） \n-", max_size=20), max_size=20)


@given(votes, st.integers(0, 60))
def test_a_vote_that_stands_never_has_more_voters_than_pupils(counts: Vote, pupils: int) -> None:
    try:
        refuse_vote(counts, pupils)
    except ConventionRefused:
        assert min(counts.in_favour, counts.against, counts.abstained) < 0 or not 0 < counts.voters <= pupils
        return
    assert 0 < counts.voters <= pupils
    assert agreed(counts) == (counts.in_favour > counts.against + counts.abstained)
    assert not (agreed(counts) and agreed(Vote(counts.against, counts.in_favour, counts.abstained)))


@given(lines)
def test_tidying_twice_changes_nothing_and_repeats_nothing(clauses: list[str]) -> None:
    once = tidied(clauses)
    assert tidied(once) == once
    assert len(set(once)) == len(once)
    assert len(added(once, clauses)) <= MOST_CLAUSES
    assert all(clause.strip() for clause in once)


@given(lines, st.integers(-3, 25), st.sampled_from([-1, 1]))
def test_moving_a_clause_keeps_every_clause(clauses: list[str], number: int, step: int) -> None:
    there = moved(clauses, number, step)
    assert sorted(there) == sorted(clauses)
    if 1 <= number <= len(clauses) and 1 <= number + step <= len(clauses):
        assert moved(there, number + step, -step) == tuple(clauses)
    else:
        assert there == tuple(clauses)


@given(st.text(max_size=300))
def test_what_a_meeting_agreed_never_becomes_more_than_fits(text: str) -> None:
    found = clauses_from(text)
    assert len(found) <= MOST_CLAUSES
    if found and all(width(clause) <= LONGEST_CLAUSE for clause in found):
        refuse_clauses(found)
