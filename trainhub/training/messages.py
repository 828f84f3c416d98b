"""What the room says when it refuses: one sentence for each code, in the reader's language."""

from typing import Any

from flask_babel import lazy_gettext

_l = lazy_gettext

MESSAGES: dict[str, Any] = {
    "event_reason_missing": _l("Write a reason. It stays with the training, so that others understand the change later."),
    "event_already_counted": _l(
        "The rolls of this training are verified and their minutes count. Correct the training or revoke single presences on the roll; it cannot be cancelled any more."
    ),
    "event_roll_ended": _l("A roll of this training was ended already. Take the roll back first, then change the list."),
    "event_nothing_changed": _l("Nothing is different from before. Change something, then save."),
    "unknown_people": _l("%(count)s of the people chosen are not on the staff on that day. Check the roster, then choose again."),
    "plan_blocked": _l("The training cannot be saved like this. Put right what is marked below."),
    "plan_needs_answer": _l("There are open questions. Tick those that are all right, or choose another time."),
    "bad_plan": _l("This value is not among the choices. Reload the page and choose again."),
    "course_type_gone": _l(
        "The plugin that brought this kind of course is not there. The training can be read and counts as before; it can be changed again once the plugin is enabled."
    ),
    "bad_exemption": _l("A field is missing or wrong: choose people, a reason, the document and days inside the year; a refusal needs its reason."),
    "exemption_pending": _l("A request for one of these people waits for its decision already. Decide that one first."),
    "year_not_over": _l("The year runs until %(last)s. Close it afterwards."),
    "year_already_closed": _l("The year is closed already. A correction is an amendment: ask for one below."),
    "year_not_closed": _l("The year is not closed yet, so nothing has to be amended. Correct the roll itself."),
    "unverified_rolls": _l("%(count)s rolls are not verified. Let somebody verify them, or tick that the year is closed without their minutes."),
    "amendment_pending": _l("A request to amend waits for its decision. Decide that one first."),
    "amendment_reason": _l("Write the reason; it is published beside the new figures."),
    "nothing_to_state": _l("In this year nothing was owed here, so there is nothing to state. Choose another year."),
    "bad_evidence": _l("Something in this entry is missing or cannot be. Look at the fields, then send it again."),
    "evidence_twice": _l("These hours of this person are entered already. Open that entry and correct it instead."),
    "bad_proof": _l("This file is empty or damaged, or no PDF, JPEG or PNG. Scan the paper again, or photograph it."),
    "proof_too_large": _l("The scan is larger than %(limit_mb)s MB. Scan it again with 300 dpi, or photograph it."),
}
