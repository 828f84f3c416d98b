"""Form fields that more than one room uses."""

from datetime import date
from typing import Any

from flask_babel import gettext
from wtforms import DateField

YEARS = range(1900, 2101)
"""Days of people and schools lie in these years; another one is a slip of the hand."""


def plausible_day(text: str) -> date | None:
    """Return an ISO day of a plausible year, or None."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year in YEARS else None


class DayField(DateField):  # type: ignore[misc]
    """A day between 1900 and 2100. Another one is refused beside the field, and what was typed stays there."""

    data: Any

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the day. Raises ValueError with the sentence shown beside the field."""
        super().process_formdata(valuelist)
        if self.data is not None and self.data.year not in YEARS:
            self.data = None
            raise ValueError(gettext("Choose a day between 1900 and 2100."))
