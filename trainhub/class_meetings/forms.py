"""From requests to commands: the one form for all classes."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from trainhub.class_meetings.queries.waves import WaveForm, slot_key
from trainhub.class_meetings.rules.waves import Proposal
from trainhub.class_meetings.service.planning import PlannedMeeting
from trainhub.class_meetings.service.waves import SlotGone
from trainhub.web.fields import plausible_day

LONGEST_TITLE = 80
_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class WaveChoice:
    """What the address of the form says: grades, a theme ("" for any), the Monday of a week."""

    grades: tuple[int, ...]
    theme: str
    week: date

    @classmethod
    def parse(cls, grades: Iterable[str], theme: str, week: str, today: date) -> "WaveChoice":
        """Read an address; what cannot be read becomes next week and no grade."""
        day = plausible_day(week) or today + timedelta(days=7)
        known = tuple(sorted({int(g) for g in grades if g.isdecimal() and len(g) <= 2 and 1 <= int(g) <= 12}))
        return cls(known, theme[:32], day - timedelta(days=day.weekday()))


def wave_id_of(fields: Mapping[str, str]) -> str:
    """The id the form was made with: sent again it is the same wave. "" where it has none."""
    found = fields.get("id", "")
    return found if _ID.fullmatch(found) else ""


def wave_meetings(form: WaveForm, fields: Mapping[str, str], title: str) -> list[PlannedMeeting]:
    """Return the meetings of the ticked classes with what was changed for each; what is left out falls back to the proposal.

    Raises SlotGone where a lesson that was chosen is none of those offered now.
    """
    teachers = {person for person, _name in form.teachers}
    return [_meeting(p, fields, title, teachers) for p in form.proposals if f"on-{p.class_id}" in fields]


def _meeting(p: Proposal, fields: Mapping[str, str], title: str, teachers: set[str]) -> PlannedMeeting:
    asked = fields.get(f"slot-{p.class_id}")
    slot = next((s for s in p.slots if slot_key(s) == asked), None if asked == "none" else p.slot)
    if slot is not None and asked and slot_key(slot) != asked:
        raise SlotGone(class_name=p.name)
    pack = next((k for k in p.packs if k.id == fields.get(f"pack-{p.class_id}")), p.pack)
    led_by = fields.get(f"teacher-{p.class_id}", "")
    room = " ".join(fields.get(f"room-{p.class_id}", "").split())[:60] or (slot.room if slot else "")
    return PlannedMeeting(
        class_id=p.class_id, title=(" ".join(title.split()) or (pack.title if pack else ""))[:LONGEST_TITLE], theme=pack.theme if pack else "",
        pack_id=pack.id if pack else None, pack_version=pack.version if pack else None, starts_at=slot.starts_at if slot else None,
        ends_at=slot.ends_at if slot else None, lesson_no=slot.lesson_no if slot else None, room=room,
        held_by_id=led_by if led_by in teachers else p.teacher_id or None, responsible_id=p.teacher_id or None, guest="", override_reason="",
    )
