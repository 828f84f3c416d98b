"""Signing with the suite eddsa-jcs-2022 of W3C Data Integrity: Ed25519 over the hashes of two canonical documents.

The key is the bureau's: 32 bytes that it made itself and entered as a setting; core seals it. The public key travels in
the proof as did:key, so that a verifier needs nothing from us; whose key it is, only the bureau can say.
"""

import base64
import binascii
import hashlib
import json
from datetime import UTC, datetime
from typing import Any

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_ED25519_PUBLIC = b"\xed\x01"
"""How a multikey says that an Ed25519 public key follows."""


def canonical(value: Any) -> bytes:
    """Return JSON in the form of RFC 8785. The values here hold text, whole numbers, lists and ASCII names only."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False).encode()


def base58(content: bytes) -> str:
    """Return bytes in the alphabet of Bitcoin, leading zero bytes kept as 1."""
    number, text = int.from_bytes(content, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        text = _BASE58[rest] + text
    return "1" * (len(content) - len(content.lstrip(b"\x00"))) + text


def hash_of(document: dict[str, Any], proof: dict[str, Any]) -> bytes:
    """Return what is signed: the hash of the proof's own data, then that of the document."""
    return hashlib.sha256(canonical(proof)).digest() + hashlib.sha256(canonical(document)).digest()


def signed(document: dict[str, Any], seed: str, moment: datetime) -> dict[str, Any]:
    """Return the document with its proof. Raises ValueError where the seed is not 32 bytes in Base64."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    try:
        secret = base64.b64decode(seed, validate=True)
    except binascii.Error as error:
        raise ValueError("the seed is not Base64") from error
    key = Ed25519PrivateKey.from_private_bytes(secret)
    public = "z" + base58(_ED25519_PUBLIC + key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
    proof: dict[str, Any] = {
        "@context": document["@context"],
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "created": f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "verificationMethod": f"did:key:{public}#{public}",
        "proofPurpose": "assertionMethod",
    }
    return document | {"proof": proof | {"proofValue": "z" + base58(key.sign(hash_of(document, proof)))}}
