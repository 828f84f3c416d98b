"""Every address about a case, walked with real ids by everybody: own school, other school, other district, stepped aside, time over."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.walls.conftest import Walls
from tests.walls.scenery import File
from tests.walls.standpoints import DESK, NO_MORE, ON_DUTY, ROLES, SEEN_BY, TEACHES, Way, finds, holders, ways
from trainhub.app import shell
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import PUBLIC

JSON = {"Accept": "application/json"}
OPERATION = {"op_id": "0" * 32}
FORMS: dict[str, dict[str, str]] = {
    "education_plans.absent": OPERATION | {"reason": "illness"}, "education_plans.own_absent": OPERATION | {"reason": "illness"},
    "education_plans.told": OPERATION | {"channel": "phone"}, "education_plans.confirm": OPERATION, "education_plans.refuse": OPERATION | {"reason": "times"}, "education_plans.take_back": OPERATION | {"reason": "twice"},
    "education_plans.settle": OPERATION, "cases.reveal": {"reason": "notice"}, "cases.own_pupil_name": {"reason": "identify"}, "education_plans.reveal": {"purpose": "handling"},
    "education_plans.own_name": {"purpose": "lesson"},
}
"""What a form must say for the thing itself to be asked for."""
UNNAMED = {name: {404} for name in ("education_plans.log", "education_plans.approve", "access_log.mark", "education_plans.answer", "education_plans.decide",
                                    "cases.ask", "education_plans.rest", "cases.correction", "cases.guardian_request_receive",
                                    "appeals.file", "appeals.number_letter", "appeals.number_correction", "appeals.settled", "appeals.served", "education_plans.conclusion", "education_plans.stop")}
UNFIT = frozenset({"education_plans.hand_over_return"})
"""Steps whose form names another thing that the test does not name: 404 says that this one is not there. ``UNFIT``: the plan of the estate runs on, it cannot be sent back."""
SHOULDER = ("officer_aside", "member_ended", "case_officer@other", "case_officer@far", "bureau_none", "psychologist_aside")
"""Who is compared byte by byte with what is shown for a thing that does not exist."""


@contextmanager
def counting(walls: Walls) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            seen.append(statement)

    sa.event.listen(walls.connection, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(walls.connection, "before_cursor_execute", note)


def form_of(way: Way) -> dict[str, str] | None:
    """What is sent along."""
    return FORMS.get(way.endpoint, {}) if way.method == "POST" else None


def plain(text: str) -> str:
    """A page without what differs between any two requests: ids, tokens, numbers of requests."""
    return re.sub(r"[0-9a-f]{32}|[\w-]{30,}\.[\w.-]+|\b[0-9a-f]{8,16}\b|/999(?=[/\"])|/1(?=[/\"])", "*", text)


def test_every_address_has_a_known_kind_for_each_of_its_variables(app: Flask) -> None:
    unknown = {f"{way}: say in standpoints.SEEN_BY for whom '{name}' exists" for way in ways(app) for name in way.variables - set(SEEN_BY)}
    assert not unknown, "\n".join(sorted(unknown))


def known(app: Flask) -> list[Way]:
    return [way for way in ways(app) if way.permission not in PUBLIC and way.variables <= set(SEEN_BY)]


@contextmanager
def weeks_looked_up() -> Iterator[None]:
    """Both pages look the label of the week up: a remembered one would make the second page cheaper than the first."""
    remembered, shell.WEEK_SECONDS = shell.WEEK_SECONDS, 0
    try:
        yield
    finally:
        shell.WEEK_SECONDS = remembered


def same(walls: Walls, who: str, way: Way, *, pages: bool = False, real: File | None = None, made_up: File | None = None) -> list[str]:
    """How an answer about a real thing of others differs from the one about nothing."""
    headers, answers, counts = {} if pages else JSON, [], []
    for file in (real or walls.estate.own, made_up):
        with walls.browser(who).session_transaction() as cookie:
            cookie.pop("_flashes", None)
        with counting(walls) as seen, weeks_looked_up():
            answers.append(walls.ask(who, way.method, way.url(file), headers=headers, data=form_of(way)))
        counts.append(len(seen))
    there, nowhere = answers
    told = []
    if there.status_code != nowhere.status_code:
        told.append(f"{way} answers {who} with {there.status_code}, about nothing with {nowhere.status_code}")
    elif plain(there.headers.get("Location", "")) != plain(nowhere.headers.get("Location", "")):
        told.append(f"{way} leads {who} to {there.headers['Location']}, from nothing to {nowhere.headers['Location']}")
    elif plain(there.get_data(as_text=True)) != plain(nowhere.get_data(as_text=True)):
        told.append(f"{way} shows {who} another page than about nothing")
    if set(there.headers.keys()) - set(nowhere.headers.keys()) - {"Set-Cookie"}:
        told.append(f"{way} has other headers for {who}")
    if abs(counts[0] - counts[1]) > 1:
        told.append(f"{way} takes {counts[0]} statements for {who}, {counts[1]} about nothing")
    return told


def test_what_is_theirs_is_there(walls: Walls) -> None:
    """Steps that lack a word are refused with a sentence; they are not 'not there'."""
    faults = []
    for way in known(walls.app):
        for who in holders(way.permission):
            if way.method != "GET" and way.endpoint not in UNFIT and finds(who, way.endpoint, way.permission, way.variables):
                answer = walls.ask(who, way.method, way.url(walls.estate.own), headers=JSON, data=form_of(way))
                if answer.status_code in {401, 404} - UNNAMED.get(way.endpoint, set()) or answer.status_code >= 500:
                    faults.append(f"{way} is not there for {who}: {answer.status_code}")
    assert not faults, "\n".join(faults)


def test_what_is_not_theirs_is_as_if_it_were_not(walls: Walls) -> None:
    """404, or the refusal that a made-up id gets too: same page, same way back, same work behind it."""
    faults = []
    for way in known(walls.app):
        for who in holders(way.permission) if way.variables else ():
            if finds(who, way.endpoint, way.permission, way.variables):
                continue
            if who in SHOULDER and way.method == "GET":
                faults += same(walls, who, way, pages=True)
            elif walls.ask(who, way.method, way.url(walls.estate.own), headers=JSON, data=form_of(way)).status_code != 404:
                faults += same(walls, who, way)
    assert not faults, "\n".join(faults)


def test_a_sealed_file_is_there_for_nobody(walls: Walls) -> None:
    """Not for its officer, not for a duty that still runs. What the committee decided stays in its own minutes."""
    shut, faults = walls.estate.files["sealed"], []
    for way in known(walls.app):
        if not way.variables or way.endpoint in {"cases.look", "cases.carry_out", "cases.notice_read"} or way.variables <= {"meeting_id", "seat_id", "member_id", "request_id", "item_id", "recusal_id"}:
            continue
        for who in DESK | ON_DUTY | TEACHES:
            if who in holders(way.permission) and walls.ask(who, way.method, way.url(shut), headers=JSON, data=form_of(way)).status_code != 404:
                faults += same(walls, who, way, real=shut)
    assert not faults, "\n".join(faults)


def test_ids_of_two_files_do_not_open_each_other(walls: Walls) -> None:
    """An address with an own case and somebody else's part of it answers as with a part that does not exist (security.md #9)."""
    own, faults = walls.estate.own, []
    for way in known(walls.app):
        parts = sorted(way.variables - {"number"})
        for name, where in product(parts if len(parts) > 1 else (), ("other", "far")):
            mixed = File("mixed", own.ids | {name: walls.estate.files[where].ids[name]})
            nothing = File("mixed", own.ids | {name: new_id()})
            for who in ("case_officer", "committee_secretary", "plan_instructor"):
                if who in holders(way.permission) and walls.ask(who, way.method, way.url(mixed), headers=JSON, data=form_of(way)).status_code != 404:
                    faults += same(walls, who, way, real=mixed, made_up=nothing)
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("who", sorted(NO_MORE | {"nobody"}))
def test_whoever_has_no_right_any_more_is_asked_to_sign_in(walls: Walls, who: str) -> None:
    for way in known(walls.app):
        answer = walls.ask(who, way.method, way.url(walls.estate.own), headers=JSON)
        assert answer.status_code in {302, 303, 401, 403}, (way, who, answer.status_code)


def test_real_ids_change_nothing_for_roles_without_the_right(walls: Walls) -> None:
    """A teacher, the administrators, the auditor get 403 before anybody looks whether the thing exists."""
    for way in known(walls.app):
        for who in ("teacher", "system_administrator"):
            if who not in holders(way.permission):
                with counting(walls) as seen:
                    answer = walls.ask(who, way.method, way.url(walls.estate.own), headers=JSON)
                assert answer.status_code == 403, (way, who)
                assert not any("case_file" in statement for statement in seen), (way, who)


def test_everybody_of_the_estate_is_walked() -> None:
    assert len(ROLES) > 40
