"""Words of this room: states, sides, deadlines, reasons. Nothing here can carry a name."""

from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from trainhub.cases import bureau_wording, determining_messages, determining_wording
from trainhub.cases.rules.clocks import Clock
from trainhub.web.i18n import deadline_text, moment_text

STATES: dict[str, Any] = {
    "accepted": _l("accepted"), "investigating": _l("being investigated"), "submitted_to_committee": _l("with the committee"),
    "determined": _l("determined"), "served": _l("served"), "in_execution": _l("plan running"), "follow_up": _l("follow-up"),
    "closed": _l("case closed"), "sealed": _l("sealed"), "annulled": _l("finding annulled, corrections being made"),
    "annulled_over": _l("closed, finding annulled"),
}  # fmt: skip
STATE_KINDS: dict[str, str] = {
    "accepted": "late", "investigating": "todo", "submitted_to_committee": "leave", "determined": "todo", "served": "todo", "in_execution": "ok",
    "follow_up": "ok", "closed": "hold", "sealed": "hold", "annulled": "gap", "annulled_over": "hold",
}  # fmt: skip
CHANNELS: dict[str, Any] = {
    "staff": _l("staff"), "box": _l("letter box"), "hotline": _l("hotline"), "survey": _l("questionnaire"), "guardian": _l("guardian"),
    "superior": _l("passed down"), "other": _l("another way"),
}  # fmt: skip
CONCERN_STATES: dict[str, Any] = {
    "clue": _l("waiting"), "accepted": _l("accepted"), "not_accepted": _l("not accepted"), "joined": _l("joined to a case"),
}  # fmt: skip
PUBLIC_WORDS: dict[str, Any] = {
    "received": _l("Received. The school is looking into it."), "accepted": _l("Accepted. The school is handling it."),
    "not_accepted": _l("Not accepted."), "closed": _l("Handled and closed."), "ended": _l("Looked into and ended without a finding."),
}  # fmt: skip
DECLINE_REASONS: dict[str, Any] = {
    "not_between_pupils": _l("it is not between pupils"), "no_facts": _l("nothing of it could be found"),
    "other_body": _l("another body handles it"), "known_already": _l("it is being handled already"),
    "conflict_settled": _l("a quarrel that has been settled"), "withdrawn": _l("whoever reported took it back"), "other": _l("another reason"),
    "staff_conduct": _l("a member of staff is said to have done it: another procedure handles it"),
    "nobody_identified": _l("nobody who did it could be identified"), "double_of": _l("it is handled together with another case"),
}  # fmt: skip
MEANS: dict[str, Any] = {
    "body": _l("hitting or pushing"), "words": _l("insults or threats"), "property": _l("taking or damaging things"),
    "exclusion": _l("shutting out"), "network": _l("online"),
}  # fmt: skip
PLACES: dict[str, Any] = {
    "classroom": _l("classroom"), "corridor": _l("corridor or stairs"), "toilet": _l("toilet"), "dormitory": _l("dormitory"),
    "canteen": _l("canteen"), "playground": _l("playground"), "way_to_school": _l("way to school"), "network": _l("online"),
    "outside": _l("outside school"), "other": _l("elsewhere"),
}  # fmt: skip
ROLES: dict[str, Any] = {"actor": _l("said to have acted"), "target": _l("done to"), "bystander": _l("looked on")}
TIERS: dict[str, Any] = {
    "": _l("not set yet"), "minor": _l("minor"), "heavier": _l("heavier"), "serious": _l("serious"), "suspected": _l("suspected offence"),
}  # fmt: skip
SHOWN_TIERS: dict[str, Any] = TIERS | {"no_bullying": _l("no bullying found"), "fell": ""}
"""What is said of a case; ``fell``: nothing, for the finding fell."""
CLOCKS: dict[str, Any] = {
    "investigation": _l("Investigation"), "guardian_notice": _l("Tell the guardians"), "report_oral": _l("Report by word of mouth"),
    "report_written": _l("Report in writing"), "report_follow_up": _l("Next report"), "service": _l("Serve the determination"),
}  # fmt: skip
OFFICES: dict[str, Any] = {"bureau": _l("education bureau"), "police": _l("police"), "city": _l("city's education authority"), "joint": _l("joint body")}
NEXT_STEPS: dict[str, Any] = {
    "report": _l("Report it upward"), "start_procedure": _l("Start the investigation"), "add_parties": _l("Add the pupils of both sides"),
    "notify": _l("Tell the guardians of both sides"), "submit": _l("Hand it to the committee"), "wait_police": _l("The police lead"),
    "determine": _l("The committee decides"), "serve": _l("Serve it on both sides"), "plan": _l("Make the plans"), "run_plan": _l("Plans are running"),
    "follow_up": _l("Follow up"), "seal": _l("To be sealed"), "none": _l("Nothing"), "correct": _l("Correct whoever was told of the finding that fell"),
    "release": _l("The county closes the appeal"), "propose": _l("Propose a determination of each pupil who is said to have acted"),
    "agenda": _l("Put the determination on the committee's agenda"), "plan_sitting": _l("Plan a sitting of the committee; the case waits for one"),
    "vote": _l("The committee votes in its sitting"), "adopt": _l("Adopt what the committee resolved"),
}  # fmt: skip
OWNERS: dict[str, Any] = {
    "officer": _l("the case officer"), "secretary": _l("the secretary of the committee"), "committee": _l("the committee"), "police": _l("the police"),
    "instructors": _l("the instructors of the plans"), "county": _l("the education bureau"), "itself": _l("goes by itself"), "nobody": "",
}  # fmt: skip
"""Whose a next step is (``rules.next_steps.OWNERS``)."""
MISSING: dict[str, Any] = {
    "party_actor": _l("a pupil said to have acted"), "party_target": _l("a pupil to whom it was done"), "party_role": _l("a side for each pupil"),
    "notices": _l("notices to the guardians of both sides"), "hearings": _l("a hearing of both sides"), "committee": _l("a constituted committee"),
    "recusal": _l("recusals that are due"), "vote": _l("the vote"), "basis": _l("the clauses cited"), "all_actors": _l("a finding on each pupil"),
    "second": _l("another person's consent"), "nothing_found": _l("that no finding stands"),
    "service": _l("service on both sides"), "plans_owed": _l("plans that are owed"), "plans_open": _l("plans that still run"),
    "follow_ups": _l("follow-ups"), "appeals": _l("appeals"), "corrections": _l("corrections to those who were told"),
}  # fmt: skip
STANDINGS: dict[str, Any] = {
    "not_yet": _l("not yet"), "trying": _l("not reached yet"), "attempted": _l("attempts on record"), "refused": _l("refused to sign, witnessed"),
    "told": _l("acknowledged"), "heard": _l("heard"),
}  # fmt: skip
STANDING_KINDS: dict[str, str] = {"not_yet": "todo", "trying": "late", "attempted": "leave", "refused": "leave", "told": "ok", "heard": "ok"}
COLUMNS: dict[str, Any] = {"told": _l("Told of the investigation"), "hearing": _l("Chance to be heard"), "determination": _l("Determination served")}
ABOUTS: dict[str, Any] = {
    "accepted": _l("the case was accepted"), "investigation": _l("the investigation"), "hearing": _l("the hearing"),
    "determination": _l("the determination"),
}  # fmt: skip
TOLD_HERE: dict[str, Any] = {about: word for about, word in ABOUTS.items() if about != "determination"}
"""What the form of notices offers: a determination is served."""
OUTCOMES: dict[str, Any] = {
    "acknowledged": _l("acknowledged"), "refused_to_sign": _l("refused to sign"), "not_reached": _l("not reached"), "heard": _l("took part and was heard"),
}  # fmt: skip
WAYS: dict[str, Any] = {"face": _l("face to face"), "phone": _l("telephone"), "letter": _l("letter"), "message": _l("message")}
ADULTS: dict[str, Any] = {"guardian": _l("a guardian was there"), "other_adult": _l("another fitting adult was there"), "none": _l("no adult was there")}
NO_ADULT: dict[str, Any] = {
    "": "–", "guardian_unreachable": _l("nobody could be reached"), "guardian_refused": _l("the guardian declined"),
    "pupil_asks": _l("the pupil asked for it"), "urgent": _l("it could not wait"),
}  # fmt: skip
EVIDENCE_KINDS: dict[str, Any] = {
    "picture": _l("picture"), "document": _l("document"), "chat": _l("chat record"), "injury": _l("injury record"), "video_note": _l("note of a film"),
    "police_receipt": _l("receipt of the police"), "other": _l("other"),
}  # fmt: skip
SOURCES: dict[str, Any] = {
    "school": _l("school"), "actor_side": _l("side of those who acted"), "target_side": _l("side of those it was done to"), "witness": _l("witness"),
    "police": _l("police"), "other": _l("other"),
}  # fmt: skip
REPORT_KINDS: dict[str, Any] = {"first": _l("first report"), "follow_up": _l("follow-up report"), "final": _l("final report")}
REPORT_FORMS: dict[str, Any] = {"oral": _l("by word of mouth"), "written": _l("in writing")}
FACTS: dict[str, Any] = {
    "time": _l("Time"), "place": _l("Place"), "cause": _l("Cause"), "course": _l("Course"), "persons": _l("Persons (codes and numbers)"),
    "measures": _l("Measures taken"),
}  # fmt: skip
DUTY_WORDS: dict[str, Any] = {
    "officer": _l("handles the case"), "member": _l("member of the committee"), "psychologist": _l("psychologist"), "instructor": _l("instructor"),
    "homeroom": _l("homeroom teacher: own pupil only"), "support": _l("support"), "bureau": _l("case officer of the bureau"),
    "reviewer": _l("reviews an appeal"), "principal": _l("principal"),
}  # fmt: skip
END_WORDS: dict[str, Any] = {
    "done": _l("done"), "replaced": _l("somebody else took over"), "left": _l("left the school"), "conflict": _l("conflict of interest"),
    "changed_class": _l("the pupil changed class"), "mistake": _l("given by mistake"),
}  # fmt: skip
LOWER_WORDS: dict[str, Any] = {
    "": "–", "new_facts": _l("new facts"), "mistaken_entry": _l("entered by mistake"), "police_finding": _l("finding of the police"),
    "committee_finding": _l("finding of the committee"),
}  # fmt: skip
REVEAL_REASONS: dict[str, Any] = {
    "notice": _l("to reach the guardian"), "interview": _l("for a talk"), "identify": _l("to make sure who it is"), "report": _l("for a report upward"),
    "support": _l("to help the child"),
}  # fmt: skip
RESTRICTION_WORDS: dict[str, Any] = {
    "court_order": _l("court order"), "estranged": _l("estranged from the child"), "violence": _l("violence at home"), "pupil_asks": _l("the pupil asks for it"),
}  # fmt: skip
STEP_WORDS: dict[str, Any] = {
    "opened": _l("Case opened"), "moved": _l("Next state"), "concern_joined": _l("Another concern joined"), "party_added": _l("Pupil added"),
    "party_roles": _l("Side changed"), "party_withdrawn": _l("Taken out, put in by mistake"), "party_left": _l("Pupil left the school"), "party_of_age": _l("Pupil came of age, protected as before"),
    "guardian_added": _l("Guardian noted"), "guardian_restricted": _l("Guardian may not be told"), "guardian_free": _l("Guardian may be told again"),
    "guardian_notice": _l("Guardian notice recorded"), "interview": _l("Talk recorded"), "evidence": _l("Evidence sealed"),
    "evidence_withdrawn": _l("Evidence withdrawn"), "reported": _l("Reported upward"), "severity": _l("Tier set"),
    "severity_lowered": _l("Tier lowered"), "severity_followed": _l("Tier follows the decision of the county"), "extended": _l("Investigation extended"), "police_took_over": _l("Police took over"),
    "police_handed_back": _l("Police handed back"), "police_found": _l("Finding of police or court noted"),
    "county_review": _l("County asked to look again"), "high_attention": _l("Much attention"), "no_high_attention": _l("No longer much attention"),
    "duty_given": _l("Duty given"), "duty_ended": _l("Duty ended"), "narrative": _l("Description written"), "relapse_opened": _l("Happened again: linked case opened"), "joint": _l("Another school's pupil: joint case"),
}  # fmt: skip
GROUPS: dict[str, Any] = {
    "now": _l("To be dealt with now"), "waiting": _l("With others"), "on_time": _l("On time"), "over": _l("Over"),
}  # fmt: skip
NOTICES: dict[str, Any] = {
    "concern_received": _l("Something was reported. Please look."), "concern_urgent": _l("Something urgent was reported. Please look now."),
    "concern_routed": _l("A report about staff came in. It follows another procedure."), "duty_given": _l("A duty was given to you."),
    "report_due": _l("A report upward is due."), "case_lowered": _l("A school lowered the tier of a reported matter."),
    "county_review": _l("A matter asks for another look by the county."),
    "principal_aside": _l("A principal stepped aside from a matter; somebody else leads."),
    "chair_aside": _l("A chair stepped aside from a matter; somebody else leads."),
    "nobody_leads": _l("A school's committee has nobody left to lead it in a matter."),
    "sitting_unfit": _l("A school planned a sitting that cannot be held: its committee is not constituted."),
    "sitting_fell_through": _l("A school's sitting fell through: too few could come."),
}  # fmt: skip
"""What this room's notices say. Other modules of the room add theirs."""
NOTICES |= determining_messages.NOTICES | bureau_wording.NOTICES
STEP_WORDS |= determining_wording.STEP_WORDS


def words_of(table: dict[str, Any]) -> dict[str, str]:
    """A table in the reader's language."""
    return {key: str(word) for key, word in table.items()}


def tables(given: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Several tables in the reader's language, as a page takes them."""
    return {name: words_of(table) for name, table in given.items()}


def choices(table: dict[str, Any], empty: str = "") -> list[tuple[str, str]]:
    """Options of a select."""
    return ([("", empty)] if empty else []) + [(key, str(word)) for key, word in table.items()]


def due_words(clock: Clock, now: datetime) -> str:
    """``due 5 Nov 18:00, 2 days left``; what is late says by how much."""
    at = end_text(clock)
    if clock.met_at is not None:
        return _("done %(at)s, late", at=moment_text(clock.met_at)) if clock.late(now) else _("done %(at)s, in time", at=moment_text(clock.met_at))
    if clock.paused_at is not None:
        return _("at rest since %(at)s", at=moment_text(clock.paused_at))
    left = clock.remaining(now)
    hours = abs(int(left.total_seconds() // 3600))
    if clock.late(now):
        return _("was due %(at)s, late by %(n)s days", at=at, n=-left.days) if -left.days >= 2 else _("was due %(at)s", at=at)
    if hours >= 48:
        return _("due %(at)s, %(n)s days left", at=at, n=hours // 24)
    return _("due %(at)s, %(n)s hours left", at=at, n=hours) if hours else _("due %(at)s, less than an hour left", at=at)


def end_text(clock: Clock) -> str:
    """When it ends, as schools say it: a deadline at midnight is the end of the day before."""
    return deadline_text(clock.due_at)


def clock_kind(clock: Clock, now: datetime) -> str:
    """Which mark a deadline gets."""
    if clock.paused_at is not None and clock.met_at is None:
        return "hold"
    if clock.late(now):
        return "gap"
    return "ok" if clock.met_at is not None else "late" if clock.remaining(now).total_seconds() <= 24 * 3600 else "todo"
