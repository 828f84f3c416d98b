"""Sentences about checking in: what happened and what to do."""

from typing import Any

from flask_babel import lazy_gettext as _l

CHECK_IN: dict[str, Any] = {
    "check_in_forged": _l("This is not a code of this session. Scan the one on the screen in the room, or type the six digits beside it."),
    "check_in_expired": _l("This code is over: the screen shows a new one every few seconds. Scan the one that is on the screen now."),
    "check_in_other_session": _l("This code belongs to another session. Scan the one on the screen in your room."),
    "check_in_not_open": _l("Check-in opens at %(at)s. Scan again then."),
    "check_in_closed": _l("Check-in of this session is over. Go to the training officer, who can still mark you."),
    "check_in_no_person": _l("This account belongs to nobody on the staff, so it cannot check in. Sign in with your own account."),
    "check_in_not_on_list": _l("You are not on the list of this session, nor on the staff of this school. Go to the training officer."),
    "check_in_used": _l("Somebody else checked in with this scan. Scan the screen yourself."),
    "check_in_off": _l("Check-in by code is switched off. Go to the training officer, who marks you on the roll."),
    "check_in_not_kept": _l("Your scan was kept for ten minutes and is over. Scan the code on the screen again."),
    "check_in_attempts": _l("Too many wrong codes. Try again in %(minutes)s minutes, scan the screen, or go to the training officer."),
    "badge_unknown": _l("This is no badge of this school. Take the person's name on the roll instead."),
    "badge_off": _l("Badges are switched off. Ask the district's system administrator to switch the plugin on."),
}
