"""Sentences of the refusals of hours. They say what to do; they name nobody."""

from typing import Any

from flask_babel import lazy_gettext as _l

HOURS: dict[str, Any] = {
    "hour_times": _l("The end must lie after the beginning, on the same lesson. Write the times as 16:20 and 17:05."),
    "hour_minutes": _l("Write the minutes of teaching: at least 1, at most the %(length)s minutes between beginning and end."),
    "hour_future": _l("This lesson is not over yet. Log it afterwards, or correct day and time."),
    "hour_before_plan": _l("That day lies before the first day of the plan. Correct the day."),
    "hour_pupil_elsewhere": _l("The pupil has another lesson at that time. Correct the times, or ask for the other entry to be refused."),
    "hour_instructor_elsewhere": _l("Whoever gives this lesson has another one at that time. Correct the times, or choose somebody else."),
    "hour_too_many_a_day": _l("On %(day)s that would be %(minutes)s minutes; at most %(most)s a day are allowed. Correct the minutes, or log another day."),
    "hour_plan_rests": _l("The plan rests at present; nothing is entered. Log it when the plan runs again."),
    "hour_plan_not_begun": _l("The plan has not begun yet: it needs approval and the guardian's knowledge first."),
    "hour_plan_ended": _l("The plan has ended; its hours stay as they are. Ask the committee secretary."),
    "hour_rested_then": _l("The plan rested on that day, so there was no lesson. Correct the day."),
    "hour_words": _l("Write in a sentence what was done. Leave out what was confided."),
    "hour_words_long": _l("The text is longer than %(most)s characters. Shorten it; nothing confided belongs here."),
    "hour_reached": _l("Choose how far the aim of the lesson was reached."),
    "hour_reason": _l("Choose a reason from the list."),
    "hour_no_person": _l("Your account belongs to no person of the roster. Ask the school administrator to join them."),
    "hour_no_such_lesson": _l("This lesson is not in the plan any more. Open your lessons anew."),
    "hour_lesson_settled": _l("This lesson has been logged, missed or cancelled already. Open your lessons anew."),
    "hour_not_instructor": _l("Somebody else gives this lesson. Only who gave it logs it."),
    "hour_no_such_line": _l("There is no such line to decide on. Open the page anew."),
    "hour_is_correction": _l("This line asks for a correction. Settle or refuse it instead."),
    "hour_settled_already": _l("Somebody has decided on this line already. Open the page anew."),
    "hour_own_entry": _l("You wrote this line yourself. Somebody else must decide on it."),
    "hour_own_lesson": _l("You gave this lesson yourself. Somebody else must confirm it."),
    "hour_guardian": _l("You are a guardian of this pupil. Somebody else must decide on it; declare your recusal to the secretary."),
    "hour_not_confirmed": _l("Only a confirmed hour is corrected. One that waits is refused instead."),
    "hour_reversed_already": _l("This hour was taken back already. Log the right one anew."),
    "hour_asked_already": _l("A correction of this hour waits for a second person already."),
    "hour_make_up_there": _l("A lesson that makes up for this one is planned already."),
    "hour_make_up_times": _l("Choose a time to come; the end must lie after the beginning."),
    "hour_told_when": _l("Write when the guardian was told: after the lesson, not in the future."),
    "hour_number_used": _l("The form was sent twice for different things. Open the page anew and send it again; nothing was saved."),
    "hour_form": _l("Write the day, and the times as 16:20 and 17:05."),
    "plan_step_refused": _l("The plan cannot take this step yet."),
}
