"""A school with a whole committee, two classes with timetables and packs on the shelf; and a hand that fills forms by the names of their fields."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from playwright.sync_api import Locator, Page
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.builders import Sample, add_class, add_lesson_times, add_pupils, add_staff, add_term, add_timetable
from tests.committees.scenery import LINES, Scene, _filled
from tests.e2e.conftest import Server, Visit
from tests.e2e.school import writing
from trainhub.cases.models import CaseFile, Determination
from trainhub.cases.service import determining, notices, opening, parties, serving
from trainhub.committees.queries import on_day
from trainhub.committees.rules.voting import Votes
from trainhub.committees.service.register import FoundCommittee, fill_seat, found_committee
from trainhub.committees.service.resolving import HoldItem, facts_for, hold_item
from trainhub.committees.service.sittings import Came, PlanSitting, note_presence, plan_sitting
from trainhub.education_plans.models import EducationPlan, PlanLesson
from trainhub.kernel.clock import local_day, now
from trainhub.roster.calendar_rules import school_year_of
from trainhub.roster.models import OrgUnit, Student
from trainhub.roster.timetable_rules import season_of
from trainhub.web.keys import key_ring

ACTOR, TARGET = "杜若舟甲", "温书桐乙"
FIRST = date(2021, 9, 1)


def add_case_school(session: Session, sample: Sample) -> None:
    """Build it at the first school of a district."""
    today = local_day(now())
    year, season, begun = school_year_of(today), season_of(today), today - timedelta(days=60)
    add_term(session, sample, season, year, starts_on=begun, ends_on=today + timedelta(days=150))
    add_lesson_times(session, sample)
    session.get_one(OrgUnit, (sample.district_id, sample.school_id)).stages = ["junior"]
    for number, name in ((1, ACTOR), (2, TARGET)):
        key = add_class(session, sample.district_id, sample.school_id, 8, number, year)
        add_timetable(session, sample, key, [(d, n, "语文") for d in range(1, 6) for n in (1, 2, 3, 4)], season=season, year=year, from_on=begun)
        pupil = add_pupils(session, sample, key, 1, begun)[0]
        session.execute(update(Student).where(Student.id == pupil).values(name=name, name_key=name))
    _found(session, sample, today)


def _found(session: Session, sample: Sample, today: date) -> None:
    """A committee of nine and two substitutes; the account of the member sits in a teacher's seat."""
    secretary, moment = sample.actors["committee_secretary"], now()
    command = FoundCommittee(sample.school_id, "学生欺凌治理委员会", FIRST, None, LINES)
    scene = Scene(sample, found_committee(session, secretary, command, moment), [])
    staff = [sample.people[5], sample.people[0], *add_staff(session, sample.district_id, sample.school_id, 4, department="德育处", first_no=60)]
    outside = add_staff(session, sample.district_id, sample.school_id, 3, department="校外", first_no=70, category="external")
    seats = sorted(on_day(session, sample.district_id, sample.school_id, today).seats, key=lambda seat: seat.sort_no)
    for line, seat in zip(LINES, seats, strict=True):
        scene.members.append(fill_seat(session, secretary, _filled(line, seat.id, staff, outside, scene), moment, ring=key_ring()))


@dataclass
class Job:
    """Pages of the accounts of one district, each opened once; everything that was looked at is remembered."""

    server: Server
    sample: Sample
    visit: Visit
    pages: dict[tuple[str, int], Page] = field(default_factory=dict)
    seen: list[tuple[str, str]] = field(default_factory=list)

    def open(self, who: str, path: str, width: int = 1440) -> Page:
        """Go to a page as somebody."""
        page = self.pages.get((who, width))
        if page is None:
            page = self.pages[who, width] = self.visit(path, f"{self.sample.district_id}:{who}", width=width)
            self._note(page)
            return page
        page.goto(path)
        self._note(page)
        return page

    def _note(self, page: Page) -> None:
        self.seen.append((page.url, page.title()))
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), page.url

    def send(self, page: Page, action: str, **values: object) -> None:
        """Fill the first form whose address ends so, and send it; an answer that refuses fails the test."""
        form = page.locator(f"form[action$='{action}']").first
        self.fill(form, **values)
        self.press(page, form.locator("button:not([type=button])").first)

    def fill(self, form: Locator, **values: object) -> None:
        """Open what hides a form and fill its fields by name; True ticks."""
        form.evaluate("f => { const d = f.closest('dialog'); if (d && !d.open) d.showModal() }")
        form.evaluate("f => { for (let d = f.closest('details'); d; d = d.parentElement.closest('details')) d.open = true }")
        form.evaluate("f => f.querySelectorAll('details').forEach(d => { d.open = true })")
        for name, value in values.items():
            one = form.locator(f"[name='{name.replace('__', '-')}']")
            kind = one.first.evaluate("e => e.tagName === 'SELECT' ? 'select' : e.type")
            if kind in {"checkbox", "radio"}:
                for each in value if isinstance(value, (list, tuple)) else [value]:
                    ticked = one.first if each is True else form.locator(f"[name='{name}'][value='{each}']")
                    ticked.check()
            elif kind == "select":
                one.first.select_option(str(value))
            else:
                one.first.fill(str(value))

    def press(self, page: Page, button: Locator) -> None:
        """Press a button that sends; answer the question it asks, if any."""
        if button.get_attribute("data-confirm") or button.evaluate("b => b.form && b.form.hasAttribute('data-confirm')"):
            button.click()
            button = page.locator("dialog .dlg-acts .btn:not([data-close])")
        with page.expect_navigation() as went:
            button.click()
        assert went.value.status < 400, page.locator("main").inner_text()[:600]
        self._note(page)

    # --- time --------------------------------------------------------------------------------------

    def later(self, case_id: str, hours: int = 3) -> None:
        """Hours pass: what a form says by the minute must not lie before what happened seconds ago."""
        with writing(self.server) as session:
            for row in session.scalars(select(CaseFile).where(CaseFile.id == case_id)):
                row.discovered_at -= timedelta(hours=hours)
            for found in session.scalars(select(Determination).where(Determination.case_id == case_id, Determination.adopted_at.is_not(None))):
                assert found.adopted_at is not None
                found.adopted_at -= timedelta(hours=hours)

    def weeks_pass(self, plan_id: str) -> list[str]:
        """Every booked lesson of a plan lies behind now, the last one yesterday; returns their ids in order."""
        with writing(self.server) as session:
            lessons = session.scalars(
                select(PlanLesson).where(PlanLesson.plan_id == plan_id, PlanLesson.state == "planned").order_by(PlanLesson.starts_at)
            ).all()
            back = timedelta(days=(local_day(lessons[-1].starts_at) - local_day(now())).days + 1)
            for lesson in lessons:
                lesson.starts_at, lesson.ends_at = lesson.starts_at - back, lesson.ends_at - back
            plan = session.scalars(select(EducationPlan).where(EducationPlan.id == plan_id)).one()
            plan.starts_on = min(plan.starts_on, *(local_day(lesson.starts_at) for lesson in lessons))
            return [lesson.id for lesson in lessons]

    def one(self, query: Callable[[Session], Any]) -> Any:
        """Ask the database."""
        with writing(self.server) as session:
            return query(session)


def add_served_case(session: Session, sample: Sample) -> tuple[str, str]:
    """A case that was determined and served some hours ago; returns case and determination. The school is that of ``add_case_school``."""
    add_case_school(session, sample)
    ring, officer, secretary = key_ring(), sample.actors["case_officer"], sample.actors["committee_secretary"]
    at = now() - timedelta(hours=3)
    case = opening.open_case(session, ring, officer, opening.CaseStart(local_day(at), "corridor", ("body",), at, "minor"), at)
    found = [
        parties.add_pupil(session, ring, officer, parties.AddPupil(case.id, student, (side,)), at)
        for side, name in (("actor", ACTOR), ("target", TARGET))
        for student in session.scalars(select(Student.id).where(Student.district_id == sample.district_id, Student.name == name))
    ]
    for party in found:
        for about, outcome in (("investigation", "acknowledged"), ("hearing", "heard")):
            notices.record_notice(session, ring, officer, notices.RecordNotice(party, about, "face", outcome, at), at)
    opening.start_procedure(session, officer, case.id, at)
    opening.submit_to_committee(session, officer, case.id, at)
    meeting = plan_sitting(session, secretary, PlanSitting(sample.school_id, at, "会议室"), at)
    members = [s.member_id for s in on_day(session, sample.district_id, sample.school_id, local_day(at)).sitters if not s.is_substitute]
    note_presence(session, secretary, meeting, {member: Came("present") for member in members}, at)
    proposal = determining.Proposal(found[0], "bullying", "minor", ("apology",), 180, "A1 多次推搡 B1。", "两份记录一致。", ("第三十九条",))
    proposed = determining.propose_determination(session, officer, ring, proposal, at)
    item = determining.put_on_agenda(session, officer, case.id, [found[0]], at, meeting_id=meeting)[0]
    facts = facts_for(session, secretary, item, at, ring=ring)
    hold_item(session, secretary, HoldItem(item, frozenset(members), Votes(len(members), 0, 0), "事实清楚", ("第三十九条",)), at, facts=facts, ring=ring)
    determining.adopt_determination(session, secretary, ring, proposed, at)
    for party in found:
        serving.serve(session, ring, officer, serving.Serve(party, "face", "acknowledged", at), at)
    return case.id, proposed
