"""A teacher's class meetings of the term, and what the room contributes to the page everybody sees first."""

from datetime import datetime, timedelta
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from trainhub.class_meetings.queries.conventions import convention_marks
from trainhub.class_meetings.queries.own import MeetingLine, OwnClass, OwnTerm, own_term
from trainhub.class_meetings.queries.totals import TermTotals, term_totals
from trainhub.class_meetings.views import blueprint
from trainhub.class_meetings.views.plan_words import meeting_url
from trainhub.class_meetings.wording import MEETING_STATES, STANDINGS, STATE_KINDS, reason_words, term_words
from trainhub.courses.queries import LessonPack
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.permissions import Permission
from trainhub.roster.timetable_rules import Slot
from trainhub.web.context import current_actor
from trainhub.web.database import read_session
from trainhub.web.gate import needs
from trainhub.web.i18n import day_text, time_text
from trainhub.web.pages import page
from trainhub.web.today import Contribution, DoneItem, Dot, Job, Say, SideBlock, SideCard, Tap, WeekItem

GOING = ("planned", "scheduled", "to_record")


@blueprint.get("/meetings")
@needs(Permission.MEETING_OWN_READ)
def mine() -> Any:
    """My classes this term: how many are held of how many, each meeting with the one thing to do, packs for the next lesson."""
    actor, moment = current_actor(), now()
    found = own_term(read_session(), actor.district_id, actor.person_id, moment)
    pressing = next((m.id for m in found.meetings if todo(m)[2]), "") if found else ""
    return page(
        "class_meetings/own.html", found=found, pressing=pressing, term_text=term_words(found.school_year, found.season) if found else "", states=MEETING_STATES,
        kinds=STATE_KINDS, standings=STANDINGS, reason_words=reason_words, url=meeting_url, todo=todo, taps=taps, slot_words=slot_words,
        today=local_day(moment), whole_school=actor.can(Permission.MEETING_READ), may_plan=actor.can(Permission.MEETING_WRITE),
        conventions=convention_marks(read_session(), actor.district_id, [klass.id for klass in found.classes] if found else ()),
    )


def todo(line: MeetingLine) -> tuple[str, str, bool]:
    """The one thing to do with a meeting: words, address, whether it presses."""
    if line.shown == "to_record":
        return _("Record it"), meeting_url(line.id, "record"), True
    if line.shown == "returned":
        return _("Mend the record"), meeting_url(line.id, "record"), True
    if line.shown == "planned":
        return _("Set a time"), meeting_url(line.id, "move"), True
    if line.shown == "missed":
        return _("Set another time"), meeting_url(line.id, "move"), True
    if line.shown == "scheduled":
        return _("Change"), meeting_url(line.id, "move"), False
    return _("Look at the record") if line.revision else _("Look at it"), meeting_url(line.id), False


def taps(klass: OwnClass, home: str = "") -> tuple[Tap, ...]:
    """The packs that schedule the next lesson with one press."""
    if klass.next_slot is None:
        return ()
    slot = f"{klass.next_slot.day.isoformat()}.{klass.next_slot.lesson_no}"
    action = url_for("class_meetings.schedule")
    return tuple(
        Tap(pack.title, _pack_facts(pack), action, (("class", klass.id), ("pack", pack.id), ("slot", slot), *((("next", home),) if home else ())))
        for pack in klass.packs
    )


def _pack_facts(pack: LessonPack) -> tuple[str, ...]:
    facts = [_("%(n)s minutes", n=pack.minutes)]
    if pack.has_parent_letter:
        facts.append(_("with a letter to parents"))
    return tuple(facts)


def slot_words(slot: Slot) -> str:
    """``11月23日 周一 第8节``."""
    return day_text(slot.day) + " " + _("lesson %(n)s", n=slot.lesson_no)


# --- the page everybody sees first -------------------------------------------------------------------


def contribute(session: Any, actor: Actor, moment: datetime) -> Contribution | None:
    """What a homeroom teacher, whoever leads a meeting, and the dean should know first."""
    own = own_term(session, actor.district_id, actor.person_id, moment) if actor.can(Permission.MEETING_OWN_READ) else None
    totals = None
    if actor.can(Permission.MEETING_READ):
        totals = term_totals(session, actor.scope(Permission.MEETING_READ), actor.org_id, moment)
    if own is None and totals is None:
        return None
    return Contribution(
        say=(*_say_school(actor, totals), *_say_own(own, moment)), jobs=(*_school_jobs(actor, totals), *_jobs(own, moment)),
        week=_week(own), cards=(*_school_card(totals), *_card(own)), done=_done(own, moment),
    )


def _say_school(actor: Actor, totals: TermTotals | None) -> list[Say]:
    said = []
    if totals and totals.none:
        text = ngettext("%(num)s class has no meeting that counts this term", "%(num)s classes have no meeting that counts this term", totals.none)
        said.append(Say(text, url_for("class_meetings.board_page", show="none"), bad=True))
    if totals and totals.waiting and actor.can(Permission.MEETING_CHECK):
        text = ngettext("%(num)s record of a class meeting waits for your check", "%(num)s records of class meetings wait for your check", totals.waiting)
        said.append(Say(text, _check_url()))
    return said


def _school_jobs(actor: Actor, totals: TermTotals | None) -> list[Job]:
    if not totals or not totals.waiting or not actor.can(Permission.MEETING_CHECK):
        return []
    line = _("A meeting counts once its record is checked.")
    return [Job(_("To check"), "", _("Records of class meetings"), ((_("%(n)s records", n=totals.waiting),), (line,)), _check_url(), _("Check them"), primary=True)]


def _check_url() -> str:
    return meeting_url("check")


def _school_card(totals: TermTotals | None) -> list[SideCard]:
    if not totals or not totals.classes:
        return []
    block = SideBlock(_("Classes that have done their meetings"), f"{totals.met} / {totals.classes}", line=_("%(n)s meetings counted of %(all)s asked for", n=totals.counted, all=totals.required))
    return [SideCard(_("Class meetings"), url_for("class_meetings.board_page"), _("All classes"), (block,))]


def _say_own(own: OwnTerm | None, moment: datetime) -> list[Say]:
    if own is None:
        return []
    said = []
    owed = [m for m in own.meetings if m.shown == "to_record"]
    if owed:
        said.append(Say(ngettext("%(num)s class meeting is to be recorded", "%(num)s class meetings are to be recorded", len(owed)), meeting_url(owed[0].id, "record"), bad=True))
    for klass in own.classes:
        if klass.standing.owes:
            words = _("%(name)s has held %(n)s of %(required)s class meetings this term", name=klass.name, n=klass.held, required=klass.standing.required)
            said.append(Say(words, url_for("class_meetings.mine")))
        if klass.wants_plan and klass.next_slot is not None:
            said.append(Say(_("its class-meeting lesson on %(day)s has no topic yet", day=day_text(klass.next_slot.day)), _plan_url(klass.id), bad=True))
    return said


def _jobs(own: OwnTerm | None, moment: datetime) -> list[Job]:
    if own is None:
        return []
    jobs = [_meeting_job(line, own, moment) for line in own.meetings if line.shown in {"to_record", "returned", "missed", "planned"} or _is_today(line, moment)]
    return jobs + [_plan_job(klass, own, moment) for klass in own.classes if klass.wants_plan]


def _plan_url(class_id: str) -> str:
    known: dict[str, Any] = {"class": class_id}
    return url_for("class_meetings.plan_meeting", **known)


def _is_today(line: MeetingLine, moment: datetime) -> bool:
    return line.shown == "scheduled" and line.starts_at is not None and local_day(line.starts_at) == local_day(moment)


def _meeting_job(line: MeetingLine, own: OwnTerm, moment: datetime) -> Job:
    title = _("Class meeting: %(title)s", title=line.title)
    where = tuple(fact for fact in (_when(line), line.class_name, line.room) if fact)
    words, href, _presses = todo(line)
    if line.shown == "to_record":
        why = _("Attendance and steps are filled in; a photo and one sentence are missing.")
        return Job(_("To be recorded"), _due(line, own), title, (where, (why,)), href, words, primary=True, note=_reminded(own, line) or _("about a minute"))
    if line.shown == "returned":
        return Job(_("Sent back"), day_text(line.starts_at), title, (where, (reason_words(line.state_reason),)), href, words, primary=True, note=_reminded(own, line))
    if line.shown == "scheduled":
        return Job(time_text(line.starts_at), _("until %(time)s", time=time_text(line.ends_at)), title, (where,), meeting_url(line.id), _("Open it"))
    head = _("Not held") if line.shown == "missed" else _("No time yet")
    return Job(head, day_text(line.starts_at) if line.starts_at else "", title, (where, (line.state_reason,) if line.state_reason else ()), href, words, note=_reminded(own, line))


def _due(line: MeetingLine, own: OwnTerm) -> str:
    """Until when a record comes in time."""
    return str(_("by %(day)s", day=day_text(line.ends_at + timedelta(days=own.late_days), weekday=False))) if line.ends_at else ""


def _when(line: MeetingLine) -> str:
    if line.starts_at is None:
        return ""
    return day_text(line.starts_at) + (" " + _("lesson %(n)s", n=line.lesson_no) if line.lesson_no else f" {time_text(line.starts_at)}")


def _reminded(own: OwnTerm, line: MeetingLine) -> str:
    sent = [r.sent_at for r in own.reminders if r.meeting_id == line.id]
    return _("Reminded on %(day)s", day=day_text(max(sent))) if sent else ""


def _plan_job(klass: OwnClass, own: OwnTerm, moment: datetime) -> Job:
    numbers = _("%(name)s: %(required)s asked for this term, %(n)s held.", name=klass.name, required=klass.standing.required, n=klass.standing.counted)
    sent = [r.sent_at for r in own.reminders if r.class_id == klass.id and r.about == "plan"]
    note = _("Reminded on %(day)s", day=day_text(max(sent))) if sent else ""
    href = _plan_url(klass.id)
    if klass.next_slot is None:
        line = _("The timetable has no class-meeting lesson ahead. Choose another time.")
        return Job(_("To be planned"), "", _("The next class meeting has no topic yet"), ((numbers,), (line,)), href, _("Plan it"), note=note)
    slot = klass.next_slot
    line = _("Press a pack and it is scheduled; you can change it afterwards.")
    away = (slot.day - local_day(moment)).days
    head = _("Today") if away == 0 else _("Tomorrow") if away == 1 else day_text(slot.day)
    under = _("lesson %(n)s", n=slot.lesson_no) if away > 1 else slot_words(slot)
    return Job(head, under, _("The class-meeting lesson has no topic yet"), ((numbers,), (line,)), href, _("Other packs and times"), note=note, taps=taps(klass, url_for("training.home")), quiet=True)


def _week(own: OwnTerm | None) -> tuple[WeekItem, ...]:
    if own is None:
        return ()
    return tuple(
        WeekItem(
            local_day(line.starts_at), STATE_KINDS[line.shown],
            _("class meeting to be recorded") if line.shown == "to_record" else _("%(time)s class meeting", time=time_text(line.starts_at)), todo(line)[1] if line.shown == "to_record" else meeting_url(line.id),
        )
        for line in own.meetings if line.starts_at is not None and line.shown != "cancelled"
    )


def _card(own: OwnTerm | None) -> list[SideCard]:
    if own is None or not own.classes:
        return []
    blocks = tuple(_block(klass, own) for klass in own.classes)
    return [SideCard(_("My class meetings"), url_for("class_meetings.mine"), _("All of the term"), blocks)]


def _block(klass: OwnClass, own: OwnTerm) -> SideBlock:
    if not klass.standing.owes:
        return SideBlock(klass.name, "–", line=str(STANDINGS[klass.standing.standing]))
    live = [m for m in klass.meetings if m.shown not in {"cancelled", "missed"}]
    dots = [Dot(_dot_day(m), m.title, done=m.shown in {"recorded", "checked"}) for m in live]
    due = _("before %(day)s", day=day_text(own.last, weekday=False)) if own.last else ""
    dots += [Dot(_("to be planned"), due, done=False)] * max(0, klass.standing.required - len(dots))
    waiting = sum(m.shown == "recorded" for m in live)
    line = ngettext("%(num)s record waits for the check; then it counts.", "%(num)s records wait for the check; then they count.", waiting) if waiting else ""
    figure = _("%(n)s / %(required)s held", n=klass.held, required=klass.standing.required)
    return SideBlock(_("%(name)s, this term", name=klass.name), figure, tuple(dots[:6]), line)


def _dot_day(line: MeetingLine) -> str:
    return day_text(line.starts_at, weekday=False) if line.starts_at else _("No time yet")


def _done(own: OwnTerm | None, moment: datetime) -> tuple[DoneItem, ...]:
    if own is None:
        return ()
    today = local_day(moment)
    monday = today - timedelta(days=today.weekday())
    return tuple(
        DoneItem(STATE_KINDS[m.shown], _("Class meeting: %(title)s", title=m.title), meeting_url(m.id), _when(m))
        for m in own.meetings if m.shown in {"recorded", "checked"} and m.starts_at is not None and local_day(m.starts_at) >= monday
    )
