"""The keys that seal what is in the database: from the environment, or from a file that only its owner reads."""

import os
from collections.abc import Mapping
from pathlib import Path

MIN_KEY_LENGTH = 32
_WEAK = ("secret", "changeme", "password", "trainhub", "test", "dev", "key", "example")


class WeakKey(RuntimeError):
    """A key is missing, short, guessable, or lies open to others."""


def check_key(key: str, name: str = "TRAINHUB_SECRET_KEY") -> str:
    """Return the key, or raise :class:`WeakKey` saying how to make a good one."""
    distinct = len(set(key))
    if len(key) < MIN_KEY_LENGTH or distinct < 10 or any(key.casefold().startswith(w) for w in _WEAK):
        written = "`trainhub init` writes a good one, or run" if name == "TRAINHUB_SECRET_KEY" else "Run"
        raise WeakKey(
            f"{name} is missing or weak. {written}: "
            'python -c "import secrets; print(secrets.token_urlsafe(48))"'
        )
    return key


def sealing_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of :func:`trainhub.web.keys.key_ring`. Raises :class:`WeakKey`; no key stands in its sentence.

    ``TRAINHUB_SEALING_KEY_FILE`` holds one key per line: the current one first, then former ones from the newest to the
    oldest; a line ``mark:KEY`` the key of marks. Former keys are not judged: a weak one must be there to get rid of it.
    """
    current, mark = environ.get("TRAINHUB_SEALING_KEY", ""), environ.get("TRAINHUB_MARK_KEY", "")
    former = [one.strip() for one in environ.get("TRAINHUB_SEALING_KEYS_FORMER", "").split(",") if one.strip()]
    if name := environ.get("TRAINHUB_SEALING_KEY_FILE", ""):
        if current or former or mark:
            raise WeakKey("Sealing keys stand in a file and in variables. Leave out one of them, so that it is plain which count.")
        current, former, mark = _from_file(Path(name))
    if current:
        check_key(current, "TRAINHUB_SEALING_KEY")
    elif former:
        raise WeakKey("There are former sealing keys and no current one. Set TRAINHUB_SEALING_KEY.")
    return {
        "TRAINHUB_SEALING_KEY": current, "TRAINHUB_SEALING_KEYS_FORMER": ",".join(former), "TRAINHUB_MARK_KEY": mark,
    }


def _from_file(path: Path) -> tuple[str, list[str], str]:
    try:
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise WeakKey(f"{path} may be read by others than its owner. Run: chmod 600 {path}")
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise WeakKey(f"{path}: the file of the sealing keys cannot be read ({type(error).__name__}).") from error
    keys = [line for line in lines if line and not line.startswith(("#", "mark:"))]
    marks = [line.removeprefix("mark:").strip() for line in lines if line.startswith("mark:")]
    if not keys or len(marks) > 1 or any("," in key for key in keys):
        raise WeakKey(f"{path} must hold the current sealing key in its first line, one key per line, and at most one line mark:KEY.")
    return keys[0], keys[1:], marks[0] if marks else ""
