"""Pages of the roster, its imports, the calendar and the rules of the bureau."""

from typing import Any

from flask import Blueprint, request
from flask_babel import gettext as _

from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError
from trainhub.roster import messages, timetable_messages
from trainhub.web.errors import sentence
from trainhub.web.pages import toast

blueprint = Blueprint("roster", "trainhub.roster", template_folder="templates")


@blueprint.context_processor
def words() -> dict[str, Any]:
    """Labels that the templates of this room use."""
    return {"label": messages.label_of, "POSTS": messages.POST_LABELS, "CATEGORIES": messages.CATEGORY_LABELS,
            "CONTRACTS": messages.CONTRACT_LABELS, "LEFT": messages.LEFT_LABELS, "FIELDS": messages.FIELD_LABELS,
            "KINDS": messages.KIND_LABELS, "STAGES": messages.STAGE_LABELS, "SEASONS": messages.SEASON_LABELS,
            "UNITS": messages.UNIT_LABELS, "CHOICES": messages.CHOICE_LABELS, "PARAMETERS": messages.PARAMETER_LABELS,
            "STATES": messages.STATE_LABELS, "DAYS": messages.DAY_LABELS, "IDENTIFIERS": messages.IDENTIFIER_LABELS, "today": local_day(now()),
            **timetable_messages.labels()}


def with_error(form: Any, error: DomainError) -> Any:
    """Put a refusal beside its field, or on top of the form."""
    field = getattr(form, error.field or "", None)
    if field is not None and hasattr(field, "errors"):
        field.errors = [*field.errors, sentence(error)]
    else:
        form.form_errors.append(sentence(error))
    return form


def say_errors(form: Any) -> None:
    """Say on the next page what kept a short form from being taken."""
    found = [f"{form[name].label.text}：{text}" for name, texts in form.errors.items() if name for text in texts]
    toast(found[0] if found else _("Nothing was saved yet. Please put these right:"), "error")


def page_number() -> int:
    """The page asked for, from 1."""
    text = request.args.get("page", "1")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 1


from trainhub.roster.views import (  # noqa: E402  they add their routes
    accounts,  # noqa: F401
    calendar,  # noqa: F401
    class_page,  # noqa: F401
    classes,  # noqa: F401
    imports,  # noqa: F401
    people,  # noqa: F401
    person,  # noqa: F401
    policy,  # noqa: F401
    sheets,  # noqa: F401
    timetable,  # noqa: F401
)
