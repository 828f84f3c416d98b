"""What the planning page shows: frozen values made from a review."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _

from trainhub.training.queries.planning import Review
from trainhub.training.rules.audience import reason_parts
from trainhub.training.rules.planning import PartTime, PlanProblem, face_to_face_minutes, planned_minutes
from trainhub.training.wording import left_out_text, problem_text, reason_text
from trainhub.web.i18n import day_text, span_text


@dataclass(frozen=True, slots=True)
class ProblemLine:
    """A finding as a sentence. ``key`` is what a tick sends back."""

    key: str
    severity: str
    text: str
    field: str
    accepted: bool


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A person with the reason. ``by_hand``: added or taken off by the officer; ``may_change`` shows a box."""

    person_id: str
    name: str
    staff_no: str
    reason: str
    by_hand: bool = False
    may_change: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """People of one department, in the order of the roll."""

    department: str
    people: tuple[PersonLine, ...]


@dataclass(frozen=True, slots=True)
class DayOffer:
    """A day on which the plan fits. ``distance`` says how many days from today."""

    day: date
    label: str
    distance: int


@dataclass(frozen=True, slots=True)
class PlanView:
    """A judged plan. ``periods``/``formula`` derive from the planned minutes by the dated rule.

    ``present_minutes`` are those that can count toward the face-to-face duty.
    """

    problems: tuple[ProblemLine, ...]
    groups: tuple[Group, ...]
    left_out: tuple[PersonLine, ...]
    reasons: tuple[tuple[str, int], ...]
    invited: int
    offers: tuple[DayOffer, ...]
    minutes: int
    present_minutes: int
    periods: int
    formula: str
    year_key: str
    duty_title: str
    policy_version: int
    when: tuple[str, ...]

    @property
    def parts(self) -> int:
        """Number of parts, each with its roll."""
        return len(self.when)

    @property
    def blocked(self) -> bool:
        """Whether something must change before publishing."""
        return any(p.severity == "block" for p in self.problems)

    @property
    def open_questions(self) -> int:
        """Questions without a tick."""
        return sum(p.severity == "ask" and not p.accepted for p in self.problems)


def problem_lines(problems: Iterable[PlanProblem], accepted: Collection[str]) -> tuple[ProblemLine, ...]:
    """Turn findings into sentences."""
    return tuple(ProblemLine(p.key, p.severity, problem_text(p), p.field, p.key in accepted) for p in problems)


def plan_view(judged: Review, parts: Sequence[PartTime], accepted: Collection[str], today: date) -> PlanView:
    """Make the page's model."""
    minutes, rule = planned_minutes(parts), judged.duty.policy.periods
    return PlanView(
        problem_lines(judged.problems, accepted), _groups(judged),
        tuple(
            PersonLine(o.person.person_id, o.person.name, o.person.staff_no, left_out_text(o), o.reason.startswith("by_hand"), o.may_add)
            for o in judged.audience.left_out
        ),
        _reasons(judged), len(judged.audience.invited), offers(judged.proposals, today), minutes,
        face_to_face_minutes(parts, judged.course), rule.periods(minutes), rule.formula(minutes), judged.duty.frame.year.key, judged.duty.title, judged.duty.policy.version,
        tuple(span_text(p.starts_at, p.ends_at) for p in parts if p.ends_at > p.starts_at),
    )


def _groups(judged: Review) -> tuple[Group, ...]:
    groups: dict[str, list[PersonLine]] = {}
    for invitee in judged.audience.invited:
        person = invitee.person
        line = PersonLine(person.person_id, person.name, person.staff_no, reason_text(invitee.reason), invitee.by_hand)
        groups.setdefault(person.department or _("Without department"), []).append(line)
    return tuple(Group(name, tuple(people)) for name, people in groups.items())


def _reasons(judged: Review) -> tuple[tuple[str, int], ...]:
    words = {
        "yearly": _("have not been trained this year"), "owes": _("still owe a part"),
        "homeroom_since": _("new homeroom teachers with extra duty"), "new_since": _("new colleagues"),
        "missed": _("missed an earlier training"), "met_again": _("already done, invited as well"),
        "by_hand": _("added by hand"),
    }  # fmt: skip
    counts = Counter(reason_parts(i.reason)[0] for i in judged.audience.invited)
    return tuple((words[code], count) for code, count in counts.most_common())


def offers(days: Iterable[date], today: date) -> tuple[DayOffer, ...]:
    """Days on which a plan fits, with their distance."""
    return tuple(DayOffer(day, day_text(day), (day - today).days) for day in days)
