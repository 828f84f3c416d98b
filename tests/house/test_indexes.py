"""What every first page and every step asks does not read through a whole district: SQLite says how it would find each row."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import Sample
from tests.conftest import SignIn
from tests.education_plans.hour_scenery import NOW, build_hours, lesson, said, verdict
from trainhub.cases.service.noticing import settle, waits
from trainhub.education_plans.service.hours import confirm_hours, log_lesson
from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import now
from trainhub.ledger.access import access_rows, who_saw
from trainhub.roster.queries.person import aliases
from trainhub.roster.service.facts import lock_person
from trainhub.web.database import db
from trainhub.web.keys import key_ring

pytestmark = pytest.mark.files_only

GROWING = {"hour_entry", "hour_note", "plan_lesson", "case_notice", "access_log_entry", "user_session", "person", "concern", "ledger_entry"}
"""Tables that grow with every year, or with every person of the district."""
_ALIAS = re.compile(r"(?:FROM|JOIN) (\w+) AS (\w+)")
_WHOLE = re.compile(r"(?:SCAN (\w+)|SEARCH (\w+) USING .*INDEX (?!ix_person_merged)\w+ \(district_id=\?\)(?: LEFT-JOIN)?$)")
"""By the district alone; the index of merged people is of those few."""


@pytest.fixture
def whole(app: Flask, session: Session) -> Iterator[list[str]]:
    """Statements that would read a growing table through, with SQLite's way of doing it."""
    found: list[str] = []

    def explain(connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        if many or not statement.startswith(("SELECT", "WITH", "UPDATE", "DELETE")):
            return
        of_alias = {alias: table for table, alias in _ALIAS.findall(statement)}
        for row in connection.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall():
            said_of = _WHOLE.match(row[3])
            name = said_of and (said_of[1] or said_of[2])
            if name and of_alias.get(name, name) in GROWING:
                found.append(f"{row[3]}: {statement}")

    sa.event.listen(db.engines[None], "before_cursor_execute", explain)
    yield found
    sa.event.remove(db.engines[None], "before_cursor_execute", explain)


def test_an_hour_and_the_first_pages_read_no_table_through(
    client: FlaskClient, sign_in: SignIn, session: Session, district: Sample, whole: list[str]
) -> None:
    scene = build_hours(session, district, ring=key_ring())
    day = (NOW - timedelta(days=1)).date()
    key = lesson(session, scene, day)
    session.commit()
    for who in ("plan_instructor", "committee_secretary", "case_officer", "principal", "teacher"):
        sign_in(client, who)
        assert client.get("/").status_code == 200
    logged = log_lesson(session, scene.instructor, key_ring(), said(scene, day, lesson_id=key), NOW)
    confirm_hours(session, scene.secretary, key_ring(), verdict(scene, logged.number), NOW)
    assert whole == []


@pytest.mark.parametrize("ask", [
    lambda s, d: aliases(s, d.district_id, d.people), lambda s, d: lock_person(s, d.district_id, d.people[0]),
    lambda s, d: settle(s, d.district_id, {"hearing"}, "x", now()), lambda s, d: waits(s, d.district_id, "hearing", "x"),
    lambda s, d: who_saw(s, Scope(d.district_id, None), ["x"]),
    lambda s, d: access_rows(s, Scope(d.district_id, frozenset({d.school_id})), "2026-11", ref="x"),
], ids=["aliases", "lock", "settle", "waits", "who saw", "of a case"])  # fmt: skip
def test_what_steps_ask_is_found_by_index(session: Session, district: Sample, whole: list[str], ask: Callable[[Session, Sample], object]) -> None:
    ask(session, district)
    assert whole == []
