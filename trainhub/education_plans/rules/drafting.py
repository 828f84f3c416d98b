"""What a plan must hold before the committee sees it. Pure.

Sources: SA42 (a plan for every confirmed actor), domain.md 3.4 (dose: no national figure; model cadence and guardian presence beside
the total), case 60 (a young pupil's plan is guardian-centred and short), case 76 (minutes, so that 40- and 45-minute lessons do not
change the debt), security.md #4.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

MODULE_KINDS = ("law", "psychology", "conduct", "service", "family")
"""法治, 心理, 行为规则, 公益服务, 家庭教育."""
GUARDIAN_KINDS = ("lesson_with", "talk", "home_task", "reading")
ASSESSMENTS = ("committee", "products", "observation")
"""考核办法: by what the end is judged."""
YOUNG_GRADE = 3
"""Up to this grade a plan is the family's as much as the child's."""
YOUNG_MOST_MINUTES = 270
"""Six lessons of 45 minutes: longer ones are no plan for a child of eight."""


@dataclass(frozen=True, slots=True)
class ModuleDraft:
    """A module as proposed. ``minutes`` in all; ``pack_id`` the course pack it is taught from."""

    kind: str
    minutes: int
    pack_id: str | None = None
    instructor_id: str | None = None
    guardian_with: bool = False


@dataclass(frozen=True, slots=True)
class GuardianDraft:
    """Something asked of the guardian, by a day or at a lesson."""

    kind: str
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """What the law and the committee's finding set: least minutes of the tier, the pupil's grade, the longest day."""

    tier: str
    least_minutes: int
    grade: int | None
    daily_minutes: int


def with_least(frame: Frame, total_minutes: int) -> Frame:
    """The frame of a plan that owes fewer minutes already than its tier asks for at the least."""
    return replace(frame, least_minutes=min(frame.least_minutes, total_minutes))


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a draft: a code, the field it belongs to, numbers for the sentence."""

    code: str
    field: str
    params: Mapping[str, int]


LESSON = 45
"""Minutes of a lesson in what is proposed."""
_FIRST_KINDS = ("law", "family", "psychology", "conduct", "service")
"""What a short plan holds first: where the line is, the family, the child itself."""


def spread(total: int, most: Mapping[str, int], *, family_first: bool = False) -> dict[str, int]:
    """Minutes by kind of module for a total, in whole lessons: one for each kind in turn, none beyond what its packs hold.

    ``most``: what the packs of a kind hold. What is over at the end goes to the first kind; kinds that get nothing are not named.
    """
    order = sorted((k for k in _FIRST_KINDS if most.get(k)), key=lambda k: (not (family_first and k == "family"), _FIRST_KINDS.index(k)))
    given = dict.fromkeys(order, 0)
    left = total
    while left > 0 and (open_ones := [k for k in order if given[k] < most[k]]):
        for kind in open_ones:
            minutes = min(LESSON, left, most[kind] - given[kind])
            given[kind] += minutes
            left -= minutes
    if left > 0 and order:
        given[order[0]] += left
    kinds = [k for k in order if given[k]]
    if len(kinds) > 1 and given[kinds[-1]] < 15:  # no lesson is that short
        given[kinds[0]] += given.pop(kinds[-1])
    return {k: n for k, n in given.items() if n}


_LAST_GRADES = (6, 9, 12)


def stage_ends_on(grade: int, day: date) -> date:
    """The 31 August on which a pupil who is in that grade on a day leaves the school stage. School years begin on 1 September."""
    last = next((g for g in _LAST_GRADES if grade <= g), grade)
    return date(day.year + (day.month >= 9) + last - grade, 8, 31)


def runs_past(grade: int | None, starts_on: date, due_on: date) -> date | None:
    """The day on which the pupil leaves the stage, where the plan runs past it; None otherwise, or where the grade is not known.

    Source: domain.md case 76: finished before 31 August, or handed over.
    """
    ends = stage_ends_on(grade, starts_on) if grade is not None else None
    return ends if ends is not None and due_on > ends else None


def faults_of(
    frame: Frame, total_minutes: int, lesson_minutes: int, starts_on: date, due_on: date, modules: Sequence[ModuleDraft],
    guardian_parts: Sequence[GuardianDraft],
) -> tuple[Fault, ...]:
    """Everything wrong with a draft, in the order of its form."""
    given = sum(m.minutes for m in modules)
    young = frame.grade is not None and frame.grade <= YOUNG_GRADE
    checks: tuple[tuple[str, str, bool, dict[str, int]], ...] = (
        ("minutes_few", "total_minutes", total_minutes < frame.least_minutes and not young, {"least": frame.least_minutes}),
        ("minutes_young", "total_minutes", young and total_minutes > YOUNG_MOST_MINUTES, {"most": YOUNG_MOST_MINUTES}),
        ("minutes_none", "total_minutes", total_minutes <= 0, {}),
        ("lesson_long", "lesson_minutes", lesson_minutes > frame.daily_minutes, {"most": frame.daily_minutes}),
        ("lesson_short", "lesson_minutes", lesson_minutes < 15, {"least": 15}),
        ("days", "due_on", due_on <= starts_on, {}),
        ("modules_none", "modules", not modules, {}),
        ("modules_sum", "modules", bool(modules) and given != total_minutes, {"given": given, "total": total_minutes}),
        ("module_kind", "modules", any(m.kind not in MODULE_KINDS or m.minutes <= 0 for m in modules), {}),
        ("guardian_none", "guardian_parts", not guardian_parts and not any(m.guardian_with for m in modules), {}),
        ("guardian_young", "modules", young and not any(m.kind == "family" or m.guardian_with for m in modules), {}),
    )
    return tuple(Fault(code, field, params) for code, field, wrong, params in checks if wrong)
