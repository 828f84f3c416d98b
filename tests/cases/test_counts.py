"""Counts for those who see no case: no small number, and none that can be worked out from any two pages."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import combinations, product
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.builders import Sample, add_term
from trainhub.cases.models import CaseClock, CaseFile, CaseParty, Determination
from trainhub.cases.queries.counts import COLUMNS, ROWS, TermCounts, closed_terms, overdue_now, term_counts
from trainhub.cases.rules.disclosure import band, given_away_by, inside, single
from trainhub.cases.rules.suppression import Counts, exposed, suppressed, with_sums
from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import SCHOOL_ZONE
from trainhub.kernel.errors import NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission

NOW = datetime(2027, 9, 10, 9, 0, tzinfo=SCHOOL_ZONE)
AUTUMN, SPRING = "2026-2027-autumn", "2026-2027-spring"
PAIRS = st.integers(1, 3).flatmap(lambda w: st.integers(1, 3).flatmap(lambda h: st.tuples(*(
    st.lists(st.lists(st.integers(0, 9), min_size=w, max_size=w), min_size=h, max_size=h) for _ in range(2)
))))


def whole_of(part: Sequence[Sequence[int]], rest: Sequence[Sequence[int]]) -> list[list[int]]:
    return [[a + b for a, b in zip(one, other, strict=True)] for one, other in zip(part, rest, strict=True)]


@given(pair=PAIRS, threshold=st.integers(2, 6))
def test_a_table_beside_the_one_around_it_gives_no_small_number_away(pair: Any, threshold: int) -> None:
    part, rest = pair
    whole = whole_of(part, rest)
    outer = suppressed(whole, len(whole[0]), threshold)
    inner = inside(part, whole, len(whole[0]), threshold)
    assert not list(given_away_by(inner, outer))
    assert not list(exposed(outer.rows, outer.hidden))
    for r, row in enumerate(inner.rows):
        for c, value in enumerate(row):
            assert not 0 < value < threshold or inner.shown(r, c) is None


SQUARES = st.lists(st.lists(st.integers(0, 4), min_size=2, max_size=2), min_size=2, max_size=2)


def tables_like(counts: Counts) -> Iterator[Sequence[Sequence[int]]]:
    """Every 2 x 2 table with its sums that what is shown allows; no number is taken to be greater than the sum of all."""
    rows, most = counts.rows, counts.rows[2][2]

    def values(r: int, c: int) -> Sequence[int]:
        if (r, c) not in counts.hidden:
            return (rows[r][c],)
        return range(min([most, *(rows[i][j] for i, j in ((r, 2), (2, c), (2, 2)) if (i, j) not in counts.hidden)]) + 1)

    for a, b, d, e in product(values(0, 0), values(0, 1), values(1, 0), values(1, 1)):
        table = with_sums([[a, b], [d, e]], 2)
        if all(table[i][j] == rows[i][j] for i, j in product(range(3), range(3)) if (i, j) not in counts.hidden):
            yield table


@given(SQUARES, SQUARES)
@example([[0, 4], [0, 4]], [[1, 4], [2, 4]])
@settings(deadline=None)
def test_a_reader_of_both_who_tries_every_pair_of_tables_is_left_in_doubt(part: list[list[int]], rest: list[list[int]]) -> None:
    threshold, cells = 3, list(product(range(3), range(3)))
    outer, inner = suppressed(whole_of(part, rest), 2, threshold), inside(part, whole_of(part, rest), 2, threshold)
    others = [[w - p for w, p in zip(wide, narrow, strict=True)] for wide, narrow in zip(outer.rows, inner.rows, strict=True)]
    told = {("part", r, c) for r, c in cells if 0 < inner.rows[r][c] < threshold} | {("rest", r, c) for r, c in cells if 0 < others[r][c] < threshold}
    parts = list(tables_like(inner))
    for wide, narrow in product(tables_like(outer), parts):
        if not told:
            break
        if all(wide[r][c] >= narrow[r][c] for r, c in cells):  # a reader who finds another number in one possible pair is in doubt
            told -= {("part", r, c) for _, r, c in told if narrow[r][c] != inner.rows[r][c]}
            told -= {("rest", r, c) for _, r, c in told if wide[r][c] - narrow[r][c] != others[r][c]}
    assert not told, (part, rest)


def test_what_the_difference_of_two_pages_would_tell_is_hidden() -> None:
    whole, part = [[12, 30]], [[9, 30]]
    alone = suppressed(part, 2, 5)
    assert alone.shown(0, 0) == 9, "harmless by itself"
    beside = inside(part, whole, 2, 5)
    assert beside.shown(0, 0) is None, "twelve less nine would be three at the other schools"


def test_single_numbers_and_bands() -> None:
    assert [single(n, 5) for n in (0, 1, 4, 5)] == [0, None, None, 5]
    assert single(6, 5, 8) is None
    assert single(6, 5, 6) == 6
    assert [band(9, 10, 5), band(7, 10, 5), band(1, 10, 5), band(4, 4, 5)] == ["high", "middle", "low", ""]


@pytest.fixture
def terms(session: Session, district: Sample) -> Sample:
    add_term(session, district)
    add_term(session, district, "spring")
    add_term(session, district, "autumn", "2027-2028")
    return district


def add_cases(
    session: Session, sample: Sample, count: int, on: date, *, school: str = "", tier: str = "minor", late: bool = False, finding: str = "effective",
    sealed: bool = False,
) -> None:
    """Cases as rows: accepted on a day, found, investigated in ten days or in thirty."""
    school_id = school or sample.school_id
    base, moment = {"district_id": sample.district_id}, datetime(on.year, on.month, on.day, 8, 0, tzinfo=SCHOOL_ZONE)
    for _ in range(count):
        case_id, party = new_id(), new_id()
        add_cases.number += 1  # type: ignore[attr-defined]
        session.add(CaseFile(
            **base, id=case_id, school_id=school_id, year=on.year, number=add_cases.number, state="sealed" if sealed else "served", scale="plan_2024",  # type: ignore[attr-defined]
            means=[], discovered_at=moment, accepted_at=moment, opened_by=sample.accounts["case_officer"], updated_at=moment, sealed_at=moment if sealed else None,
        ))
        session.flush()
        session.add(CaseClock(
            **base, id=new_id(), school_id=school_id, case_id=case_id, kind="investigation", started_at=moment, due_at=moment + timedelta(days=10),
            met_at=moment + timedelta(days=30 if late else 5), rule={},
        ))
        session.add(CaseParty(
            **base, id=party, case_id=case_id, school_id=school_id, code="A1", roles=["actor"], student_mark=new_id(), sealed_identity="",
            added_by=sample.accounts["case_officer"], added_at=moment,
        ))
        session.flush()
        session.add(Determination(
            **base, id=new_id(), school_id=school_id, case_id=case_id, party_id=party, version=1, outcome="bullying", tier=tier, measures=[], basis={},
            defects=[], state=finding, adopted_at=moment + timedelta(days=20), entered_by=sample.accounts["committee_secretary"], entered_at=moment,
        ))
    session.flush()


add_cases.number = 0  # type: ignore[attr-defined]


def table(session: Session, sample: Sample, key: str = AUTUMN, school: str | None = None) -> TermCounts:
    return term_counts(session, Scope(sample.district_id, frozenset({school}) if school else None), key, NOW)


def cell(found: TermCounts, row: str, column: str) -> int | None:
    return found.cases.shown(ROWS.index(row), COLUMNS.index(column))


def test_terms_that_are_over_follow_each_other_without_a_gap(session: Session, terms: Sample) -> None:
    periods = closed_terms(session, Scope(terms.district_id, None), NOW.date())
    assert [p.key for p in periods] == [SPRING, AUTUMN]
    assert periods[1].last + timedelta(days=1) == periods[0].first
    assert periods[0].last == date(2027, 8, 31)
    with pytest.raises(NotFound):
        table(session, terms, "2027-2028-autumn")


def test_a_case_is_counted_once_whatever_became_of_it_but_for_a_finding_that_fell(session: Session, terms: Sample) -> None:
    add_cases(session, terms, 7, date(2026, 10, 8))
    add_cases(session, terms, 6, date(2026, 10, 9), sealed=True)
    add_cases(session, terms, 9, date(2026, 11, 9), late=True)
    add_cases(session, terms, 8, date(2026, 11, 9), finding="overturned")
    add_cases(session, terms, 5, date(2027, 2, 1))
    found = table(session, terms)
    assert cell(found, "minor", "in_time") == 18, "sealed ones stay in the numbers"
    assert cell(found, "minor", "late") == 9
    assert cell(found, "not_found", "in_time") == 8
    assert found.cases.rows[-1][-1] == 35, "the winter holiday belongs to the term before"
    assert table(session, terms, SPRING).cases.rows[-1][-1] == 0


def test_the_table_of_a_closed_term_does_not_move(session: Session, terms: Sample) -> None:
    add_cases(session, terms, 6, date(2027, 2, 20))  # determined and met after the term's end
    before = table(session, terms)
    for row in session.query(Determination):
        row.state = "upheld"
    assert table(session, terms).cases == before.cases
    assert cell(before, "undecided", "in_time") == 6


def test_a7_no_pair_of_tables_gives_a_small_number_away(session: Session, terms: Sample) -> None:
    other = terms.other_school_id
    for n, (school, tier, late) in enumerate(product((terms.school_id, other), ("minor", "heavier", "serious"), (False, True))):
        add_cases(session, terms, (9, 3, 12, 1, 6, 2, 2, 8, 1, 11, 0, 7)[n], date(2026, 10, 8), school=school, tier=tier, late=late)
    add_cases(session, terms, 6, date(2027, 4, 8), tier="heavier")
    shown = {(key, school): table(session, terms, key, school) for key in (AUTUMN, SPRING) for school in (None, terms.school_id, other)}
    for (one, first), (two, second) in combinations(shown.items(), 2):
        assert not [x for x in exposed(first.cases.rows, first.cases.hidden) if first.cases.rows[x[0]][x[1]] in range(1, 5)]
        if one[0] == two[0] and one[1] is None:
            assert not list(given_away_by(second.cases, first.cases)), (one, two)
    own = shown[AUTUMN, terms.school_id].cases
    assert own.hidden > suppressed([row[:-1] for row in own.rows[:-1]], len(COLUMNS), 5).hidden


def test_the_running_term_has_one_number_and_that_is_not_small(session: Session, terms: Sample) -> None:
    district, school = Scope(terms.district_id, None), Scope(terms.district_id, frozenset({terms.school_id}))
    assert overdue_now(session, district, NOW) == 0

    def late(count: int, school_id: str) -> None:
        add_cases(session, terms, count, date(2027, 9, 2), school=school_id)
        for clock in session.query(CaseClock):
            clock.met_at, clock.due_at = None, NOW - timedelta(hours=1)
        session.flush()

    late(4, terms.school_id)
    assert overdue_now(session, district, NOW) is None
    late(2, terms.school_id)
    assert (overdue_now(session, district, NOW), overdue_now(session, school, NOW)) == (6, 6)
    late(2, terms.other_school_id)
    assert (overdue_now(session, district, NOW), overdue_now(session, school, NOW)) == (8, None), "eight less six would be two"


def test_schools_stand_by_name_with_bands_and_without_numbers(session: Session, terms: Sample) -> None:
    add_cases(session, terms, 6, date(2026, 10, 8))
    add_cases(session, terms, 3, date(2026, 10, 8), school=terms.other_school_id)
    for row in session.query(CaseFile):
        session.add(CaseClock(
            district_id=row.district_id, id=new_id(), school_id=row.school_id, case_id=row.id, kind="guardian_notice", started_at=row.accepted_at,
            due_at=row.accepted_at + timedelta(days=1), met_at=row.accepted_at, rule={},
        ))
    session.flush()
    shares = {share.school: share for share in table(session, terms).shares}
    assert shares["晨曦第一中学"].notices == "high"
    assert (shares["松岗小学"].notices, shares["松岗小学"].reports) == ("", "")
    assert not table(session, terms, AUTUMN, terms.school_id).shares


def test_the_number_of_statements_does_not_grow_with_the_cases(session: Session, terms: Sample, count_statements: Any) -> None:
    add_cases(session, terms, 1, date(2026, 10, 8))
    with count_statements() as one:
        table(session, terms)
    add_cases(session, terms, 9, date(2026, 10, 8))
    with count_statements() as many:
        table(session, terms)
    assert many.count == one.count


@pytest.mark.parametrize("key", ["bureau_officer", "bureau_case_officer", "auditor", "principal"])
def test_the_page_shows_no_small_number_and_leads_nowhere(session: Session, terms: Sample, client: FlaskClient, sign_in: Any, key: str) -> None:
    add_cases(session, terms, 3, date(2026, 10, 8), tier="suspected")
    add_cases(session, terms, 17, date(2026, 10, 8))
    session.commit()
    assert terms.actors[key].can(Permission.CASE_COUNT_READ)
    with time_machine.travel(NOW, tick=False):
        sign_in(client, key)
        answer = client.get("/cases/counts", query_string={"term": AUTUMN})
    assert answer.status_code == 200
    assert ">3<" not in answer.text
    assert "/cases/0" not in answer.text
    assert (">17<" in answer.text) or key


@pytest.mark.parametrize("key", ["teacher", "case_officer", "committee_secretary", "school_administrator", "system_administrator"])
def test_the_page_is_not_for_others(session: Session, terms: Sample, client: FlaskClient, sign_in: Any, key: str) -> None:
    sign_in(client, key)
    assert client.get("/cases/counts").status_code == 403
