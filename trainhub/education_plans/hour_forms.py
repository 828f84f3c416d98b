"""From the forms of hours to commands. A field that cannot be read becomes a refusal beside it."""

from datetime import date, datetime, time

from werkzeug.datastructures import MultiDict

from trainhub.education_plans.rules.hours import HourRefused
from trainhub.education_plans.service.absences import PlanMakeUp
from trainhub.education_plans.service.corrections import AskCorrection
from trainhub.education_plans.service.hours import LogLesson
from trainhub.kernel.clock import at
from trainhub.web.fields import plausible_day

_HEX = frozenset("0123456789abcdef")


def id_of(text: str) -> str:
    """An id of ours, or "" for anything else."""
    return text if len(text) == 32 and set(text) <= _HEX else ""


def operation_of(form: MultiDict[str, str]) -> str:
    """The form's own number. Raises HourRefused where it has none."""
    if not (found := id_of(form.get("op_id", ""))):
        raise HourRefused("number_used")
    return found


def log_command(form: MultiDict[str, str], plan_id: str) -> LogLesson:
    """What the form of a lesson says. Raises HourRefused."""
    starts, ends = times_of(form)
    return LogLesson(
        plan_id, id_of(form.get("lesson", "")) or None, id_of(form.get("module", "")), starts, ends, number_of(form.get("minutes", "")),
        form.get("done_text", ""), form.get("guardian_present") == "yes", form.get("reached", "")[:8], form.get("product") == "yes",
        operation_of(form),
    )


def correction_command(form: MultiDict[str, str], plan_id: str, number: int) -> AskCorrection:
    """What the form of a correction says; without "held" there was no lesson at all. Raises HourRefused."""
    reason, words = form.get("reason", "")[:24], form.get("done_text", "")
    if form.get("held") != "yes":
        return AskCorrection(plan_id, number, operation_of(form), reason, words)
    starts, ends = times_of(form)
    return AskCorrection(plan_id, number, operation_of(form), reason, words, starts, ends, number_of(form.get("minutes", "")))


def make_up_command(form: MultiDict[str, str], plan_id: str, lesson_id: str) -> PlanMakeUp:
    """What the form of a make-up says. Raises HourRefused."""
    starts, ends = times_of(form)
    return PlanMakeUp(plan_id, lesson_id, starts, ends, number_of(form.get("minutes", "")), " ".join(form.get("room", "").split())[:60])


def times_of(form: MultiDict[str, str]) -> tuple[datetime, datetime]:
    """Day, beginning and end as moments. Raises HourRefused."""
    day = plausible_day(form.get("day", ""))
    if day is None:
        raise HourRefused("form", "day")
    return at(day, _clock(form, "starts")), at(day, _clock(form, "ends"))


def moment_of(form: MultiDict[str, str]) -> datetime:
    """Day and clock of one moment. Raises HourRefused."""
    day: date | None = plausible_day(form.get("day", ""))
    if day is None:
        raise HourRefused("form", "day")
    return at(day, _clock(form, "clock"))


def _clock(form: MultiDict[str, str], name: str) -> time:
    try:
        return time.fromisoformat(form.get(name, "")).replace(tzinfo=None, second=0, microsecond=0)
    except ValueError as error:
        raise HourRefused("form", name) from error


def number_of(text: str) -> int:
    """A number of the form; 0 for anything else, which the rules refuse."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0
