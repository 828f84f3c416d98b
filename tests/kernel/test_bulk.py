"""Many rows at once: the same values as one by one, and a planner that knows of them."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from tests.builders import Sample
from trainhub.kernel.bulk import insert_many, refresh_statistics, upsert
from trainhub.kernel.ids import new_id
from trainhub.roster.models import Employment, OrgUnit, Person

MOMENT = datetime(2026, 11, 21, 2, 30, 15, 120, tzinfo=UTC)


def person(district_id: str, number: int) -> dict[str, Any]:
    return {"district_id": district_id, "id": new_id(), "name": f"测{number}", "name_key": f"测{number}", "sort_key": "ce",
            "initials": "c", "phone_tail": "", "merged_into_id": None, "created_at": MOMENT}


def job(sample: Sample, person_id: str, **more: Any) -> dict[str, Any]:
    return {"district_id": sample.district_id, "id": new_id(), "person_id": person_id, "school_id": sample.school_id,
            "staff_no": "7%s", "category": "support", "contract": "staffed", "is_home": True, "from_on": date(2026, 9, 1),
            "to_on": None, "left_reason": "", "ce_opt_out": False, "hired_on": None, "created_at": MOMENT} | more


def test_values_come_back_as_they_were_given(session: Session, district: Sample) -> None:
    """Dates, moments, truth, nothing: in the form of each driver, row by row the right one."""
    people = [person(district.district_id, n) for n in range(3)]
    jobs = [job(district, p["id"], to_on=date(2026, 12, n + 1) if n else None, is_home=n != 1) for n, p in enumerate(people)]
    insert_many(session, insert(Person.__table__), people)
    insert_many(session, insert(Employment.__table__), jobs)
    for wanted in jobs:
        row = session.get_one(Employment, (district.district_id, wanted["id"]))
        assert {key: getattr(row, key) for key in wanted} == wanted
    assert session.get_one(Person, (district.district_id, people[2]["id"])).created_at == MOMENT


def test_an_upsert_with_lists_changes_what_is_there(session: Session, district: Sample) -> None:
    """The same key a second time updates; lists travel as JSON."""
    put = upsert(session, OrgUnit.__table__)
    statement = put.on_conflict_do_update(
        index_elements=["district_id", "id"], set_={"stages": put.excluded.stages, "name": put.excluded.name}
    )
    row = {"district_id": district.district_id, "id": district.school_id, "kind": "school", "name": "新名", "short_name": "",
           "code": "", "stages": ["primary", "junior"], "sort_key": "x"}
    insert_many(session, statement, [row])
    session.expire_all()
    held = session.get_one(OrgUnit, (district.district_id, district.school_id))
    assert (held.name, held.stages) == ("新名", ["primary", "junior"])


def test_no_rows_no_statement(session: Session, district: Sample, count_statements: Any) -> None:
    with count_statements() as seen:
        insert_many(session, insert(Person.__table__), [])
    assert seen.count == 0


def test_the_planner_knows_rows_of_its_own_transaction(session: Session, district: Sample) -> None:
    """A district that the statistics do not know passes for one row; after counting it passes for what it is."""
    if session.get_bind().dialect.name != "postgresql":
        pytest.skip("SQLite plans without counting")
    insert_many(session, insert(Person.__table__), [person(district.district_id, n) for n in range(1_000)])
    refresh_statistics(session, [Person])
    query = select(Person.id).where(Person.district_id == district.district_id)
    literal = query.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
    plan = session.scalar(text(f"EXPLAIN (FORMAT JSON) {literal}"))
    assert plan[0]["Plan"]["Plan Rows"] > 500
