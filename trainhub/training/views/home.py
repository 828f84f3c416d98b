"""The home page: what wants doing today, by role, and one's own duty."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from flask import current_app, url_for
from flask_babel import gettext as _

from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local, local_day, now
from trainhub.kernel.permissions import Permission
from trainhub.roster.queries import SchoolCalendar, calendar
from trainhub.training.queries import home as queries
from trainhub.training.queries import planning as facts
from trainhub.training.queries.events import EventRow
from trainhub.training.queries.home import Desk, DeskRoll, MyProgress, MyTraining
from trainhub.training.queries.hosted import waiting_count
from trainhub.training.rules.lifecycle import EventState
from trainhub.training.views import blueprint
from trainhub.training.wording import STATE_KINDS, STATES, reason_text
from trainhub.web.context import current_actor
from trainhub.web.database import read_session
from trainhub.web.gate import needs
from trainhub.web.i18n import day_text, is_chinese, span_text, time_text
from trainhub.web.pages import page
from trainhub.web.today import Contribution, DoneItem, Job, Say, SideCard, WeekDay, WeekItem, contributions


@dataclass(frozen=True, slots=True)
class Mine:
    """One's own duty: minutes asked, counted and booked, in minutes and in words."""

    year_key: str
    required: int
    counted: int
    booked: int
    period_minutes: int
    line: str
    state: str


@dataclass(frozen=True, slots=True)
class School:
    """How the school stands, for those who may see it."""

    year_key: str
    met: int
    in_scope: int
    owing: int
    exempt: int
    policy_version: int


@dataclass(frozen=True, slots=True)
class Home:
    """The whole page."""

    greeting: str
    crumb: str
    say: tuple[Say, ...]
    week: tuple[WeekDay, ...]
    jobs: tuple[Job, ...]
    coming: tuple[EventRow, ...]
    done: tuple[EventRow, ...]
    mine: Mine | None
    school: School | None
    district: queries.DistrictSummary | None
    no_staff: bool
    may_import: bool
    may_plan: bool
    cards: tuple[SideCard, ...] = ()
    finished: tuple[DoneItem, ...] = ()
    notices: tuple[Job, ...] = ()
    report_href: str = ""


@blueprint.get("/")
@needs(Permission.HOME_READ)
def home() -> Any:
    """What this person, in the role they act in, should know first."""
    return page("training/home.html", home=_home(current_actor()), state_words=STATES, state_kinds=STATE_KINDS)


def _home(actor: Actor) -> Home:
    session, moment = read_session(), now()
    today = local_day(moment)
    duty = facts.duty_on(session, actor.district_id, actor.org_id, today)
    year = duty.frame.year.key
    runs_school = actor.can(Permission.ROLL_READ)
    scope = actor.scope(Permission.TRAINING_READ) if actor.can(Permission.TRAINING_READ) else None
    desk, mine = queries.trainings_at_home(
        session, actor.district_id, actor.person_id, moment, actor.account_id, scope if runs_school else None, actor.org_id
    )
    progress = queries.my_progress(session, actor.district_id, actor.person_id, duty.id, year)
    school = _school(actor, duty.id, year) if runs_school else None
    district = queries.district_summary(session, actor.scope(Permission.COVERAGE_READ), duty.id, year) if _district(actor) else None
    counted = school is not None and school.in_scope
    no_staff = bool(desk and scope and not counted and not queries.has_staff(session, scope, actor.org_id))
    papers = waiting_count(session, actor.scope(Permission.EVIDENCE_VERIFY)) if actor.can(Permission.EVIDENCE_VERIFY) else 0
    added = contributions(current_app, session, actor, moment) if not no_staff else ()
    shown = calendar(session, actor.district_id, actor.org_id, today - timedelta(days=7), today + timedelta(days=7))
    jobs = _one_primary((*_papers(papers), *_jobs(actor, desk, mine, today), *_of(added, "jobs"))) if not no_staff else ()
    return Home(
        _greeting(actor), _crumb(shown, today),
        (*_of(added, "say"), *_say(actor, desk, mine, progress, school, district, today)),
        _week(shown, desk, mine, today, _of(added, "week")), jobs, desk.upcoming[:4] if desk else (), _done(desk), _mine(progress, mine, duty.policy["period_minutes"]),
        school, district, no_staff, actor.can(Permission.ROSTER_WRITE), actor.can(Permission.TRAINING_WRITE),
        _of(added, "cards"), _of(added, "done"), _of(added, "notices"), _report_href(actor),
    )


def _report_href(actor: Actor) -> str:
    """Where somebody reports what worries them about a pupil: one button on everybody's first page; "" where the role may not."""
    may = actor.can(Permission.CONCERN_OWN_WRITE) and "cases.new_concern" in current_app.view_functions
    return url_for("cases.new_concern") if may else ""


def _of(added: Sequence[Contribution], part: str) -> tuple[Any, ...]:
    """One part of what other rooms contribute, room after room."""
    return tuple(one for contribution in added for one in getattr(contribution, part))


def _one_primary(jobs: Sequence[Job]) -> tuple[Job, ...]:
    """One button of the page stands out: the first that wants to."""
    first = next((job for job in jobs if job.primary), None)
    return tuple(replace(job, primary=job is first) for job in jobs)


def _district(actor: Actor) -> bool:
    return actor.can(Permission.COVERAGE_READ) and actor.scope(Permission.COVERAGE_READ).school_ids is None


def _school(actor: Actor, requirement_id: str | None, year: str) -> School | None:
    found = queries.owed_summary(read_session(), actor.scope(Permission.STANDING_READ), actor.org_id, requirement_id, year)
    if found is None:
        return None
    return School(year, found.met, found.in_scope, found.owing, found.exempt, found.policy_version)


def _greeting(actor: Actor) -> str:
    hour = local(now()).hour
    words = _("Good morning") if hour < 11 else _("Good day") if hour < 14 else _("Good afternoon") if hour < 18 else _("Good evening")
    return str(_("%(name)s, %(greeting)s", name=actor.display_name, greeting=words))


def _crumb(shown: SchoolCalendar, today: date) -> str:
    term = shown.term(today)
    if term is None:
        return ""
    season = _("first term") if term.season == "autumn" else _("second term")
    return str(_("School year %(year)s, %(season)s, %(week)s", year=term.school_year, season=season, week=shown.week_label(today)))


# --- the opening sentence -----------------------------------------------------------------------


def _say(
    actor: Actor, desk: Desk | None, mine: list[MyTraining], progress: MyProgress | None,
    school: School | None, district: queries.DistrictSummary | None, today: date,
) -> list[Say]:
    said: list[Say] = []
    if district is not None:
        said += _say_district(district)
    if desk is not None:
        said += _say_desk(actor, desk)
    if school is not None and school.owing:
        said.append(Say(_("%(n)s people still owe minutes this year", n=school.owing), "/training/standing", bad=True))
    todays = [m for m in mine if local_day(m.event.starts_at) == today]
    if todays:
        said.append(Say(_("today you attend %(n)s trainings", n=len(todays)), url_for("training.home") + "#mine"))
    elif mine:
        said.append(Say(_("your next training is on %(day)s", day=day_text(mine[0].event.starts_at)), url_for("training.home") + "#mine"))
    if progress is not None and progress.required > progress.counted:
        said.append(Say(_("you still owe %(n)s minutes", n=progress.required - progress.counted), "/training/standing/me", bad=not mine))
    elif progress is not None:
        said.append(Say(_("your own duty of %(year)s is met", year=progress.year_key), "/training/standing/me"))
    return said


def _say_desk(actor: Actor, desk: Desk) -> list[Say]:
    said = []
    if desk.running:
        said.append(Say(_("%(n)s rolls are open now", n=len(desk.running)), _roll(desk.running[0])))
    if desk.to_end:
        said.append(Say(_("%(n)s rolls were never ended", n=len(desk.to_end)), _roll(desk.to_end[0]), bad=True))
    waiting = [r for r in desk.to_verify if not r.mine]
    if waiting and actor.can(Permission.ROLL_VERIFY):
        said.append(Say(_("%(n)s rolls wait for your verification", n=len(waiting)), f"{_roll(waiting[0])}/verify", bad=True))
    return said


def _say_district(district: queries.DistrictSummary) -> list[Say]:
    if not district.in_scope:
        return [Say(_("No unit of the district has figures for this year yet"), "/training/coverage")]
    figure = _("%(met)s of %(all)s people of the district are done", met=district.met, all=district.in_scope)
    said = [Say(figure, "/training/coverage")]
    if district.units_met < district.units:
        said.append(Say(_("%(n)s units are not complete", n=district.units - district.units_met), "/training/coverage", bad=True))
    return said


# --- what to do ---------------------------------------------------------------------------------


def _roll(job: DeskRoll) -> str:
    return f"/rolls/{job.part.sheet_id}"


def _jobs(actor: Actor, desk: Desk | None, mine: list[MyTraining], today: date) -> list[Job]:
    jobs = _desk_jobs(actor, desk) if desk is not None else []
    on_desk = {roll.event.id for roll in (*desk.running, *desk.to_end)} if desk is not None else set()
    for training in mine:
        event = training.event
        if event.id not in on_desk and (local_day(event.starts_at) == today or desk is None):
            jobs.append(_attend(training, today))
    if _district(actor):
        jobs.append(_look(today))
    return jobs


def _papers(waiting: int) -> tuple[Job, ...]:
    """Papers of other units that the bureau has to accept or return."""
    if not waiting:
        return ()
    lines = ((_("%(n)s papers of other units wait for your decision.", n=waiting),),)
    note = _("Minutes count once you accept.")
    return (Job(_("To accept"), "", _("Training elsewhere"), lines, url_for("training.evidence_entries"), _("Look at them"), primary=True, note=note),)


def _look(today: date) -> Job:
    lines = ((_("Every unit with its definition of the year and its rule version."),),)
    return Job(_("District"), day_text(today), _("Coverage of the yearly face-to-face training"), lines, "/training/coverage", _("Open the coverage"), primary=True)


def _desk_jobs(actor: Actor, desk: Desk) -> list[Job]:
    jobs: list[Job] = []
    may_roll, may_plan = actor.can(Permission.ROLL_WRITE), actor.can(Permission.TRAINING_WRITE)
    for roll in desk.running:
        counted = _("%(there)s of %(all)s marked as present", there=roll.part.tally.there, all=roll.part.tally.expected)
        button = _("Open the roll") if may_roll else _("See the roll")
        jobs.append(Job(*_clock(roll.part), roll.event.title, (_where(roll), (counted,)), _roll(roll), button, primary=not jobs))
    for roll in desk.to_end:
        left = _("%(n)s people unmarked", n=roll.part.tally.unmarked)
        jobs.append(Job(_("Roll not ended"), span_text(roll.part.starts_at, roll.part.ends_at), roll.event.title, (_where(roll), (left,)),
                        f"{_roll(roll)}/finish" if may_roll else _roll(roll), _("End the roll") if may_roll else _("See the roll")))
    jobs += [_verify(actor, roll) for roll in desk.to_verify]
    return jobs + _plan_jobs(desk) if may_plan else jobs


def _plan_jobs(desk: Desk) -> list[Job]:
    waiting = [
        Job(_("Postponed"), e.state_reason, e.title, ((_("No new date yet."),),), url_for("training.move", event_id=e.id), _("Set a time"))
        for e in desk.postponed
    ]
    drafts = [
        Job(_("Draft"), span_text(e.starts_at, e.ends_at), e.title, ((_("Not published: nobody was told."),),), url_for("training.edit", event_id=e.id), _("Go on"))
        for e in desk.drafts
    ]
    return waiting + drafts


def _verify(actor: Actor, roll: DeskRoll) -> Job:
    there = _("%(there)s of %(all)s came", there=roll.part.tally.there, all=roll.part.tally.expected)
    if roll.mine or not actor.can(Permission.ROLL_VERIFY):
        return Job(_("Awaiting verification"), day_text(roll.part.starts_at), roll.event.title,
                   ((there,), (_("Somebody else must verify it; minutes count only then."),)), _roll(roll), _("See the roll"))
    return Job(_("To verify"), day_text(roll.part.starts_at), roll.event.title, ((there,),), f"{_roll(roll)}/verify", _("Verify"), note=_("Minutes count once you verify."))


def _clock(part: Any) -> tuple[str, str]:
    return time_text(part.starts_at), _("until %(time)s", time=time_text(part.ends_at))


def _where(roll: DeskRoll) -> tuple[str, ...]:
    return _place(roll.event, roll.part.room)


def _place(event: EventRow, room: str) -> tuple[str, ...]:
    names = ("、" if is_chinese() else ", ").join(t.name for t in event.trainers)
    return tuple(fact for fact in (room, _("Trainer: %(names)s", names=names) if names else "") if fact)


def _attend(training: MyTraining, today: date) -> Job:
    event = training.event
    day = local_day(event.starts_at)
    lines = (_place(event, "、".join(event.rooms)), (reason_text(training.reason),))
    if event.state is EventState.POSTPONED:
        return Job(_("Postponed"), event.state_reason, event.title, lines, "", "", note=_("The new time is shown here as soon as it is set."))
    time = time_text(event.starts_at) if day == today else day_text(event.starts_at)
    under = _("until %(time)s", time=time_text(event.ends_at)) if day == today else f"{time_text(event.starts_at)}–{time_text(event.ends_at)}"
    away = (day - today).days
    return Job(time, under, event.title, lines, "", "", note=_("today") if away <= 0 else _("in %(n)s days", n=away))


# --- week, done, progress -----------------------------------------------------------------------


def _week(
    shown: SchoolCalendar, desk: Desk | None, mine: list[MyTraining], today: date, added: Sequence[WeekItem]
) -> tuple[WeekDay, ...]:
    monday = today - timedelta(days=today.weekday())
    events = {e.id: e for e in (desk.week if desk else ())} | {m.event.id: m.event for m in mine}
    days = []
    for offset in range(7):
        day = monday + timedelta(days=offset)
        kind = shown.kind(day)
        items = (*(
            (STATE_KINDS[e.state.value], f"{time_text(p.starts_at)} {e.title}", url_for("training.event", event_id=e.id) if desk else "")
            for e in events.values() for p in e.parts if local_day(p.starts_at) == day
        ), *((item.kind, item.text, item.href) for item in added if item.day == day))
        label = kind.label if kind.code in ("holiday", "make_up", "own_day_off", "own_school_day") else ""
        days.append(WeekDay(day, _weekday(offset), day == today, not kind.teaching, label, items))
    return tuple(days)


def _weekday(offset: int) -> str:
    return str((_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))[offset])


def _done(desk: Desk | None) -> tuple[EventRow, ...]:
    over = (EventState.SUBMITTED, EventState.VERIFIED, EventState.LOCKED, EventState.CANCELLED)
    return tuple(e for e in desk.week if e.state in over) if desk else ()


def _mine(progress: MyProgress | None, mine: list[MyTraining], period_minutes: int) -> Mine | None:
    if progress is None:
        return None
    booked = min(sum(m.event.minutes for m in mine if m.event.state is not EventState.POSTPONED), max(0, progress.required - progress.counted))
    missing = progress.required - progress.counted
    if missing <= 0:
        line = _("Nothing is owed any more this year.")
    elif booked >= missing:
        line = _("With the trainings you are invited to, the duty is met.")
    elif booked:
        line = _("%(booked)s minutes are arranged, %(rest)s are not.", booked=booked, rest=missing - booked)
    else:
        line = _("Nothing is arranged yet; due on %(day)s.", day=day_text(progress.due_on))
    return Mine(progress.year_key, progress.required, progress.counted, booked, period_minutes, line, progress.state)
