"""Opaque public identifiers."""

import os
import time


def new_id() -> str:
    """Return a UUIDv7-like id: 32 lowercase hex digits, sortable by creation time.

    Ids are made by whoever creates the record (server, phone, import), so that offline rolls and
    many servers never collide and no URL tells how many records a school has.
    """
    millis = time.time_ns() // 1_000_000
    chance = int.from_bytes(os.urandom(10))  # one call into the system: an import makes ten thousands of ids
    rand_a, rand_b = chance >> 64 & 0x0FFF, chance & 0x3FFF_FFFF_FFFF_FFFF
    value = (millis & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b
    return f"{value:032x}"


def is_id(text: str) -> bool:
    """Tell whether ``text`` has the shape of an id made by :func:`new_id`."""
    return len(text) == 32 and all(c in "0123456789abcdef" for c in text)
