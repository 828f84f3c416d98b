"""From the forms of drafts, steps, schedules and reviews to commands. A field that cannot be read becomes a refusal beside it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from werkzeug.datastructures import MultiDict

from trainhub.courses.queries import PlanPack
from trainhub.education_plans.hour_forms import id_of, number_of
from trainhub.education_plans.models import EducationPlan, GuardianPart, PlanAvoid, PlanModule
from trainhub.education_plans.rules.drafting import (
    GUARDIAN_KINDS,
    MODULE_KINDS,
    YOUNG_GRADE,
    Frame,
    GuardianDraft,
    ModuleDraft,
    spread,
)
from trainhub.education_plans.rules.review import AIMS, ReviewOutcome
from trainhub.education_plans.rules.scheduling import Avoid, Kind, Span
from trainhub.education_plans.service.apart import KeepApart
from trainhub.education_plans.service.changing import ChangePlan
from trainhub.education_plans.service.drafting import DraftPlan, DraftRefused
from trainhub.education_plans.service.review import Decide, ReviewRefused
from trainhub.education_plans.service.scheduling import Booking, LessonRefused
from trainhub.kernel.clock import at, local
from trainhub.web.fields import plausible_day

MODULE_ROWS, PART_ROWS, AVOID_ROWS = 8, 4, 6
ADDED_ROWS = 2
"""Lines for new modules, and for what is asked of the guardian besides, in the form of a change."""
AVOID_KINDS: tuple[Kind, ...] = ("slot", "exam", "room", "route", "person")
YOUNG_MINUTES = 135
"""What is proposed for a child up to grade three: three lessons."""


def band_of(grade: int | None) -> str:
    """The grade band of the packs; "" where the grade is not known. For grades one to three the packs of the upper grades hold a note."""
    if grade is None:
        return ""
    return "upper_primary" if grade <= 6 else "junior" if grade <= 9 else "senior"


def day_of(form: Mapping[str, str], name: str) -> date:
    """A day. Raises DraftRefused beside its field."""
    day = plausible_day(form.get(name, ""))
    if day is None:
        raise DraftRefused(field=name, fault="form")
    return day


def draft_command(form: MultiDict[str, str], determination_id: str) -> DraftPlan:
    """What the form of a draft says. Raises DraftRefused."""
    return DraftPlan(
        determination_id, number_of(form.get("total_minutes", "")), day_of(form, "starts_on"), day_of(form, "due_on"),
        form.get("goals", "").strip(), form.get("protection", "").strip(), tuple(_modules(form)), tuple(_parts(form)), tuple(_avoid(form)),
        max(1, min(5, number_of(form.get("per_week", "1")))), number_of(form.get("lesson_minutes", "")), id_of(form.get("lead", "")) or None,
        id_of(form.get("psychologist", "")) or None, form.get("assessment", "committee")[:24],
    )


def change_command(form: MultiDict[str, str], plan_id: str) -> ChangePlan:
    """What the form of a change says. Raises DraftRefused."""
    minutes = {key: form[f"minutes-{key}"].strip() for name in form if name.startswith("minutes-") and (key := id_of(name[8:]))}
    if any(not text.isascii() or not text.isdecimal() for text in minutes.values()):
        raise DraftRefused(field="modules", fault="form")
    given = {key: number_of(text) for key, text in minutes.items()}
    return ChangePlan(
        plan_id, id_of(form.get("item", "")), day_of(form, "due_on"), given, tuple(_modules(form, ADDED_ROWS)),
        number_of(form.get("lesson_minutes", "")), number_of(form.get("per_week", "")), tuple(_parts(form, ADDED_ROWS)),
    )


def apart_command(form: MultiDict[str, str], plan_id: str) -> KeepApart:
    """What the form of the protection says. Raises DraftRefused."""
    return KeepApart(plan_id, form.get("protection", "").strip(), tuple(_avoid(form)), number_of(form.get("seen", "")) or None)


def _modules(form: MultiDict[str, str], rows: int = MODULE_ROWS) -> Iterator[ModuleDraft]:
    for n in range(1, rows + 1):
        kind, minutes = form.get(f"kind-{n}", ""), form.get(f"minutes-{n}", "").strip()
        if not kind and not minutes:
            continue
        if kind not in MODULE_KINDS:
            raise DraftRefused(field="modules", fault="module_kind")
        yield ModuleDraft(
            kind, number_of(minutes), form.get(f"pack-{n}", "")[:64] or None, id_of(form.get(f"person-{n}", "")) or None,
            form.get(f"with-{n}") == "yes",
        )


def _parts(form: MultiDict[str, str], rows: int = PART_ROWS) -> Iterator[GuardianDraft]:
    for n in range(1, rows + 1):
        if (kind := form.get(f"part-{n}", "")) in GUARDIAN_KINDS:
            yield GuardianDraft(kind, plausible_day(form.get(f"part-due-{n}", "")))


def _avoid(form: MultiDict[str, str]) -> Iterator[Avoid]:
    for n in range(1, AVOID_ROWS + 1):
        kind = next((k for k in AVOID_KINDS if k == form.get(f"avoid-{n}", "")), None)
        if kind is not None:
            yield _one_avoid(form, kind, n)


def _one_avoid(form: MultiDict[str, str], kind: Kind, n: int) -> Avoid:
    """A person; or a room, a way, a time: every week on a weekday, or once on a day. Raises DraftRefused."""
    room, person = " ".join(form.get(f"avoid-room-{n}", "").split())[:60], id_of(form.get(f"avoid-person-{n}", ""))
    if kind == "person":
        if not person:
            raise DraftRefused(field="avoid", fault="avoid")
        return Avoid(kind, person_id=person)
    day, weekday = plausible_day(form.get(f"avoid-day-{n}", "")), number_of(form.get(f"avoid-weekday-{n}", ""))
    begins, ends = clock_of(form.get(f"avoid-from-{n}", "")), clock_of(form.get(f"avoid-to-{n}", ""))
    if kind == "room" and not room:
        raise DraftRefused(field="avoid", fault="avoid")
    if day is not None and begins is not None and ends is not None and begins < ends:
        return Avoid(kind, span=Span(at(day, begins), at(day, ends), room=room), room=room)
    if begins is not None and ends is not None and begins < ends:
        return Avoid(kind, weekday if 1 <= weekday <= 7 else None, begins.hour * 60 + begins.minute, ends.hour * 60 + ends.minute, room=room)
    if kind != "room":
        raise DraftRefused(field="avoid", fault="avoid")
    return Avoid(kind, weekday if 1 <= weekday <= 7 else None, room=room)


def clock_of(text: str) -> time | None:
    """A time of day, None for anything else."""
    try:
        return time.fromisoformat(text).replace(tzinfo=None, second=0, microsecond=0)
    except ValueError:
        return None


# --- what stands in the form of a draft ----------------------------------------------------------------


def proposed(frame: Frame, packs: Sequence[PlanPack], goals: str, first: date, last: date) -> dict[str, str]:
    """What a new draft begins with: the least minutes, spread in lessons over the kinds for which there are packs."""
    young = frame.grade is not None and frame.grade <= YOUNG_GRADE
    total = YOUNG_MINUTES if young else frame.least_minutes
    given = {
        "total_minutes": str(total), "lesson_minutes": "45", "per_week": "2", "starts_on": first.isoformat(), "due_on": last.isoformat(),
        "goals": goals, "part-1": "talk", "part-due-1": last.isoformat(), "assessment": "committee",
    }
    first_of = {pack.module: pack for pack in reversed(packs)}
    shares = spread(total, {kind: pack.minutes for kind, pack in first_of.items()}, family_first=young)
    for n, (kind, minutes) in enumerate(shares.items(), 1):
        given |= {f"kind-{n}": kind, f"pack-{n}": first_of[kind].id, f"minutes-{n}": str(minutes)}
        given |= {f"with-{n}": "yes"} if kind == "family" else {}
    return given


@dataclass(frozen=True, slots=True)
class Written:
    """A draft as it stands, unsealed under a ticket."""

    plan: EducationPlan
    goals: str
    protection: str
    modules: Sequence[PlanModule]
    parts: Sequence[GuardianPart]
    avoid: Sequence[PlanAvoid]


def fields_of(held: Written) -> dict[str, str]:
    """The fields of the form for a draft that was written before."""
    plan = held.plan
    given = {
        "total_minutes": str(plan.total_minutes), "lesson_minutes": str(plan.lesson_minutes), "per_week": str(plan.per_week),
        "starts_on": plan.starts_on.isoformat(), "due_on": plan.due_on.isoformat(), "goals": held.goals, "protection": held.protection,
        "lead": plan.lead_person_id or "", "psychologist": plan.psychologist_id or "", "assessment": plan.assessment, "seen": str(plan.version),
    }
    for n, m in enumerate(held.modules, 1):
        given |= {
            f"kind-{n}": m.kind, f"pack-{n}": m.pack_id or "", f"minutes-{n}": str(m.minutes), f"person-{n}": m.instructor_id or "",
            f"with-{n}": "yes" if m.guardian_with else "",
        }
    for n, part in enumerate(held.parts, 1):
        given |= {f"part-{n}": part.kind, f"part-due-{n}": part.due_on.isoformat() if part.due_on else ""}
    for n, one in enumerate(held.avoid, 1):
        given |= {f"avoid-{n}": one.kind, f"avoid-room-{n}": one.room, f"avoid-person-{n}": one.person_id or "", **_avoid_times(one, n)}
    return given


def _avoid_times(one: PlanAvoid, n: int) -> dict[str, str]:
    if one.from_at and one.to_at:
        begins, ends = local(one.from_at), local(one.to_at)
        return {f"avoid-day-{n}": begins.date().isoformat(), f"avoid-from-{n}": f"{begins:%H:%M}", f"avoid-to-{n}": f"{ends:%H:%M}"}
    if one.from_minute is None or one.to_minute is None or (one.from_minute, one.to_minute) == (0, 1440):
        return {f"avoid-weekday-{n}": str(one.weekday or "")}
    return {
        f"avoid-weekday-{n}": str(one.weekday or ""), f"avoid-from-{n}": f"{one.from_minute // 60:02}:{one.from_minute % 60:02}",
        f"avoid-to-{n}": f"{one.to_minute // 60:02}:{one.to_minute % 60:02}",
    }


# --- lessons and review ----------------------------------------------------------------------------------


def booking_of(form: Mapping[str, str]) -> Booking:
    """One lesson of the form for a single one. Raises LessonRefused."""
    day, begins = plausible_day(form.get("day", "")), clock_of(form.get("clock", ""))
    if day is None or begins is None:
        raise LessonRefused(field="starts_at", objections=())
    return Booking(
        id_of(form.get("module", "")), at(day, begins), number_of(form.get("minutes", "")), form.get("room", ""),
        id_of(form.get("person", "")) or None, id_of(form.get("makes_up", "")) or None,
    )


def chosen_bookings(form: MultiDict[str, str]) -> tuple[Booking, ...]:
    """The ticked lessons of a proposal: ``lesson`` is "module|ISO moment|minutes|person"; the room is one for all. Raises LessonRefused."""
    found = []
    for text in form.getlist("lesson")[:60]:
        parts = text.split("|")
        try:
            moment = datetime.fromisoformat(parts[1])
            found.append(Booking(id_of(parts[0]), moment, number_of(parts[2]), form.get("room", ""), id_of(parts[3]) or None))
        except (ValueError, IndexError) as error:
            raise LessonRefused(field="starts_at", objections=()) from error
        if moment.tzinfo is None:
            raise LessonRefused(field="starts_at", objections=())
    return tuple(found)


def decision_of(form: Mapping[str, str], plan_id: str) -> Decide:
    """What the form of the committee's decision says. Raises ReviewRefused."""
    outcome = next((o for o in ReviewOutcome if o.value == form.get("outcome")), None)
    if outcome is None:
        raise ReviewRefused(field="outcome", why="kind")
    aims = {key: form[f"aim-{key}"] for key in AIMS if form.get(f"aim-{key}")}
    extended = outcome is ReviewOutcome.EXTENDED
    return Decide(
        plan_id, id_of(form.get("item", "")), outcome, aims, form.get("other_side", "")[:12], form.get("reasons", "").strip()[:4000],
        number_of(form.get("extra_minutes", "")) if extended else 0, plausible_day(form.get("new_due_on", "")) if extended else None,
        id_of(form.get("extra_module", "")) if extended else "",
    )
