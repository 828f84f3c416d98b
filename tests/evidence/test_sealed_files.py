"""Files of cases: cleaned, sealed under a random id, opened with a ticket only."""

import contextlib
import io
import random
import struct
import zlib
from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from tests.builders import Sample
from trainhub.evidence.models import SealedFile
from trainhub.evidence.pdf_metadata import PdfNotClean, without_pdf_metadata
from trainhub.evidence.proofs import ProofTooLarge
from trainhub.evidence.sealed_files import BadSealedFile, clean, equal_files, keep_sealed, marks_fit, sealed_file
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import NotFound
from trainhub.kernel.opening import Opening, UnloggedRead
from trainhub.kernel.permissions import Permission, Role
from trainhub.kernel.sealing import CannotUnseal, KeyRing, key_of
from trainhub.ledger.access import Reading, open_record

NOW = datetime(2026, 3, 5, 6, 0, tzinfo=UTC)
RING = KeyRing(key_of("a key of these tests alone"))
CHAT = "甲：放学别走\n乙：不要\n".encode()


def opening(session: Session, sample: Sample, file_id: str, kind: str = "file") -> Opening:
    actor = Actor("reader", sample.district_id, "x", None, Role.CASE_OFFICER, sample.school_id, "s")
    reading = Reading(sample.school_id, kind, file_id, Permission.CASE_FILE_READ, "handling", "file", about_ref="case")
    return open_record(session, actor, reading, NOW)


def keep(session: Session, sample: Sample, content: bytes = CHAT, ring: KeyRing = RING):
    return keep_sealed(session, ring, sample.district_id, content, "account", NOW)


def test_a_file_is_sealed_under_a_random_name_and_opens_with_its_ticket(session: Session, district: Sample) -> None:
    one, two = keep(session, district), keep(session, district)
    assert one.file_id != two.file_id
    assert one.content_mark == two.content_mark
    assert set(equal_files(session, district.district_id, one.content_mark)) == {one.file_id, two.file_id}
    row = session.get_one(SealedFile, (district.district_id, one.file_id))
    import hashlib

    assert hashlib.sha256(CHAT).hexdigest() not in f"{row.id} {row.content_mark} {row.sealed_content}"
    assert row.sealed_content.startswith("s1.")
    found = sealed_file(session, RING, opening(session, district, one.file_id), one.file_id)
    assert (found.media_type, found.content) == ("text/plain", CHAT)


def test_a_ticket_for_something_else_opens_no_file(session: Session, district: Sample) -> None:
    one, two = keep(session, district), keep(session, district)
    with pytest.raises(UnloggedRead):
        sealed_file(session, RING, opening(session, district, two.file_id), one.file_id)
    with pytest.raises(UnloggedRead):
        sealed_file(session, RING, opening(session, district, one.file_id, kind="case"), one.file_id)
    with pytest.raises(NotFound):
        sealed_file(session, RING, opening(session, district, "nothing"), "nothing")


def test_the_same_file_has_another_mark_in_another_district_and_under_another_key(session: Session, district: Sample) -> None:
    mark = keep(session, district).content_mark
    assert keep_sealed(session, RING, "other-district", CHAT, "a", NOW).content_mark != mark
    assert keep(session, district, ring=KeyRing(key_of("another key"))).content_mark != mark


def test_a_moved_or_changed_file_does_not_open(session: Session, district: Sample) -> None:
    one, two = keep(session, district), keep(session, district, b"other words")
    row, other = (session.get_one(SealedFile, (district.district_id, ref.file_id)) for ref in (one, two))
    row.sealed_content = other.sealed_content
    session.flush()
    with pytest.raises(CannotUnseal):
        sealed_file(session, RING, opening(session, district, one.file_id), one.file_id)


def test_marks_of_another_key_are_noticed(session: Session, district: Sample) -> None:
    assert marks_fit(session, RING) is None
    keep(session, district)
    assert marks_fit(session, RING) is True
    old = key_of("a key of these tests alone")
    assert marks_fit(session, KeyRing(key_of("new"), (old,))) is True
    assert marks_fit(session, KeyRing(key_of("new"), (old, key_of("older")))) is False


@pytest.mark.parametrize("content", [b"", b"  \n ", b"MZ\x90\0\x03", b"PK\x03\x04\0\0", b"a\0b", b"\x1b[31mred"])
def test_what_is_no_document_picture_or_text_is_refused(content: bytes) -> None:
    with pytest.raises(BadSealedFile):
        clean(content)


def test_a_damaged_picture_and_a_file_that_is_too_large_are_refused() -> None:
    with pytest.raises(BadSealedFile):
        clean(b"\xff\xd8\xff\xe1\xff\xff")
    with pytest.raises(ProofTooLarge):
        clean(b"a" * (8 * 2**20 + 1))


def test_a_chat_log_in_the_local_encoding_is_kept_as_utf8() -> None:
    assert clean("放学别走".encode("gb18030")) == ("text/plain", "放学别走".encode())
    assert clean(b"\xef\xbb\xbf" + CHAT) == ("text/plain", CHAT)


def test_a_picture_loses_place_and_device() -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13)) + chunk(b"tEXt", b"Author\0CANARY") + chunk(b"IEND", b"")
    media_type, kept = clean(png)
    assert media_type == "image/png"
    assert b"CANARY" not in kept


# --- PDF -------------------------------------------------------------------------------------------


def pdf(*objects: bytes, trailer: bytes = b"/Root 1 0 R") -> bytes:
    """A small PDF with a right table of offsets."""
    out, places = io.BytesIO(), []
    out.write(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    out.write(b"trailer\n<< /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start))
    return out.getvalue()


def stream(head: bytes, data: bytes) -> bytes:
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (head, len(data), data)


CATALOG, PAGES = b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [] /Count 0 >>"
INFO = b"<< /Author (CANARY A) /Producer <43414E415259> /Title (CANARY T) /CreationDate (D:20260305) >>"


def test_the_author_of_a_pdf_is_taken_out_and_every_offset_stays() -> None:
    content = pdf(CATALOG, PAGES, INFO, trailer=b"/Root 1 0 R /Info 3 0 R")
    cleaned = without_pdf_metadata(content)
    assert len(cleaned) == len(content)
    assert b"CANARY" not in cleaned
    assert b"43414E" not in cleaned
    assert cleaned.replace(b" ", b"").count(b"3 0 obj".replace(b" ", b"")) == 1
    assert cleaned.index(b"startxref") == content.index(b"startxref")
    assert without_pdf_metadata(cleaned) == cleaned


def test_texts_that_the_dictionary_points_at_and_earlier_versions_go_too() -> None:
    content = pdf(CATALOG, PAGES, b"<< /Author 4 0 R >>", b"(CANARY A)", trailer=b"/Root 1 0 R /Info 3 0 R")
    content += b"3 0 obj\n<< /Author (CANARY second version) >>\nendobj\ntrailer\n<< /Info 3 0 R >>\n%%EOF\n"
    assert b"CANARY" not in without_pdf_metadata(content)


@pytest.mark.parametrize("packed", [False, True])
def test_xmp_is_blanked_plain_or_packed(packed: bool) -> None:
    xmp = b'<?xpacket begin=""?><x:xmpmeta><dc:creator>CANARY</dc:creator></x:xmpmeta><?xpacket end="w"?>'
    head = b"/Type /Metadata /Subtype /XML" + (b" /Filter /FlateDecode" if packed else b"")
    content = pdf(b"<< /Type /Catalog /Pages 2 0 R /Metadata 3 0 R >>", PAGES, stream(head, zlib.compress(xmp) if packed else xmp))
    cleaned = without_pdf_metadata(content)
    assert len(cleaned) == len(content)
    assert b"CANARY" not in cleaned
    assert zlib.compress(xmp) not in cleaned


def test_a_dictionary_inside_a_packed_object_stream_is_blanked() -> None:
    noise = random.Random(3).randbytes(40).hex().encode()
    info = b"<< /Author (CANARY A) /Producer (CANARY P %s) >>" % noise
    inner = b"3 0 5 %d " % (len(info) + 1)
    plain = inner + info + b" << /Font /F1 >>"
    content = pdf(CATALOG, PAGES, b"null", stream(
        b"/Type /ObjStm /N 2 /First %d /Filter /FlateDecode" % len(inner), zlib.compress(plain)
    ), trailer=b"/Root 1 0 R /Info 3 0 R")
    cleaned = without_pdf_metadata(content)
    assert len(cleaned) == len(content)
    start = cleaned.index(b"stream\n") + 7
    opened = zlib.decompressobj().decompress(cleaned[start:])
    assert b"CANARY" not in opened
    assert opened.endswith(b"<< /Font /F1 >>")
    assert len(opened) == len(plain)


def test_a_photograph_inside_loses_place_and_device() -> None:
    exif = b"\xff\xe1" + struct.pack(">H", 2 + 14) + b"Exif\0\0CANARY12"
    jpeg = b"\xff\xd8" + exif + b"\xff\xda\x00\x02\x11\x22\xff\xd9"
    content = pdf(CATALOG, PAGES, stream(b"/Type /XObject /Subtype /Image /Filter /DCTDecode", jpeg))
    cleaned = without_pdf_metadata(content)
    assert b"CANARY" not in cleaned
    assert len(cleaned) == len(content)


@pytest.mark.parametrize("objects", [
    (CATALOG, PAGES, b"<< /Type /EmbeddedFile >>"), (b"<< /Type /Catalog /OpenAction << /S /JavaScript /JS (x) >> >>",),
    (CATALOG, b"<< /Author (somebody) >>"), (CATALOG, stream(b"/Type /Other", b"<x:xmpmeta>CANARY</x:xmpmeta>")),
    (CATALOG, stream(b"/Type /ObjStm /N 1 /First 4 /Filter /LZWDecode", b"xxxx")),
    (CATALOG, stream(b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", b"not packed")),
])
def test_what_cannot_be_cleaned_is_refused(objects: tuple[bytes, ...]) -> None:
    with pytest.raises(PdfNotClean):
        without_pdf_metadata(pdf(*objects))


def test_an_encrypted_pdf_is_refused() -> None:
    with pytest.raises(PdfNotClean):
        without_pdf_metadata(pdf(CATALOG, PAGES, trailer=b"/Root 1 0 R /Encrypt 2 0 R"))


@pytest.mark.parametrize("hostile", [
    b"%PDF-1.4\n" + b"/Info 5 0 R " * 200_000, b"%PDF-1.4\n/Info 5 0 R\n" + b"5 0 obj " * 300_000,
    b"%PDF-1.4\n/Info 5 0 R\n5 0 obj\n" + b"1" * 2_000_000 + b"\nendobj", b"%PDF-1.4\n" + b"stream\n" * 300_000,
    b"%PDF-1.4\n" + b"".join(b"/Info %d 0 R " % n for n in range(50_000)), b"%PDF-1.4\n" + b"/Author" + b" " * 2_000_000,
    pdf(stream(b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", zlib.compress(bytes(60_000_000), 9))),
])
def test_a_hostile_pdf_costs_little(hostile: bytes) -> None:
    import time

    began = time.process_time()
    with contextlib.suppress(PdfNotClean):
        without_pdf_metadata(hostile)
    assert time.process_time() - began < 2
