"""The script of the roll, with its words and with what only a script can do, in one language.

A roll is opened many times and its script once: dialogs, key hints and sentences come with the script, which
browsers keep for a year, and the page carries the roll alone.
"""

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Response, abort, current_app, g, request, url_for
from flask_babel import get_locale, refresh
from flask_babel import gettext as _

from trainhub.attendance.messages import LEAVE_WORDS, LETTERS, STATUS_WORDS
from trainhub.attendance.views import blueprint
from trainhub.kernel.permissions import Permission
from trainhub.web.gate import needs
from trainhub.web.headers import kept
from trainhub.web.i18n import LOCALES
from trainhub.web.rendering import render

_KEYS = {"present": "1", "late": "2", "excused": "3", "absent": "4", "left_early": "5"}


@blueprint.route("/rolls/desk.<locale>.js")
@needs(Permission.PUBLIC_READ)
def desk(locale: str) -> Response:
    """The script in a language; it says nothing about anybody."""
    if locale not in LOCALES:
        abort(404)
    g.locale = locale
    refresh()
    script, digest = _script(locale, current_app.debug)
    response = Response(script, content_type="text/javascript; charset=utf-8")
    return kept(response) if request.args.get("v") == digest else response  # never another script under that name


def desk_url() -> str:
    """Return the address of the script in the reader's language, with its content in the name."""
    locale = str(get_locale() or LOCALES[0])
    return url_for("attendance.desk", locale=locale, v=_script(locale, current_app.debug)[1])


def _script(locale: str, fresh: bool) -> tuple[str, str]:
    """Return script and digest; ``fresh`` makes it anew each time, while developing."""
    return _build.__wrapped__(locale) if fresh else _build(locale)


@lru_cache(maxsize=len(LOCALES))
def _build(_locale: str) -> tuple[str, str]:
    """The words are the reader's; the locale is their key here."""
    words = json.dumps({"words": _words(), "html": _parts()}, ensure_ascii=True)
    code = (Path(current_app.static_folder or "") / "js" / "roll.js").read_text(encoding="utf-8")
    text = f"window.RollDesk = {words};\n{code}"
    return text, hashlib.sha256(text.encode()).hexdigest()[:12]


def _parts() -> str:
    """The markup that the script puts into the page."""
    status = {key: str(word) for key, word in STATUS_WORDS.items()}
    return render(
        "attendance/desk.html", choices=[(value, key, status[value]) for value, key in _KEYS.items()],
        statuses=[(value, status[value]) for value in ("present", "late", "left_early", "excused", "absent", "")],
        leave=[("", "–"), *((key, str(word)) for key, word in LEAVE_WORDS.items() if key)],
    )


def _words() -> dict[str, Any]:
    """The sentences that the script says; what it fills in stands in braces."""
    return {
        "status": {key or "": str(word) for key, word in STATUS_WORDS.items()}, "fifth": str(LETTERS["left_early"]),
        "set": _("marked %(word)s", word="{word}"), "undone": _("undone, back to %(word)s", word="{word}"),
        "cleared": _("cleared"), "saving": _("Saving…"), "saved": _("Saved %(at)s", at="{at}"), "waiting": _("to be sent"),
        "offline": _("No connection, you can go on marking. %(n)s changes are kept on this device and are sent as soon as it is back.", n="{n}"),
        "sending": _("%(n)s changes are being sent.", n="{n}"), "keep": _("Keep “%(word)s”", word="{word}"),
        "change": _("Change to “%(word)s”", word="{word}"), "rest": _("Mark the other %(n)s as present", n="{n}"),
        "finish": _("End the roll"), "failed": _("Not saved. Reload the page and look what is there."),
        "closed": _("Somebody ended this roll. Reload the page."), "more": _("People were added. Reload to see them."),
        "undofailed": _("There is nothing left to undo here."), "leaving": _("Some marks have not been sent yet."),
    }
