"""The fictional district: for showing, for testing from outside, for measuring. No real person or school."""

from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy.orm import Session

from trainhub.demo.manifest import Manifest

__all__ = ["Manifest", "build", "seed_database"]


def build(session: Session, profile: str, seed: int, now: datetime, *, schools: int = 12) -> Manifest:
    """Fill an empty database in the caller's transaction; the same seed tells the same story.

    Profiles: ``demo`` (one district, a year of history), ``acceptance`` (two districts, every role,
    canaries), ``load`` (``schools`` schools of 130 staff with obligations, and empty rolls to save).
    Passwords and codes differ each time: they are drawn from the system's randomness.
    """
    from trainhub.demo import acceptance, load, story

    makers = {"demo": story.build_demo, "acceptance": acceptance.build_acceptance}
    manifest = Manifest(profile, seed, now.isoformat())
    dice = Random(seed)  # noqa: S311  (a story, not a secret)
    if profile == "load":
        load.build_load(session, manifest, dice, now, schools)
    else:
        makers[profile](session, manifest, dice, now)
    return manifest


def seed_database(profile: str, seed: int, *, schools: int = 12, manifest: Path | None = None) -> dict[str, Any]:
    """Build in one transaction of the present application; returns the manifest as plain values.

    ``accounts`` lists who can sign in as what, with role and organisation in words. With ``manifest``
    the same is written to a file that only its owner can read.
    """
    from trainhub.demo.world import ROLE_WORDS
    from trainhub.kernel.clock import now
    from trainhub.web.database import transaction

    with transaction() as session:
        made = build(session, profile, seed, now(), schools=schools)
    if manifest is not None:
        made.write(manifest)
    report = made.to_json()
    report["accounts"] = [
        row | {"role_key": row["role"], "role": ROLE_WORDS.get(row["role"], row["role"]), "name": row["display_name"],
               "org": row["org_name"]}
        for row in report["accounts"]
        if row["password"] or row["activation_code"]
    ]
    return report
