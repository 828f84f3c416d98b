"""Forms of planning and of the steps that follow: shape and conversion only."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    Field,
    FieldList,
    Form,
    FormField,
    HiddenField,
    SelectField,
    SelectMultipleField,
    StringField,
    TimeField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, Regexp
from wtforms.widgets import DateInput, NumberInput

from trainhub.kernel.clock import at, local
from trainhub.plugin_api.contracts import CourseTypeSpec, DetailField
from trainhub.training.rules.audience import Choice
from trainhub.training.rules.details import MAX_TEXT
from trainhub.training.rules.planning import PartTime, Trainer
from trainhub.training.service.events import AmendEvent, CancelEvent, ChangeParticipants, MoveEvent, PartAs
from trainhub.training.service.planning import PlanEvent, default_title
from trainhub.training.wording import AUDIENCES, MODES, VENUES
from trainhub.web.fields import DayField

MAX_PARTS = 6
MAX_TRAINERS = 6
_ID = Regexp(r"^[0-9a-f]{32}$")


def _choices(words: Mapping[str, Any]) -> list[SelectChoice]:
    return [SelectChoice(value, word) for value, word in words.items()]


@dataclass(frozen=True, slots=True)
class StaffLabel:
    """How a member of staff is written in the list of suggestions: the name, with number for namesakes."""

    person_id: str
    name: str
    label: str


def staff_labels(staff: Iterable[tuple[str, str, str]]) -> list[StaffLabel]:
    """Return one label per person from (id, name, staff number); a name that two people bear takes the number."""
    people = list(staff)
    bearers = Counter(name for _, name, _ in people)
    return [StaffLabel(i, name, name if bearers[name] == 1 else f"{name} {number}") for i, name, number in people]


class TimesForm(Form):  # type: ignore[misc]
    """Day, from, to, room of a part. An end that is not after the start is refused by the rules."""

    day = DayField(_l("Day"), [InputRequired()])
    starts = TimeField(_l("Starts at"), [InputRequired()])
    ends = TimeField(_l("Ends at"), [InputRequired()])
    room = StringField(_l("Room"), [Optional(), Length(max=80)])

    def to_part(self) -> PartTime:
        """Return the part; wall-clock times are those of the schools."""
        return PartTime(at(self.day.data, self.starts.data), at(self.day.data, self.ends.data), (self.room.data or "").strip())


class PartForm(TimesForm):
    """One part of a plan, with its title and mode; "" is the mode of the whole."""

    title = StringField(_l("What this part is about"), [Optional(), Length(max=120)])
    mode = SelectField(_l("Mode"), [Optional()], choices=[], validate_choice=False)

    def to_part(self) -> PartTime:
        """Return the part with what it is called and its mode."""
        return replace(super().to_part(), title=" ".join((self.title.data or "").split()), mode=self.mode.data or "")


def part_data(part: PartTime) -> dict[str, Any]:
    """The values of a part form for a stored or proposed part."""
    start, end = local(part.starts_at), local(part.ends_at)
    return {
        "day": start.date(), "starts": start.time(), "ends": end.time(), "room": part.room, "title": part.title, "mode": part.mode,
    }


# --- detail fields of a kind of course ------------------------------------------------------------

DETAILS = "details-"


class DetailForm(Form):  # type: ignore[misc]
    """The detail fields of a kind of course. What they hold is judged by the rules, not here."""

    def __bool__(self) -> bool:
        return bool(self._fields)

    @property
    def asked(self) -> bool:
        """Whether a field must be filled, was filled, or is wrong: then it is shown unfolded."""
        return any(f.data or f.errors or (f.render_kw or {}).get("required") for f in self)

    def values(self) -> dict[str, Any]:
        """What was typed, by field name."""
        return {field.short_name: field.data for field in self}

    def blame(self, field_id: str, sentence: str) -> None:
        """Put a sentence beside a field (``details-<name>``)."""
        for field in self:
            if field.id == field_id:
                field.errors = [*field.errors, sentence]


def detail_form(spec: CourseTypeSpec, sent: Any = None, held: Mapping[str, Any] | None = None) -> DetailForm:
    """Return the form of a kind's detail fields, filled from what was sent or else from ``held``."""
    members = {field.name: _detail_field(field) for field in spec.detail_fields}
    kind: type[DetailForm] = type("DetailForm", (DetailForm,), members)
    return kind(sent or None, data=dict(held or {}), prefix=DETAILS)


def _detail_field(field: DetailField) -> Field:
    label, hint, required = str(gettext(field.label)), str(gettext(field.help)) if field.help else "", {"required": True} if field.required else {}
    if field.kind == "boolean":
        return BooleanField(label, description=hint, render_kw=required)
    if field.kind == "choice":
        choices = _choices({"": _l("not stated")} | {value: gettext(word) for value, word in field.choices})
        return SelectField(label, choices=choices, description=hint, validate_choice=False, render_kw=required)
    widget = {"integer": NumberInput(step=1), "date": DateInput()}.get(field.kind)
    return StringField(label, description=hint, widget=widget, render_kw=required | ({"maxlength": MAX_TEXT} if widget is None else {}))


class TrainerForm(Form):  # type: ignore[misc]
    """A trainer: a name from the staff, or any name with the unit it comes from."""

    name = StringField(_l("Name of the trainer"), [Optional(), Length(max=80)])
    affiliation = StringField(_l("Unit (guests)"), [Optional(), Length(max=120)])


def to_trainers(forms: Iterable[Any], staff: Sequence[StaffLabel]) -> list[Trainer]:
    """Turn rows into trainers. A label of the staff without a unit is that member of staff; else a guest."""
    by_label = {s.label: s for s in staff}
    found = []
    for form in forms:
        name, unit = " ".join((form.name.data or "").split()), (form.affiliation.data or "").strip()
        if not name:
            continue
        inside = by_label.get(name) if not unit else None
        found.append(Trainer(inside.name, "", inside.person_id) if inside else Trainer(name, unit))
    return found


class PlanForm(FlaskForm):  # type: ignore[misc]
    """The whole plan. ``do`` names the button; ``exclude``/``add`` are people, ``accept`` answered questions."""

    event_id = HiddenField(validators=[InputRequired(), _ID])
    version = HiddenField(validators=[Optional(), Regexp(r"^[0-9]{1,9}$")])
    pack = SelectField(_l("Course pack"), [Optional()])
    kind = SelectField(_l("Kind of course"), [Optional()], choices=[])
    title = StringField(_l("Title"), [Optional(), Length(max=160)])
    parts = FieldList(FormField(PartForm), min_entries=1, max_entries=MAX_PARTS)
    trainers = FieldList(FormField(TrainerForm), min_entries=1, max_entries=MAX_TRAINERS)
    audience = SelectField(_l("Who must come"), choices=_choices(AUDIENCES))
    missed = SelectField(_l("Training that was missed"), [Optional()])
    delivery_mode = SelectField(_l("Mode"), choices=_choices(MODES))
    venue_kind = SelectField(_l("Place of the participants"), choices=_choices(VENUES))
    topic = SelectField(_l("Topic"), [Optional()], choices=_choices({"": _l("the topic of the yearly duty"), "other": _l("another topic (does not count toward it)")}))
    make_up_year = SelectField(_l("Makes up for"), [Optional()])
    exclude = SelectMultipleField(_l("Need not come"), validate_choice=False)
    add = SelectMultipleField(_l("Also invited"), validate_choice=False)
    accept = SelectMultipleField(_l("Answered"), validate_choice=False)
    exclude_reason = StringField(_l("Why they need not come"), [Optional(), Length(max=38)])

    details: DetailForm

    def offer(
        self, packs: Sequence[tuple[str, str]], missed: Sequence[tuple[str, str]], years: Sequence[tuple[str, str]],
        kinds: Sequence[tuple[str, str]],
    ) -> None:
        """Fill the choices that depend on the school and on what is installed."""
        self.pack.choices = _choices({"": _l("without a course pack")} | dict(packs))
        self.missed.choices = _choices({"": _l("choose a training")} | dict(missed))
        self.make_up_year.choices = _choices({"": _l("no, an ordinary training")} | dict(years))
        self.kind.choices = _choices(dict(kinds))

    def ask(self, spec: CourseTypeSpec, sent: Any = None, held: Mapping[str, Any] | None = None) -> None:
        """Take over what the kind of course brings: its modes and its detail fields."""
        modes = _choices({mode: MODES[mode] for mode in MODES if mode in spec.modes})
        self.delivery_mode.choices = modes
        self.delivery_mode.validate_choice = False  # a mode that the kind does not have is a finding of the rules
        for entry in self.parts:
            entry.form.mode.choices = modes
            entry.form.mode.data = entry.form.mode.data or self.delivery_mode.data
        self.details = detail_form(spec, sent, held)

    def to_parts(self) -> list[PartTime]:
        """The parts in the order of the form. The only part has the mode of the whole."""
        parts = [entry.form.to_part() for entry in self.parts]
        return parts if len(parts) > 1 else [replace(part, mode="") for part in parts]

    def to_choice(self) -> Choice:
        """Who must come, with the changes made by hand."""
        reason = (self.exclude_reason.data or "").strip() or str(_l("taken off by the organiser"))
        excluded = dict.fromkeys(self.exclude.data or (), reason)
        return Choice(self.audience.data, self.missed.data or None, excluded, frozenset(self.add.data or ()))

    def to_command(self, school_id: str, staff: Sequence[StaffLabel], type_key: str, *, publish: bool) -> PlanEvent:
        """Return the plan of a kind of course. The title of a pack stands where none was typed."""
        titles = {choice.value: choice.label for choice in self.pack.choices}
        pack = self.pack.data or None
        return PlanEvent(
            school_id=school_id,
            title=(self.title.data or "").strip() or (default_title(str(titles[pack])) if pack else ""),
            parts=self.to_parts(), pack_id=pack, topic=self.topic.data or "", type_key=type_key, delivery_mode=self.delivery_mode.data,
            venue_kind=self.venue_kind.data, trainers=to_trainers((e.form for e in self.trainers), staff), choice=self.to_choice(),
            make_up_year=self.make_up_year.data or None, details=self.details.values(), accepted=frozenset(self.accept.data or ()),
            publish=publish, event_id=self.event_id.data, version=int(self.version.data) if self.version.data else None,
        )


class MoveForm(FlaskForm):  # type: ignore[misc]
    """New times for every part, and why."""

    version = HiddenField(validators=[InputRequired(), Regexp(r"^[0-9]{1,9}$")])
    reason = StringField(_l("Why it is moved"), [InputRequired(_l("Write a reason.")), Length(max=200)])
    parts = FieldList(FormField(TimesForm), max_entries=MAX_PARTS)
    accept = SelectMultipleField(_l("Answered"), validate_choice=False)

    def to_command(self, event_id: str) -> MoveEvent:
        """Return the move."""
        return MoveEvent(event_id, int(self.version.data), self.reason.data, [e.form.to_part() for e in self.parts], frozenset(self.accept.data or ()))


class ReasonForm(FlaskForm):  # type: ignore[misc]
    """A step that only needs its reason: postponing, cancelling."""

    version = HiddenField(validators=[InputRequired(), Regexp(r"^[0-9]{1,9}$")])
    reason = StringField(_l("Reason"), [InputRequired(_l("Write a reason.")), Length(max=200)])

    def to_postpone(self, event_id: str) -> MoveEvent:
        """Return the postponement without a new date."""
        return MoveEvent(event_id, int(self.version.data), self.reason.data)

    def to_cancel(self, event_id: str) -> CancelEvent:
        """Return the cancellation."""
        return CancelEvent(event_id, int(self.version.data), self.reason.data)


class PeopleForm(FlaskForm):  # type: ignore[misc]
    """Changes of a published list."""

    version = HiddenField(validators=[InputRequired(), Regexp(r"^[0-9]{1,9}$")])
    reason = StringField(_l("Reason"), [InputRequired(_l("Write a reason.")), Length(max=120)])
    add = SelectMultipleField(_l("Also invited"), validate_choice=False)
    remove = SelectMultipleField(_l("Need not come"), validate_choice=False)

    def to_command(self, event_id: str) -> ChangeParticipants:
        """Return the change."""
        return ChangeParticipants(event_id, int(self.version.data), tuple(self.add.data or ()), tuple(self.remove.data or ()), self.reason.data)


class PartAsForm(Form):  # type: ignore[misc]
    """What a part was: title and mode."""

    title = StringField(_l("What this part is about"), [Optional(), Length(max=120)])
    mode = SelectField(_l("Mode"), choices=_choices(MODES))


class AmendForm(FlaskForm):  # type: ignore[misc]
    """A correction of what the training was."""

    version = HiddenField(validators=[InputRequired(), Regexp(r"^[0-9]{1,9}$")])
    reason = StringField(_l("Reason"), [InputRequired(_l("Write a reason.")), Length(max=200)])
    title = StringField(_l("Title"), [InputRequired(), Length(max=160)])
    parts = FieldList(FormField(PartAsForm), min_entries=1, max_entries=MAX_PARTS)
    venue_kind = SelectField(_l("Place of the participants"), choices=_choices(VENUES))
    trainers = FieldList(FormField(TrainerForm), min_entries=1, max_entries=MAX_TRAINERS)
    details: DetailForm

    def ask(self, spec: CourseTypeSpec, held: Sequence[str], sent: Any, details: Mapping[str, Any]) -> None:
        """Take over the modes (the ones that ``held`` stay possible) and detail fields of the kind of course."""
        modes = _choices({mode: MODES[mode] for mode in MODES if mode in (*spec.modes, *held)})
        for entry in self.parts:
            entry.form.mode.choices = modes
        self.details = detail_form(spec, sent, details)

    def to_command(self, event_id: str, staff: Sequence[StaffLabel]) -> AmendEvent:
        """Return the correction."""
        return AmendEvent(
            event_id, int(self.version.data), self.reason.data, " ".join(self.title.data.split()), venue_kind=self.venue_kind.data,
            trainers=to_trainers((e.form for e in self.trainers), staff), details=self.details.values(),
            parts=[PartAs(e.form.title.data or "", e.form.mode.data) for e in self.parts],
        )
