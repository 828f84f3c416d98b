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
}
