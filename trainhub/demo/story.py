"""The demo profile: 云岭区 with its bureau, twelve schools and a year of history."""

from datetime import datetime
from random import Random

from sqlalchemy.orm import Session

from trainhub.demo.calendar import Story
from trainhub.demo.history import tell_history
from trainhub.demo.manifest import Manifest
from trainhub.demo.world import DEMO_PLACES, DISTRICT_NAME, found_district, open_accounts

SHOWN: dict[str, tuple[str, ...]] = {
    "bureau": ("bureau", "cases", "review", "review2", "auditor", "security", "system"),
    "chenxi": (
        "officer", "officer2", "principal", "dean", "clerk", "teacher", "homeroom", "case", "secretary", "member", "psych", "instructor",
    ),
    "shiyan": ("officer", "principal", "dean"),
}


def build_demo(session: Session, manifest: Manifest, random: Random, now: datetime) -> None:
    """Build the district and tell its history up to ``now``."""
    world = found_district(session, Story(now), random, DEMO_PLACES, DISTRICT_NAME)
    world.manifest = manifest
    open_accounts(world, SHOWN)
    teller = tell_history(world)
    if world.seeded is not None:
        world.seeded.events = dict(teller.events)
        manifest.districts.append(world.seeded)
