"""Words for class conventions, and clauses to start from for each grade band, written for this project."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from trainhub.class_meetings.queries.conventions import Convention
from trainhub.class_meetings.rules.naming import TextMayName, TextNamesPupil
from trainhub.courses.rules import band_of_grade
from trainhub.kernel.errors import DomainError
from trainhub.web.errors import sentence
from trainhub.web.i18n import day_text

STATE_WORDS: dict[str, Any] = {
    "draft": _l("being talked about"), "agreed": _l("in force"), "rejected": _l("voted down"), "replaced": _l("replaced by a later one"),
    "withdrawn": _l("taken back"),
}  # fmt: skip
STATE_MARKS: dict[str, str] = {
    "draft": "todo",
    "agreed": "ok",
    "rejected": "gap",
    "replaced": "hold",
    "withdrawn": "hold",
}

EXAMPLES: dict[str, tuple[Any, ...]] = {
    "lower_primary": (
        _l("I call you by your own name."),
        _l("I stop at once when you say stop."),
        _l("I keep my hands and feet to myself."),
        _l("I ask before I borrow, and I give back."),
        _l("Whoever is alone may join our game."),
        _l("When somebody is hurt I tell a teacher."),
    ),
    "upper_primary": (
        _l("A joke is one only if the other laughs too."),
        _l("We give nobody a name that hurts."),
        _l("We leave nobody out in games and groups."),
        _l("We do not stand around and cheer; we call a teacher."),
        _l("Telling to help somebody is no telling tales."),
        _l("We send no picture of others without asking."),
        _l("Whoever did wrong says sorry and makes it good."),
    ),
    "junior": (
        _l("We stop a joke as soon as somebody feels bad."),
        _l("We make fun of nobody's looks, marks or family."),
        _l("We post and pass on nothing about others without their yes."),
        _l("We join no group that was made to shut somebody out."),
        _l("We do not look on: we stop it, stand by, and get help."),
        _l("Whoever asks for help is believed first and never laughed at."),
        _l("We settle a quarrel face to face, without fists and without a crowd."),
    ),
    "senior": (
        _l("We respect boundaries: of the body, of things, of privacy."),
        _l("We use nobody's background, looks or body against them."),
        _l("We answer for what we write online as for what we say."),
        _l("We keep and hand over evidence; we do not spread it."),
        _l("We do not look on: we step in safely, or get help."),
        _l("We isolate nobody, and we follow nobody who does."),
        _l("We keep the confidence of whoever asks for help, except where somebody is in danger."),
    ),
}  # fmt: skip
"""Grade band -> clauses to start from."""


def examples(grade: int) -> list[str]:
    """Clauses to start from for a grade, in the reader's language."""
    return [str(one) for one in EXAMPLES[band_of_grade(min(max(grade, 1), 12))]]


def vote_words(one: Convention) -> str:
    """What a vote came to: counts, out of how many pupils, on which day; "" before it."""
    if one.vote is None:
        return ""
    day = day_text(one.agreed_on, year=True, weekday=False)
    v = one.vote
    words = _("%(day)s: %(for)s for it, %(against)s against, %(abstained)s abstained; %(voters)s of %(pupils)s pupils voted.",
              **{"day": day, "for": v.in_favour, "against": v.against, "abstained": v.abstained, "voters": v.voters, "pupils": one.pupils or 0})  # fmt: skip
    return str(words)


def refusal_words(error: DomainError) -> str:
    """A refusal in words; where a clause names a pupil it says which clause."""
    field = error.field or str(error.params.get("field", ""))
    number = field.removeprefix("clause-")
    if isinstance(error, TextNamesPupil) and number.isdecimal():
        return str(
            _(
                "Clause %(number)s names a pupil of this class. Write it without the name; nothing was saved yet.",
                number=number,
            )
        )
    if isinstance(error, TextMayName) and number.isdecimal():
        return str(_("A word in clause %(number)s is also a pupil's given name. If nobody is meant, confirm it below; otherwise write it without the name.", number=number))  # fmt: skip
    return sentence(error)
