"""What Open Badges 3.0 demands, what a file must not hold, and a signature that another program verifies."""

import base64
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from trainhub_badges import BadgeExporter
from trainhub_badges.credential import credential
from trainhub_badges.signing import base58

from trainhub.plugin_api import Certificate, Upload

pytestmark = pytest.mark.files_only
SAMPLE = Path(__file__).resolve().parents[3] / "tests" / "data" / "samples" / "42-open-badge-3-certificate"
ISSUED = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)
GIVEN = Certificate(
    "T001", "王芳", "0101", "青禾实验小学", "https://trainhub.example/#2199000001", "防治学生欺凌专题面授培训", "2026", 120, 45, ISSUED.date(), ISSUED,
    "https://trainhub.example/verify/ABCD-EFGH-JKLM",
)  # fmt: skip
SEED = base64.b64encode(bytes(range(32))).decode()


def export(data: Certificate = GIVEN, **settings: str) -> dict[str, Any]:
    found = BadgeExporter().export(data, settings)
    assert found == BadgeExporter().export(data, settings)
    return json.loads(found.content)  # type: ignore[no-any-return]


def shape(value: Any) -> Any:
    """Names and kinds of a document, without its values."""
    if isinstance(value, dict):
        return {k: shape(v) for k, v in value.items()}
    return [shape(v) for v in value] if isinstance(value, list) else type(value).__name__


def test_it_has_the_shape_of_the_sample() -> None:
    sample = json.loads((SAMPLE / "credential.json").read_text(encoding="utf-8"))
    expected = json.loads((SAMPLE / "expected.json").read_text(encoding="utf-8"))
    found = export()
    sample["credentialSubject"]["achievement"].pop("creditsAvailable")  # how many there were to earn, nobody says
    assert shape(found) == shape(sample)
    for name in ("@context", "type"):
        assert found[name] == sample[name]
    assert (found["validFrom"], found["validUntil"]) == (sample["validFrom"], sample["validUntil"])
    assert found["credentialSubject"]["creditsEarned"] == expected["class_hours"]


def test_no_personal_number_and_no_name_in_the_clear() -> None:
    text = json.dumps(export(), ensure_ascii=False)
    for said in ("王芳", "0101", "T001"):
        assert said not in text
    [identity] = export()["credentialSubject"]["identifier"]
    assert identity["identityHash"] == "sha256$" + hashlib.sha256(f"T001{identity['salt']}".encode()).hexdigest()
    other = export(replace(GIVEN, verify_url="https://trainhub.example/verify/ZZZZ-ZZZZ-ZZZZ"))["credentialSubject"][
        "identifier"
    ][0]
    assert other["identityHash"] != identity["identityHash"]


def test_it_leads_to_the_page_that_confirms_it() -> None:
    found = export()
    assert found["id"] == GIVEN.verify_url
    assert GIVEN.verify_url in found["credentialSubject"]["achievement"]["criteria"]["narrative"]
    assert found["credentialSubject"]["achievement"]["id"].startswith("https://trainhub.example/achievements/")


def test_a_school_year_ends_in_august() -> None:
    assert credential(replace(GIVEN, year_label="2026-2027"))["validUntil"] == "2027-08-31T15:59:59Z"
    assert "validUntil" not in credential(replace(GIVEN, year_label="本年"))


def _unbase58(text: str) -> bytes:
    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    number = 0
    for sign in text:
        number = number * 58 + alphabet.index(sign)
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def verify(found: dict[str, Any]) -> None:
    """As a verifier does it, with nothing of ours: RFC 8785 text, two hashes, the key out of did:key."""
    proof = dict(found["proof"])
    value = _unbase58(proof.pop("proofValue").removeprefix("z"))
    document = {k: v for k, v in found.items() if k != "proof"}
    multikey = _unbase58(proof["verificationMethod"].rpartition("#")[2].removeprefix("z"))
    assert multikey[:2] == b"\xed\x01"
    parts = [
        json.dumps(x, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode() for x in (proof, document)
    ]
    Ed25519PublicKey.from_public_bytes(multikey[2:]).verify(
        value, b"".join(hashlib.sha256(part).digest() for part in parts)
    )


def test_signed_it_verifies_and_any_change_breaks_it() -> None:
    found = export(seed=SEED)
    assert found["proof"]["cryptosuite"] == "eddsa-jcs-2022"
    assert {k: v for k, v in found.items() if k != "proof"} == export()
    verify(found)
    for where, value in (("name", "x"), ("validFrom", "2020-01-01T00:00:00Z")):
        with pytest.raises(InvalidSignature):
            verify({**found, where: value})


@pytest.mark.parametrize("seed", ["not base64!", base64.b64encode(b"short").decode()])
def test_a_key_that_is_none_is_no_silent_signature(seed: str) -> None:
    with pytest.raises(ValueError):
        export(seed=seed)


def test_base58_keeps_leading_zeros() -> None:
    assert base58(b"\x00\x00\x01") == "112"
    assert base58(b"Hello World!") == "2NEpo7TZRRrLZSi2U"


def explained(content: bytes) -> dict[str, Any]:
    upload = Upload("credential.json", content)
    assert BadgeExporter().knows(upload) == 97
    return BadgeExporter().explain(upload)


def test_the_sample_and_our_own_are_read_back() -> None:
    expected = json.loads((SAMPLE / "expected.json").read_text(encoding="utf-8"))
    said = explained((SAMPLE / "credential.json").read_bytes())
    assert (said["format"], said["valid_structure"], said["class_hours"]) == (
        "openbadges.3.0",
        True,
        expected["class_hours"],
    )
    assert said["person_key"]["code"] == expected["person_key"]
    ours = explained(BadgeExporter().export(GIVEN, {"seed": SEED}).content)
    assert (ours["valid_structure"], ours["class_hours"], ours["signed"]) == (True, 2, True)
    who = ours["person_key"]
    assert who["digest"] == hashlib.sha256(f"T001{who['salt']}".encode()).hexdigest()
    assert "code" not in who


@pytest.mark.parametrize(("name", "value", "problem"), [
    ("@context", ["https://www.w3.org/2018/credentials/v1"], "context_credentials_missing_or_wrong"), ("id", "", "id_missing_or_wrong"),
    ("validFrom", "2026-03-05", "valid_from_missing_or_wrong"), ("credentialSubject", {}, "achievement_missing_or_wrong"), ("issuer", "x", "issuer_missing_or_wrong"),
])  # fmt: skip
def test_what_a_credential_lacks_is_said(name: str, value: Any, problem: str) -> None:
    said = explained(json.dumps({**export(), name: value}).encode())
    assert not said["valid_structure"]
    assert problem in said["problems"]


def test_other_json_is_no_badge() -> None:
    for content in (
        b"",
        b"{}",
        b"[]",
        b"[1]",
        b'{"type":"Course"}',
        b'{"type":["VerifiableCredential"]}',
        b'{"type":[',
        b"\x00",
    ):
        assert BadgeExporter().knows(Upload("x.json", content)) == 0
