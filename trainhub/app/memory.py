"""What a serving process keeps in memory between requests."""

import ctypes
import gc

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # malloc.h of glibc
_LARGE = 1024 * 1024


def settle() -> None:
    """Keep little between requests. Called once, when the application is built and no thread runs yet.

    glibc gives each thread an arena of its own and keeps what a block once needed: after one password check
    (19 MiB) in each of eight threads a process would hold 150 MB for good. Two arenas do, and large blocks go
    back to the system. Other C libraries have no such knobs and no such habit. What was built at start-up stays
    for good; the collector need not look at it again.
    """
    try:
        knob = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        pass
    else:
        for name, value in ((_ARENA_MAX, 2), (_MMAP_THRESHOLD, _LARGE), (_TRIM_THRESHOLD, _LARGE)):
            knob(name, value)
    gc.collect()
    gc.freeze()
    gc.enable()
