"""What is said of a case whose finding fell, was replaced or only proposed: on papers, in a guardian's answer, in the sum of its findings."""

import io
import re
import zipfile
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.cases.hall import NOW, Hall, open_hall
from trainhub.cases.guardian_letters import content_of
from trainhub.cases.letters import letter_of
from trainhub.cases.models import CaseFile, Determination
from trainhub.cases.queries.board import board
from trainhub.cases.queries.held_in_cases import held_in_cases
from trainhub.cases.queries.page import case_page
from trainhub.cases.queries.papers import open_paper
from trainhub.cases.rules.found import annulled, found_now, shown_state, shown_tier
from trainhub.cases.rules.lifecycle import STANDING, CaseState, DeterminationState
from trainhub.cases.rules.scales import TIERS
from trainhub.cases.service import outcomes
from trainhub.cases.service.documents import issue_paper
from trainhub.documents.letters import Letter, letter_docx, letter_pdf
from trainhub.kernel.held import HeldSubject
from trainhub.kernel.ids import new_id

VERSION = st.tuples(
    st.sampled_from([state.value for state in DeterminationState]), st.sampled_from(["bullying", "not_bullying", "not_proven"]),
    st.sampled_from(["", *TIERS]),
)


@pytest.fixture
def hall(session: Session) -> Hall:
    return open_hall(session)


@pytest.fixture
def language(app: Flask, session: Session) -> Any:
    with app.test_request_context("/"):
        yield


@given(st.lists(VERSION, max_size=4), st.sampled_from([state.value for state in CaseState]), st.sampled_from(["", *TIERS]))
def test_a_case_is_never_graver_than_the_gravest_finding_that_stands(versions: list[tuple[str, str, str]], state: str, working: str) -> None:
    found = found_now(versions)
    said = shown_tier(state, working, found)
    standing = [tier for s, outcome, tier in versions if DeterminationState(s) in STANDING and outcome == "bullying"]
    if state in {"accepted", "investigating", "submitted_to_committee"}:
        assert said == working
    elif standing:
        assert said in standing or (said == "no_bullying" and not any(standing))
        assert all(TIERS.index(said) >= TIERS.index(tier) for tier in standing if tier)
    elif any(s == "overturned" for s, _outcome, _tier in versions) or found.stands:
        assert said not in TIERS
    assert annulled(state, found) == shown_state(state, found).startswith("annulled")


def overturned(hall: Hall, tier: str = "heavier") -> tuple[CaseFile, str, str, str]:
    case, actor, target, found = hall.determined(tier, tier=tier, measures=("apology",), plan_minutes=540)
    hall.serve_all(actor, target)
    outcomes.overturn(hall.session, hall.officer, found, new_id(), NOW, decision_no="申 2026-9")
    return case, actor, target, found


def printed(hall: Hall, case_id: str, found: str) -> Letter:
    paper = issue_paper(hall.session, hall.officer, case_id, "determination", found, NOW)
    return letter_of(open_paper(hall.session, hall.world.ring, hall.officer, case_id, paper.document_id, NOW))


def test_case_69_nothing_of_an_overturned_finding_is_left_on_board_and_page(hall: Hall, session: Session) -> None:
    case, *_parties = overturned(hall)
    row = next(row for row in board(session, hall.officer, NOW).rows if row.case_id == case.id)
    page = case_page(session, hall.officer, case.id, NOW)
    assert (row.shown, page.shown) == ("annulled", "annulled")
    assert row.severity not in TIERS
    assert page.tier not in TIERS
    assert (case.severity, "severity_followed" in hall.steps(case)) == ("", True)


def test_the_case_is_as_grave_as_the_gravest_finding_that_stands(hall: Hall, session: Session) -> None:
    case, actor, target, _found = hall.determined("serious")  # the school took it for serious, the committee found it minor
    hall.serve_all(actor, target)
    assert case.severity == "serious"
    row = next(row for row in board(session, hall.officer, NOW).rows if row.case_id == case.id)
    assert (row.severity, case_page(session, hall.officer, case.id, NOW).tier) == ("minor", "minor")


@pytest.mark.usefixtures("language")
def test_papers_of_a_finding_that_fell_say_so_on_every_page(hall: Hall, session: Session) -> None:
    case, _actor, _target, found = hall.determined("heavier", tier="heavier", measures=("apology",), plan_minutes=540)
    assert printed(hall, case.id, found).banner == ""
    outcomes.overturn(session, hall.officer, found, new_id(), NOW, decision_no="申 2026-9")
    letter = printed(hall, case.id, found)
    assert "申 2026-9" in letter.banner
    assert "撤销" in letter.banner
    assert str(NOW.year) in letter.banner
    package = zipfile.ZipFile(io.BytesIO(letter_docx(letter)))
    heads = [package.read(name).decode() for name in package.namelist() if re.fullmatch(r"word/header\d*\.xml", name)]
    assert any(letter.banner in head for head in heads), "the head of every page in Word"
    assert letter_pdf(letter).startswith(b"%PDF")


@pytest.mark.usefixtures("language")
def test_papers_of_a_replaced_finding_name_what_stands_instead(hall: Hall, session: Session) -> None:
    case, actor, _target, found = hall.determined()
    change = outcomes.Changed("bullying", "minor", ("apology",), 180, "复查", number="申 2026-8 复查决定")
    outcomes.modify(session, hall.officer, hall.world.ring, found, new_id(), change, NOW)
    assert "申 2026-8" in printed(hall, case.id, found).banner
    assert session.scalar(sa.select(sa.func.count()).where(Determination.party_id == actor)) == 2


@pytest.mark.usefixtures("language")
@pytest.mark.parametrize(("state", "words"), [("proposed", None), ("overturned", "已撤销"), ("effective", "生效")])
def test_a_guardians_answer_leaves_out_what_was_only_proposed_and_names_the_state_of_the_rest(
    hall: Hall, session: Session, state: str, words: str | None
) -> None:
    case, actor, target = hall.submitted("heavier")
    if state == "proposed":
        hall.propose(actor)
    else:
        found = hall.propose(actor)
        hall.vote(case, actor)
        hall.adopt(found)
        hall.serve_all(actor, target)
        if state == "overturned":
            outcomes.overturn(session, hall.officer, found, new_id(), NOW)
    subject = HeldSubject(case.district_id, case.school_id, "", frozenset({case.id}), frozenset({actor}))
    rows = [row for row in held_in_cases(session, hall.world.ring, subject) if row.what.startswith("determination")]
    assert (rows == []) == (words is None)
    assert words is None or words in content_of(rows[0])
