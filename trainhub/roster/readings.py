"""How each Chinese character is read, from a table of our own: a tenth of a megabyte instead of a dictionary.

The table is drawn from ``pypinyin`` (whose own tables take half a second and 50 MB to load, most of it for
words of several characters, which names do not need). A test holds the two together;
``python -m trainhub.roster.readings`` writes the table anew.
"""

from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("readings.txt")
_RANGES = (range(0x3007, 0x3008), range(0x3400, 0xA000), range(0xE815, 0xE865), range(0xF900, 0xFB00), range(0x20000, 0x34000))


@cache
def _readings() -> dict[str, str]:
    lines = (line.partition(" ") for line in TABLE.read_text(encoding="utf-8").split("\n"))
    return {character: reading for reading, _, characters in lines for character in characters}


def reading_of(character: str) -> str:
    """Return the reading of one character without tones, in lower case; one without a reading is its own."""
    return _readings().get(character) or character.lower()


def drawn() -> str:
    """The table as it follows from ``pypinyin``: a reading and its characters on each line."""
    from pypinyin import lazy_pinyin

    found: dict[str, list[str]] = {}
    for character in (chr(code) for codes in _RANGES for code in codes):
        reading = "".join(lazy_pinyin(character, errors="default")).lower()
        if reading != character:
            found.setdefault(reading, []).append(character)
    return "".join(f"{reading} {''.join(characters)}\n" for reading, characters in sorted(found.items()))


if __name__ == "__main__":
    TABLE.write_text(drawn(), encoding="utf-8")
