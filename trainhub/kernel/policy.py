"""Policy parameters: what a bureau sets, as dated versions inherited down the tree (domain.md 3.6).

No number from the law is a constant in code: the defaults below are the platform's proposal, carry
version "0", and are printed with every figure until a bureau sets its own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from trainhub.kernel.minutes import PeriodRule


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing a bureau may set: key, default, allowed values or range, unit."""

    key: str
    default: Any
    unit: str = ""
    choices: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None


PARAMETERS: dict[str, Parameter] = {
    p.key: p
    for p in (
        Parameter("requirement_year", "calendar", choices=("calendar", "school")),
        Parameter("training_min_minutes", 180, "minutes", low=1, high=6000),
        Parameter("presence_threshold", 0, "percent", low=0, high=100),
        Parameter("period_minutes", 45, "minutes", low=30, high=90),
        Parameter("daily_period_cap", 8, "periods", low=1, high=24),
        Parameter("rounding_scope", "session", choices=("session", "day", "course")),
        Parameter("new_hire_grace_days", 90, "days", low=0, high=366),
        Parameter("homeroom_grace_days", 60, "days", low=0, high=366),
        Parameter("homeroom_extra_minutes", 0, "minutes", low=0, high=6000),
        Parameter("make_up_days", 60, "days", low=0, high=366),
        Parameter("satellite_room_counts", "no", choices=("yes", "no")),
        Parameter("staff_scope", "all", choices=("all", "employed")),
        Parameter("grace_minutes", 5, "minutes", low=0, high=60),
        Parameter("early_leave_grace_minutes", 5, "minutes", low=0, high=60),
        Parameter("late_record_days", 7, "days", low=0, high=366),
        Parameter("sessions_per_class_term", 2, "meetings", low=0, high=20),
        Parameter("late_class_week", 10, "weeks", low=2, high=30),
        Parameter("late_class_rule", "pro_rata", choices=("pro_rata", "apart")),
        Parameter("internship_rule", "apart", choices=("apart", "owed")),
        Parameter("meeting_pause", "summer", choices=("summer", "none")),
        Parameter("meeting_proof", "photo", choices=("photo", "record")),
        Parameter("severity_scale", "plan_2017", choices=("plan_2017", "plan_2022", "plan_2024", "guangdong", "shandong")),
        Parameter("clock_start", "procedure", choices=("discovery", "acceptance", "procedure")),
        Parameter("investigation_days", 10, "days", low=1, high=60),
        Parameter("extension_days", 0, "days", low=0, high=30),
        Parameter("guardian_notice_hours", 24, "hours", low=1, high=240),
        Parameter("report_oral_minutes", 30, "minutes", low=5, high=1440),
        Parameter("report_written_minutes", 120, "minutes", low=30, high=4320),
        Parameter("report_follow_up_days", 5, "days", low=1, high=30),
        Parameter("determination_service_days", 3, "days", low=1, high=15),
        Parameter("appeal_days", 15, "days", low=1, high=60),
        Parameter("appeal_day_kind", "working", choices=("working", "calendar")),
        Parameter("appeal_screening_days", 5, "days", low=1, high=30),
        Parameter("re_examination_days", 15, "days", low=1, high=60),
        Parameter("committee_rule_set", "plan_2024", choices=("plan_2024", "order_50")),
        Parameter("quorum_percent", 67, "percent", low=50, high=100),
        Parameter("plan_minutes_minor", 180, "minutes", low=0, high=6000),
        Parameter("plan_minutes_heavier", 360, "minutes", low=0, high=6000),
        Parameter("plan_minutes_serious", 540, "minutes", low=0, high=6000),
        Parameter("plan_daily_minutes", 90, "minutes", low=30, high=300),
        Parameter("hour_entry_late_days", 3, "days", low=0, high=30),
        Parameter("make_up_working_days", 3, "days", low=1, high=30),
        Parameter("plan_behind_days", 5, "days", low=1, high=60),
        Parameter("review_working_days", 5, "days", low=1, high=30),
        Parameter("follow_up_plan", "30-90-180", choices=("30-90-180", "30-90", "90")),
        Parameter("guardian_request_days", 15, "days", low=1, high=30),
        Parameter("small_number_threshold", 5, low=2, high=20),
    )
}


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A value set by an organisation from a day on. ``number`` counts versions of the district."""

    org_id: str
    key: str
    value: Any
    effective_on: date
    number: int


@dataclass(frozen=True, slots=True)
class Policy:
    """The parameters in force for one organisation on one day, with the version they came from."""

    values: dict[str, Any] = field(default_factory=dict)
    version: int = 0

    def __getitem__(self, key: str) -> Any:
        return self.values.get(key, PARAMETERS[key].default)

    @property
    def requirement_year(self) -> Literal["calendar", "school"]:
        """How a year is meant: calendar (1 Jan-31 Dec) or school (1 Sep-31 Aug)."""
        return "school" if self["requirement_year"] == "school" else "calendar"

    @property
    def periods(self) -> PeriodRule:
        """The rule that turns minutes into periods."""
        return PeriodRule(self["period_minutes"], self["daily_period_cap"], self["rounding_scope"])


def resolve(versions: Iterable[PolicyVersion], path: Sequence[str], day: date) -> Policy:
    """Return the policy of an organisation on ``day``.

    ``path`` lists the organisation and its superiors, nearest first: the nearest one that set a
    parameter wins; among its own versions the latest in force wins. ``version`` is the highest
    version number among the values used.
    """
    rank = {org: i for i, org in enumerate(path)}
    best: dict[str, PolicyVersion] = {}
    for v in versions:
        if v.org_id not in rank or v.effective_on > day or v.key not in PARAMETERS:
            continue
        held = best.get(v.key)
        if held is None or (-rank[v.org_id], v.effective_on, v.number) > (
            -rank[held.org_id], held.effective_on, held.number,
        ):
            best[v.key] = v
    return Policy({k: v.value for k, v in best.items()}, max((v.number for v in best.values()), default=0))
