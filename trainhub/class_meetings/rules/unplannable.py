"""Why a meeting cannot be planned as asked for. One refusal per reason: each is a sentence that says what to do. Pure."""

from trainhub.kernel.errors import DomainError


class Unplannable(DomainError):
    """A class cannot have this meeting. Parameters: ``class_name``; ``day`` where a day is the reason."""

    code = "meeting_unplannable"


class ClassNotThere(Unplannable):
    """The class did not exist yet on the day, or belongs to another school year."""

    code = "meeting_class_not_there"


class ClassClosed(Unplannable):
    """The class was closed before the day."""

    code = "meeting_class_closed"


class ClassWithoutPupils(Unplannable):
    """Nobody is in the class on the day (domain.md case 43)."""

    code = "meeting_class_empty"


class InRectification(Unplannable):
    """The summer rectification of a campaign: no meeting may be demanded (domain.md SA07, case 37)."""

    code = "meeting_in_rectification"


class WithoutTerm(Unplannable):
    """Nobody has entered the terms of the school year."""

    code = "meeting_without_term"


class OnHoliday(Unplannable):
    """A public holiday; ``label`` names it."""

    code = "meeting_on_holiday"


class OnWeekend(Unplannable):
    """Saturday or Sunday, and no make-up workday."""

    code = "meeting_on_weekend"


class InVacation(Unplannable):
    """A day outside every term."""

    code = "meeting_in_vacation"


class OnDayOff(Unplannable):
    """A day the school itself has taken off; ``label`` says why."""

    code = "meeting_on_day_off"


class InThePast(Unplannable):
    """The time is over. What was held already is entered afterwards, as such."""

    code = "meeting_in_past"


class NotHeldYet(Unplannable):
    """Said to have been held, and its time is not over."""

    code = "meeting_not_over"


class TermOver(Unplannable):
    """Entered afterwards, and its term is over."""

    code = "meeting_term_over"


class TeacherUnknown(Unplannable):
    """Whoever should lead it is not on the staff of the school that day."""

    code = "meeting_teacher_unknown"


class TeacherMissing(Unplannable):
    """Nobody is named and the class has no homeroom teacher."""

    code = "meeting_teacher_missing"


class ClassBusy(Unplannable):
    """The class has another meeting at that time; no reason overrides it. ``title`` of the other one."""

    code = "meeting_class_busy"


class Clashes(Unplannable):
    """Teacher, room or class have something else then: ``count`` clashes. Goes with a reason."""

    code = "meeting_clashes"


class PackUnknown(Unplannable):
    """The lesson pack is not installed, or is none for class meetings."""

    code = "meeting_pack_unknown"


class BadTimes(Unplannable):
    """No lesson: it ends before it begins, runs over midnight, or is shorter than 5 or longer than 240 minutes."""

    code = "meeting_bad_times"


class TitleMissing(Unplannable):
    """A meeting without a pack needs a title of its own."""

    code = "meeting_title_missing"


class UndoTooLate(DomainError):
    """Too long ago, or something happened since: the meeting is cancelled with a reason instead."""

    code = "meeting_undo_too_late"
