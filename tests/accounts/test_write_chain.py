"""The write chain for auditors: ids and numbers only, pages by key, as CSV; nothing about cases for readers at a school."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

import trainhub
from tests.builders import Sample
from trainhub.kernel.actor import Scope
from trainhub.kernel.errors import NotFound
from trainhub.kernel.permissions import Permission
from trainhub.ledger.entries import OF_CASES, PAGE, Wanted, entries, every_entry
from trainhub.ledger.models import AccessLogEntry
from trainhub.ledger.service import NewEntry, append_many

MOMENT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


def write(session: Session, sample: Sample, kind: str, count: int, *, ref: str = "", days: int = 0, school: str = "") -> None:
    at = MOMENT + timedelta(days=days)
    append_many(session, [
        NewEntry(
            sample.district_id, school or sample.school_id, kind, "subject", ref or f"{kind}{n}", {"word": "金丝雀"}, occurred_at=at, recorded_at=at,
            actor_ref="a" * 32, acting_role="principal", reason="金丝雀的理由",
        ) for n in range(count)
    ])
    session.commit()


def whole(sample: Sample) -> Scope:
    return Scope(sample.district_id, None)


def test_pages_follow_each_other_by_key_without_a_gap(session: Session, district: Sample, count_statements: Any) -> None:
    write(session, district, "roll.saved", PAGE + 20)
    before = entries(session, whole(district), Wanted(district.school_id))
    with count_statements() as seen:
        session.expire_all()
        first = entries(session, whole(district), Wanted(district.school_id))
    assert seen.count == 2
    second = entries(session, whole(district), Wanted(district.school_id), before=first.before)
    numbers = [row.seq for row in (*first.rows, *second.rows)]
    assert numbers == list(range(numbers[0], 0, -1))
    assert second.before is None
    assert before.last == numbers[0]


def test_filters_by_kind_day_and_object(session: Session, district: Sample) -> None:
    write(session, district, "roll.saved", 2)
    write(session, district, "roster.hired", 1, ref="person-7", days=1)
    where = district.school_id
    assert {row.kind for row in entries(session, whole(district), Wanted(where, kind="roll.")).rows} == {"roll.saved"}
    assert not entries(session, whole(district), Wanted(where, kind="roll%")).rows
    assert [row.object_ref for row in entries(session, whole(district), Wanted(where, ref="person-7")).rows] == ["person-7"]
    day = entries(session, whole(district), Wanted(where, first=MOMENT + timedelta(hours=20), end=MOMENT + timedelta(hours=40))).rows
    assert [row.kind for row in day] == ["roster.hired"]
    with pytest.raises(NotFound):
        entries(session, Scope(district.district_id, frozenset({district.school_id})), Wanted(district.other_school_id))


def test_at_a_school_nothing_about_cases_is_listed(session: Session, district: Sample) -> None:
    for prefix in OF_CASES:
        write(session, district, f"{prefix}moved", 1)
    write(session, district, "roll.saved", 1)
    own = district.actors["principal"].scope(Permission.AUDIT_READ)
    assert {row.kind for row in entries(session, own, Wanted(district.school_id, first=MOMENT, end=MOMENT + timedelta(hours=1))).rows} == {"roll.saved"}
    assert len(list(every_entry(session, whole(district), Wanted(district.school_id, first=MOMENT, end=MOMENT + timedelta(hours=1))))) == len(OF_CASES) + 1


@pytest.mark.files_only
def test_every_kind_of_the_rooms_of_cases_is_known_as_one() -> None:
    import re

    found = set()
    for room in ("cases", "committees", "education_plans", "appeals"):
        for path in (Path(trainhub.__file__).parent / room).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            if "NewEntry(" in text:
                found |= set(re.findall(r'kind=f?"([a-z_]+\.)', text)) | set(re.findall(r'_record\([^"\n]*"([a-z_]+\.)', text))
    assert {"case.", "plan.", "hours.", "appeal."} <= found
    assert found <= set(OF_CASES)


def test_the_auditor_reads_and_exports_ids_only(
    client: FlaskClient, session: Session, district: Sample, sign_in: Callable[..., None]
) -> None:
    write(session, district, "roll.saved", 3)
    sign_in(client, "auditor")
    assert 'href="/write-chain"' in client.get("/write-chain").text
    text = client.get(f"/write-chain?school={district.school_id}").text
    assert "roll.saved" in text
    answer = client.get(f"/write-chain.csv?school={district.school_id}&kind=roll.")
    lines = answer.get_data(as_text=True).splitlines()
    assert len(lines) == 4
    assert answer.headers["Content-Type"].startswith("text/csv")
    for page in (text, answer.get_data(as_text=True)):
        assert "金丝雀" not in page
    entry = session.scalars(sa.select(AccessLogEntry).where(AccessLogEntry.object_ref == "write_chain")).one()
    assert (entry.via, entry.account_id) == ("export", district.accounts["auditor"])
    assert client.get("/write-chain?school=" + "0" * 32).status_code == 200  # an empty chain of nobody, as a made-up one


@pytest.mark.parametrize("key", ["teacher", "bureau_officer", "system_administrator", "committee_secretary", "bureau_case_officer"])
def test_others_do_not_read_it(client: FlaskClient, district: Sample, sign_in: Callable[..., None], key: str) -> None:
    sign_in(client, key)
    assert client.get("/write-chain").status_code == 403
    assert client.get("/write-chain.csv").status_code == 403


def test_a_principal_reads_the_own_school_only(client: FlaskClient, session: Session, district: Sample, sign_in: Callable[..., None]) -> None:
    write(session, district, "roll.saved", 1)
    write(session, district, "case.moved", 1)
    sign_in(client, "principal")
    text = client.get("/write-chain").text
    assert "roll.saved" in text
    assert "case.moved" not in text
    assert client.get(f"/write-chain?school={district.other_school_id}").status_code == 404
