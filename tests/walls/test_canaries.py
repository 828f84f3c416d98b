"""A canary in every sealed column: who meets which, and where none ever is."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.walls.conftest import Walls
from tests.walls.scenery import CANARY, canary, unplanted
from tests.walls.standpoints import COUNTY, DESK, ROLES, Way, finds, holders, ways
from trainhub.kernel.ids import new_id
from trainhub.kernel.orm import Base
from trainhub.kernel.permissions import PROTECTED, PUBLIC
from trainhub.web import gate
from trainhub.web.log import structlog

READERS = DESK | {"committee_member", "bureau_case_officer", "appeal_reviewer"}
KEEPERS = frozenset({"case_officer", "committee_secretary"})
PLAN_FILE = READERS - {"principal"}
APPEAL = DESK | COUNTY | {"appeal_reviewer"}
NOBODY: frozenset[str] = frozenset()
MAY_READ = {
    "case_file_sealed_narrative": READERS, "case_narrative_sealed_text": READERS, "case_interview_sealed_text": READERS,
    "case_evidence_sealed_title": READERS, "case_report_sealed_facts": READERS, "sealed_file_sealed_content": READERS,
    "guardian_notice_sealed_note": READERS, "determination_sealed_facts": READERS, "determination_sealed_grounds": READERS,
    "case_recipient_sealed_who": KEEPERS,
    "case_party_sealed_identity": NOBODY, "case_guardian_sealed_identity": NOBODY, "concern_reporter_sealed_identity": NOBODY,
    "concern_sealed_text": DESK, "concern_sealed_decision": DESK | {"teacher"},
    "second_person_sealed_words": DESK | COUNTY,
    "guardian_request_sealed_identity": KEEPERS | {"officer_aside", "secretary_aside"},
    "guardian_request_sealed_words": KEEPERS | {"officer_aside", "secretary_aside"},
    "guardian_request_sealed_answer": KEEPERS | {"officer_aside", "secretary_aside"},
    "education_plan_sealed_goals": PLAN_FILE, "education_plan_sealed_protection": PLAN_FILE, "plan_pause_sealed_reason": PLAN_FILE,
    "plan_summary_sealed_text": PLAN_FILE, "completion_review_sealed_reasons": PLAN_FILE, "plan_escalation_sealed_reasons": PLAN_FILE,
    "follow_up_sealed_note": PLAN_FILE, "hour_note_sealed_done": PLAN_FILE | {"plan_instructor"},
    "support_plan_sealed_needs": frozenset({"psychologist"}), "support_step_sealed_note": frozenset({"psychologist"}),
    "plan_hand_over_sealed_package": NOBODY,
    "appeal_sealed_grounds": APPEAL, "appeal_sealed_reply": APPEAL, "appeal_decision_sealed_reasons": APPEAL,
    "committee_meeting_sealed_minutes": NOBODY, "committee_item_sealed_grounds": NOBODY, "committee_member_sealed_name": NOBODY,
}  # fmt: skip
"""Kind of canary of the first school's file -> who may meet it on a page that is only read. By hand, from domain.md section 6."""
GIVEN = {
    "/reveal": {"case_party_sealed_identity", "case_guardian_sealed_identity"}, "/name": {"case_party_sealed_identity"},
    "/minutes": {"committee_meeting_sealed_minutes", "committee_item_sealed_grounds"}, "/names": {"committee_member_sealed_name"},
    "/papers/": {"case_party_sealed_identity", "case_guardian_sealed_identity", "education_plan_sealed_goals", "education_plan_sealed_protection"},
    "/papers/list.docx": {"plan_hand_over_sealed_package"},
    "/letter.docx": {"case_party_sealed_identity", "case_guardian_sealed_identity", "case_file_sealed_narrative"},
}
"""What a step that asks for a proof gives as well, by the end of its address."""


def breaches(walls: Walls) -> list[str]:
    """What was told to somebody it may not be told to."""
    found = set()
    for told in walls.told:
        mine = told.where == "own" and (told.who in MAY_READ.get(told.kind, NOBODY) or _given(told))
        at_home = (told.where == "other" and told.who in AT_OTHER) or (told.where in {"other", "own"} and _asked_the_county(told)) or (
            told.where == "far" and told.who.endswith("@far")
        )
        own_receipt = told.kind == "concern_sealed_decision" and told.who == "teacher" and told.where == "sealed"
        if told.part != "body" or not (mine or at_home or own_receipt):
            found.add(f"{told.who}: {told.kind} of the file {told.where} in the {told.part} of {told.method} {re.sub('[0-9a-f]{32}', '<id>', told.url)}")
    return sorted(found)


AT_OTHER = frozenset({"case_officer@other", "committee_secretary@other", "principal@other", "moved_officer@other", "committee_member@other", "psychologist@other",
                      "plan_instructor@other"})  # fmt: skip


def _asked_the_county(told: Any) -> bool:
    """The bureau's case officers are a second person for every school of the district, and take its appeals."""
    return told.who in COUNTY | {"bureau_aside"} and told.where == "other" and (told.kind == "second_person_sealed_words" or told.kind.startswith("appeal"))


def _given(told: Any) -> bool:
    if told.method == "GET" and told.url.startswith("/my-lessons/") and "/proofs/" in told.url:
        return told.kind == "sealed_file_sealed_content" and told.who == "plan_instructor"  # the photo they added to their own lesson
    if told.method == "GET" and (("/papers/" in told.url and told.who in DESK) or ("/letters/" in told.url and told.who in COUNTY)):
        return told.kind == "case_party_sealed_identity"  # to a guardian, on a fresh proof: the one child the paper is about
    return told.method == "POST" and any(end in told.url and told.kind in kinds for end, kinds in GIVEN.items())


def test_every_sealed_column_holds_a_canary(walls: Walls) -> None:
    left = unplanted(walls.estate)
    assert not left, f"tests.walls.scenery plants nothing in {left}"
    kinds = {f"{c.table.name}_{c.name}" for t in Base.metadata.sorted_tables for c in t.c if c.info.get("sealed") and f"{t.name}.{c.name}" in walls.estate.planted}
    assert kinds <= set(MAY_READ), f"say in MAY_READ who reads {kinds - set(MAY_READ)}"


def pages_of(walls: Walls, who: str) -> Iterator[Way]:
    for way in ways(walls.app):
        if way.method == "GET" and way.permission not in PUBLIC and who in holders(way.permission):
            yield way


LISTED = frozenset({
    "officer_aside", "secretary_aside", "principal_aside", "member_aside", "psychologist_aside", "instructor_aside", "bureau_aside", "reviewer_aside",
    "moved_member@other", "moved_instructor@other", "case_officer", "committee_secretary", "principal", "bureau_case_officer", "appeal_reviewer",
    "case_officer@other", "case_officer@far", "member_ended", "plan_instructor", "psychologist", "auditor",
})  # fmt: skip
"""Whose boards, queues and lists are read."""


def test_pages_of_the_file_show_everybody_only_what_is_theirs(walls: Walls) -> None:
    missing = []
    for who in ROLES:
        for way in pages_of(walls, who):
            if who in LISTED if not way.variables else finds(who, way.endpoint, way.permission, way.variables):
                answer = walls.ask(who, "GET", way.url(walls.estate.own))
                theirs = bool(way.variables) and _sends(walls, who, way)
                if answer.status_code >= 500 or (theirs and answer.status_code in {401, 404}):
                    missing.append(f"{way} for {who}: {answer.status_code} {answer.get_data(as_text=True)[:120] if answer.status_code == 500 else ''}")
    assert not breaches(walls), "\n".join(breaches(walls))
    assert not missing, "\n".join(missing)
    met = {told.kind for told in walls.told if told.where == "own"}
    assert {"case_file_sealed_narrative", "hour_note_sealed_done", "concern_sealed_text"} <= met, "the walk met nothing: it proves nothing"


def _sends(walls: Walls, who: str, way: Way) -> bool:
    """Whether somebody may send the form of a page: to others it need not be there."""
    needs = gate.declared(walls.app, way.endpoint)
    return way.endpoint not in UNNAMED and (needs is None or needs.post is None or who in holders(needs.post))


UNNAMED = frozenset({"education_plans.log"})
"""Pages whose address names a lesson in its query: without one they are not there."""
OWN_ROLES = ("teacher", "school_administrator", "principal", "bureau_officer", "auditor", "system_administrator")


def test_no_other_page_and_no_search_knows_of_it(walls: Walls) -> None:
    """Home, roster, its search, training, accounts: whatever has no id in its address."""
    words = canary("own", "case_party", "sealed_identity")
    for who in OWN_ROLES:
        for rule in walls.app.url_map.iter_rules():
            needs = gate.declared(walls.app, rule.endpoint)
            permission = needs.get if needs else None
            if permission is None or rule.arguments or rule.endpoint.endswith("static") or permission in PROTECTED | PUBLIC or who not in holders(permission):
                continue
            walls.ask(who, "GET", rule.rule, query_string={"q": words, "show": words, "sort": words})
    searched = [told for told in walls.told if told.kind == "case_party_sealed_identity" and told.part in {"body", "links"} and told.method == "GET"]
    walls.told[:] = [told for told in walls.told if told not in searched]  # the box of a search shows what was typed into it
    assert not breaches(walls), "\n".join(breaches(walls))


JUNK = {"reason": "other", "words": "雀Kqjunk_words_textKq", "text": "雀Kqjunk_words_textKq", "version": "1"}


def test_refusals_and_proofs_show_nobody_anything_else(walls: Walls) -> None:
    """Every step, sent with junk and with what it asks for, by somebody for whom the file is there and by two for whom it is not."""
    for way in ways(walls.app):
        if way.method == "GET" or way.permission in PUBLIC:
            continue
        for who in ("case_officer", "plan_instructor", "officer_aside", "bureau_case_officer"):
            if who in holders(way.permission):
                walls.ask(who, "POST", way.url(walls.estate.own), data=JUNK | {"op_id": new_id(), "purpose": "handling"})
    walls.told[:] = [told for told in walls.told if told.where != "junk"]
    assert not breaches(walls), "\n".join(breaches(walls))


WRITTEN = "雀Kqwritten_by_handKq"


def write_everywhere(walls: Walls) -> list[int]:
    """Fill real forms with a canary and keep what they write."""
    ids, codes = walls.estate.own.ids, []
    forms: list[tuple[str, str, dict[str, Any]]] = [
        ("teacher", "/concerns/new", {"text": WRITTEN, "who": WRITTEN, "op_id": new_id()}),
        ("case_officer", "/concerns/enter", {"text": WRITTEN, "who": WRITTEN, "channel": "box", "reporter": WRITTEN, "op_id": new_id()}),
        ("case_officer", f"/concerns/{ids['clue_id']}/decline", {"reason": "other", "words": WRITTEN}),
        ("case_officer", f"/cases/{ids['case_id']}/narrative", {"text": WRITTEN}),
        ("case_officer", f"/cases/{ids['case_id']}/parties/{ids['party_id']}/guardians", {"name": WRITTEN, "relation": "母亲", "phone": "13800000000", "note": WRITTEN}),
        ("case_officer", f"/cases/{ids['case_id']}/evidence/new", {"kind": "video_note", "title": WRITTEN, "received_from": "school"}),
        ("case_officer", f"/second/ask/identity/{ids['party_id']}", {"reason": "safety", "words": WRITTEN}),
        ("committee_secretary", f"/second/{ids['second_id']}/grant", {}),
        ("case_officer", f"/second/{ids['second_id']}/look", {}),
    ]
    for who, url, form in forms:
        codes.append(walls.browser(who).post(url, data=form).status_code)
        walls.session.expire_all()
    return codes


def plaintext(session: Session) -> list[str]:
    """Every column of every table in which a canary can be read."""
    found = set()
    for table in Base.metadata.sorted_tables:
        for row in session.execute(sa.select(table)).mappings():
            found |= {f"{table.name}.{name}" for name, value in row.items() if isinstance(value, str | dict | list | bytes) and CANARY.search(str(value))}
    return sorted(found)


def test_nothing_that_was_written_stands_anywhere_in_words(walls: Walls, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in ledger, access log, steps, notices, outbox, counters; nor in a line of the log, nor in the bytes of the database."""
    lines: list[str] = []

    def keep(_logger: Any, _name: str, event: dict[str, Any]) -> dict[str, Any]:
        lines.append(str(event))
        return event

    before = structlog.get_config()
    structlog.configure(processors=[keep, structlog.processors.JSONRenderer()], wrapper_class=structlog.make_filtering_bound_logger(10))
    try:
        codes = write_everywhere(walls)
    finally:
        structlog.configure(**before)
    assert all(code < 400 for code in codes), codes
    assert plaintext(walls.session) == []
    assert lines, "nothing was logged: the test proves nothing"
    assert not [line for line in lines if CANARY.search(line)]


@pytest.mark.files_only
def test_the_file_of_the_database_holds_no_canary(walls: Walls) -> None:
    write_everywhere(walls)
    raw = walls.connection.connection.driver_connection
    if not hasattr(raw, "serialize"):
        pytest.skip("only SQLite is one file")
    content: bytes = raw.serialize()
    assert walls.estate.own.ids["case_id"].encode() in content
    assert not CANARY.search(content.decode("utf-8", "ignore"))
