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

_PROPOSED = "其余数值原文未定，是平台建议"
_CLOCKS = {
    "guardian_notice_hours": 24, "report_oral_minutes": 30, "report_written_minutes": 120, "report_follow_up_days": 5,
    "determination_service_days": 3, "appeal_days": 15, "appeal_day_kind": "working", "appeal_screening_days": 5, "re_examination_days": 15,
    "investigation_days": 10, "extension_days": 0,
}
"""What two or more of the documents share, or none of them fixes."""
PLAN_2022 = PolicyPack(
    key="plan_2022", label="2022年专项治理行动方案（学生欺凌处置）", region="县（市、区）", version="2026.1",
    citation="县级方案（2022年5月，承接教基厅函〔2021〕5号）第三部分：分情节处置、严重的迅速上报并联络公安；调查十日、复查十五日取自教督〔2017〕10号的"
    f"转载（未见原件）；{_PROPOSED}",
    parameters={**_CLOCKS, "severity_scale": "plan_2022", "clock_start": "procedure", "committee_rule_set": "order_50"},
)
PLAN_2024 = PolicyPack(
    key="plan_2024", label="2024年防治工作方案（学生欺凌处置）", region="县（市、区）", version="2026.1",
    citation="区级方案（2024年，取自文库，作常见写法）第三部分第五条：委员会认定、制定一定学时的专门教育实施方案，学时数原文未定；调查十日、复查十五日取自"
    f"教督〔2017〕10号的转载（未见原件）；{_PROPOSED}",
    parameters={**_CLOCKS, "severity_scale": "plan_2024", "clock_start": "procedure", "committee_rule_set": "plan_2024"},
)
GUANGDONG = PolicyPack(
    key="guangdong", label="广东省（学生欺凌处置时限）", region="广东省", version="2026.1",
    citation="粤教保〔2018〕13号（试行）：自启动调查程序起十日，经校长批准可延长十日；只见过报道和转载，未见原件，采用前核对是否仍有效；"
    f"{_PROPOSED}",
    parameters={**_CLOCKS, "severity_scale": "guangdong", "clock_start": "procedure", "extension_days": 10, "committee_rule_set": "order_50"},
)
SHANDONG = PolicyPack(
    key="shandong", label="山东省（学生欺凌处置时限）", region="山东省", version="2026.1",
    citation=f"山东省地方性法规第四十七条：自发现之日起十日内完成调查（读过条文）；不设延长；分档按国家规定；{_PROPOSED}",
    parameters={**_CLOCKS, "severity_scale": "shandong", "clock_start": "discovery", "committee_rule_set": "order_50"},
)


@hookimpl
def trainhub_policy_packs() -> list[PolicyPack]:
    """Offer the sets for training, and those for the handling of bullying."""
    return [COUNTY_START, COUNTY_STRICT, PLAN_2022, PLAN_2024, GUANGDONG, SHANDONG]
