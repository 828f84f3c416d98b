"""Scales: what the law forbids is not offered, and every item says where it comes from (domain.md cases 60, 61)."""

import pytest

from trainhub.cases.rules.scales import KEYS, TIERS, scale, short_plan
from trainhub.kernel.policy import PARAMETERS

pytestmark = pytest.mark.files_only
STAGES = [("primary", grade) for grade in range(1, 7)] + [("junior", grade) for grade in range(7, 10)] + [("senior", 11), ("vocational", 11), ("", None)]
ARTICLE_10 = {
    "suspension_home", "law_admonition", "special_course", "sanction_warning", "sanction_serious_warning", "sanction_demerit", "sanction_probation",
    "sanction_expulsion",
}


def test_the_policy_offers_exactly_these_scales() -> None:
    assert PARAMETERS["severity_scale"].choices == KEYS


@pytest.mark.parametrize("key", KEYS)
def test_every_item_cites_its_source(key: str) -> None:
    found = scale(key)
    assert found.citation
    assert found.note
    assert tuple(tier.key for tier in found.tiers) == TIERS
    for tier in found.tiers:
        assert tier.words
        assert tier.source
        assert set(tier.measures) <= {measure.key for measure in found.measures}
    for measure in found.measures:
        assert measure.source
        assert measure.seen in {"statute", "secondary", "memory", "proposed"}


@pytest.mark.parametrize("key", KEYS)
def test_case_60_article_10_is_not_offered_to_grade_2(key: str) -> None:
    for tier in TIERS:
        assert not ARTICLE_10 & {measure.key for measure in scale(key).measures_for(tier, "primary", 2)}
        assert not ARTICLE_10 & {measure.key for measure in scale(key).measures_for(tier, "primary", None)}
    assert ARTICLE_10 & {measure.key for measure in scale(key).measures_for("serious", "primary", 6)}
    assert short_plan("primary", 2)
    assert not short_plan("junior", 7)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(("stage", "grade"), STAGES)
def test_case_61_no_expulsion_below_the_senior_stage_and_no_persuaded_transfer_anywhere(key: str, stage: str, grade: int | None) -> None:
    offered = [measure for tier in TIERS for measure in scale(key).measures_for(tier, stage, grade)]
    if stage not in {"senior", "vocational"}:
        assert "sanction_expulsion" not in {measure.key for measure in offered}
    assert not [measure for measure in offered if "转学" in measure.label or "退学" in measure.label or "transfer" in measure.key]


@pytest.mark.parametrize("key", KEYS)
def test_grave_tiers_are_reported_and_mild_ones_are_not(key: str) -> None:
    found = scale(key)
    assert not found.reports_to("")
    assert not found.reports_to("minor")
    for tier in ("serious", "suspected"):
        assert set(found.reports_to(tier)) == {"bureau", "police"}
    assert found.is_lower("minor", "serious")
    assert not found.is_lower("serious", "serious")
    assert not found.is_lower("minor", "")


def test_guardians_are_told_before_a_suspension() -> None:
    assert scale("plan_2017").measure("suspension_home").guardian_first
    assert scale("plan_2017").measure("suspension_home").limit_days == 7
    with pytest.raises(KeyError):
        scale("plan_2017").tier("terrible")
    with pytest.raises(KeyError):
        scale("../secret")
