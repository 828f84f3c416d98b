"""Sentences of the refusals of this room. Each says what to do; none carries a name."""

from typing import Any

from flask_babel import lazy_gettext as _l

WHY: dict[str, Any] = {
    "open_already": _l("An appeal of this side against this finding is open already. Add what is new there."),
    "not_a_guardian_side": _l("Only the guardians of this pupil and of the other child may appeal against it. Choose one of them."),
    "grounds": _l("Write the words, at most 8000 characters."),
    "moment": _l("This moment lies before the decision, or is still to come. Correct it."),
    "track": _l("Choose against what it is, and how it came in, from the lists."),
    "no_review": _l("The county looks of its own accord only where police or court found otherwise."),
    "no_measures": _l("This determination orders no disciplinary measure. Appeal against the determination instead."),
    "decided_here": _l("The county made this version itself. What follows belongs to review or to the courts."),
    "reason": _l("Choose a reason from the list, or write it."),
    "nothing_to_stay": _l("No plan runs that could rest. Nothing needs a stay."),
    "kind": _l("Give each member a kind and a name as it is to be shown."),
    "lead": _l("One member leads the group, and signs in. Choose exactly one."),
    "twice": _l("This account sits in the group already, or stepped aside from it. Choose somebody else."),
    "conflict": _l("This person decided or handled the case, or stepped aside from it. Choose somebody else."),
    "own_school": _l("This person works at the school that decided. Choose somebody from another one."),
    "no_group": _l("Name the group first."),
    "group_there": _l("A group is named already. It decides now."),
    "not_lead": _l("Only whoever leads the group writes its decision down."),
    "determination": _l("Decide each finding once that was appealed against and still stands. Open the form anew."),
    "votes": _l("The votes must be a majority, and not more than there are members."),
    "tier": _l("A changed finding needs a tier and the minutes of the plan, from 1 to 6000."),
    "measures": _l("Choose only measures that the rules allow here."),
    "track_outcome": _l("Against discipline the group decides about measures only: they stand, or some are taken back."),
    "nothing_to_overturn": _l("No bullying was found here. Change the finding, or send the case back."),
    "case_closed": _l("The case is closed. Send it back to the school instead."),
    "other_side_open": _l("Another appeal against the same finding waits. Let it join the re-examination, or say why it is not taken."),
    "proof": _l("Name the paper that shows it is done."),
    "no_letter": _l("Give the letter its number and print it first."),
    "service": _l("Choose how it was handed over and what came of it."),
    "witnesses": _l("A refusal to sign needs two witnesses of your office, and not yourself."),
    "school_committee": _l("Name the minutes of the school’s appeals committee, and at least three members who sat."),
}
"""Why an appeal cannot be taken so, by the code of the refusal."""

MESSAGES: dict[str, Any] = {
    "appeal_refused": _l("This cannot be done so. Open the page anew."),
    "appeal_step_refused": _l("Something is still missing for this step. The page says what."),
}
