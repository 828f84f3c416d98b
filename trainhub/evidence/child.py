"""The process that opens a stranger's file. Started by ``intake``, one per upload, then gone.

It gets one JSON line and the file's bytes on standard input and answers with one JSON document. It has
no settings, no secrets and no database, and may not write a file.
"""

import importlib
import json
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Any, cast

from trainhub.evidence import wire
from trainhub.evidence.rules import NO_TABLE, OUTPUT_BYTES, SURE
from trainhub.plugin_api.contracts import AttendanceSource, Refused, Upload
from trainhub.plugin_api.documents import looks_like_json, read_json
from trainhub.plugin_api.exchange import Explainer, RosterImporter
from trainhub.plugin_api.limits import Limits
from trainhub.plugin_api.tables import read_tables


def _confine(limits: Limits) -> None:
    """Bound memory, processor time and files where the system can (POSIX)."""
    try:
        import resource
    except ImportError:  # Windows: the wall-clock limit of the parent remains
        return
    bounds = (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, limits.seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    )
    for what, wanted in bounds:
        hard = resource.getrlimit(what)[1]
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(what, (most, most))


def _source(reference: str) -> AttendanceSource:
    module, _, name = reference.partition(":")
    found: AttendanceSource = getattr(importlib.import_module(module), name)()
    return found


def _answer(request: dict[str, Any], upload: Upload, sources: dict[str, AttendanceSource], limits: Limits) -> Any:
    if request["op"] == "tables":
        return wire.pack_tables(read_tables(upload, limits, request.get("encoding")))
    if request["op"] == "recognise":
        return _recognised(upload, sources, limits)
    if request["op"] == "knows":
        return {name: cast("Explainer", one).knows(upload) for name, one in sources.items()}
    (source,) = sources.values()
    if request["op"] in {"recognise_alone", "knows_alone"}:
        ask = source.recognise if request["op"] == "recognise_alone" else cast("Explainer", source).knows
        return _sure_in_time(ask, upload, request["milliseconds"])
    if request["op"] == "explain":
        return dict(cast("Explainer", source).explain(upload))
    if request["op"] == "roster":
        return wire.pack_roster(cast("RosterImporter", source).read(upload, request["kind"]))
    result = source.read(upload, wire.unpack_frame(request["frame"]), request.get("mapping"))
    return wire.pack_result(result)


def _recognised(upload: Upload, sources: Mapping[str, AttendanceSource], limits: Limits) -> dict[str, int]:
    """Ask every source. A hostile file is refused before any of them guesses.

    What is only no table (a log of a device, parts of a pushed event), or longer than a table may be, may still
    be a layout of which a source is sure; such a source reads it under limits of its own.
    """
    refused: Refused | None = None
    try:
        read_json(upload, limits) if looks_like_json(upload.content) else read_tables(upload, limits)
    except Refused as error:
        if error.code not in NO_TABLE:
            raise
        refused = error
    scores = {key: source.recognise(upload) for key, source in sources.items()}
    if refused is not None and max(scores.values(), default=0) < SURE:
        raise refused
    return scores


def _sure_in_time(ask: Callable[[Upload], int], upload: Upload, milliseconds: int) -> int:
    """Ask a source from outside; one that hangs is interrupted where the system can (POSIX)."""
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, _too_slow)
        signal.setitimer(signal.ITIMER_REAL, milliseconds / 1000)
    return int(ask(upload))


def _too_slow(_signal: int, _frame: Any) -> None:
    raise TimeoutError


def run(header: bytes, content: bytes) -> bytes:
    """Answer one request: ``{"ok": ...}``, ``{"refused": [code, params]}`` or ``{"failed": type}``."""
    request = json.loads(header)
    limits = Limits(**request["limits"])
    sources = {key: _source(reference) for key, reference in request.get("sources", {}).items()}
    _confine(limits)
    try:
        answer = wire.dump({"ok": _answer(request, Upload(request["name"], content), sources, limits)})
    except Refused as refused:
        return wire.dump({"refused": [refused.code, refused.params]})
    except MemoryError:
        return wire.dump({"refused": ["out_of_memory", {}]})
    except Exception as error:  # noqa: BLE001
        # Whatever a source trips over, the answer names the kind of trouble and never the cell.
        return wire.dump({"failed": type(error).__name__})
    if len(answer) > OUTPUT_BYTES:
        return wire.dump({"refused": ["out_of_memory", {}]})
    return answer


def main() -> None:
    """Serve the one request on standard input."""
    header = sys.stdin.buffer.readline()
    sys.stdout.buffer.write(run(header, sys.stdin.buffer.read()))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
