"""Which sentences of the code have no Chinese, and which Chinese has no sentence any more.

Run as ``python -m tests.house.catalogues``: exits 1 and lists them.
"""

import ast
import re
import sys
from pathlib import Path

from babel.messages.extract import extract_from_dir

from trainhub.translations.build import TARGET, merged

ROOT = Path(__file__).resolve().parents[2]
METHODS = [("**/translations/**", "ignore"), ("**.py", "python"), ("**/templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "_l": None, "lazy_gettext": None, "N_": None, "_n": (1, 2)}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")


def used() -> dict[str, str]:
    """Return every msgid in the code with the place of its first use."""
    found: dict[str, str] = {}
    folders = [ROOT / "trainhub", *sorted(p for p in (ROOT / "plugins").iterdir() if p.is_dir())]
    for folder in folders:
        for name, line, text, _comments, _context in extract_from_dir(
            folder, METHODS, keywords=KEYWORDS, options_map={"**/templates/**.html": {"trimmed": "false", "extensions": "jinja2.ext.do", "silent": "false"}}
        ):
            for msgid in [text] if isinstance(text, str) else text[:1]:
                found.setdefault(msgid, f"{folder.name}/{name}:{line}")
    return found


def plugin_words() -> set[str]:
    """Return every text constant of the plugins: their labels are translated by core, unmarked."""
    found = set()
    for path in (ROOT / "plugins").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


def faults() -> list[str]:
    """Return what is missing, unused, or fills other placeholders than its sentence."""
    catalogue = merged()
    wanted, plain = used(), plugin_words()
    known = {message.id if isinstance(message.id, str) else message.id[0]: message for message in catalogue if message.id}
    result = [f"no Chinese: {msgid!r} ({place})" for msgid, place in wanted.items() if msgid not in known]
    result += [f"not used any more: {msgid!r}" for msgid in known if msgid not in wanted and msgid not in plain]
    for msgid, message in known.items():
        texts = [message.string] if isinstance(message.string, str) else list(message.string)
        for text in texts:
            if not text:
                result.append(f"empty Chinese: {msgid!r}")
            elif set(PLACEHOLDER.findall(text)) - set(PLACEHOLDER.findall(msgid)):
                result.append(f"other placeholders: {msgid!r} -> {text!r}")
    return result


def stale() -> bool:
    """Whether the committed catalogue differs from what its parts give."""
    from babel.messages.pofile import read_po

    with (TARGET / "messages.po").open("rb") as stream:
        held = {str(m.id): m.string for m in read_po(stream) if m.id}
    return held != {str(m.id): m.string for m in merged() if m.id}


if __name__ == "__main__":
    lines = faults() + (["the catalogue is not built from its parts: run make i18n"] if stale() else [])
    sys.stdout.write("".join(f"{line}\n" for line in lines) or "catalogues complete\n")
    sys.exit(1 if lines else 0)
