"""What a seed made: printed as a table, written to a file only where asked for."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width


@dataclass(slots=True)
class SeededAccount:
    """Somebody who can sign in. ``password`` was drawn for this seed alone; stored nowhere but as a hash.

    ``totp_secret`` (base 32) belongs to accounts whose role demands a second factor; the database holds it sealed.
    """

    key: str
    role: str
    org_id: str
    org_name: str
    username: str
    display_name: str
    password: str = ""
    activation_code: str = ""
    account_id: str = ""
    person_id: str | None = None
    grant_id: str = ""
    totp_secret: str = ""


@dataclass(slots=True)
class SeededDistrict:
    """One district: ids by key of the place, what was planned there, and numbers."""

    district_id: str
    name: str
    requirement_id: str
    schools: dict[str, str]
    staff: int = 0
    pupils: int = 0
    events: dict[str, str] = field(default_factory=dict)
    sheets: dict[str, str] = field(default_factory=dict)
    people: dict[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Manifest:
    """Everything a user (or a test harness) must know of a seed.

    ``canaries`` maps a protected field to a string that occurs nowhere else: it must never be seen
    by anybody without the right to that field.
    """

    profile: str
    seed: int
    now: str
    districts: list[SeededDistrict] = field(default_factory=list)
    accounts: list[SeededAccount] = field(default_factory=list)
    canaries: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the manifest as plain values."""
        return asdict(self)

    def write(self, path: Path) -> None:
        """Write the manifest, readable by its owner only: it holds passwords."""
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            path.chmod(0o600)  # a file that was there keeps its mode otherwise
            json.dump(self.to_json(), file, ensure_ascii=False, indent=1)

    def table(self, role_words: dict[str, str] | None = None) -> str:
        """Return who can sign in as what, as text columns."""
        words = role_words or {}
        rows = [("角色", "单位", "姓名", "用户名", "密码", "验证器密钥")]
        rows += [
            (words.get(a.role, a.role), a.org_name, a.display_name, a.username, a.password or a.activation_code, a.totp_secret)
            for a in self.accounts
            if a.password or a.activation_code
        ]
        widths = [max(_width(row[column]) for row in rows) for column in range(6)]
        return "\n".join(
            "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        )


def _width(text: str) -> int:
    """Columns a terminal uses; a Chinese character takes two."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
