"""The chart of a plan: what should be done and what counted, as two stepped lines of an SVG. Attributes only, no inline style."""

from dataclasses import dataclass
from datetime import date

from trainhub.education_plans.queries.plan_page import PlanPage, Point

LEFT, RIGHT, TOP, BOTTOM = 26, 318, 13, 148


@dataclass(frozen=True, slots=True)
class Chart:
    """Geometry in a box of 324 by 168. ``grid``: (y, periods); ``labels``: (x, day, anchor)."""

    planned: str
    done: str
    today_x: float
    gap: tuple[float, float]
    grid: tuple[tuple[float, int], ...]
    labels: tuple[tuple[float, date, str], ...]


def chart_of(page: PlanPage, today: date) -> Chart:
    """Return the geometry of a plan's chart."""
    top = max(page.figures.total, page.done_line[-1].minutes)
    days = max(1, (page.due_on - page.starts_on).days)

    def x(day: date) -> float:
        return round(LEFT + (RIGHT - LEFT) * (min(max(day, page.starts_on), page.due_on) - page.starts_on).days / days, 1)

    def y(minutes: int) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * minutes / top, 1)

    def path(points: tuple[Point, ...]) -> str:
        steps = [f"M{x(points[0].day)} {y(points[0].minutes)}", *(f"H{x(p.day)}V{y(p.minutes)}" for p in points[1:])]
        return "".join(steps)

    thirds = [page.figures.total * n // 3 for n in range(4)]
    middle = page.starts_on + (page.due_on - page.starts_on) / 2
    return Chart(
        path(page.planned_line), path(page.done_line), x(today), (y(page.pace.expected), y(page.done_line[-1].minutes)),
        tuple((y(minutes), minutes) for minutes in thirds),
        ((LEFT, page.starts_on, "start"), (x(middle), middle, "middle"), (RIGHT, page.due_on, "end")),
    )
