"""Sentences about devices in the reader's language."""

from typing import Any

from flask_babel import lazy_gettext as _l

MESSAGES: dict[str, Any] = {
    "device_serial_taken": _l("This serial number cannot be let in. Check the plate of the device; if it is right, ask support to release the number."),
    "device_bad": _l("Choose what kind of device it is, give it a name, and write the serial number as on its plate (letters and digits)."),
    "device_too_many": _l("A school may have %(limit)s devices. Shut out and reuse one that is not needed."),
    "nonce_used": _l("This request was sent before; nothing was changed."),
    "too_many_pushes": _l("The device calls too often. It may call again in %(seconds)s seconds."),
}

WHY: dict[str, Any] = {
    "clock_skew": _l("The clock of the device was off by more than 5 minutes."),
    "from_the_future": _l("The time lies ahead of the server's clock."),
    "device_clock_reset": _l("The clock of the device was reset (dead battery)."),
    "": _l("Nobody here has this number."),
}
"""Why an event waits."""

REFUSED: dict[str, Any] = {
    "bad_signature": _l("wrong key"),
    "nonce_used": _l("a request was repeated"),
    "too_many_pushes": _l("too many requests"),
    "key_unreadable": _l("the key cannot be opened: change it"),
    "secret_unreadable": _l("a secret in the plugin's settings cannot be opened: enter it again"),
}
"""Why a request was refused; other codes are faults of the sender's program."""

DECIDED: dict[str, Any] = {
    "taken": _l("Taken: it stands on the roll as evidence."),
    "no_session": _l("Taken, but no open roll of that time expects this person."),
    "unmatched": _l("Still nobody's: choose who it is."),
    "discarded": _l("Discarded. It stays readable for a week."),
}
"""State after a decision -> what is said."""
