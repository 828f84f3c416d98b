"""Sentences of the refusals of drafts, steps, schedules, reviews and contacts. They say what to do; they name nobody."""

from typing import Any

from flask_babel import lazy_gettext as _l

PLANS: dict[str, Any] = {
    "plan_step_refused": _l("The plan cannot take this step yet. What is missing stands on the page of its steps."),
    "plan_under_stay": _l("The county has ordered a stay while an appeal runs. Go on with the draft; the plan is approved and started once the stay has ended."),
    "plan_draft_refused": _l("The draft is not complete yet. Mend what stands beside the fields."),
    "plan_not_for_it": _l("This finding does not stand, or has its plan already. Open it from the board."),
    "plan_instructor_conflict": _l("This person may not teach in this plan (stepped aside, or close to one of the children). Choose somebody else."),
    "plan_pause_refused": _l("Write why the plan rests. Schedules show a rest only; the reason is sealed."),
    "plan_lesson_refused": _l("The lesson cannot lie there. Choose another time or room."),
    "plan_erratum_refused": _l("The decision cannot be recorded like this. Open the page anew."),
    "plan_review_refused": _l("The review cannot be recorded like this. Mend what stands beside the fields."),
    "follow_up_refused": _l("This contact was recorded already, or an answer is missing. Choose what was found, then save."),
}
FAULTS: dict[str, Any] = {
    "minutes_few": _l("At least %(least)s minutes are due for this tier. Raise the total."),
    "minutes_young": _l("A plan for a child this young has at most %(most)s minutes. Lower the total."),
    "minutes_none": _l("Write the minutes in all."),
    "lesson_long": _l("A lesson lasts at most %(most)s minutes: that is a day's limit."),
    "lesson_short": _l("A lesson lasts at least %(least)s minutes."),
    "days": _l("The last day must lie after the first."),
    "modules_none": _l("Add at least one module."),
    "modules_sum": _l("The modules have %(given)s minutes, the plan %(total)s. Make them equal."),
    "module_kind": _l("Choose a kind and minutes for each module."),
    "guardian_none": _l("Ask something of the guardian: a part below, or a module together."),
    "guardian_young": _l("For a child this young the family takes part: add a family module, or one together with the guardian."),
    "pack_unknown": _l("A course pack is no longer installed. Choose another."),
    "approved_already": _l("The committee has approved this plan. It changes by another resolution only."),
    "words_long": _l("Keep the text below %(most)s characters."),
    "protection_none": _l("Write how the other side is protected. Without it the committee cannot approve the plan."),
    "form": _l("Write days as 2026-11-20 and minutes as whole numbers."),
    "module_taken": _l("%(taken)s minutes of a module are booked or held. Leave it at least these, or cancel lessons first."),
    "nothing_changed": _l("Nothing is different from what was approved. Change minutes, add a module or write another last day."),
    "person_unknown": _l("Choose a person from the list."),
    "avoid": _l("Give each line to keep clear of a day and times, a room or a person."),
}
ERRATA: dict[str, Any] = {
    "nothing_open": _l("Nothing waits for the committee here. Open the page anew."), "decision": _l("Choose what the committee decided."),
    "state": _l("From here the plan cannot be taken up again. What follows it is decided already."),
    "due_on": _l("Write a last day that is still to come."),
    "resolution": _l("That resolution is older than the erratum. Put it on the next sitting."),
}
REVIEWS: dict[str, Any] = {
    "aims": _l("Judge each aim: reached, partly or not yet."), "voice": _l("Write a sentence."),
    "conclusion": _l("Choose a conclusion; at most 200 characters, nothing of what was confided."),
    "reasons": _l("There are doubts. Write why the committee decided so."),
    "extra": _l("Write more minutes and a later last day."), "later": _l("Write a later last day. More minutes are not needed: some are owed."), "kind": _l("Choose what follows and write the reasons."),
    "answer": _l("Choose the bureau's answer and write the number of its paper."),
    "answered": _l("The bureau's answer stands already and is not written over. After a placement only the return home is noted."),
    "waived": _l("Choose why this part is asked no longer. What is done or settled stays as it is."),
}
