"""Words of support and of hand-overs. A page of support never says what it is about."""

from typing import Any

from flask_babel import lazy_gettext as _l

from trainhub.education_plans.service.handing_over import HandOverRefused
from trainhub.education_plans.service.support import SupportRefused
from trainhub.kernel.errors import DomainError
from trainhub.web.errors import sentence

SUPPORT_STATES: dict[str, Any] = {"open": _l("running"), "offered_on": _l("offered to the new school"), "closed": _l("ended")}
SUPPORT_KINDS: dict[str, str] = {"open": "ok", "offered_on": "leave", "closed": "hold"}
STEPS: dict[str, Any] = {
    "safety_plan": _l("Safety arrangement"), "counselling": _l("Talk with the psychologist"), "class_arrangement": _l("Arrangement in class"),
    "guardian_contact": _l("Contact with the guardian"), "medical": _l("Medical help"), "learning": _l("Help with lessons"), "other": _l("Something else"),
}  # fmt: skip
REASONS: dict[str, Any] = {
    "transfer": _l("moves to another school"), "next_stage": _l("goes on to the next stage"), "special_school": _l("placed in a special school"),
}  # fmt: skip
HAND_OVER_STATES: dict[str, Any] = {"sent": _l("on its way"), "accepted": _l("taken over"), "returned": _l("sent back"), "withdrawn": _l("taken back")}
HAND_OVER_KINDS: dict[str, str] = {"sent": "todo", "accepted": "ok", "returned": "late", "withdrawn": "hold"}
MESSAGES: dict[str, Any] = {
    "support_refused": _l("This support cannot be changed so. Open the page anew."), "hand_over_refused": _l("It cannot be handed over so. Open the page anew."),
}  # fmt: skip
_SUPPORT: dict[str, Any] = {
    "not_target": _l("Support is opened for a child it was done to."), "there_already": _l("This child has its support already, with a lead of its own."),
    "lead": _l("The lead is a psychologist or case officer of the school who has not stepped aside."), "kind": _l("Choose the kind of step from the list."),
    "closed": _l("This support has ended. Nothing is added."), "consent": _l("Choose what the guardian said: agreed, or not."),
    "school": _l("Choose one school: of this district, or one outside by its name."),
    "receipt": _l("The receipt number does not fit. Copy it from the list; whoever sent it cannot take it over."),
    "state": _l("This was taken over already."),
}  # fmt: skip
_HAND_OVER: dict[str, Any] = {
    "reason": _l("Choose the reason from the list."), "school": _l("Choose one other school: of this district, or one outside by its name."),
    "receipt": _l("The receipt number does not fit. Copy it from the list that came with it."), "state": _l("This was settled already. Open the page anew."),
    "same_person": _l("You sent this yourself. Somebody else takes it over."),
    "stayed": _l("The county has stayed this plan. Wait for the decision before handing it over."),
    "nothing_owed": _l("Nothing is owed any more. Let the committee review and close it here."),
}  # fmt: skip


def refusal(error: DomainError) -> str:
    """The sentence of a refusal, as exact as the rule knows it."""
    why = str(error.params.get("why", ""))
    if isinstance(error, SupportRefused) and why in _SUPPORT:
        return str(_SUPPORT[why])
    if isinstance(error, HandOverRefused) and why in _HAND_OVER:
        return str(_HAND_OVER[why])
    return sentence(error)
