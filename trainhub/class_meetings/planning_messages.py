"""Sentences of the refusals of this part of the room."""

from typing import Any

from flask_babel import lazy_gettext as _l

PLANNING: dict[str, Any] = {
    "meeting_unplannable": _l("%(class_name)s cannot have this meeting. Choose another lesson."),
    "meeting_class_not_there": _l("%(class_name)s does not exist on %(day)s yet, or belongs to another school year. Choose a day on which the class is there."),
    "meeting_class_closed": _l("%(class_name)s was closed on %(day)s. Plan for the class in which its pupils are now."),
    "meeting_class_empty": _l("%(class_name)s has no pupils on %(day)s, so it owes no meeting. If pupils are there, let the office enter them first."),
    "meeting_in_rectification": _l("%(day)s lies in the summer rectification, when no class meeting may be asked for. Choose a day of the term."),
    "meeting_without_term": _l("The terms of this school year are not entered, so no school day is known. Ask the school administrator to enter the term."),
    "meeting_on_holiday": _l("%(day)s is no school day: %(label)s. Choose one of the free lessons below."),
    "meeting_on_weekend": _l("%(day)s is a weekend and no make-up workday. Choose one of the free lessons below."),
    "meeting_in_vacation": _l("%(day)s lies outside the term. Choose one of the free lessons below."),
    "meeting_on_day_off": _l("The school has %(day)s off: %(label)s. Choose one of the free lessons below."),
    "meeting_in_past": _l("This time on %(day)s is over. If the meeting was held then, tick that it is entered afterwards; otherwise choose a lesson that is still to come."),
    "meeting_not_over": _l("The lesson on %(day)s is not over yet. Say what became of it afterwards; until then it can be moved or cancelled."),
    "meeting_term_over": _l("The term of %(day)s is over; nothing can be entered for it any more. Ask the moral education office."),
    "meeting_teacher_unknown": _l("Whoever shall lead the meeting of %(class_name)s is not on the staff of the school on %(day)s. Choose somebody from the list."),
    "meeting_teacher_missing": _l("%(class_name)s has no homeroom teacher on that day. Choose who leads the meeting."),
    "meeting_class_busy": _l("%(class_name)s has another meeting at that time: %(title)s. Choose one of the free lessons below."),
    "meeting_clashes": _l("%(class_name)s: something else is planned then. Choose one of the free lessons below, or write why it shall be then all the same."),
    "meeting_pack_unknown": _l("This lesson pack is not installed, or is none for class meetings. Choose one from the list."),
    "meeting_bad_times": _l("A meeting lasts from 5 to 240 minutes and ends on the day it begins. Put the times right."),
    "meeting_title_missing": _l("Choose a lesson pack, or write a title."),
    "meeting_undo_too_late": _l("This can no longer be taken back. Cancel the meeting with a reason instead."),
}
