"""The check-in source of a desk, with the key and the settings that only core has."""

from datetime import datetime
from typing import Any

from flask import current_app

from trainhub.attendance.check_in_rules import sheet_key
from trainhub.attendance.queries.check_in import Desk
from trainhub.attendance.service import CheckInRefused
from trainhub.plugin_api import Accepted, CheckInFrame, CheckInSource, Declined, ShownCode
from trainhub.web.keys import stable_key


def offered_source() -> str:
    """Return the key of the check-in source that is on here; refuse where none is."""
    found = next(iter(current_app.extensions["trainhub.check_ins"]), None)
    if found is None:
        raise CheckInRefused("off")
    return str(found)


def key_of(desk: Desk) -> bytes:
    """Return the secret of a desk's sheet."""
    return sheet_key(stable_key(), desk.district_id, desk.sheet_id, desk.rotation)


def shown(desk: Desk, now: datetime) -> ShownCode:
    """Return the code of this moment."""
    return _source(desk).show(key_of(desk), _frame(desk), now, _settings(desk))


def judged(desk: Desk, said: str, now: datetime) -> Accepted | Declined:
    """Return what the source thinks of something scanned or typed."""
    return _source(desk).accept(said, key_of(desk), _frame(desk), now, _settings(desk))


def _source(desk: Desk) -> CheckInSource:
    found: CheckInSource | None = current_app.extensions["trainhub.check_ins"].get(desk.source_key)
    if found is None:
        raise CheckInRefused("off")
    return found


def _frame(desk: Desk) -> CheckInFrame:
    opening = desk.opening
    return CheckInFrame(desk.sheet_id, opening.opens_at, opening.starts_at, opening.closes_at)


def _settings(desk: Desk) -> dict[str, Any]:
    found: dict[str, Any] = current_app.extensions["trainhub.source_settings"](desk.source_key, desk.district_id, desk.school_id)
    return found
