"""Both packs speak of rules that core knows, with values it allows."""

import pytest
from trainhub_region_rules import COUNTY_START, COUNTY_STRICT, trainhub_policy_packs

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
