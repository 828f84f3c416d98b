"""Files are read in a child process with a memory, processor and wall-clock limit.

A child that dies, hangs or eats memory ends in :class:`Refused`; the process that serves pages lives on.
"""

import dataclasses
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from trainhub.evidence import wire
from trainhub.evidence.rules import NO_TABLE, SURE
from trainhub.plugin_api import (
    AttendanceSource,
    Explainer,
    ReadResult,
    Refused,
    RosterImporter,
    RosterTable,
    SessionFrame,
    Upload,
)
from trainhub.plugin_api.limits import LIMITS, Limits
from trainhub.plugin_api.tables import Tables

log = logging.getLogger(__name__)
Reader = AttendanceSource | RosterImporter | Explainer

_PASSED_ON = ("PATH", "SYSTEMROOT", "TEMP", "TMP")
_TIME_OVER = {-int(getattr(signal, name)) for name in ("SIGXCPU", "SIGKILL") if hasattr(signal, name)}
ALONE_MILLISECONDS, ALONE_SECONDS = 250, 2
"""How long a source from outside may think about a file; the seconds are for those that cannot be interrupted."""
_ITS_FAULT = frozenset({"source_failed", "timeout", "reader_crashed", "out_of_memory"})
_ABORTED = -int(signal.SIGABRT)


def read_tables(upload: Upload, *, encoding: str | None = None, limits: Limits = LIMITS) -> Tables:
    """Return the typed tables of a file. Raises :class:`trainhub.plugin_api.Refused`."""
    return wire.unpack_tables(_ask({"op": "tables", "encoding": encoding}, upload, limits))


def read_attendance(
    upload: Upload,
    source: AttendanceSource,
    frame: SessionFrame,
    mapping: Mapping[str, str] | None = None,
    *,
    limits: Limits = LIMITS,
) -> ReadResult:
    """Run ``source.read`` in the child. Raises :class:`trainhub.plugin_api.Refused`.

    The source is found again in the child by its class, so file sources take no constructor arguments.
    """
    request = {
        "op": "read",
        "sources": {source.spec.key: _reference(source)},
        "frame": wire.pack_frame(frame),
        "mapping": dict(mapping) if mapping else None,
    }
    try:
        return wire.unpack_result(_ask(request, upload, limits))
    except Refused as refused:
        _blame(source, "read", refused)
        raise


def read_roster(
    upload: Upload, importer: RosterImporter, kind: Literal["staff", "students"], *, limits: Limits = LIMITS
) -> RosterTable:
    """Run ``importer.read`` in the child. Raises :class:`trainhub.plugin_api.Refused`."""
    request = {"op": "roster", "sources": {importer.spec.key: _reference(importer)}, "kind": kind}
    try:
        return wire.unpack_roster(_ask(request, upload, limits))
    except Refused as refused:
        _blame(importer, "read", refused)
        raise


def knows(upload: Upload, readers: Mapping[str, Explainer], *, limits: Limits = LIMITS) -> dict[str, int]:
    """Return how sure each reader is that it can explain a file (0-100); one from outside is asked alone."""
    ours = {name: one for name, one in readers.items() if not getattr(one, "outside", False)}
    answer: dict[str, int] = _ask({"op": "knows", "sources": {n: _reference(one) for n, one in ours.items()}}, upload, limits)
    for name, one in readers.items():
        if name not in ours and not getattr(one, "broken_off", False):
            answer[name] = _asked_alone(upload, one, limits, "knows")
    return answer


def explain(upload: Upload, reader: Explainer, *, limits: Limits = LIMITS) -> dict[str, Any]:
    """Run ``reader.explain`` in the child. Raises :class:`trainhub.plugin_api.Refused`."""
    try:
        found: dict[str, Any] = _ask({"op": "explain", "sources": {"one": _reference(reader)}}, upload, limits)
    except Refused as refused:
        _blame(reader, "explain", refused)
        raise
    return found


def recognise(upload: Upload, sources: Sequence[AttendanceSource | RosterImporter], *, limits: Limits = LIMITS) -> dict[str, int]:
    """Return how sure each source is (0-100 by source key). A file that must be refused raises ``Refused``.

    Sources that came with TrainHub share a child; one from outside is asked in a child of its own, so that it
    costs only its own answer when it fails or hangs. A file that is no table is refused only when none of them,
    from outside or not, is sure of it.
    """
    ours = [s for s in sources if not getattr(s, "outside", False)]
    no_table: Refused | None = None
    try:
        answer: dict[str, int] = _ask({"op": "recognise", "sources": {s.spec.key: _reference(s) for s in ours}}, upload, limits)
    except Refused as refused:
        if refused.code not in NO_TABLE:
            raise
        no_table, answer = refused, dict.fromkeys((s.spec.key for s in ours), 0)
    for source in sources:
        if getattr(source, "outside", False) and not getattr(source, "broken_off", False):
            answer[source.spec.key] = _asked_alone(upload, source, limits)
    if no_table is not None and max(answer.values(), default=0) < SURE:
        raise no_table
    return answer


def _asked_alone(upload: Upload, source: Reader, limits: Limits, method: str = "recognise") -> int:
    request = {
        "op": f"{method}_alone", "milliseconds": ALONE_MILLISECONDS, "sources": {"one": _reference(source)},
    }
    try:
        sure: int = _ask(request, upload, dataclasses.replace(limits, seconds=ALONE_SECONDS))
    except Refused as refused:
        _blame(source, method, refused)
        return 0
    return sure


def _blame(source: Reader, method: str, refused: Refused) -> None:
    """Tell the guard of a source from outside (``plugin_host``) that it failed in the child."""
    note = getattr(source, "note_failure", None)
    if note is not None and getattr(source, "outside", False) and refused.code in _ITS_FAULT:
        slow = refused.code == "timeout" or refused.params.get("error") == "TimeoutError"
        note(method, "slow" if slow and method in {"recognise", "knows"} else "failed", refused.params.get("error", refused.code))


def _reference(source: Reader) -> str:
    plain = getattr(source, "__wrapped__", source)
    return f"{type(plain).__module__}:{type(plain).__qualname__}"


def _environment() -> dict[str, str]:
    """The child gets the module path and nothing that could hold a secret."""
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return kept | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "PYTHONUTF8": "1"}


def _ask(request: dict[str, Any], upload: Upload, limits: Limits) -> Any:
    if len(upload.content) > limits.upload_bytes:
        raise Refused("too_large", limit_mb=limits.upload_bytes // 2**20)
    header = json.dumps(request | {"name": upload.name, "limits": dataclasses.asdict(limits)}) + "\n"
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "trainhub.evidence.child"],
            input=header.encode() + upload.content,
            capture_output=True,
            timeout=limits.seconds,
            env=_environment(),
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Refused("timeout", seconds=limits.seconds) from error
    return _open_answer(done, limits)


def _open_answer(done: subprocess.CompletedProcess[bytes], limits: Limits) -> Any:
    try:
        answer = wire.load(done.stdout)
    except ValueError as error:
        log.warning("reading child ended without an answer: exit %s", done.returncode)
        if done.returncode in _TIME_OVER:
            raise Refused("timeout", seconds=limits.seconds) from error
        raise Refused("out_of_memory" if done.returncode == _ABORTED else "reader_crashed") from error
    if "refused" in answer:
        code, params = answer["refused"]
        raise Refused(code, **params)
    if "failed" in answer:
        log.warning("source failed in the reading child: %s", answer["failed"])
        raise Refused("source_failed", error=answer["failed"])
    return answer["ok"]
