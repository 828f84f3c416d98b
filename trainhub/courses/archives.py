"""A course pack that arrives as a ZIP archive. Nothing is unpacked to a disk before it was read and checked."""

import io
import re
import stat
import zipfile
import zlib

from trainhub.courses.packs import COURSE, MAX_DESCRIPTION_BYTES, MAX_FILES, MAX_TEXT_BYTES
from trainhub.courses.rules import PackProblem
from trainhub.kernel.errors import DomainError

MAX_ARCHIVE_BYTES = 2 * 1024 * 1024
MAX_INFLATED_BYTES = 4 * 1024 * 1024
_IGNORED = re.compile(r"(?:^|/)(?:__MACOSX/|\._|\.DS_Store$|Thumbs\.db$)")
_CHUNK = 64 * 1024


class BadArchive(DomainError):
    """The upload is no archive of a course pack; ``why`` is a code of :data:`trainhub.courses.messages.ARCHIVES`."""

    code = "pack_bad_archive"


class ArchiveFiles:
    """The files of a pack in an archive, held in memory. ``files`` maps names inside the pack to bytes."""

    def __init__(self, content: bytes) -> None:
        self.problems: list[PackProblem] = []
        self.files = _read(content)

    def holds(self, name: str) -> bool:
        """Whether there is a file of that name."""
        return name in self.files

    def listed(self) -> list[str]:
        """Return the names of the Markdown files of units and hand-outs."""
        return sorted(n for n in self.files if n.endswith(".md") and n.startswith(("units/", "handouts/")))

    def text(self, name: str, limit: int) -> str | None:
        """Return the text of a file, or None and a problem."""
        body = self.files.get(name)
        if body is None:
            self.problems.append(PackProblem("file_missing", name))
            return None
        if len(body) > limit:
            self.problems.append(PackProblem("file_too_large", name, params={"limit": limit // 1024}))
            return None
        try:
            text = body.decode("utf-8-sig")
        except UnicodeDecodeError:
            self.problems.append(PackProblem("not_utf8", name))
            return None
        if "\x00" in text:
            self.problems.append(PackProblem("control_character", name))
            return None
        return text


def _read(content: bytes) -> dict[str, bytes]:
    if len(content) > MAX_ARCHIVE_BYTES:
        raise BadArchive(field="archive", why="too_large")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [m for m in archive.infolist() if not m.is_dir() and not _IGNORED.search(m.filename)]
            _check(members)
            root = _root(members)
            return {m.filename.removeprefix(root): _inflate(archive, m) for m in members if m.filename.startswith(root)}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError) as error:
        raise BadArchive(field="archive", why="unreadable") from error


def _check(members: list[zipfile.ZipInfo]) -> None:
    """Refuse what could exhaust the machine or leave the pack, before anything is inflated."""
    if len(members) > MAX_FILES:
        raise BadArchive(field="archive", why="too_many")
    if sum(m.file_size for m in members) > MAX_INFLATED_BYTES:
        raise BadArchive(field="archive", why="too_large")
    names = [m.filename for m in members]
    if len({name.casefold() for name in names}) != len(names):
        raise BadArchive(field="archive", why="unsafe")
    for member in members:
        name = member.filename
        outside = name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/") or "\x00" in name
        link = stat.S_ISLNK(member.external_attr >> 16)
        if outside or link or member.flag_bits & 0x1:
            raise BadArchive(field="archive", why="unsafe")


def _root(members: list[zipfile.ZipInfo]) -> str:
    """The folder in the archive that holds course.yaml: none, or a single one."""
    roots = [m.filename.removesuffix(COURSE) for m in members if m.filename.rpartition("/")[2] == COURSE]
    if len(roots) != 1 or roots[0].count("/") > 1:
        raise BadArchive(field="archive", why="several" if roots else "no_pack")
    return roots[0]


def _inflate(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """Read a member and stop where it is longer than any file of a pack may be, whatever its header says."""
    limit = max(MAX_TEXT_BYTES, MAX_DESCRIPTION_BYTES) + 1
    pieces, size = [], 0
    with archive.open(member) as stream:
        while size < limit and (piece := stream.read(min(_CHUNK, limit - size))):
            pieces.append(piece)
            size += len(piece)
    return b"".join(pieces)
