"""Sentences of the refusals of the school's check."""

from typing import Any

from flask_babel import lazy_gettext as _l

CHECKING: dict[str, Any] = {
    "meeting_own_record": _l("You recorded or led this meeting yourself. Somebody else of the school must check it."),
    "meeting_photo_missing": _l("There is no photo. Send the record back for one, or write why it may count without."),
    "meeting_photo_twice": _l("The same photo stands on the record of another class. Write why, or send the record back."),
}

CHECKING |= {
    "meeting_wave_empty": _l("Tick at least one class."),
    "meeting_wave_slot_gone": _l("The lesson chosen for %(class_name)s is not free any more. Look at the proposals anew; nothing was planned."),
    "meeting_wave_touched": _l("Some of these meetings were recorded or changed already. Open them one by one."),
}
