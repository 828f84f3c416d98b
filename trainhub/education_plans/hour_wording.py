"""Words for what lines of the hours ledger say, beside the marks that show them. Neutral: a bystander learns nothing from them."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from trainhub.cases.wording import NOTICES
from trainhub.education_plans.rules.fields import tenths
from trainhub.education_plans.rules.hours import EXCUSED, UNEXCUSED
from trainhub.education_plans.rules.pace import Pace

MODULES: dict[str, Any] = {
    "law": _l("Law and responsibility"), "psychology": _l("Counselling"), "conduct": _l("Rules of conduct"), "service": _l("Service at school"),
    "family": _l("Family education"),
}  # fmt: skip
LINES: dict[str, tuple[str, Any]] = {
    "waiting": ("late", _l("to be confirmed")), "confirmed": ("ok", _l("counted")), "overrun": ("hold", _l("beyond the total")),
    "refused": ("hold", _l("refused")), "reversed": ("hold", _l("reversed")), "reversal": ("gap", _l("correction")),
    "asked": ("late", _l("correction asked for")), "absent": ("gap", _l("did not come")), "planned": ("todo", _l("booked")),
    "open": ("late", _l("to be logged")),
}  # fmt: skip
REASONS: dict[str, Any] = {
    "illness": _l("ill"), "leave": _l("on leave"), "school": _l("needed at school"), "family": _l("family reasons"),
    "not_come": _l("did not come, no word"), "refused": _l("refused to take part"), "unknown": _l("not known yet"),
    "times": _l("The times are wrong"), "not_held": _l("The lesson was not held"), "other_pupil": _l("It was another pupil"),
    "twice": _l("It was entered twice"), "paper_differs": _l("The signed sheet says otherwise"), "no_proof": _l("There is no signed sheet"),
    "other": _l("Another reason"),
}  # fmt: skip
REACHED_WORDS: dict[str, Any] = {"full": _l("reached"), "part": _l("partly"), "not": _l("aim not reached yet")}
PROOFS: dict[str, Any] = {"sheet": _l("Signed sheet"), "work": _l("Piece of work")}
STATES: dict[str, Any] = {
    "drafted": _l("draft"), "approved": _l("approved by the committee"), "notified": _l("guardian told"), "active": _l("running"),
    "hours_reached": _l("hours reached"), "completion_review": _l("under review"), "extended": _l("extended"), "completed": _l("completed"),
    "not_completed": _l("not completed"), "escalated": _l("stronger step decided"), "stayed": _l("stayed"), "paused": _l("paused"),
    "handed_over": _l("being handed over"), "accepted_by_receiver": _l("handed over"), "revoked": _l("revoked"),
}  # fmt: skip
STEPS: dict[str, Any] = {
    "amended": _l("Plan changed by decision"), "make_up_planned": _l("A lesson to make up was planned"),
    "guardian_told": _l("Guardian told of a missed lesson"), "voice": _l("A word for the file was added"), "drafted": _l("Plan drafted"),
    "instructor_named": _l("Somebody else teaches a module"), "found_anew": _l("Under a newer finding"), "guardian_part_done": _l("A guardian's part is done"),
    "lesson_cancelled": _l("A lesson was cancelled"), "lessons_booked": _l("Lessons were booked"), "redrafted": _l("Draft written anew"), "taken_over": _l("Taken over from another school"),
    "referral_answered": _l("The bureau answered"), "proof_added": _l("A file was added to an hour"), "proof_withdrawn": _l("A file of an hour was withdrawn"),
    "erratum": _l("Erratum: a counted hour was taken back after the end"), "erratum_decided": _l("The committee decided on the erratum"),
    "guardian_part_waived": _l("A guardian's part is asked no longer"), "kept_apart": _l("Protection written anew"), "people_named": _l("People named anew"),
    "fell_behind": _l("Fell behind its pace"), "behind_raised": _l("Still behind: the principal was told"), "caught_up": _l("Caught up"),
    "contacts_dropped": _l("Contacts to come were dropped with the finding"),
}  # fmt: skip
MATERIALS: dict[str, Any] = {
    "determination": _l("Determination"), "guardian_told": _l("Guardian told and signed"), "mid_term": _l("Mid-term word"),
    "hours": _l("Hours complete"), "guardian_parts": _l("Guardian's parts done"), "pupil": _l("The pupil's own words"),
    "guardian": _l("The guardian's opinion"), "psychologist": _l("Psychologist's conclusion"),
}  # fmt: skip
PEOPLE: dict[str, Any] = {"lead": _l("Teacher in charge"), "psychologist": _l("Psychologist"), "instructor": _l("Instructor")}
PURPOSES: dict[str, Any] = {
    "handling": _l("handling the case"), "committee": _l("work of the committee"), "review": _l("completion review"),
    "guardian_contact": _l("speaking with the guardian"), "lesson": _l("giving the lesson"),
}  # fmt: skip
CHANNELS: dict[str, Any] = {"phone": _l("by telephone"), "face": _l("face to face"), "message": _l("by message"), "letter": _l("by letter")}
NOTICES.setdefault("guardian_to_be_told", _l("A guardian is to be told of a missed activity."))
NOTICES.setdefault("hours_fell_short", _l("After a correction a matter that was over is to be put before the committee."))
NOTICES.setdefault("hand_over_wrong", _l("What was handed over has been corrected. Tell the other school."))
NOTICES.setdefault("hand_over_withdrawn", _l("What was sent to your school was taken back. Nothing is to be done."))
NOTICES.setdefault("plan_amended", _l("What was handed over to you has been corrected by the other school."))
NOTICES.setdefault("plan_to_read", _l("A matter names you: please read it and give your conclusion."))
NOTICES.setdefault("plan_stopped", _l("A matter was stopped for safety. Please look."))
NOTICES.setdefault("plan_behind", _l("A matter falls behind its time. Please look."))
NOTICES.setdefault("plan_behind_still", _l("A matter is still behind its time. Please look."))
LEVELS: dict[str, tuple[str, Any]] = {"ok": ("ok", _l("on course")), "watch": ("late", _l("needs attention")), "late": ("gap", _l("behind"))}


def pace_words(pace: Pace, make_up_open: int, make_up: int, period: int) -> str:
    """How a plan stands, in numbers."""
    said = []
    if pace.behind:
        said.append(_("%(n)s periods fewer than planned", n=tenths(pace.behind, period)))
    if make_up:
        unplanned = _(", %(n)s of it not planned yet", n=tenths(make_up_open, period)) if make_up_open else ""
        said.append(_("%(n)s to make up", n=tenths(make_up, period)) + unplanned)
    if not pace.fit.fits:
        said.append(_("%(need)s lessons still to plan, %(free)s places left before the end", need=pace.fit.lessons, free=pace.fit.free))
    elif pace.fit.tight:
        said.append(_("%(need)s lessons to plan now: %(free)s places are left", need=pace.fit.lessons, free=pace.fit.free))
    return _("; ").join(said) or str(_("on course"))


def said_absent() -> str:
    """After a missed lesson was noted."""
    return str(_("Noted. The lesson is to be made up; the secretary is asked to tell the guardian."))


def said_told() -> str:
    """After the guardian was told."""
    return str(_("Noted when the guardian was told."))


def said_planned() -> str:
    """After a make-up was planned."""
    return str(_("The lesson to make up is planned."))


def absence_reasons() -> list[tuple[str, Any]]:
    """Why a lesson was missed: excused ones first."""
    return [(key, REASONS[key]) for key in (*EXCUSED, *UNEXCUSED)]


def purposes() -> list[tuple[str, Any]]:
    """What a name may be shown for on a plan's page."""
    return [(key, word) for key, word in PURPOSES.items() if key != "lesson"]
