"""An OpenBadgeCredential (Open Badges 3.0, a W3C Verifiable Credential 2.0) of one certificate.

The name stands on the paper, not here: the holder is an identifier hashed with a salt, as the standard offers. Who
holds the file proves it with the code on the paper, whose page shows the name.
"""

import hashlib
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from trainhub.plugin_api import Certificate, ExporterSpec, ExportFile, Upload
from trainhub.plugin_api.exchange import Settings
from trainhub_badges import reading
from trainhub_badges.signing import canonical, signed

SCHOOL_TIME = ZoneInfo("Asia/Shanghai")
CONTEXTS = ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"]
_UNSAFE = re.compile(r'[\x00-\x1f\x7f"/\\:*?<>|]+')


class BadgeExporter:
    """The credential as a JSON file; signed where the bureau entered a key."""

    spec = ExporterSpec(
        key="badges",
        label="电子徽章（Open Badges 3.0）",
        subject="certificate",
        media_type="application/json",
        extension="json",
    )

    def export(self, data: Certificate, settings: Settings) -> ExportFile:
        """Return the credential. Raises ValueError for a key that is none: the plugin page says so."""
        found = credential(data)
        seed = str(settings.get("seed", "")).strip()
        if seed:
            found = signed(found, seed, data.issued_at)
        name = _UNSAFE.sub("_", f"{data.name}-{data.year_label}")[:80]
        return ExportFile(f"{name}.json", "application/json", canonical(found))

    def knows(self, upload: Upload) -> int:
        """Return 97 for an Open Badge of any issuer, else 0."""
        return 97 if reading.document_of(upload) is not None else 0

    def explain(self, upload: Upload) -> dict[str, Any]:
        """Return what a credential says, and what it lacks. Raises :class:`trainhub.plugin_api.Refused`."""
        return reading.explain(upload)


def credential(data: Certificate) -> dict[str, Any]:
    """Return the unsigned credential: what the standard demands, and what a year's duty is worth."""
    periods = data.minutes // data.minutes_per_period
    achievement = {
        "id": f"{_home(data.verify_url)}achievements/{hashlib.sha256(data.title.encode()).hexdigest()[:16]}",
        "type": ["Achievement"],
        "achievementType": "Certificate",
        "name": data.title,
        "description": f"{data.year_label}：{data.title}，核验的面授培训",
        "criteria": {
            "narrative": f"面授到场、核验，累计 {data.minutes} 分钟，达到本年度规定。核验网页：{data.verify_url}"
        },
    }
    return {
        "@context": CONTEXTS,
        "id": data.verify_url,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": data.school_url, "type": ["Profile"], "name": data.school},
        "validFrom": _utc(data.issued_at),
        "name": f"{data.title}合格证（{data.year_label}）",
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "identifier": [holder(data)],
            "creditsEarned": periods,
            "achievement": achievement,
        },
    } | _until(data.year_label)


def holder(data: Certificate) -> dict[str, Any]:
    """Return who holds it, hashed: the salt differs for every certificate, so that two do not tell of one person."""
    salt = hashlib.sha256(f"trainhub-badge:{data.verify_url}".encode()).hexdigest()[:16]
    digest = hashlib.sha256(f"{data.person_code}{salt}".encode()).hexdigest()
    return {
        "type": "IdentityObject",
        "hashed": True,
        "identityHash": f"sha256${digest}",
        "identityType": "sourcedId",
        "salt": salt,
    }


def _until(year: str) -> dict[str, str]:
    """The end of the training year: of a calendar year 31 December, of a school year (2026-2027) 31 August, school time."""
    found = re.match(r"(\d{4})(.*)", year)
    if found is None:
        return {}
    last = date(int(found[1]), 12, 31) if not found[2] else date(int(found[1]) + 1, 8, 31)
    end = datetime.combine(last + timedelta(days=1), time(), SCHOOL_TIME) - timedelta(seconds=1)
    return {"validUntil": _utc(end)}


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _home(address: str) -> str:
    """The address of TrainHub: that of the page which confirms the code, up to its path."""
    return address.partition("/verify/")[0].rstrip("/") + "/"
