"""Forms of the roster. Shape and conversion only; the rules stand in the services."""

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from trainhub.roster.messages import (
    CATEGORY_LABELS,
    CONTRACT_LABELS,
    IDENTIFIER_LABELS,
    KIND_LABELS,
    LEFT_LABELS,
    POST_LABELS,
    SEASON_LABELS,
    STAGE_LABELS,
)
from trainhub.roster.people_rules import OUTSIDE_POSTS
from trainhub.roster.timetable_messages import EXCEPTION_LABELS, WEEKDAY_LABELS, WEEKS_LABELS
from trainhub.roster.timetable_rules import LAST_LESSON
from trainhub.web.fields import DayField

_REQUIRED = _l("Fill this in.")


def options(pairs: Iterable[tuple[str, Any]]) -> list[SelectChoice]:
    """Choices of a select field from (value, label) pairs."""
    return [SelectChoice(value, label) for value, label in pairs]


def _pairs(table: dict[str, Any]) -> list[SelectChoice]:
    return options(table.items())


class HireForm(FlaskForm):  # type: ignore[misc]
    """A new member of staff."""

    name = StringField(_l("Full name"), [InputRequired(_REQUIRED), Length(max=80)])
    staff_no = StringField(_l("Staff number"), [Length(max=40)])
    category = SelectField(_l("Category"), choices=_pairs({k: v for k, v in CATEGORY_LABELS.items() if k != "external"}))
    contract = SelectField(_l("Contract"), choices=_pairs(CONTRACT_LABELS))
    department = StringField(_l("Department"), [Length(max=60)])
    from_on = DayField(_l("On the staff from"), [InputRequired(_REQUIRED)])
    hired_on = DayField(_l("First day in the profession here"), [Optional()])


class ExternalForm(FlaskForm):  # type: ignore[misc]
    """Somebody from outside with a post."""

    name = StringField(_l("Full name"), [InputRequired(_REQUIRED), Length(max=80)])
    post = SelectField(_l("Post"), choices=options((k, v) for k, v in POST_LABELS.items() if k in OUTSIDE_POSTS))
    from_on = DayField(_l("In office from"), [InputRequired(_REQUIRED)])


class MoveForm(FlaskForm):  # type: ignore[misc]
    """A move to another organisation of the district."""

    to_school_id = SelectField(_l("New school"), [InputRequired(_REQUIRED)])
    on = DayField(_l("First day there"), [InputRequired(_REQUIRED)], id="move-on")
    reason = StringField(_l("Reason"), [InputRequired(_REQUIRED), Length(max=200)], id="move-reason")


class LeaveForm(FlaskForm):  # type: ignore[misc]
    """The end of an employment."""

    why = SelectField(_l("Why"), choices=options((k, v) for k, v in LEFT_LABELS.items() if k != "moved"))
    last_on = DayField(_l("Last day"), [InputRequired(_REQUIRED)], id="leave-on")
    reason = StringField(_l("Note"), [Length(max=200)], id="leave-reason")


class DepartmentForm(FlaskForm):  # type: ignore[misc]
    """Another department from a day on."""

    department = StringField(_l("New department"), [InputRequired(_REQUIRED), Length(max=60)], id="new-department")
    on = DayField(_l("From this day"), [InputRequired(_REQUIRED)], id="department-on")


class PostForm(FlaskForm):  # type: ignore[misc]
    """A post from a day on."""

    post = SelectField(_l("Post"), choices=options((k, v) for k, v in POST_LABELS.items() if k not in OUTSIDE_POSTS))
    class_id = SelectField(_l("Homeroom class"), [Optional()])
    from_on = DayField(_l("From this day"), [InputRequired(_REQUIRED)], id="post-on")


class EndPostForm(FlaskForm):  # type: ignore[misc]
    """The last day of a post."""

    last_on = DayField(_l("Last day"), [InputRequired(_REQUIRED)])
    reason = StringField(_l("Note"), [Length(max=200)])


class CorrectForm(FlaskForm):  # type: ignore[misc]
    """Correcting what was written wrongly."""

    name = StringField(_l("Full name"), [InputRequired(_REQUIRED), Length(max=80)])
    staff_no = StringField(_l("Staff number"), [Length(max=40)])
    category = SelectField(_l("Category"), choices=_pairs(CATEGORY_LABELS))
    contract = SelectField(_l("Contract"), choices=_pairs(CONTRACT_LABELS))
    hired_on = DayField(_l("First day in the profession here"), [Optional()])
    ce_opt_out = BooleanField(_l("Opted out of continuing-education registration (the yearly anti-bullying training stays owed)"))
    reason = StringField(_l("Reason"), [Length(max=200)], id="correct-reason")


class MergeForm(FlaskForm):  # type: ignore[misc]
    """Another record of the same person."""

    merged_id = SelectField(_l("The other record"), [InputRequired(_REQUIRED)])
    reason = StringField(_l("How you know that it is one person"), [InputRequired(_REQUIRED), Length(max=200)], id="merge-reason")


class ClassForm(FlaskForm):  # type: ignore[misc]
    """A new class."""

    grade = IntegerField(_l("Grade"), [InputRequired(_REQUIRED), NumberRange(1, 12)])
    class_no = IntegerField(_l("Class number"), [InputRequired(_REQUIRED), NumberRange(1, 99)])


class RolloverForm(FlaskForm):  # type: ignore[misc]
    """Next year's classes."""

    starts_on = DayField(_l("First day of the new school year"), [InputRequired(_REQUIRED)])
    last_grade = IntegerField(_l("Highest grade of the school"), [InputRequired(_REQUIRED), NumberRange(1, 12)])
    keep_homeroom = BooleanField(_l("Homeroom teachers go up with their class"), default=True)


class UploadForm(FlaskForm):  # type: ignore[misc]
    """A list as a file."""

    file = FileField(_l("List (XLSX, XLS or CSV)"))
    importer = SelectField(_l("Kind of file"), validate_choice=False)

    def offer(self, importers: Iterable[tuple[str, str]]) -> None:
        """Offer formats beside a sheet; without any there is nothing to choose."""
        self.importer.choices = options([("", _l("Recognise by itself")), ("sheet", _l("Sheet with column names")), *importers])


class TermForm(FlaskForm):  # type: ignore[misc]
    """First and last day of a term."""

    season = SelectField(_l("Term"), choices=_pairs(SEASON_LABELS))
    starts_on = DayField(_l("First day"), [InputRequired(_REQUIRED)])
    ends_on = DayField(_l("Last day"), [InputRequired(_REQUIRED)])


class DayForm(FlaskForm):  # type: ignore[misc]
    """A day off or an extra school day of one's own."""

    day = DayField(_l("Day"), [InputRequired(_REQUIRED)])
    kind = SelectField(_l("What it is"), choices=options([("off", _l("day off")), ("school", _l("extra school day")), ("", _l("as in the calendar again"))]))
    follows_weekday = SelectField(_l("Lessons of that day"), choices=_pairs({"": _l("of its own weekday"), **WEEKDAY_LABELS}))
    reason = StringField(_l("Reason"), [Length(max=80)])


class LessonTimesForm(FlaskForm):  # type: ignore[misc]
    """From which day and for which stage lesson times hold; the times themselves are plain inputs."""

    from_on = DayField(_l("In force from"), [InputRequired(_REQUIRED)])
    stage = SelectField(_l("Stage"), choices=_pairs({"": _l("all stages"), **STAGE_LABELS}))


class MeetingLessonForm(FlaskForm):  # type: ignore[misc]
    """The weekly class-meeting lesson of the ticked classes."""

    weekday = SelectField(_l("Weekday"), choices=_pairs(WEEKDAY_LABELS))
    lesson_no = IntegerField(_l("Lesson number"), [InputRequired(_REQUIRED), NumberRange(1, LAST_LESSON)])
    weeks = SelectField(_l("Weeks"), choices=_pairs(WEEKS_LABELS))
    from_on = DayField(_l("In force from"), [InputRequired(_REQUIRED)])


class TimetableUploadForm(FlaskForm):  # type: ignore[misc]
    """A timetable as a file, of which term and from which day."""

    file = FileField(_l("Timetable (XLSX, XLS or CSV)"))
    term = SelectField(_l("Term"), validate_choice=False)
    first_day = DayField(_l("In force from"), [Optional()])


class CalendarUploadForm(FlaskForm):  # type: ignore[misc]
    """Days off and make-up workdays as a file."""

    file = FileField(_l("Days (XLSX, XLS, CSV or ICS)"))


class ChangeClassForm(FlaskForm):  # type: ignore[misc]
    """A class split or merged: where its pupils go on, from which day, and why. The pupils are plain inputs."""

    who = SelectField(_l("Who moves"), choices=options([("some", _l("the ticked pupils; the class goes on")), ("all", _l("everybody; the class closes"))]))
    to_class_id = SelectField(_l("They go on in"), validate_choice=False)
    new_class_no = IntegerField(_l("Number of the new class"), [Optional(), NumberRange(1, 99)])
    on_day = DayField(_l("First day in the other class"), [InputRequired(_REQUIRED)])
    reason = StringField(_l("Reason"), [InputRequired(_REQUIRED), Length(max=200)], id="change-reason")


class ExceptionForm(FlaskForm):  # type: ignore[misc]
    """A class for which a term runs otherwise."""

    kind = SelectField(_l("What it is"), choices=_pairs(EXCEPTION_LABELS), id="exception-kind")
    term = SelectField(_l("Term"), validate_choice=False, id="exception-term")
    from_on = DayField(_l("First day"), [InputRequired(_REQUIRED)])
    to_on = DayField(_l("Last day"), [InputRequired(_REQUIRED)])
    document = StringField(_l("Document it rests on (number or title)"), [Length(max=120)])
    note = StringField(_l("Note"), [Length(max=200)])


class PolicyForm(FlaskForm):  # type: ignore[misc]
    """A value from a day on."""

    value = StringField(_l("New value"), [InputRequired(_REQUIRED), Length(max=20)])
    effective_on = DayField(_l("In force from"), [InputRequired(_REQUIRED)])
    reason = StringField(_l("Reason"), [InputRequired(_REQUIRED), Length(max=200)])
    seen_number = HiddenField()


class AdoptForm(FlaskForm):  # type: ignore[misc]
    """A set of rules from a day on; which rules is ticked in plain inputs."""

    effective_on = DayField(_l("In force from"), [InputRequired(_REQUIRED)])
    reason = StringField(_l("Reason"), [InputRequired(_REQUIRED), Length(max=120)])
    seen_number = HiddenField()


class IdentifierForm(FlaskForm):  # type: ignore[misc]
    """By what a platform or device names a person."""

    kind = SelectField(_l("Kind of identifier"), choices=options(IDENTIFIER_LABELS.items()))
    value = StringField(_l("As the device or platform writes it"), [InputRequired(_REQUIRED), Length(max=120)])


class OrgForm(FlaskForm):  # type: ignore[misc]
    """A new school."""

    name = StringField(_l("Official name"), [InputRequired(_REQUIRED), Length(max=120)])
    kind = SelectField(_l("Kind"), choices=options((k, v) for k, v in KIND_LABELS.items() if k != "bureau"))
    stage = SelectField(_l("Stage"), choices=_pairs(STAGE_LABELS))
    code = StringField(_l("School code (10 digits)"), [Length(max=16)])
    opened_on = DayField(_l("Open from"), [Optional()])


class CloseOrgForm(FlaskForm):  # type: ignore[misc]
    """The last day of a school."""

    last_on = DayField(_l("Last day"), [InputRequired(_REQUIRED)])
    reason = StringField(_l("Reason"), [InputRequired(_REQUIRED), Length(max=200)])
