"""Takes out of a PDF who made it, with what and when, without a PDF library. Pure.

Everything is blanked in place, so that every offset in the file stays right: the Info dictionary (also inside compressed
object streams, also of earlier versions of the file), XMP streams, and the place and device that a phone wrote into a
photograph inside the PDF. Afterwards the result is looked through; what cannot be cleaned is REFUSED (:class:`PdfNotClean`)
with the advice to print it anew: encrypted files, attachments, scripts, metadata in a form that is not known here.
Not touched: what the pages show, notes on them and their authors' names, bookmarks, names of fonts, the file's ID.
"""

import re
import zlib

from trainhub.kernel.errors import DomainError

_MOST_INFLATED = 32 * 1024 * 1024
"""More than this comes out of no document that is a scan or a letter."""


class PdfNotClean(DomainError):
    """The PDF holds what cannot be taken out safely (password, attachment, script, unknown metadata)."""

    code = "pdf_not_clean"


_MOST_INFOS = 64
"""Each saved version of a document has one Info dictionary."""

_INFO = re.compile(rb"/Info\s{1,20}(\d{1,10})\s{1,20}\d{1,5}\s{1,20}R")
_STREAM = re.compile(rb"stream\r?\n")
_REFERENCE = re.compile(rb"(\d{1,10})\s{1,20}\d{1,5}\s{1,20}R\b")
_FORBIDDEN = re.compile(rb"/(?:Encrypt|EmbeddedFiles?|JavaScript|JS|Launch|RichMedia)\b")
_TELLING = re.compile(rb"/(?:Author|Creator|Producer|CreationDate|ModDate|Company|LastModifiedBy)\s*(?:\(\s*[^\s)]|<\s*[0-9A-Fa-f])")
_XMP = re.compile(rb"<\?xpacket|<x:xmpmeta|<rdf:RDF|http://ns\.adobe\.com/xap")


def without_pdf_metadata(content: bytes) -> bytes:
    """Return the same document without its metadata, of the same length. Raises :class:`PdfNotClean`."""
    data = bytearray(content)
    streams = _streams(content)
    outside = _outside(content, streams)
    if _FORBIDDEN.search(outside):
        raise PdfNotClean(field="file")
    told = _few({int(number) for number in _INFO.findall(outside)})
    told |= _few({number for one in told for number in _referred(outside, one)})
    for number in told:
        _blank_object(data, outside, number)
    budget = _MOST_INFLATED
    for head, start, end in streams:
        if re.search(rb"/(?:Type\s*/Metadata|Subtype\s*/XML)\b", head):
            data[start:end] = _empty(head, end - start)
        elif re.search(rb"/Type\s*/ObjStm\b", head):
            budget -= _clean_objects(data, head, start, end, told, budget)
        elif re.search(rb"/(?:DCTDecode|DCT)\b", head):
            data[start:end] = _photograph(bytes(data[start:end]))
    cleaned = bytes(data)
    if _TELLING.search(_outside(cleaned, streams)) or _XMP.search(cleaned):
        raise PdfNotClean(field="file")
    return cleaned


def _streams(content: bytes) -> list[tuple[bytes, int, int]]:
    """Every stream: its dictionary as bytes, where its data begin and end."""
    found, at = [], 0
    while match := _STREAM.search(content, at):
        end = content.find(b"endstream", match.end())
        if end < 0:
            break
        head = content[max(content.rfind(b"obj", at, match.start()), at) : match.start()]
        if length := re.search(rb"/Length\s{1,20}(\d{1,10})\b(?!\s{1,20}\d{1,5}\s{1,20}R)", head):
            stated = match.end() + int(length[1])
            if content[stated : stated + 12].lstrip().startswith(b"endstream"):
                end = stated  # "endstream" may occur among compressed bytes
        found.append((head, match.end(), end))
        at = end + len(b"endstream")
    return found


def _outside(content: bytes, streams: list[tuple[bytes, int, int]]) -> bytes:
    """The file with the data of its streams blanked: objects are looked for there, and every offset is the same."""
    masked = bytearray(content)
    for _, start, end in streams:
        masked[start:end] = b" " * (end - start)
    return bytes(masked)


def _few(numbers: set[int]) -> set[int]:
    if len(numbers) > _MOST_INFOS:
        raise PdfNotClean(field="file")
    return numbers


def _bodies(content: bytes, number: int) -> list[tuple[int, int]]:
    """Where every version of an object begins and ends."""
    found = []
    for match in re.finditer(rb"(?<!\d)%d\s{1,20}\d{1,5}\s{1,20}obj" % number, content):
        end = content.find(b"endobj", match.end())
        if end < 0:
            raise PdfNotClean(field="file")
        found.append((match.end(), end))
        if len(found) > _MOST_INFOS:
            raise PdfNotClean(field="file")
    return found


def _referred(content: bytes, number: int) -> set[int]:
    """Objects that an Info dictionary points at instead of holding their text."""
    return {int(one) for start, end in _bodies(content, number) for one in _REFERENCE.findall(content[start:end])}


def _blank_object(data: bytearray, outside: bytes, number: int) -> None:
    """Make every version of an object empty, in place. One with a stream is no text: refused."""
    for start, end in _bodies(outside, number):
        body = outside[start:end]
        if _STREAM.search(body):
            raise PdfNotClean(field="file")
        empty = b"<<>>" if body.lstrip().startswith(b"<<") else b"null"
        if len(body) > len(empty):
            data[start:end] = (b" " + empty).ljust(len(body))


def _empty(head: bytes, length: int) -> bytes:
    if b"/Filter" not in head:
        return b" " * length
    if not re.search(rb"/Filter\s*\[?\s*/(?:FlateDecode|Fl)\s*\]?\s*(?:/|>>)", head):
        raise PdfNotClean(field="file")
    return _fitted(b"", length)


def _fitted(plain: bytes, length: int) -> bytes:
    """Compress so that it fills ``length`` bytes; what stands behind the end of the compressed data is not read."""
    packed = zlib.compress(plain, 9)
    if len(packed) > length:
        raise PdfNotClean(field="file")
    return packed.ljust(length, b"\n")


def _clean_objects(data: bytearray, head: bytes, start: int, end: int, told: set[int], budget: int) -> int:
    """Blank the Info dictionary inside an object stream. Returns how many bytes came out of it."""
    first = re.search(rb"/First\s{1,20}(\d{1,10})\b", head)
    if first is None or b"/DecodeParms" in head or not re.search(rb"/(?:FlateDecode|Fl)\b", head):
        raise PdfNotClean(field="file")
    try:
        inflate = zlib.decompressobj()
        plain = bytearray(inflate.decompress(bytes(data[start:end]), budget + 1))
    except zlib.error as error:
        raise PdfNotClean(field="file") from error
    if len(plain) > budget or not inflate.eof:
        raise PdfNotClean(field="file")
    numbers = [int(n) for n in plain[: int(first[1])].split()]
    places = sorted(int(first[1]) + offset for offset in numbers[1::2])
    changed = False
    for number, offset in zip(numbers[::2], numbers[1::2], strict=False):
        if number in told:
            begin = int(first[1]) + offset
            stop = next((p for p in places if p > begin), len(plain))
            if _REFERENCE.search(plain[begin:stop]):
                raise PdfNotClean(field="file")
            empty = b"<<>>" if plain[begin:stop].lstrip().startswith(b"<<") else b"null"
            plain[begin:stop] = empty.ljust(stop - begin)[: stop - begin]
            changed = True
    if _FORBIDDEN.search(plain) or _TELLING.search(plain):
        raise PdfNotClean(field="file")
    if changed:
        data[start:end] = _fitted(bytes(plain), end - start)
    return len(plain)


def _photograph(content: bytes) -> bytes:
    """Overwrite what a camera wrote into a JPEG (APP1, APP13, comments), leaving its length."""
    if not content.startswith(b"\xff\xd8\xff"):
        raise PdfNotClean(field="file")
    out, at = bytearray(content), 2
    while content[at : at + 1] == b"\xff" and at + 4 <= len(content):
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        if marker == 0xDA or length < 2:
            break
        if marker in {0xE1, 0xED, 0xFE}:
            out[at + 4 : at + 2 + length] = bytes(max(0, min(length - 2, len(content) - at - 4)))
        at += 2 + length
    return bytes(out)
