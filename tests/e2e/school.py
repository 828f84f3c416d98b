"""A school of a test's own inside the running application, with accounts, course packs and trainings."""

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from playwright.sync_api import Locator, Page
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.builders import Sample, build_district
from tests.e2e.conftest import Server, Visit, sign_in_cookies
from trainhub.cli.data import install_folder
from trainhub.kernel.clock import at, local_day, now
from trainhub.kernel.ids import new_id
from trainhub.roster.models import Department, DepartmentMembership, Employment, Person
from trainhub.roster.rules import name_key
from trainhub.training.models import EventPart
from trainhub.training.service.planning import PlanArguments, plan_from_arguments
from trainhub.web.database import db, transaction

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests" / "data" / "samples"
PACK = "staff-law-and-duties"


@dataclass
class School:
    """A district of its own: ``visit`` opens a page as one of its accounts."""

    server: Server
    sample: Sample
    visit_as: Visit

    def visit(self, path: str, who: str, **more: object) -> Page:
        """Open a page of the application as the account of a role."""
        return self.visit_as(path, f"{self.sample.district_id}:{who}", **more)

    @property
    def held_in(self) -> int:
        """The year of yesterday's training."""
        return (local_day(now()) - timedelta(days=1)).year

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction as the application makes it."""
        with writing(self.server) as session:
            yield session

    def yesterdays_training(self) -> tuple[str, str]:
        """Publish a training that everybody had to come to yesterday. Returns the ids of event and roll."""
        with self.writing() as session:
            return add_past_training(session, self.sample)


@contextmanager
def writing(server: Server) -> Iterator[Session]:
    """A transaction as the application makes it."""
    with server.app.test_request_context("/", method="POST"):
        with transaction() as session:
            yield session
        db.session.remove()


def found_district(server: Server, *, staff: int, more: Callable[[Session, Sample], None] | None = None) -> Sample:
    """Build a district with the shipped course packs on the shelf and a session for each account."""
    with server.app.app_context():
        install_folder(server.app, ROOT / "courses")
    with writing(server) as session:
        sample = build_district(session, staff=staff)
        if more:
            more(session, sample)
    with server.app.test_request_context("/", method="POST"):
        cookies = sign_in_cookies(server.app, sample)
        db.session.remove()
    server.cookies.update({f"{sample.district_id}:{key}": cookie for key, cookie in cookies.items()})
    return sample


def found_school(server: Server, visit: Visit, *, staff: int) -> School:
    """Build a district whose pages ``visit`` opens."""
    return School(server, found_district(server, staff=staff), visit)


def add_past_training(session: Session, sample: Sample, *, days: int = 1, accept: bool = True) -> tuple[str, str]:
    """Publish a training of 90 minutes for everybody who owes, some days ago. Returns the ids of event and roll."""
    day = local_day(now()) - timedelta(days=days)
    planned = plan_from_arguments(session, sample.actors["training_officer"], PlanArguments(
        sample.school_id, PACK, day, time(14, 30), 90, "阶梯教室", ("陈立新/区人民法院",), accept_all=accept,
    ), at(day, time(8)))
    sheet = session.scalars(select(EventPart.sheet_id).where(EventPart.event_id == planned.event_id)).one()
    assert sheet is not None
    return planned.event_id, sheet


def rename(session: Session, sample: Sample, person_id: str, name: str, initials: str) -> None:
    """Give a person a name with pinyin initials by which it is sought."""
    session.execute(
        update(Person).where(Person.district_id == sample.district_id, Person.id == person_id)
        .values(name=name, name_key=name_key(name), initials=initials)
    )


def add_sample_staff(session: Session, sample: Sample) -> dict[str, tuple[str, dict[str, str]]]:
    """Add the people that the sample files speak of. Returns key of the person -> (id, row of the list)."""
    with (SAMPLES / "roster_staff.csv").open(encoding="utf-8-sig") as file:
        rows = {row["person_key"]: row for row in csv.DictReader(file)}
    key, moment, first = sample.district_id, datetime(2020, 1, 1, tzinfo=UTC), date(2020, 9, 1)
    held = session.execute(select(Department.name, Department.id).where(Department.school_id == sample.school_id))
    there = {row.name: row.id for row in held}
    new = {name: new_id() for name in {r["dept"] for r in rows.values()} - there.keys()}
    groups, ids, jobs = there | new, {k: new_id() for k in rows}, {k: new_id() for k in rows}
    for batch in (
        [Department(district_id=key, id=new[n], school_id=sample.school_id, name=n, sort_key=n) for n in new],
        [Person(district_id=key, id=ids[k], name=r["name"], name_key=name_key(r["name"]), sort_key=k, initials=k.lower(),
                phone_tail=r["phone_tail4"], created_at=moment) for k, r in rows.items()],
        [Employment(district_id=key, id=jobs[k], person_id=ids[k], school_id=sample.school_id, staff_no=r["staff_no"],
                    category="full_time_teacher", from_on=first, created_at=moment) for k, r in rows.items()],
        [DepartmentMembership(district_id=key, id=new_id(), employment_id=jobs[k], department_id=groups[r["dept"]], from_on=first)
         for k, r in rows.items()],
    ):  # fmt: skip
        session.add_all(batch)
        session.flush()
    return {k: (ids[k], row) for k, row in rows.items()}


@dataclass
class Hand:
    """Somebody's hand on mouse and keyboard: it counts what it does, so that a job has a price."""

    page: Page
    clicks: int = 0
    keys: int = 0
    press: Callable[[str], None] = field(init=False)

    def __post_init__(self) -> None:
        def press(key: str) -> None:
            self.keys += 1
            self.page.keyboard.press(key)

        self.press = press

    def click(self, what: str | Locator) -> None:
        """Click once."""
        self.clicks += 1
        (self.page.locator(what) if isinstance(what, str) else what).click()
