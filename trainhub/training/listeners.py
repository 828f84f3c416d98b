"""Who in this room follows what lower rooms announce. Runs inside the announcing transaction."""

from trainhub.attendance.roll_rules import RecordsChanged, RollStateChanged, RollVerified
from trainhub.kernel.events import Announcer
from trainhub.roster.events import PolicyChanged, StaffChanged
from trainhub.training.service.events import follow_roll
from trainhub.training.service.standing import (
    on_policy_changed,
    on_records_changed,
    on_roll_verified,
    on_staff_changed,
)


def register(announcer: Announcer) -> None:
    """Wire the room: trainings follow their rolls, obligations and totals follow minutes and staff."""
    announcer.listen(RollStateChanged, follow_roll)
    announcer.listen(RollVerified, on_roll_verified)
    announcer.listen(RecordsChanged, on_records_changed)
    announcer.listen(StaffChanged, on_staff_changed)
    announcer.listen(PolicyChanged, on_policy_changed)
