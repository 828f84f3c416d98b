"""Numbers of official documents: written one way, read as people type them, never with a gap."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainhub.documents.numbering import (
    SIGNS,
    DocumentNumber,
    GapInNumbers,
    NotANumber,
    document_number,
    next_seq,
    parse_number,
)

pytestmark = pytest.mark.files_only


def test_a_number_is_written_as_on_paper() -> None:
    assert document_number("determination", 2026, 3) == "〔2026〕认 3 号"
    assert document_number("appeal_decision", 2026, 12, "云岭教") == "云岭教〔2026〕复 12 号"


def test_no_two_kinds_share_a_sign() -> None:
    assert len(set(SIGNS.values())) == len(SIGNS)
    assert all(re.fullmatch(r"[一-鿿]", sign) for sign in SIGNS.values())


@given(st.sampled_from(sorted(SIGNS)), st.integers(2000, 2999), st.integers(1, 10**6), st.sampled_from(["", "云岭一中", "No.5认校", "松河"]))
def test_what_is_written_reads_back(kind: str, year: int, seq: int, school: str) -> None:
    assert parse_number(document_number(kind, year, seq, school)) == DocumentNumber(kind, year, seq, school)


@pytest.mark.parametrize(
    "typed",
    ["云岭一中〔2026〕认3号", " 云岭一中 [2026] 认 3 号", "云岭一中［２０２６］认字第３号", "云岭一中（2026）认第 3 号", "云岭一中【2026】认 03 号"],
)
def test_numbers_are_read_as_people_type_them(typed: str) -> None:
    assert str(parse_number(typed)) == "云岭一中〔2026〕认 3 号"


@pytest.mark.parametrize("typed", ["", "认 3 号", "〔2026〕认 号", "〔2026〕认 0 号", "〔1926〕认 3 号", "〔2026〕某 3 号", "〔2026〕认 3 号附件", "〔二〇二六〕认 3 号"])
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(NotANumber):
        parse_number(typed)


@pytest.mark.parametrize(
    ("kind", "year", "seq", "school"),
    [("verdict", 2026, 1, ""), ("determination", 26, 1, ""), ("determination", 2026, 0, ""), ("determination", 2026, 1, "一中(北)"), ("determination", 2026, 1, "一 中")],
)
def test_parts_that_could_not_be_read_back_are_refused(kind: str, year: int, seq: int, school: str) -> None:
    with pytest.raises(ValueError):
        document_number(kind, year, seq, school)


def test_the_row_has_no_gap_and_no_double() -> None:
    assert next_seq([]) == 1
    assert next_seq([2, 1, 3]) == 4
    with pytest.raises(GapInNumbers) as gap:
        next_seq([1, 4])
    assert gap.value.missing == (2, 3)
    with pytest.raises(GapInNumbers) as double:
        next_seq(iter([1, 2, 2]))
    assert double.value.twice == (2,)
    with pytest.raises(GapInNumbers):
        next_seq([0, 1])
