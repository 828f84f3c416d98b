"""Sentences of the refusals of this part of the room."""

from typing import Any

from flask_babel import lazy_gettext as _l

RECORDING: dict[str, Any] = {
    "meeting_recorded_elsewhere": _l("This meeting was recorded in the meantime. Yours is kept here until you choose: compare both, then keep one."),
    "record_unknown_pupil": _l("A pupil marked here is not in this class on that day. Open the list anew and mark again; nothing was saved."),
    "record_pupil_twice": _l("A pupil is marked twice. Open the list anew and mark each once."),
    "record_unknown_status": _l("One of the marks is not known here. Open the list anew and mark again."),
    "record_unknown_leave_type": _l("One of the reasons for leave is not known here. Choose sick, personal or official leave."),
    "record_step_minutes": _l("A step that was done lasted 1 to 240 minutes. Correct the minutes, or take the tick off."),
    "record_nothing_done": _l("No step is ticked. If the meeting was not held, say so on its page; otherwise tick what was done."),
    "record_unknown_engagement": _l("Choose one of the three words for how pupils took part."),
    "record_text_too_long": _l("A text is longer than 2,000 characters. Shorten it."),
    "record_steps_differ": _l("The steps on this page are not those of the pack this meeting was planned with. Reload the page; what you typed stays in the draft."),
    "record_not_held_yet": _l("This meeting has not begun yet. Record it afterwards, or correct day and time."),
    "record_class_busy": _l("The class has another record for that time: %(title)s. Correct day and time here, or say that this meeting was not held."),
    "record_times": _l("Write the day and the times as 16:10 and 16:50; a meeting lasts at most 240 minutes."),
    "record_class_not_there": _l("The class does not exist on that day. Choose a day on which it did."),
    "record_rectification": _l("July and August are the summer rectification; no class meeting is held then. Choose a day of the term."),
    "record_no_term": _l("That day lies outside the term of this meeting. Choose a day of the term, or plan a new meeting."),
    "record_no_school_day": _l("That day is no school day (%(what)s). Choose the day on which the meeting was held."),
    "record_holder_unknown": _l("Whoever you chose is not on the staff of this school on that day. Choose somebody else."),
    "record_photo_not_there": _l("A photo of this record is not kept yet. Choose it again and submit; the rest of what you typed is still here."),
    "record_not_scheduled": _l("This meeting has no time yet. Give it one first, then record it."),
    "record_cancelled": _l("This meeting was cancelled. Plan a new one, then record that."),
    "record_no_number": _l("The form was incomplete. Reload the page and send it again; nothing was saved."),
    "photo_unreadable": _l("This is no photo: only JPEG and PNG pictures are kept, whatever the file is called. Choose another one; nothing was saved."),
    "photo_too_large": _l("The photo is larger than %(limit_mb)s MB. Take it with the phone's ordinary camera, or make it smaller; nothing was saved."),
    "too_many_photos": _l("A record keeps at most %(most)s photos. Take one off first."),
    "photos_closed": _l("This record was checked, so its photos stay as they are. Ask for it to be sent back first."),
    "roll_day_missing": _l("This roll has no column for %(day)s. It has: %(days)s. Choose the roll of that day, or correct the day of the meeting."),
    "roll_empty": _l("No row of this file is about a pupil of this class. Choose the roll of this class."),
    "roll_undecided": _l("Say for every line that is still open whom it is about and whether they were there."),
}  # fmt: skip
