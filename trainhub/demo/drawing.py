"""A small picture of a classroom, drawn by code: it stands for a photo of a meeting, and shows nobody."""

import struct
import zlib
from functools import cache
from random import Random

WIDTH, HEIGHT = 240, 180
_LAYOUTS = 16
_WALLS = ((244, 239, 226), (231, 240, 236), (240, 236, 244), (247, 240, 232), (233, 238, 245))
_CLOTHES = ((196, 92, 74), (74, 122, 168), (92, 140, 92), (212, 160, 72), (128, 104, 156), (88, 96, 108))
_WALL, _FLOOR, _BOARD, _CHALK, _DESK, _HAIR, _CLOTH = range(7)


def classroom(random: Random) -> bytes:
    """Return a PNG of a blackboard, desks and heads from behind; another draw gives another picture."""
    shade = random.getrandbits(15)
    desk = (160 + shade % 32, 122 + shade // 32 % 32, 78 + shade // 1024)
    clothes = random.sample(_CLOTHES, len(_CLOTHES))
    palette = (random.choice(_WALLS), (206, 192, 170), (48, 84, 70), (236, 240, 232), desk, (52, 44, 40), *clothes)
    colours = b"".join(bytes(colour) for colour in palette)
    return _HEAD + _chunk(b"PLTE", colours) + _pixels(random.randrange(_LAYOUTS)) + _chunk(b"IEND", b"")


@cache
def _pixels(layout: int) -> bytes:
    """The drawing in numbers of colours; a few layouts, each packed once."""
    random = Random(layout)  # noqa: S311  (a drawing, not a secret)
    rows = [bytearray([_WALL]) * WIDTH for _ in range(120)] + [bytearray([_FLOOR]) * WIDTH for _ in range(HEIGHT - 120)]
    left = random.randrange(30, 60)
    _fill(rows, left, 14, 150, 62, _BOARD)
    for line in range(random.randrange(2, 5)):
        _fill(rows, left + 12, 24 + line * 11, random.randrange(40, 120), 3, _CHALK)
    for depth in range(3):
        shift = random.randrange(-6, 7)
        for seat in range(5):
            x, y = 14 + seat * 44 + shift, 88 + depth * 30
            _fill(rows, x, y + 14, 34, 6, _DESK)
            if random.random() < 0.9:
                _fill(rows, x + 11, y, 11, 8, _HAIR)
                _fill(rows, x + 7, y + 8, 19, 8, _CLOTH + random.randrange(len(_CLOTHES)))
    return _chunk(b"IDAT", zlib.compress(b"".join(b"\0" + bytes(row) for row in rows), 6))


def _fill(rows: list[bytearray], x: int, y: int, width: int, height: int, colour: int) -> None:
    for row in rows[max(0, y) : y + height]:
        row[max(0, x) : x + width] = bytes([colour]) * (min(WIDTH, x + width) - max(0, x))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


_HEAD = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 3, 0, 0, 0))
