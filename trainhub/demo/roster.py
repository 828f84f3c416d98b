"""Writes the people and places of the story: few statements, but every hire in the ledger."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from random import Random
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from trainhub.demo.calendar import Story, school_year_key, terms
from trainhub.demo.names import NameMaker
from trainhub.demo.people import ClassRow, Ids, Job, Somebody
from trainhub.demo.places import Place
from trainhub.kernel import clock
from trainhub.kernel.actor import SYSTEM
from trainhub.kernel.bulk import insert_many
from trainhub.kernel.orm import Base
from trainhub.ledger.service import NewEntry, append_many
from trainhub.roster.models import (
    ClassMembership,
    Department,
    DepartmentMembership,
    Employment,
    OrgUnit,
    Person,
    PostAssignment,
    SchoolClass,
    SchoolTerm,
    Student,
)
from trainhub.roster.people_rules import initials, name_key, pinyin_key

_CHUNK = 2_000
Row = dict[str, Any]


def put(session: Session, table: type[Base], rows: Sequence[Row]) -> None:
    """Insert rows in chunks that both databases take."""
    for start in range(0, len(rows), _CHUNK):
        session.execute(insert(table), list(rows[start : start + _CHUNK]))


def org_ids(places: Iterable[Place], district_id: str, ids: Ids) -> dict[str, str]:
    """Give every place its id; the bureau's is the district's."""
    return {place.key: district_id if place.kind == "bureau" else ids() for place in places}


def write_places(session: Session, district_id: str, places: Sequence[Place], orgs: dict[str, str]) -> None:
    """Write bureau and schools, superiors first."""
    rows: list[Row] = [
        {
            "district_id": district_id, "id": orgs[place.key],
            "parent_id": None if place.kind == "bureau" else orgs[place.parent],
            "kind": place.kind, "name": place.name, "short_name": place.short_name, "code": place.code,
            "stages": list(place.stages), "opened_on": date(2005, 9, 1), "sort_key": pinyin_key(place.name),
        }
        for place in places
    ]
    depth = {"bureau": 0, "center_school": 1}
    for row in sorted(rows, key=lambda r: depth.get(r["kind"], 2)):
        session.execute(insert(OrgUnit), [row])


def write_terms(session: Session, district_id: str, story: Story, ids: Ids) -> None:
    """Write the bureau's terms of last, this and the next school year."""
    put(session, SchoolTerm, [
        {
            "district_id": district_id, "id": ids(), "school_id": district_id, "school_year": school_year_key(start),
            "season": season, "starts_on": first, "ends_on": last,
        }
        for start in range(story.school_year - 1, story.school_year + 2)
        for season, first, last in terms(start)
    ])


def write_classes(session: Session, district_id: str, orgs: dict[str, str], rows: Sequence[ClassRow]) -> None:
    """Write the classes of both school years."""
    put(session, SchoolClass, [
        {
            "district_id": district_id, "id": row.id, "school_id": orgs[row.place],
            "school_year": school_year_key(row.start_year), "grade": row.grade, "class_no": row.number,
            "name": row.name, "previous_id": row.previous_id, "opened_on": row.opened_on,
            "closed_on": None,
        }
        for row in rows
    ])


def write_people(
    session: Session, district_id: str, orgs: dict[str, str], people: Sequence[Somebody], ids: Ids, now: datetime
) -> list[NewEntry]:
    """Write persons, employments, departments and posts, and a ledger entry for every employment.

    Entries about days after ``now`` are returned instead, for their own time to come.
    """
    put(session, Person, [
        {
            "district_id": district_id, "id": person.id, "name": person.name, "name_key": name_key(person.name),
            "sort_key": pinyin_key(person.name), "initials": initials(person.name),
            "phone_tail": person.phone_tail, "merged_into_id": None, "created_at": now,
        }
        for person in people
    ])
    departments = _departments(district_id, orgs, people, ids)
    put(session, Department, list(departments.values()))
    jobs, memberships, posts, facts = [], [], [], []
    for person in people:
        for job in person.jobs:
            row = _job_row(district_id, orgs, person, job, ids(), now)
            jobs.append(row)
            if job.department:
                memberships.append({
                    "district_id": district_id, "id": ids(), "employment_id": row["id"],
                    "department_id": departments[job.place, job.department]["id"],
                    "from_on": job.from_on, "to_on": job.to_on,
                })
            held = [_post_row(district_id, orgs, person, job, number, ids()) for number in range(len(job.posts))]
            posts += held
            facts += _facts(row, held, now)
    put(session, Employment, jobs)
    put(session, DepartmentMembership, memberships)
    put(session, PostAssignment, posts)
    known: dict[str, list[NewEntry]] = defaultdict(list)
    for entry in facts:
        if entry.occurred_at <= now:
            known[entry.school_id].append(entry)
    for entries in known.values():
        append_many(session, entries)
    return [entry for entry in facts if entry.occurred_at > now]


def _departments(
    district_id: str, orgs: dict[str, str], people: Sequence[Somebody], ids: Ids
) -> dict[tuple[str, str], Row]:
    found: dict[tuple[str, str], Row] = {}
    for person in people:
        for job in person.jobs:
            if job.department and (job.place, job.department) not in found:
                found[job.place, job.department] = {
                    "district_id": district_id, "id": ids(), "school_id": orgs[job.place], "name": job.department,
                    "sort_key": pinyin_key(job.department)[:120], "closed_on": None,
                }
    return found


def _job_row(
    district_id: str, orgs: dict[str, str], person: Somebody, job: Job, made: str, now: datetime
) -> Row:
    return {
        "district_id": district_id, "id": made, "person_id": person.id, "school_id": orgs[job.place],
        "staff_no": job.staff_no, "category": job.category, "contract": job.contract, "is_home": job.is_home,
        "from_on": job.from_on, "to_on": job.to_on, "left_reason": job.left_reason, "ce_opt_out": job.ce_opt_out,
        "hired_on": job.hired_on, "created_at": now, "batch_id": None,
    }


def _post_row(
    district_id: str, orgs: dict[str, str], person: Somebody, job: Job, number: int, made: str
) -> Row:
    post = job.posts[number]
    last = min((day for day in (post.to_on, job.to_on) if day is not None), default=None)
    return {
        "district_id": district_id, "id": made, "person_id": person.id, "school_id": orgs[job.place],
        "post": post.name, "class_id": post.class_id, "from_on": post.from_on, "to_on": last, "batch_id": None,
    }


def _facts(row: Row, posts: Sequence[Row], now: datetime) -> list[NewEntry]:
    """What the ledger says of an employment: hired, later posts, left."""
    from_on = row["from_on"]
    now_or_then = max(clock.day_bounds(from_on)[0], now)
    held = [post for post in posts if clock.day_bounds(post["from_on"])[0] <= now_or_then]
    later = [post for post in posts if post not in held]
    found = [_entry(row, "roster.hired", row["id"], from_on, now, {
        "category": row["category"], "contract": row["contract"], "from_on": from_on.isoformat(),
        "hired_on": row["hired_on"].isoformat() if row["hired_on"] else None, "is_home": row["is_home"],
        "posts": [post["post"] for post in held],
    })]
    found += [
        _entry(row, "roster.post_assigned", post["id"], post["from_on"], now, {
            "post": post["post"], "class_id": post["class_id"], "from_on": post["from_on"].isoformat(),
            "to_on": post["to_on"].isoformat() if post["to_on"] else None,
        })
        for post in later
    ]
    if row["to_on"] is not None:
        payload = {"last_on": row["to_on"].isoformat(), "why": row["left_reason"]}
        found.append(_entry(row, "roster.left", row["id"], row["to_on"], now, payload))
    return found


def _entry(row: Row, kind: str, object_ref: str, on: date, now: datetime, payload: dict[str, Any]) -> NewEntry:
    day = clock.day_bounds(on)[0]
    return NewEntry(
        district_id=row["district_id"], school_id=row["school_id"], kind=kind, subject_ref=row["person_id"],
        object_ref=object_ref, payload=payload, occurred_at=day, recorded_at=max(day, now), actor_ref=SYSTEM,
        acting_role=SYSTEM, source="seed",
    )


def write_students(
    session: Session, district_id: str, orgs: dict[str, str], classes: Sequence[ClassRow], ids: Ids, random: Random,
    now: datetime,
) -> int:
    """Write the pupils of this school year's classes; returns how many there are.

    Their numbers are invented and stored as they always are: a digest and the last four signs.
    """
    names = NameMaker(random)
    students, memberships = [], []
    for row in classes:
        first = row.opened_on
        for seat in range(1, row.pupils + 1):
            made, name = ids(), names.person("young")
            students.append({
                "district_id": district_id, "id": made, "school_id": orgs[row.place], "name": name,
                "name_key": name_key(name), "sort_key": pinyin_key(name), "sex": random.choice(("男", "女")),
                "number_hash": hashlib.sha256(f"demo-{made}".encode()).hexdigest(),
                "number_tail": f"{random.randint(0, 9999):04d}", "number_kind": "G", "from_on": first, "to_on": None,
                "created_at": now,
            })
            memberships.append({
                "district_id": district_id, "id": ids(), "student_id": made, "class_id": row.id,
                "number_in_class": str(seat), "from_on": first, "to_on": None,
            })
    insert_many(session, insert(Student.__table__), students)  # type: ignore[arg-type]
    insert_many(session, insert(ClassMembership.__table__), memberships)  # type: ignore[arg-type]
    return len(students)
