"""Rules as data. A bureau that has a document of its own writes a pack like these and puts it beside them."""

from trainhub.plugin_api import PolicyPack, hookimpl

_BASIS = "《未成年人学校保护规定》（教育部令第50号）只要求每年面授培训，未定时长；以下数值是平台建议，由教育局发文采用后生效"

COUNTY_START = PolicyPack(
    key="county_start", label="县区起步规则", region="县（市、区）", version="2026.1", citation=_BASIS,
    parameters={
        "requirement_year": "calendar", "training_min_minutes": 180, "presence_threshold": 0, "period_minutes": 45,
        "daily_period_cap": 8, "rounding_scope": "session", "new_hire_grace_days": 90, "homeroom_grace_days": 60,
        "make_up_days": 60, "satellite_room_counts": "no", "staff_scope": "all", "late_record_days": 7,
    },
)
COUNTY_STRICT = PolicyPack(
    key="county_strict", label="县区从严规则", region="县（市、区）", version="2026.1", citation=_BASIS,
    parameters={
        **COUNTY_START.parameters, "training_min_minutes": 360, "presence_threshold": 80, "new_hire_grace_days": 30,
        "homeroom_grace_days": 30, "homeroom_extra_minutes": 90, "make_up_days": 30, "late_record_days": 3,
    },
)


@hookimpl
def trainhub_policy_packs() -> list[PolicyPack]:
    """Offer both sets."""
    return [COUNTY_START, COUNTY_STRICT]
