"""All packs speak of rules that core knows, with values it allows."""

import pytest
from trainhub_region_rules import (
    COUNTY_START,
    COUNTY_STRICT,
    GUANGDONG,
    PLAN_2022,
    PLAN_2024,
    SHANDONG,
    trainhub_policy_packs,
)

from trainhub.kernel.policy import PARAMETERS
from trainhub.plugin_api import PolicyPack
from trainhub.roster.service.policy import checked

pytestmark = pytest.mark.files_only


@pytest.mark.parametrize("pack", trainhub_policy_packs(), ids=lambda pack: pack.key)
def test_every_value_is_allowed(pack: PolicyPack) -> None:
    assert pack.citation
    for key, value in pack.parameters.items():
        assert checked(PARAMETERS[key], str(value)) == value


def test_the_strict_one_is_never_laxer() -> None:
    for key in ("training_min_minutes", "presence_threshold", "homeroom_extra_minutes"):
        assert COUNTY_STRICT.parameters[key] >= COUNTY_START.parameters.get(key, 0)
    for key in ("new_hire_grace_days", "homeroom_grace_days", "make_up_days", "late_record_days"):
        assert COUNTY_STRICT.parameters[key] <= COUNTY_START.parameters[key]


def test_provinces_differ_by_data_alone() -> None:
    assert (SHANDONG.parameters["clock_start"], SHANDONG.parameters["extension_days"]) == ("discovery", 0)
    assert (GUANGDONG.parameters["clock_start"], GUANGDONG.parameters["extension_days"]) == ("procedure", 10)
    assert {pack.parameters["severity_scale"] for pack in (PLAN_2022, PLAN_2024, GUANGDONG, SHANDONG)} == {pack.key for pack in trainhub_policy_packs()[2:]}


@pytest.mark.parametrize("pack", trainhub_policy_packs()[2:], ids=lambda pack: pack.key)
def test_what_no_text_fixes_is_called_a_proposal(pack: PolicyPack) -> None:
    assert "平台建议" in pack.citation
    assert len(pack.parameters) == len(SHANDONG.parameters)
