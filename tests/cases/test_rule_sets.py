"""The sets of rules of two provinces, adopted as they come along: the same facts, other deadlines, no other code."""

from datetime import timedelta

import pytest
from trainhub_region_rules import GUANGDONG, SHANDONG

from tests.cases.scenery import World
from trainhub.cases.queries.clocks import clocks_of
from trainhub.cases.rules.clocks import Clock, ClockKind
from trainhub.cases.service import opening
from trainhub.kernel.clock import local_day
from trainhub.plugin_api import PolicyPack
from trainhub.roster.service import AdoptPack, adopt_pack


def investigation(world: World, case_id: str) -> Clock | None:
    """The deadline of the investigation, where one runs."""
    found = clocks_of(world.session, world.sample.district_id, [case_id]).get(case_id, [])
    return next((clock for clock in found if clock.kind is ClockKind.INVESTIGATION), None)


@pytest.mark.parametrize(("pack", "from_discovery"), [(SHANDONG, True), (GUANGDONG, False)])
def test_case_54_the_set_that_is_adopted_moves_the_clock_and_the_scale(world: World, pack: PolicyPack, from_discovery: bool) -> None:
    adopted = AdoptPack(world.sample.district_id, pack, frozenset(pack.parameters), local_day(world.now), "示例发〔2026〕1号")
    adopt_pack(world.session, world.actor("bureau_officer"), adopted, world.now)
    case = world.case()
    assert case.scale == pack.parameters["severity_scale"]
    at_first = investigation(world, case.id)
    assert (at_first is not None) == from_discovery, "Shandong counts from the day it was heard of, Guangdong from the procedure"
    begun = world.now + timedelta(days=2)
    opening.start_procedure(world.session, world.officer, case.id, begun)
    clock = investigation(world, case.id)
    assert clock is not None
    first = case.discovered_at if from_discovery else begun
    assert clock.due_on == local_day(first) + timedelta(days=10)
