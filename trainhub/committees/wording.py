"""Words for seats, faults, grounds, states of the committee."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from trainhub.committees.rules.composition import Fault, SeatKind
from trainhub.kernel.errors import DomainError
from trainhub.web.errors import sentence

K = SeatKind
SEATS: dict[str, Any] = {
    K.PRINCIPAL: _l("Principal"), K.VICE_PRINCIPAL: _l("Vice-principal"), K.MORAL_EDUCATION_HEAD: _l("Head of moral education"),
    K.SAFETY_VICE_PRINCIPAL: _l("Safety vice-principal"), K.TEACHER: _l("Teacher"), K.YOUNG_PIONEER_COUNSELLOR: _l("Young Pioneer counsellor"),
    K.PSYCHOLOGIST: _l("Psychologist"), K.STAFF: _l("Other staff"), K.LAW_VICE_PRINCIPAL: _l("Law vice-principal"),
    K.LEGAL_ADVISER: _l("Legal adviser"), K.COMMUNITY_WORKER: _l("Community worker"), K.PARENT: _l("Parent representative"),
    K.OUTSIDE_EXPERT: _l("Outside expert"), K.STUDENT: _l("Pupil representative"),
}  # fmt: skip
SOURCES: dict[str, Any] = {
    "plan_2024": _l("special plan of 2024, part three (1)"), "order_50_19": _l("rules on the protection of minors at school, article 19"),
    "county_2024": _l("a county's rule of 2024"), "proposal": _l("proposal of the platform"),
}  # fmt: skip
RULE_SETS: dict[str, Any] = {
    "plan_2024": _l("special plan of 2024"), "order_50": _l("rules on the protection of minors at school"),
}  # fmt: skip
GROUNDS: dict[str, Any] = {
    "relative": _l("Relative of a party"), "guardian_of_party": _l("Guardian of a party"), "own_child": _l("Own child is a party"),
    "homeroom_teacher": _l("Class teacher of a party"), "other_role": _l("Has another part in the matter"),
    "declared_other": _l("Another interest, declared"), "objection": _l("A guardian objected"),
}  # fmt: skip
FOUND_BY: dict[str, Any] = {
    "declared": _l("declared"), "system": _l("found by the system"), "objection": _l("on objection"), "secretary": _l("entered by the secretary"),
}  # fmt: skip
ITEM_KINDS: dict[str, Any] = {
    "determination": _l("Determination"), "plan": _l("Education plan"), "plan_change": _l("Change of a plan"), "completion": _l("Completion review"),
    "escalation": _l("Stronger measure"), "other": _l("Other business"),
}  # fmt: skip
OUTCOMES: dict[str, Any] = {"adopted": _l("adopted"), "rejected": _l("rejected"), "adjourned": _l("adjourned")}
OUTCOME_MARKS: dict[str, str] = {"adopted": "ok", "rejected": "gap", "adjourned": "hold"}
STATES: dict[str, Any] = {"planned": _l("planned"), "held": _l("held"), "cancelled": _l("cancelled")}
STATE_MARKS: dict[str, str] = {"planned": "todo", "held": "ok", "cancelled": "hold"}
CANCEL_REASONS: dict[str, Any] = {
    "no_quorum": _l("too few can come"), "nothing_to_decide": _l("nothing to decide"), "other_day": _l("another day was found"),
}  # fmt: skip
END_REASONS: dict[str, Any] = {
    "term_over": _l("the term is over"), "left": _l("left the school or post"), "asked": _l("asked to be released"), "replaced": _l("replaced by somebody else"),
}  # fmt: skip
LIFT_REASONS: dict[str, Any] = {
    "mistake": _l("entered by mistake"), "ground_gone": _l("the ground is gone"), "objection_unfounded": _l("the objection is unfounded"),
}  # fmt: skip
PRESENCE: tuple[tuple[str, Any, Any, str], ...] = (
    ("present", _l("Here"), _l("Here"), "p"), ("excused", _l("Exc."), _l("Excused"), "e"), ("absent", _l("Abs."), _l("Absent"), "a"),
)  # fmt: skip
BLOCKED: dict[str, Any] = {"not_submitted": _l("it was not submitted to the committee"), "investigation": _l("the investigation is not finished"), "record": _l("the file is incomplete")}


def seat_words(kinds: tuple[SeatKind, ...]) -> str:
    """Kinds of seats as a list."""
    return str(_(", ")).join(str(SEATS[kind]) for kind in kinds)


def fault_words(fault: Fault) -> str:
    """What is wrong and what to do."""
    if fault.code == "no_student":
        return str(_("Without a pupil representative no committee of this stage can determine anything. Add that seat and let the pupils choose somebody.")) \
            if fault.level == "hard" else str(_("A pupil representative is advised. Add the seat if the pupils are old enough."))
    known = {
        "no_chair": _("Nobody leads the committee. Fill the seat of the chair."), "two_chairs": _("Two seats lead. Close one of them."),
        "chair_is_another": _("The principal leads. Make the principal's seat that of the chair: close the other one and add it anew."),
        "chair_without_vote": _("Whoever leads must have a vote. Close that seat and add it anew."),
        "even_size": _("%(n)s members vote: a tie is possible, and a tie fails. One more or one fewer would avoid it.", n=fault.found),
    }  # fmt: skip
    if fault.code in known:
        return str(known[fault.code])
    who = seat_words(fault.kinds) if fault.code not in {"no_teacher", "no_own_staff"} else str(_("A teacher of the school"))
    if fault.level == "hard":
        return str(_("%(who)s is missing. Fill such a seat, or add one.", who=who))
    return str(_("%(who)s is advised.", who=who))


def missing_words(codes: str) -> str:
    """Codes of what a committee lacks, in words."""
    words = {f"no_{kind.value}": str(SEATS[kind]) for kind in SeatKind} | {
        "no_chair": str(_("the chair")), "two_chairs": str(_("one chair only")), "chair_is_another": str(_("the principal as chair")),
        "chair_without_vote": str(_("a chair with a vote")), "no_own_staff": str(_("somebody of the school")),
    }  # fmt: skip
    return str(_(", ")).join(words.get(code.strip(), code.strip()) for code in codes.split(","))


def refusal_words(error: DomainError) -> str:
    """The sentence of a refusal, its codes in words."""
    if "missing" in error.params:
        error.params["missing"] = missing_words(str(error.params["missing"]))
    if error.code == "committee_case_not_ready":
        error.params["codes"] = str(_(", ")).join(str(BLOCKED.get(code, code)) for code in str(error.params["codes"]).split("、"))
    return sentence(error)
