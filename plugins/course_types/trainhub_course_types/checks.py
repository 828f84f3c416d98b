"""What several kinds of course check in their detail fields. Core has checked kinds and choices before."""

from collections.abc import Mapping
from typing import Any

from trainhub.plugin_api import CourseTypeSpec, Problem


def only_declared(spec: CourseTypeSpec, details: Mapping[str, Any]) -> list[Problem]:
    """Return ``content_not_stored`` for everything that is no declared field: nothing slips in beside them."""
    known = {field.name for field in spec.detail_fields}
    return [Problem("content_not_stored", name) for name in details if name not in known]


def among_choices(spec: CourseTypeSpec, details: Mapping[str, Any]) -> list[Problem]:
    """Return ``not_a_choice`` for a choice field whose value is none of its choices."""
    return [
        Problem("not_a_choice", field.name, {"value": str(details[field.name])[:40]})
        for field in spec.detail_fields
        if field.kind == "choice" and details.get(field.name) and details[field.name] not in dict(field.choices)
    ]


def between(details: Mapping[str, Any], name: str, lowest: int, highest: int) -> list[Problem]:
    """Return ``out_of_range`` for a number outside ``lowest``..``highest``; an empty field is fine."""
    value = details.get(name)
    if value is None or (isinstance(value, int) and lowest <= value <= highest):
        return []
    return [Problem("out_of_range", name, {"lowest": lowest, "highest": highest})]
