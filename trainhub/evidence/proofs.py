"""What an uploaded proof may be, and what is taken out of it before it is kept. Pure.

A scan is kept as it is, but for what cameras and phones write beside the picture: place, device, owner.
"""

import struct
from typing import ClassVar

from trainhub.kernel.errors import DomainError

PROOF_BYTES = 8 * 1024 * 1024
"""A page scanned at 300 dpi has about a tenth of it."""

SUFFIXES = {"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png"}
"""Kinds of files that are kept, with the ending they are given back with."""


class BadProof(DomainError):
    """The file is empty, or neither a PDF nor a JPEG nor a PNG picture, whatever its name says."""

    code = "bad_proof"


class ProofTooLarge(DomainError):
    """The file is larger than a scan needs to be."""

    code = "proof_too_large"
    status: ClassVar[int] = 413


def media_type_of(content: bytes) -> str:
    """The kind of a file by its first bytes. Raises :class:`BadProof`, :class:`ProofTooLarge`."""
    if len(content) > PROOF_BYTES:
        raise ProofTooLarge(field="scan", limit_mb=PROOF_BYTES // 2**20)
    if content.startswith(b"%PDF-"):
        return "application/pdf"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(_PNG):
        return "image/png"
    raise BadProof(field="scan")


def without_metadata(content: bytes, media_type: str) -> bytes:
    """The same picture without place, device and remarks. Raises :class:`BadProof` where it is damaged."""
    try:
        if media_type == "image/jpeg":
            return _jpeg(content)
        return _png(content) if media_type == "image/png" else content
    except (struct.error, IndexError) as error:
        raise BadProof(field="scan") from error


_PNG = b"\x89PNG\r\n\x1a\n"
_SOS, _COMMENT, _ICC = 0xDA, 0xFE, 0xE2
_KEPT_APP = {0xE0, 0xE2, 0xEE}
"""Application segments that a viewer needs: JFIF, colour profile, Adobe's colour transform."""


def _jpeg(content: bytes) -> bytes:
    """Walk the segments to the end of the picture; what a phone hangs behind it (a film, a second picture) is dropped."""
    kept, at = [content[:2]], 2
    while True:
        if content[at] != 0xFF:
            raise IndexError
        marker, length = content[at + 1], struct.unpack(">H", content[at + 2 : at + 4])[0]
        end = at + 2 + length
        if end > len(content) or length < 2:
            raise IndexError
        if marker == _SOS:
            end = _scan_end(content, end)
        extra = (0xE0 <= marker <= 0xEF and marker not in _KEPT_APP) or (
            marker == _ICC and not content.startswith(b"ICC_PROFILE\0", at + 4)
        )
        if not extra and marker != _COMMENT:
            kept.append(content[at:end])
        if marker == _SOS and content[end + 1 : end + 2] in {b"", b"\xd9"}:
            return b"".join([*kept, content[end : end + 2]])
        at = end


def _scan_end(content: bytes, at: int) -> int:
    """Where the picture data that begin at ``at`` end: the next marker that is no part of them, or the end of the file."""
    while (at := content.find(b"\xff", at)) >= 0:
        following = content[at + 1 : at + 2]
        if not following:
            break
        if following[0] not in {0x00, 0xFF} and not 0xD0 <= following[0] <= 0xD7:
            return at
        at += 1 if following[0] == 0xFF else 2
    return len(content)


_PNG_KEPT = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"sBIT", b"bKGD", b"pHYs"}  # fmt: skip
"""Chunks that a viewer needs; a program may hide anything in others."""


def _png(content: bytes) -> bytes:
    kept, at = [_PNG], len(_PNG)
    while True:
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        end = at + 12 + length
        if end > len(content):
            raise IndexError
        if kind in _PNG_KEPT:
            kept.append(content[at:end])
        if kind == b"IEND":
            return b"".join(kept)
        at = end
