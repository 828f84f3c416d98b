"""Two schools with one of everything that an address can name, and a browser that reads forms."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import sqlalchemy as sa
from flask import Flask, current_app, url_for
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.builders import Sample, add_account, add_class, add_post, add_staff, build_district
from tests.training.scenery import add_training
from trainhub.accounts.models import AccountGrant, UserSession
from trainhub.attendance import service as rolls
from trainhub.attendance.queries.staging import session_frame
from trainhub.attendance.service import Mark, MarkRoll, OpenSheet, SheetPerson
from trainhub.attendance.service import imports as rolls_imports
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import at, local, local_day, now
from trainhub.kernel.ids import new_id
from trainhub.kernel.orm import Base
from trainhub.kernel.permissions import Role
from trainhub.kernel.years import RequirementYear
from trainhub.plugin_api import Upload
from trainhub.roster import service as roster
from trainhub.roster.models import Department, Person, PersonMerge
from trainhub.training.models import EventPart, HoursStatement, TrainingEvent, TrainingExemption, YearSnapshot
from trainhub.training.rules.audience import Choice
from trainhub.training.rules.hosted import HostDay
from trainhub.training.rules.planning import PartTime, Trainer
from trainhub.training.service.closing import digest
from trainhub.training.service.hosted import EnterEvidence, enter_evidence
from trainhub.training.service.planning import PlanEvent, plan_event
from trainhub.training.service.standing import recompute
from trainhub.training.service.statements import IssueStatement, issue_statement


@dataclass
class School:
    """One of everything at one school, by the name that the variable of an address bears."""

    key: str  # "" or "@other": suffix of the accounts of this school
    school_id: str
    ids: dict[str, list[str]] = field(default_factory=dict)
    codes: list[str] = field(default_factory=list)

    def add(self, name: str, *values: str) -> None:
        """Remember ids of a kind."""
        self.ids.setdefault(name, []).extend(values)


@dataclass
class World:
    """A district whose second school is a stranger to the first."""

    sample: Sample
    home: School
    other: School


def build_world(session: Session, *, home_word: str = "甲校", other_word: str = "乙密") -> World:
    """Build both schools; every name, title, room, remark and file name of a school contains its word."""
    sample = build_district(session)
    for key, role in (("school_administrator@other", Role.SCHOOL_ADMINISTRATOR),):
        add_account(session, sample, key, role, sample.other_school_id, sample.other_people[2], display_name=f"{other_word}账号")
    home, other = School("", sample.school_id), School("@other", sample.other_school_id)
    for school, people, word in ((home, sample.people, home_word), (other, sample.other_people, other_word)):
        _fill(session, sample, school, people, word)
    session.commit()
    return World(sample, home, other)


def _fill(session: Session, sample: Sample, school: School, people: Sequence[str], word: str) -> None:
    district, moment = sample.district_id, now()
    officer = sample.actors["training_officer" + school.key]
    for number, person in enumerate(people):
        text = f"{word}{number}"[:80]
        session.execute(update(Person).where(Person.district_id == district, Person.id == person).values(name=text, name_key=text))
    session.execute(update(Department).where(Department.school_id == school.school_id).values(name=f"{word}组"[:60]))
    school.add("person_id", *people)
    school.add("school_id", school.school_id)
    school.add("org_id", school.school_id)
    class_id = add_class(session, district, school.school_id, 3, 1 if school.key else 2)
    school.add("assignment_id", add_post(session, district, school.school_id, people[1], "homeroom_teacher", date(2026, 9, 1), None, class_id))
    _plan(session, officer, school, word)
    _roll(session, sample, school, officer, people, word)
    add_training(session, sample, local_day(moment) - timedelta(days=30), people, school_id=school.school_id, title=f"{word}春训"[:160])
    recompute(session, district, RequirementYear(local_day(moment).year), moment, school_ids=[school.school_id])
    _papers(session, sample, school, people, word, moment)
    _batches(session, sample, school, officer, word, moment)
    for row in session.scalars(select(AccountGrant).where(AccountGrant.district_id == district, AccountGrant.org_id == school.school_id)):
        school.add("account_id", row.account_id)
        school.add("grant_id", row.id)


def _weekday(days_ahead: int) -> date:
    """A day from Monday to Friday, at least so many days ahead."""
    day = local_day(now()) + timedelta(days=days_ahead)
    return day + timedelta(days=max(0, 8 - day.isoweekday()) if day.isoweekday() > 5 else 0)


def _plan(session: Session, officer: Actor, school: School, word: str) -> None:
    """A draft and a published training, with a guest and a room."""
    for number, publish in enumerate((False, True)):
        day = _weekday(6 + 2 * number)
        done = plan_event(session, officer, PlanEvent(
            officer.org_id, f"{word}培训{number}"[:160], (PartTime(at(day, time(14, 30)), at(day, time(16)), f"{word}室"[:80]),),
            trainers=(Trainer(f"{word}讲师"[:80], f"{word}单位"[:120]),), choice=Choice("everyone"), publish=publish,
            accepted=Anything(),
        ), now())
        school.add("event_id", done.event_id)


class Anything(frozenset):  # type: ignore[type-arg]
    """Every question answered."""

    def __contains__(self, item: object) -> bool:
        return True


def _roll(session: Session, sample: Sample, school: School, officer: Actor, people: Sequence[str], word: str) -> None:
    """A training of this morning: its roll is open, two people are marked."""
    moment = now()
    starts = moment.replace(second=0, microsecond=0) - timedelta(hours=3)
    part, event = new_id(), new_id()
    session.add(TrainingEvent(
        district_id=sample.district_id, id=event, school_id=school.school_id, requirement_id=sample.requirement_id,
        year_key=str(local_day(moment).year), title=f"{word}晨训"[:160], type_key="staff_training", topic="student_bullying_prevention",
        delivery_mode="face_to_face", state="published", details={}, starts_at=starts, ends_at=starts + timedelta(hours=2),
        created_by=officer.account_id, created_at=starts, updated_at=starts,
    ))
    session.flush()
    sheet = rolls.open_sheet(session, officer, OpenSheet(
        school.school_id, "training_part", part, f"{word}晨训"[:160], starts, starts + timedelta(hours=2),
        people=[SheetPerson(p, n, f"{word}组"[:60], f"N{n}") for n, p in enumerate(people[:-1], 1)],
    ), moment)
    session.add(EventPart(
        district_id=sample.district_id, id=part, event_id=event, position=1, starts_at=starts, ends_at=starts + timedelta(hours=2),
        sheet_id=sheet, delivery_mode="face_to_face", room=f"{word}室"[:80],
    ))
    session.flush()
    rolls.record_marks(session, officer, MarkRoll(sheet, [
        Mark(people[0], "present", 0, note=f"{word}备注"[:200]), Mark(people[1], "absent", 0),
    ], new_id()), moment)
    school.add("sheet_id", sheet)
    school.add("event_id", event)


def _papers(session: Session, sample: Sample, school: School, people: Sequence[str], word: str, moment: datetime) -> None:
    """An exemption asked for, a paper of another unit, a statement, a closed year, two records merged."""
    district, year = sample.district_id, local_day(moment).year
    officer = sample.actors["training_officer" + school.key]
    exemption, snapshot, merge = new_id(), new_id(), new_id()
    session.add(TrainingExemption(
        district_id=district, id=exemption, requirement_id=sample.requirement_id, year_key=str(year), person_id=people[2],
        school_id=school.school_id, kind="maternity", document=f"{word}文件"[:160], from_on=date(year, 1, 1), to_on=date(year, 12, 31),
        requested_by=officer.account_id, requested_at=moment,
    ))
    totals: dict[str, Any] = {}
    session.add(YearSnapshot(
        district_id=district, id=snapshot, requirement_id=sample.requirement_id, year_key=str(year - 1), school_id=school.school_id,
        number=1, closed_by=officer.account_id, closed_at=moment, roster_on=date(year - 1, 12, 31), policy_version=0, totals=totals,
        people=[], digest=digest(totals, []),
    ))
    school.add("evidence_id", enter_evidence(session, officer, EnterEvidence(
        new_id(), people[3], f"{word}主办"[:120], f"{word}外训"[:160], (HostDay(moment - timedelta(days=50), moment - timedelta(days=50, hours=-1), 60),),
        "certificate", f"{word}编号"[:160], b"%PDF-1.7",
    ), moment))
    twin = add_staff(session, district, school.school_id, 1, department=f"并{word}"[:60], first_no=900 if school.key else 800)[0]
    session.execute(update(Person).where(Person.id == twin).values(name=f"{word}并"[:80], merged_into_id=people[0]))
    session.add(PersonMerge(
        district_id=district, id=merge, kept_id=people[0], merged_id=twin, moved={"employments": [], "posts": [], "stretched": {}, "not_home": []}, reason=f"{word}同一人"[:200],
        merged_by=officer.account_id, merged_at=moment,
    ))
    session.flush()
    code = issue_statement(session, officer, IssueStatement(people[0], str(year)), moment)
    school.codes.append(code)
    statement = session.scalars(select(HoursStatement.id).where(HoursStatement.person_id == people[0])).one()
    for name, value in (("exemption_id", exemption), ("snapshot_id", snapshot), ("merge_id", merge), ("statement_id", statement)):
        school.add(name, value)


_READ: dict[tuple[str, ...], Any] = {}


def once(key: tuple[str, ...], read: Callable[[], Any]) -> Any:
    """What a file was read as; each file is read by one child process per test run."""
    if key not in _READ:
        _READ[key] = read()
    return _READ[key]


def table_of(rows: Sequence[Sequence[str]], encoding: str = "utf-8-sig") -> bytes:
    """Rows as CSV, quoted as spreadsheet programs do."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode(encoding)


def _batches(session: Session, sample: Sample, school: School, officer: Actor, word: str, moment: datetime) -> None:
    """A staff list and an attendance file, both waiting to be checked."""
    clerk = sample.actors["school_administrator" + school.key]
    facts = roster.school_facts(session, sample.district_id, school.school_id, moment)
    listed = table_of([("姓名", "工号", "部门"), (f"{word}新人", "Z0001", f"{word}组")])
    reading = once(("staff", word, school.key), lambda: roster.read_file("staff", Upload(f"{word}名单.csv"[-200:], listed), facts, b"k" * 32, {}))
    school.add("batch_id", roster.stage(session, clerk, school.school_id, reading, moment))
    sheet_id = school.ids["sheet_id"][0]
    came = f"{local(moment):%Y-%m-%d %H:%M}"
    signed = table_of([("姓名", "工号", "部门", "签到时间"), (f"{word}0", "N1", f"{word}组", came), (f"{word}外人", "N9", f"{word}组", came)])
    frame = session_frame(rolls_imports.sheet_for_import(session, officer, sheet_id))
    sources = current_app.extensions["trainhub.sources"]
    upload = Upload(f"{word}签到.csv"[-200:], signed)
    read = once(("attendance", word, school.key), lambda: rolls.read_attendance(upload, sources, frame))
    school.add("batch_id", rolls_imports.stage_import(session, officer, sheet_id, read, moment))
    session.flush()


# --- addresses --------------------------------------------------------------------------------------


FIXED: dict[str, list[Any]] = {
    "pack_id": ["law"], "kind": ["staff", "students"], "key": ["training_min_minutes"], "year": [2026], "number": [1], "code": ["AAAA-BBBB-CCCC"],
    "session_id": ["0" * 32], "filename": ["css/app.css"],
}


def addresses(app: Flask, school: School, *, strange: Mapping[str, Any] | None = None) -> Iterator[tuple[str, str, set[str]]]:
    """Every (endpoint, path, methods) with ids of the school; ``strange`` replaces values by variable."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda r: r.rule):
        if rule.endpoint.endswith("static"):
            continue
        choices: list[dict[str, Any]] = [{}]
        for name in sorted(rule.arguments):
            known = [strange[name]] if strange and name in strange else school.ids.get(name) or FIXED.get(name) or [new_id()]
            choices = [c | {name: v} for c in choices for v in known[:3]]
        for values in choices:
            with app.test_request_context():
                yield rule.endpoint, url_for(rule.endpoint, **values), set(rule.methods or ()) - {"OPTIONS", "HEAD"}


# --- forms ------------------------------------------------------------------------------------------


@dataclass
class Form:
    """A form of a page: where it goes, what a browser would send, which buttons it has."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    has_file: bool = False


class Page(HTMLParser):
    """Forms, links, scripts and attributes of a page."""

    def __init__(self, text: str, path: str) -> None:
        super().__init__(convert_charrefs=True)
        self.path = path
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.faults: list[str] = []
        self._open: Form | None = None
        self._select: tuple[str, bool] | None = None
        self._first: str | None = None
        self._area: str | None = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect one element."""
        got = {k: v or "" for k, v in attrs}
        self._look(tag, got)
        if tag == "form":
            self._open = Form(urljoin(self.path, got.get("action") or self.path), got.get("method", "get").upper())
            self.forms.append(self._open)
        form = self._open
        if "form" in got and tag != "form":
            form = None
        if form is None:
            return
        if tag == "input":
            self._input(form, got)
        elif tag == "button" and got.get("type", "submit") == "submit":
            form.buttons.append((got.get("name", ""), got.get("value", ""), urljoin(self.path, got.get("formaction") or form.action)))
        elif tag == "select" and got.get("name"):
            self._select, self._first = (got["name"], False), None
        elif tag == "option" and self._select:
            if "selected" in got:
                form.fields.append((self._select[0], got.get("value", "")))
                self._select = (self._select[0], True)
            elif self._first is None:
                self._first = got.get("value", "")
        elif tag == "textarea" and got.get("name"):
            form.fields.append((got["name"], ""))

    def _input(self, form: Form, got: dict[str, str]) -> None:
        kind, name = got.get("type", "text"), got.get("name", "")
        if kind == "file":
            form.has_file = True
        elif kind in ("checkbox", "radio"):
            if name and "checked" in got:
                form.fields.append((name, got.get("value", "on")))
        elif kind not in ("submit", "button") and name:
            form.fields.append((name, got.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        """Close a form or a select."""
        if tag == "form":
            self._open = None
        elif tag == "select" and self._select and self._open is not None:
            if not self._select[1] and self._first is not None:
                self._open.fields.append((self._select[0], self._first))
            self._select = None

    def _look(self, tag: str, got: dict[str, str]) -> None:
        for name, value in got.items():
            if name.startswith("on") or name == "style":
                self.faults.append(f"<{tag} {name}={value[:40]}>")
            if name in ("href", "src", "action", "formaction", "xlink:href") and re.match(r"\s*(javascript|vbscript|data:text)", value, re.IGNORECASE):
                self.faults.append(f"<{tag} {name}={value[:40]}>")
        if tag == "script" and not got.get("src") and got.get("type") not in ("application/json", "application/ld+json"):
            self.faults.append("<script> without src")
        if tag == "style":
            self.faults.append("<style>")
        if tag == "a" and got.get("href"):
            self.links.append(got["href"])


# --- the database -----------------------------------------------------------------------------------

UNWATCHED = frozenset({UserSession.__tablename__})


def contents(connection: sa.Connection) -> dict[str, int]:
    """A digest of every table but sessions, for comparison before and after."""
    found = {}
    for table in Base.metadata.sorted_tables:
        if table.name in UNWATCHED:
            continue
        rows = connection.execute(select(table)).all()
        found[table.name] = hash(tuple(sorted(repr(tuple(row)) for row in rows)))
    return found
