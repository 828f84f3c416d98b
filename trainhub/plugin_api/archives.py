"""Zip-based workbooks and old binary workbooks, checked before any parser sees them.

What was checked is what gets parsed: a workbook is rebuilt from the members that were inflated and
counted here, so a second directory or a lying size cannot show another program other bytes.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Collection, Iterator
from typing import NamedTuple

from trainhub.plugin_api.contracts import Refused
from trainhub.plugin_api.limits import LIMITS, Limits

CHUNK = 256 * 1024
ZIP_MAGIC = b"PK\x03\x04"
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_NEEDED = re.compile(
    r"(?:\[Content_Types\]\.xml|_rels/\.rels|xl/workbook\.xml|xl/_rels/[^/]+\.rels|xl/styles\.xml"
    r"|xl/sharedStrings\.xml|xl/worksheets/[^/]+\.xml|content\.xml|mimetype|META-INF/manifest\.xml|styles\.xml)",
    re.IGNORECASE,
)
_FORBIDDEN_XML = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_FAR_COLUMN = re.compile(rb'<c r="(?:[A-Z]{3,}|[H-Z][A-Z]|G[S-Z])[0-9]+"[^>]*[^/]>')
_FAR_ROW = re.compile(rb'<c r="[A-Z]+(?:[3-9][0-9]{4}|[0-9]{6,})"[^>]*[^/]>')
_OVERLAP = 512


class Rebuilt(NamedTuple):
    """A workbook that may be parsed, and which kind it is."""

    kind: str
    content: bytes


def rebuild_workbook(content: bytes, limits: Limits) -> Rebuilt:
    """Check a zip-based workbook and return it rebuilt. Raises :class:`Refused`."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_directory(archive, limits)
            kind = _kind(archive)
            return Rebuilt(kind, _copy(archive, limits))
    except Refused:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError) as error:
        raise Refused("bad_archive") from error


def _check_directory(archive: zipfile.ZipFile, limits: Limits) -> None:
    members = archive.infolist()
    if len(members) > limits.members:
        raise Refused("too_many_members", limit=limits.members)
    names = [m.filename for m in members]
    if len({n.casefold() for n in names}) != len(names):
        raise Refused("bad_archive")
    for member in members:
        name = member.filename
        if name.startswith(("/", "\\")) or "\\" in name or ":" in name or ".." in name.split("/"):
            raise Refused("unsafe_path")
        if member.flag_bits & 0x1:
            raise Refused("encrypted")
        if (member.external_attr >> 16) & 0o170000 == 0o120000:
            raise Refused("unsafe_path")
    if sum(m.file_size for m in members) > limits.inflated_bytes:
        raise Refused("inflated_too_large", limit_mb=limits.inflated_bytes // 2**20)


def _kind(archive: zipfile.ZipFile) -> str:
    names = {m.filename for m in archive.infolist()}
    if any(n.lower().endswith(("vbaproject.bin", ".exe", ".dll")) for n in names):
        raise Refused("macro_file")
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "EncryptedPackage" in names:
        raise Refused("encrypted")
    if "content.xml" in names and "mimetype" in names:
        with archive.open("mimetype") as stream:
            if b"spreadsheet" in stream.read(200):
                return "ods"
    raise Refused("not_a_table")


def _copy(archive: zipfile.ZipFile, limits: Limits) -> bytes:
    total = 0
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as target:
        for member in archive.infolist():
            keep = _NEEDED.fullmatch(member.filename) is not None
            pieces: list[bytes] = []
            size = 0
            for piece in _checked(archive, member):
                size += len(piece)
                total += len(piece)
                _check_growth(member, size, total, limits)
                if keep:
                    pieces.append(piece)
            if keep:
                body = b"".join(pieces)
                if member.filename == "[Content_Types].xml" and b"macroEnabled" in body:
                    raise Refused("macro_file")
                target.writestr(zipfile.ZipInfo(member.filename), body)
    return out.getvalue()


def _check_growth(member: zipfile.ZipInfo, size: int, total: int, limits: Limits) -> None:
    if total > limits.inflated_bytes:
        raise Refused("inflated_too_large", limit_mb=limits.inflated_bytes // 2**20)
    # A megabyte of repeated cells may legitimately shrink a lot; more than that is a bomb.
    if size > 2**20 and size > limits.inflation_ratio * max(1, member.compress_size):
        raise Refused("inflated_too_large", limit_mb=limits.inflated_bytes // 2**20)


def _checked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    is_xml = member.filename.lower().endswith((".xml", ".rels", ".vml"))
    is_sheet = is_xml and "worksheets/" in member.filename
    tail = b""
    with archive.open(member) as stream:
        while piece := stream.read(CHUNK):
            if is_xml:
                if not tail and piece[:2] in (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<"):
                    raise Refused("entities_forbidden")  # UTF-16 hides a declaration from a byte search
                window = tail + piece
                if _FORBIDDEN_XML.search(window):
                    raise Refused("entities_forbidden")
                if is_sheet and _FAR_COLUMN.search(window):
                    raise Refused("too_many_columns", limit=200)
                if is_sheet and _FAR_ROW.search(window):
                    raise Refused("too_many_rows", limit=20_000)
                tail = window[-_OVERLAP:]
            yield piece


def read_members(content: bytes, names: Collection[str], limits: Limits = LIMITS) -> dict[str, bytes]:
    """Return the members of a zip that bear one of ``names`` (last part of the path, lower case), and no others.

    Raises :class:`Refused` for a damaged, encrypted, escaping or inflating archive, and where a name comes twice.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_directory(archive, limits)
            return _named(archive, names, limits)
    except Refused:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError) as error:
        raise Refused("bad_archive") from error


def _named(archive: zipfile.ZipFile, names: Collection[str], limits: Limits) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    total = 0
    for member in archive.infolist():
        name = member.filename.rpartition("/")[2].lower()
        if name not in names:
            continue
        if name in found:
            raise Refused("bad_archive")
        pieces = []
        size = 0
        for piece in _checked(archive, member):
            size, total = size + len(piece), total + len(piece)
            _check_growth(member, size, total, limits)
            pieces.append(piece)
        found[name] = b"".join(pieces)
    return found


def check_old_workbook(content: bytes) -> None:
    """Refuse an OLE file that is encrypted, carries macros or is no workbook. Raises :class:`Refused`."""

    def holds(name: str) -> bool:
        return name.encode("utf-16-le") in content

    if holds("EncryptedPackage"):
        raise Refused("encrypted")
    if holds("_VBA_PROJECT"):
        raise Refused("macro_file")
    if not (holds("Workbook") or holds("Book")):
        raise Refused("not_a_table")
