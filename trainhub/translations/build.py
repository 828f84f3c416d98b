"""Builds the Chinese catalogue from one part per room, so that rooms do not share a file.

``python -m trainhub.translations.build`` merges ``parts/*.po`` into ``zh_Hans_CN/LC_MESSAGES/messages.po``
in a stable order and compiles it. Two parts may hold the same msgid only with the same translation.
"""

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

FOLDER = Path(__file__).parent
TARGET = FOLDER / "zh_Hans_CN" / "LC_MESSAGES"


class Contradiction(RuntimeError):
    """Two parts translate one msgid differently."""


def merged() -> Catalog:
    """Return the catalogue made of all parts."""
    catalogue = Catalog(locale="zh_Hans_CN", project="TrainHub", charset="utf-8", fuzzy=False)
    origin: dict[str, str] = {}
    for path in sorted((FOLDER / "parts").glob("*.po")):
        with path.open("rb") as stream:
            part = read_po(stream, locale="zh_Hans_CN", abort_invalid=True)
        for message in part:
            if not message.id:
                continue
            key = str(message.id)
            held = catalogue.get(message.id)
            if held is not None and held.string != message.string:
                raise Contradiction(f"{key!r}: {origin[key]} says {held.string!r}, {path.name} says {message.string!r}")
            catalogue.add(message.id, message.string, flags=set(message.flags) - {"fuzzy"})
            origin[key] = path.name
    return catalogue


def main() -> None:
    """Write messages.po and messages.mo."""
    catalogue = merged()
    TARGET.mkdir(parents=True, exist_ok=True)
    with (TARGET / "messages.po").open("wb") as stream:
        write_po(stream, catalogue, sort_output=True, omit_header=False, width=0, no_location=True)
    with (TARGET / "messages.mo").open("wb") as stream:
        write_mo(stream, catalogue)
    sys.stdout.write(f"{len(catalogue)} sentences\n")


if __name__ == "__main__":
    main()
