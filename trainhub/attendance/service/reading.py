"""A file becomes readings, in a child process and outside any transaction.

Where no reader finds its columns, the answer is what a person needs to name them; what they say is
remembered for files with the same headers.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from trainhub.attendance.choosing import choose
from trainhub.attendance.import_rules import COLUMN_FIELDS, columns_suffice
from trainhub.evidence import intake
from trainhub.evidence.outline import Outline, outline
from trainhub.kernel.errors import DomainError
from trainhub.plugin_api import AttendanceSource, ReadResult, Refused, SessionFrame, Upload
from trainhub.plugin_api.contracts import Trust
from trainhub.roster.import_rules import header_digest
from trainhub.roster.models import ColumnMapping

TYPED_TABLE = "tabular"
"""The source that reads tables by their column names; always installed, because every school types lists."""
KIND = "attendance"


class UnknownSource(DomainError):
    """No source of that key is registered, or none recognises the file."""

    code = "unknown_source"


class ColumnsMissing(DomainError):
    """Neither who nor what can be told from the columns chosen."""

    code = "columns_missing"


@dataclass(frozen=True, slots=True)
class NamedColumns:
    """What a person said about the columns of a kind of file: by which source it is read, field -> header."""

    source_key: str
    mapping: Mapping[str, str]

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> "NamedColumns":
        """Read what :meth:`dump` wrote."""
        return cls(str(stored.get("source", TYPED_TABLE)), dict(stored.get("columns", {})))

    def dump(self) -> dict[str, Any]:
        """Plain data for the database."""
        return {"source": self.source_key, "columns": dict(self.mapping)}


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file that was read in the child process.

    ``scores``: how sure each source was (0-100). ``named``: the columns a person named, now or for an
    earlier file with the same headers. ``needs_columns``: nothing was read, because no reader found its columns.
    """

    name: str
    sha256: str
    source_key: str
    face_to_face: bool
    result: ReadResult
    scores: Mapping[str, int] = field(default_factory=dict)
    shape: Outline | None = None
    named: NamedColumns | None = None
    needs_columns: bool = False
    trust: Trust = "witnessed"

    @property
    def signature(self) -> str:
        """Under which the names of these columns are remembered; "" where the file shows none."""
        return header_digest(self.shape.headers) if self.shape else ""


def read_attendance(
    upload: Upload, sources: Mapping[str, AttendanceSource], frame: SessionFrame, key: str = "auto",
    *, remembered: Mapping[str, NamedColumns] | None = None, ask: bool = False,
) -> ReadFile:
    """Read a file outside any transaction.

    ``remembered`` maps header signatures to columns named before. With ``ask`` a file whose columns
    nobody finds comes back with ``needs_columns`` instead of being refused. Raises Refused, UnknownSource.
    """
    files = {k: s for k, s in sources.items() if s.spec.kind == "file"}
    if key not in {"auto", *files}:
        raise UnknownSource(field="source")
    shape = _outline(upload)
    known = (remembered or {}).get(header_digest(shape.headers)) if shape else None
    if shape and known and known.source_key in files and key in {"auto", known.source_key}:
        return read_with_columns(upload, sources, frame, known, shape=shape)
    scores = intake.recognise(upload, list(files.values())) if key == "auto" else {}
    # Two kinds about equally sure: the officer is asked, nothing is guessed.
    chosen = choose(scores, files) if any(scores.values()) else "" if key == "auto" else key
    digest = hashlib.sha256(upload.content).hexdigest()
    asking = ask and shape is not None and TYPED_TABLE in files
    if key == "auto" and not scores.get(chosen):
        if not asking:
            raise UnknownSource(field="file")
        return _unread(upload, digest, TYPED_TABLE, files, shape)
    try:
        result = intake.read_attendance(upload, files[chosen], frame)
    except Refused as refused:
        if refused.code != "no_header" or not asking:
            raise
        return _unread(upload, digest, chosen, files, shape)
    if shape and result.columns:
        shape = _outline(upload, tuple(result.columns.values())) if not _shows(shape, result) else shape
    if asking and chosen == TYPED_TABLE and result.unmapped and _silent(result):
        return _unread(upload, digest, chosen, files, shape)
    spec = files[chosen].spec
    return ReadFile(upload.name, digest, chosen, spec.face_to_face, result, scores, shape, trust=spec.trust)


def read_with_columns(
    upload: Upload, sources: Mapping[str, AttendanceSource], frame: SessionFrame, named: NamedColumns,
    *, shape: Outline | None = None, sha256: str = "",
) -> ReadFile:
    """Read a file by the columns a person named. Raises Refused, UnknownSource, ColumnsMissing."""
    source = sources.get(named.source_key)
    if source is None or source.spec.kind != "file":
        raise UnknownSource(field="source")
    if not columns_suffice(named.mapping):
        raise ColumnsMissing(field="column-name")
    # A field left blank is said to be in none of the columns, so that its labels are not looked for either.
    mapping = {name: named.mapping.get(name, "") for name in COLUMN_FIELDS}
    result = intake.read_attendance(upload, source, frame, mapping)
    digest = sha256 or hashlib.sha256(upload.content).hexdigest()
    return ReadFile(upload.name, digest, named.source_key, source.spec.face_to_face, result, shape=shape, named=named,
                    trust=source.spec.trust)


def _outline(upload: Upload, expected: tuple[str, ...] = ()) -> Outline | None:
    """What the file shows as a table; None where it is none. Whether it is refused, its reader says."""
    try:
        return outline(intake.read_tables(upload), expected)
    except Refused:
        return None


def _silent(result: ReadResult) -> bool:
    """Whether names were found and nothing that anybody says about them: the telling columns go by other names."""
    return not any(r.punches or r.stated or r.remark for r in result.readings)


def _shows(shape: Outline, result: ReadResult) -> bool:
    return set(result.columns.values()) <= set(shape.headers)


def _unread(
    upload: Upload, digest: str, key: str, files: Mapping[str, AttendanceSource], shape: Outline | None
) -> ReadFile:
    spec = files[key].spec
    return ReadFile(upload.name, digest, key, spec.face_to_face, ReadResult("unread", ()), shape=shape, needs_columns=True,
                    trust=spec.trust)


def kept_upload(name: str, kept: str) -> Upload | None:
    """The table that was kept for naming its columns, as a file; None where it was not kept."""
    return Upload(name.rpartition(".")[0] + ".csv", kept.encode("utf-8-sig")) if kept else None


def remember_columns(
    session: Session, district_id: str, school_id: str, read: ReadFile, now: datetime
) -> None:
    """Remember the columns a person named, for the school's files with the same headers."""
    if read.named is None or not read.signature:
        return
    key = (district_id, school_id, KIND, read.signature)
    held = session.get(ColumnMapping, key)
    if held is None:
        session.add(ColumnMapping(district_id=district_id, school_id=school_id, kind=KIND,
                                  header_digest=read.signature, mapping=read.named.dump(), updated_at=now))
    else:
        held.mapping, held.updated_at = read.named.dump(), now


def shape_to_plain(shape: Outline | None) -> dict[str, Any]:
    """An outline as it is staged."""
    if shape is None:
        return {}
    return {"row": shape.row, "headers": list(shape.headers), "samples": {k: list(v) for k, v in shape.samples.items()},
            "kept": shape.kept}


def shape_from_plain(data: Mapping[str, Any]) -> Outline | None:
    """Read back what :func:`shape_to_plain` wrote."""
    if not data:
        return None
    return Outline(int(data["row"]), tuple(data["headers"]), {k: tuple(v) for k, v in data["samples"].items()}, str(data["kept"]))


__all__ = [
    "ColumnsMissing", "NamedColumns", "ReadFile", "UnknownSource", "kept_upload", "read_attendance", "read_with_columns",
    "remember_columns", "shape_from_plain", "shape_to_plain",
]
