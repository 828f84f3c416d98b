"""What the roster refuses. The sentences stand in ``messages``."""

from trainhub.kernel.errors import DomainError, InvalidState


class NameMissing(DomainError):
    """A person needs a name."""

    code = "roster_name_missing"


class StaffNumberTaken(DomainError):
    """Somebody on the present staff of the school has the number. Params: staff_no, name."""

    code = "roster_staff_number_taken"


class DateBeforeStart(DomainError):
    """The day lies before the record began. Params: from_on."""

    code = "roster_date_before_start"


class PeriodsOverlap(DomainError):
    """The person is already on that staff in those days."""

    code = "roster_periods_overlap"


class SameSchool(DomainError):
    """A move leads to another organisation."""

    code = "roster_same_school"


class UnknownWord(DomainError):
    """A value is not among those allowed. Params: value."""

    code = "roster_unknown_word"


class ClassNeeded(DomainError):
    """A homeroom teacher has a class."""

    code = "roster_class_needed"


class HomeroomTaken(DomainError):
    """The class already has a homeroom teacher on that day. Params: name, class_name."""

    code = "roster_homeroom_taken"


class ReasonMissing(DomainError):
    """The step asks for a reason."""

    code = "roster_reason_missing"


class SamePerson(DomainError):
    """A record cannot be merged with itself or with one that is merged already."""

    code = "roster_same_person"


class NameTaken(DomainError):
    """An organisation, department, class or term of that name is there. Params: name."""

    code = "roster_name_taken"


class StillInUse(DomainError):
    """Something still belongs to it. Params: count."""

    code = "roster_still_in_use"


class NotAllowedValue(DomainError):
    """A policy value outside its choices or range. Params: low, high, choices."""

    code = "policy_value"


class PastPolicyDay(DomainError):
    """A value may not take effect before the last one of the same parameter. Params: day."""

    code = "policy_day"


class NotKnownYet(DomainError):
    """The official notice for the year is not out. Params: year."""

    code = "calendar_year_unknown"


class OpenQuestions(InvalidState):
    """An import still has rows that wait for a decision. Params: count."""

    code = "import_open_questions"


class NothingToWrite(InvalidState):
    """The file holds nothing that is not in the system already."""

    code = "import_nothing"


class AlreadyApplied(InvalidState):
    """The batch was written, withdrawn or discarded already."""

    code = "import_closed"


class TooLateToWithdraw(InvalidState):
    """A batch can be withdrawn for 24 hours."""

    code = "import_too_late"


class BuiltUpon(InvalidState):
    """Something rests on what the batch wrote. Params: count."""

    code = "import_built_upon"


class UnreadableFile(DomainError):
    """The file was refused before or while it was read. Params: reason and what fills its sentence."""

    code = "import_unreadable"


class BadLessonTimes(DomainError):
    """Lessons overlap or end before they begin. Params: why (none, order, overlap)."""

    code = "roster_lesson_times"


class DayOutsideTerm(DomainError):
    """The day lies outside the term it is said of. Params: first, last."""

    code = "roster_day_outside_term"


class NotThatClass(DomainError):
    """A class cannot be changed that way: another school year, closed, or the same class."""

    code = "roster_not_that_class"


class NobodyMoves(DomainError):
    """A change of classes moves no pupil."""

    code = "roster_nobody_moves"
