"""Packs that lie ready: those that came with TrainHub, and those that were uploaded. Reading and keeping files only."""

import os
import shutil
import tempfile
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from trainhub.courses.archives import ArchiveFiles
from trainhub.courses.comparing import PackChanges, compare
from trainhub.courses.packs import COURSE, QUIZ, SHIPPED, pack_folders, read_files, read_folder
from trainhub.courses.queries import Installed
from trainhub.courses.rules import Pack, PackProblem, usable
from trainhub.kernel.errors import DomainError

Source = Literal["shipped", "uploaded"]


class PackNotKept(DomainError):
    """The uploaded pack could not take its place, as a rule because another upload of it took it at that moment."""

    code = "pack_not_kept"
    status = 409


@dataclass(frozen=True, slots=True)
class ReadyPack:
    """A pack folder as it was read. ``pack`` is None where it cannot be read at all."""

    source: Source
    folder: str
    pack: Pack | None
    problems: tuple[PackProblem, ...]
    changes: PackChanges | None = None

    @property
    def usable(self) -> bool:
        """Whether it may be installed."""
        return self.pack is not None and usable(self.problems)


Signature = tuple[tuple[str, int, int], ...]


def _signature(path: Path) -> Signature:
    """Names, times and sizes of the files of a folder: equal as long as nobody touched it."""
    found = [Path(top) / name for top, _, names in os.walk(path) for name in names]
    return tuple(sorted((str(file.relative_to(path)), (stat := file.lstat()).st_mtime_ns, stat.st_size) for file in found))


@lru_cache(maxsize=64)
def _read_once(path: Path, known: frozenset[str], signature: Signature) -> tuple[Pack | None, tuple[PackProblem, ...]]:
    """Read a folder again only after a change: two dozen packs take a second of computing."""
    pack, problems = read_folder(path, known)
    return pack, tuple(problems)


class Shelf:
    """The folders in which packs lie: ``shipped`` beside the code, ``uploaded`` in the data folder."""

    def __init__(self, data: Path, known_types: Collection[str], shipped: Path = SHIPPED) -> None:
        self._roots: dict[Source, Path] = {"shipped": shipped, "uploaded": data / "packs"}
        self._known = frozenset(known_types)

    def packs(self) -> list[ReadyPack]:
        """Read every pack that lies ready, uploaded ones first."""
        sources: tuple[Source, ...] = ("uploaded", "shipped")
        return [
            self._read(source, path)
            for source in sources
            if self._roots[source].is_dir()
            for path in pack_folders(self._roots[source])
            if not path.name.startswith(".")
        ]

    def pack(self, source: str, folder: str) -> ReadyPack | None:
        """Read one pack; None where there is no such folder."""
        for name, root in self._roots.items():
            if name == source and root.is_dir():
                return next((self._read(name, path) for path in pack_folders(root) if path.name == folder), None)
        return None

    def _read(self, source: Source, path: Path) -> ReadyPack:
        pack, problems = _read_once(path, self._known, _signature(path))
        return ReadyPack(source, path.name, pack, problems)

    def keep(self, content: bytes) -> ReadyPack:
        """Read an archive and keep its files among the uploaded packs, if it is usable.

        Only the files that course.yaml names are written, under their checked names. A pack of the same id is
        replaced as a whole. Raises :class:`trainhub.courses.archives.BadArchive`, :class:`PackNotKept`.
        """
        files = ArchiveFiles(content)
        pack, problems = read_files(files, self._known)
        ready = ReadyPack("uploaded", pack.id if pack else "", pack, tuple(problems))
        if pack is not None and ready.usable:
            names = [COURSE, *([QUIZ] if files.holds(QUIZ) else []), *(part.file for part in pack.parts)]
            _write(self._roots["uploaded"], pack.id, {name: files.files[name] for name in names})
        return ready


def _write(root: Path, pack_id: str, files: Mapping[str, bytes]) -> None:
    """Write a pack beside its place and move it there, so that nobody ever reads half of it."""
    root.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=".new-", dir=root))
    try:
        for name, body in files.items():
            place = fresh / name
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(body)
        fresh.chmod(0o755)
        _take_place(fresh, root / pack_id)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _take_place(fresh: Path, place: Path) -> None:
    """Move a folder to its place; where that fails, what lay there before lies there again. Raises PackNotKept."""
    aside = Path(tempfile.mkdtemp(prefix=".old-", dir=place.parent))
    old = aside / place.name
    try:
        with suppress(FileNotFoundError):  # none lies there, or another upload has just taken it away
            place.replace(old)
        fresh.replace(place)
    except OSError as error:
        with suppress(OSError):  # the other upload has put its own there
            if old.exists():
                old.replace(place)
        raise PackNotKept from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def beside(ready: ReadyPack, held: Mapping[str, Installed]) -> PackChanges | None:
    """What installing a pack would change; None where it cannot be installed."""
    if ready.pack is None or not ready.usable:
        return None
    found = held.get(ready.pack.id)
    return compare(ready.pack, found.current if found else None, found.digests if found else {})
