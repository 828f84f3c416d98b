"""The committee's story at the main school: concerns at the desk, cases in every state, six plans on the board; elsewhere numbers only."""

from datetime import datetime, timedelta
from functools import partial
from random import Random

from trainhub.cases.service import intake
from trainhub.courses.queries import lesson_packs
from trainhub.demo import case_words as words
from trainhub.demo.case_desk import CaseDesk
from trainhub.demo.case_tales import TALES
from trainhub.demo.committee import tell_committee
from trainhub.demo.school_days import school_days
from trainhub.demo.tale import tell
from trainhub.demo.term import MAIN
from trainhub.demo.timeline import Storyteller
from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import local_day
from trainhub.kernel.ids import new_id
from trainhub.web.keys import key_ring

LEAST = 25
"""School days that must lie behind before there is anything to tell but what came to the desk."""
ACTORS = ("case", "secretary", "member", "psych", "instructor")


def tell_cases(teller: Storyteller) -> None:
    """Put the whole of it on the timeline, where the school has the people for it."""
    world, days = teller.world, school_days(teller.world.story)
    if days is None or any((MAIN, key) not in world.actors for key in ACTORS):
        return
    random = Random(world.random.getrandbits(64))  # noqa: S311  (a story, not a secret)
    packs = frozenset(pack.id for pack in lesson_packs(world.session, Scope(world.district_id, None), "plan_module"))
    desk = CaseDesk(world, MAIN, days, key_ring(), random, packs=packs)
    teller.timeline.at(world.story.now - timedelta(minutes=95), partial(_reported, desk))
    teller.timeline.at(world.story.now - timedelta(hours=26), partial(_from_the_box, desk))
    if days.room < LEAST:
        return
    for tale in (tell_committee, *TALES):
        tell(teller.timeline, tale(desk))


def _reported(desk: CaseDesk, now: datetime) -> None:
    """A colleague reported this morning; nobody has decided on it."""
    command = intake.ReportConcern(words.DESK_REPORT, new_id(), local_day(now), "corridor", ("words", "exclusion"))
    intake.report_concern(desk.session, desk.ring, desk.world.actor(desk.place, "teacher"), command, now)


def _from_the_box(desk: CaseDesk, now: datetime) -> None:
    """A note without a name from the paper box."""
    command = intake.EnterConcern("box", words.BOX_NOTE, new_id(), None, "toilet", ("property",), received_at=now - timedelta(minutes=30))
    intake.enter_concern(desk.session, desk.ring, desk.officer, command, now)
