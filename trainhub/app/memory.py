"""What a serving process keeps in memory between requests."""

import ctypes
import gc
from typing import Any, cast

from flask import Flask

from trainhub.web.i18n import LOCALES
from trainhub.web.rendering import Site

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # malloc.h of glibc
_LARGE = 1024 * 1024
_FIRST_TEMPLATES = ("web/layout.html", "web/_m.html", "web/error.html", "accounts/sign_in.html")


def settle(app: Flask) -> None:
    """Keep little between requests. Called once, when the application is built and no thread runs yet.

    glibc gives each thread an arena of its own and keeps what a block once needed: after one password check
    (19 MiB) in each of eight threads a process would hold 150 MB for good. Two arenas do, and large blocks go
    back to the system. What every first page compiles is compiled here, so that what compiling leaves behind
    goes back as well. What was built until now stays for good; the collector need not look at it again.
    """
    libc = _glibc()
    if libc:
        for name, value in ((_ARENA_MAX, 2), (_MMAP_THRESHOLD, _LARGE), (_TRIM_THRESHOLD, _LARGE)):
            libc.mallopt(name, value)
    for template in _FIRST_TEMPLATES:
        cast("Site", app).pages(LOCALES[0]).get_template(template)
    gc.collect()
    gc.freeze()
    gc.enable()
    if libc:
        libc.malloc_trim(0)


def _glibc() -> Any:
    """The C library, where it is glibc; others have no such knobs and no such habit."""
    try:
        libc = ctypes.CDLL(None)
    except (OSError, TypeError):
        return None
    return libc if hasattr(libc, "mallopt") and hasattr(libc, "malloc_trim") else None
