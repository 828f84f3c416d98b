"""Sources that do what a plugin must not do, for the reading child to survive."""

import os
import time
from collections.abc import Mapping
from pathlib import Path

from trainhub.plugin_api import ReadResult, Refused, SessionFrame, SourceSpec, Upload


class Misbehaving:
    """Base: a file source that answers nothing."""

    spec = SourceSpec(key="misbehaving", label="x", kind="file", trust="witnessed")

    def recognise(self, upload: Upload) -> int:
        return 1

    def read(self, upload: Upload, frame: SessionFrame, mapping: Mapping[str, str] | None = None) -> ReadResult:
        return ReadResult("none", ())


class Hangs(Misbehaving):
    def read(self, upload: Upload, frame: SessionFrame, mapping: Mapping[str, str] | None = None) -> ReadResult:
        time.sleep(60)
        raise AssertionError


class Spins(Misbehaving):
    def read(self, upload: Upload, frame: SessionFrame, mapping: Mapping[str, str] | None = None) -> ReadResult:
        while True:
            pass


class EatsMemory(Misbehaving):
    def read(self, upload: Upload, frame: SessionFrame, mapping: Mapping[str, str] | None = None) -> ReadResult:
        hoard = []
        while True:
            hoard.append(bytes(50_000_000))


class Dies(Misbehaving):
    def read(self, upload: Upload, frame: SessionFrame, mapping: Mapping[str, str] | None = None) -> ReadResult:
        os._exit(3)


class Aborts(Misbehaving):
    def read(self, upload: Upload, frame: SessionFrame, mapping: Mapping[str, str] | None = None) -> ReadResult:
        os.abort()


class Raises(Misbehaving):
    def read(self, upload: Upload, frame: SessionFrame, mapping: Mapping[str, str] | None = None) -> ReadResult:
        raise RuntimeError("赵一的身份证号")


class Refuses(Misbehaving):
    def read(self, upload: Upload, frame: SessionFrame, mapping: Mapping[str, str] | None = None) -> ReadResult:
        raise Refused("no_header")


class Writes(Misbehaving):
    def read(self, upload: Upload, frame: SessionFrame, mapping: Mapping[str, str] | None = None) -> ReadResult:
        Path("left-behind.txt").write_text("x" * 100)
        return ReadResult("none", ())


class Tells(Misbehaving):
    """Answers with the names of its environment variables."""

    def read(self, upload: Upload, frame: SessionFrame, mapping: Mapping[str, str] | None = None) -> ReadResult:
        return ReadResult(",".join(sorted(os.environ)), ())


class FromOutside(Misbehaving):
    """Not misbehaving at all: a plugin from outside with a binary layout of its own."""

    spec = SourceSpec(key="outside", label="x", kind="file", trust="device")
    outside = True

    def recognise(self, upload: Upload) -> int:
        return {b"GATE": 99, b"GUES": 60}.get(upload.content[:4], 0)
