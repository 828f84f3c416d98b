"""Scales of severity: a document's own words for each tier, who must hear of it, and what may be done about it. Pure.

Data lies in ``trainhub/cases/scales`` (domain.md 3.4, the crosswalk): documents differ in their words, the keys of the tiers are
the same everywhere. A measure that the law forbids for a child's age or stage is not offered at all (cases 60, 61).
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

TIERS = ("minor", "heavier", "serious", "suspected")
"""From the lightest to the gravest."""
KEYS = ("plan_2017", "plan_2022", "plan_2024", "guangdong", "shandong")
COMPULSORY = frozenset({"primary", "junior"})
SHORT_PLAN_BELOW = 4
"""Grades below have a plan that is short and held mainly with the guardian (domain.md case 60)."""
_FORBIDDEN_IN_COMPULSORY = frozenset({"sanction_expulsion"})
"""Law on compulsory education §27, whatever a scale's data say."""

Seen = Literal["statute", "secondary", "memory", "proposed"]


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that may be done: its words, its clause, whom it may reach. ``seen`` says how well its source is known."""

    key: str
    label: str
    source: str
    seen: Seen
    kind: Literal["discipline", "education", "sanction", "record", "referral"]
    stages: frozenset[str] = frozenset()
    from_grade: int = 1
    guardian_first: bool = False
    guardian_soon: bool = False
    limit_days: int = 0
    limit_lessons: int = 0

    def open_to(self, stage: str, grade: int | None) -> bool:
        """Whether a child of that stage and grade may get it. A grade nobody knows gets only what every grade may get."""
        if self.stages and stage not in self.stages:
            return False
        if stage in COMPULSORY and self.key in _FORBIDDEN_IN_COMPULSORY:
            return False
        return self.from_grade <= 1 or stage in {"junior", "senior", "vocational"} or (grade is not None and grade >= self.from_grade)


@dataclass(frozen=True, slots=True)
class Tier:
    """A level of severity in the words of one document. ``reports_to``: offices that must hear of it at once."""

    key: str
    words: str
    source: str
    reports_to: tuple[str, ...]
    measures: tuple[str, ...]

    @property
    def rank(self) -> int:
        """0 for the lightest."""
        return TIERS.index(self.key)


@dataclass(frozen=True, slots=True)
class Scale:
    """A document's tiers and measures."""

    key: str
    label: str
    citation: str
    seen: Seen
    note: str
    tiers: tuple[Tier, ...]
    measures: tuple[Measure, ...]

    def tier(self, key: str) -> Tier:
        """One tier. Raises KeyError."""
        return next(tier for tier in self.tiers if tier.key == key) if key in TIERS else _unknown(key)

    def measures_for(self, tier: str, stage: str, grade: int | None) -> tuple[Measure, ...]:
        """What may be done about an act of that tier to a child of that stage and grade, in the order of the data."""
        wanted = self.tier(tier).measures
        return tuple(measure for measure in self.measures if measure.key in wanted and measure.open_to(stage, grade))

    def measure(self, key: str) -> Measure:
        """One measure by key. Raises KeyError."""
        return next((measure for measure in self.measures if measure.key == key), None) or _unknown(key)

    def reports_to(self, tier: str) -> tuple[str, ...]:
        """Who must hear of an act of that tier; nobody while the tier is not known."""
        return self.tier(tier).reports_to if tier else ()

    def is_lower(self, tier: str, than: str) -> bool:
        """Whether a tier is milder than another; anything is graver than one not known yet."""
        return bool(than) and self.tier(tier).rank < self.tier(than).rank


def _unknown(key: str) -> Any:
    raise KeyError(key)


def short_plan(stage: str, grade: int | None) -> bool:
    """Whether a plan is to be short and held mainly with the guardian: lower primary, and a grade nobody knows (case 60)."""
    return stage == "primary" and (grade is None or grade < SHORT_PLAN_BELOW)


@cache
def scale(key: str) -> Scale:
    """Return a scale by the value of the policy parameter ``severity_scale``. Raises KeyError."""
    if key not in KEYS:
        raise KeyError(key)
    data = _read(f"{key}.yaml")
    tiers = tuple(
        Tier(row["key"], row["words"], row["source"], tuple(row["reports_to"]), tuple(row["measures"])) for row in data["tiers"]
    )
    used = {name for tier in tiers for name in tier.measures}
    measures = tuple(_measure(name, row) for name, row in _read("measures.yaml").items() if name in used)
    return Scale(data["key"], data["label"], data["citation"], data["seen"], data["note"], tiers, measures)


def _measure(key: str, row: dict[str, Any]) -> Measure:
    first = row.get("first", "")
    return Measure(
        key, row["label"], row["source"], row["seen"], row["kind"], frozenset(row.get("stages", ())), row.get("from_grade", 1),
        first == "guardian_told", first == "guardian_soon", row.get("limit_days", 0), row.get("limit_lessons", 0),
    )


@cache
def _read(name: str) -> dict[str, Any]:
    """Our own data, shipped with the code."""
    import yaml  # slow to import; few pages need it

    found = yaml.safe_load((files("trainhub.cases") / "scales" / name).read_text(encoding="utf-8"))
    return dict(found)
