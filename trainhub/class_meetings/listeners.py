"""Who in this room follows what is announced. Runs inside the announcing transaction."""

from trainhub.class_meetings.rules.happenings import MeetingsChanged
from trainhub.class_meetings.service.standing import on_classes_changed, on_meetings_changed, on_policy_changed
from trainhub.kernel.events import Announcer
from trainhub.roster.events import ClassesChanged, PolicyChanged


def register(announcer: Announcer) -> None:
    """Wire the room: where classes and schools stand follows their meetings."""
    announcer.listen(MeetingsChanged, on_meetings_changed)
    announcer.listen(ClassesChanged, on_classes_changed)
    announcer.listen(PolicyChanged, on_policy_changed)
