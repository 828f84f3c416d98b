"""Reads of the catalogue. Packs are reference data: every scope sees the same ones."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from trainhub.courses.models import CoursePack
from trainhub.courses.rules import GRADE_BANDS, PLAN_MODULE, THEMES, Pack, pack_of
from trainhub.kernel.actor import Scope
from trainhub.kernel.errors import NotFound
from trainhub.roster.models import OrgUnit

LENGTHS: dict[str, tuple[int, int]] = {"lesson": (0, 45), "short": (46, 90), "medium": (91, 135), "long": (136, 100_000)}
"""Bands of total minutes by which the catalogue is filtered, both ends inclusive."""
LAST = 1000
"""Where a pack that names no ``order`` stands among its kind."""


@dataclass(frozen=True, slots=True)
class CatalogueFilter:
    """What the address bar says: a type key, a grade band, a theme, a band of :data:`LENGTHS`, words; "" stands for all."""

    type_key: str = ""
    length: str = ""
    words: str = ""
    band: str = ""
    theme: str = ""


@dataclass(frozen=True, slots=True)
class PackCard:
    """One pack as the catalogue shows it. ``minutes`` without breaks; counts of what it holds."""

    id: str
    version: str
    title: str
    summary: str
    type_key: str
    delivery: str
    minutes: int
    class_hours: int
    unit_count: int
    case_count: int
    handout_count: int
    has_quiz: bool
    sources: tuple[str, ...]
    installed_at: datetime
    theme: str = ""
    grade_bands: tuple[str, ...] = ()
    lesson_minutes: int = 0
    activity_sheet_count: int = 0
    has_parent_letter: bool = False


@dataclass(frozen=True, slots=True)
class Facet:
    """What one group of filters would show beside the other groups: ``all`` without it, ``counts`` by choice, zeros left out."""

    all: int
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The shelf under a filter, grouped by type; ``facets`` by the field of the filter: type_key, band, theme, length."""

    groups: tuple[tuple[str, tuple[PackCard, ...]], ...]
    found: int
    total: int
    facets: Mapping[str, Facet]


@dataclass(frozen=True, slots=True)
class LessonPack:
    """What planning a meeting needs of a pack. ``steps`` are (title, minutes, kind) as they run; ``theme`` may be ""."""

    id: str
    version: str
    title: str
    summary: str
    theme: str
    grade_bands: tuple[str, ...]
    minutes: int
    steps: tuple[tuple[str, int, str], ...]
    activity_sheet_count: int
    has_parent_letter: bool


@dataclass(frozen=True, slots=True)
class PackVersion:
    """One installed version."""

    version: str
    installed_at: datetime
    is_current: bool


@dataclass(frozen=True, slots=True)
class PackPage:
    """One version of a pack with its whole content, and the other versions, newest first."""

    pack: Pack
    digest: str
    installed_at: datetime
    is_current: bool
    versions: tuple[PackVersion, ...]


@dataclass(frozen=True, slots=True)
class PackOutline:
    """What planning shows of a pack: titles and minutes of its units, what to prepare."""

    id: str
    title: str
    minutes: int
    units: tuple[tuple[str, int], ...]
    preparation: tuple[str, ...]


def pack_outline(session: Session, scope: Scope, pack_id: str) -> PackOutline:
    """Return the current version of a pack in outline. One statement, and no unit text is loaded.

    Raises NotFound for a pack that is not installed.
    """
    statement = select(CoursePack.title, CoursePack.minutes, CoursePack.content["course"].label("course")).where(
        CoursePack.pack_id == pack_id, CoursePack.is_current.is_(True)
    )
    row = session.execute(statement).one_or_none()
    if row is None:
        raise NotFound
    units = tuple((unit["title"], int(unit["minutes"])) for unit in row.course["units"])
    return PackOutline(pack_id, row.title, row.minutes, units, tuple(row.course.get("preparation", ())))


def packs_are_shared(session: Session) -> bool:
    """Whether several bureaus use this platform, so that no one of them may change packs for all. One statement."""
    return len(session.scalars(select(OrgUnit.id).where(OrgUnit.kind == "bureau").limit(2)).all()) > 1


_LESSON_COLUMNS = (
    CoursePack.pack_id, CoursePack.version, CoursePack.title, CoursePack.summary, CoursePack.minutes,
    CoursePack.content["course"].label("course"),
)  # fmt: skip


def lesson_packs(session: Session, scope: Scope, type_key: str, band: str = "") -> tuple[LessonPack, ...]:
    """Return the current packs of a type, those for one grade band where ``band`` is given, in the order of the catalogue.

    One statement, and no unit text is loaded.
    """
    query = select(*_LESSON_COLUMNS).where(CoursePack.type_key == type_key, CoursePack.is_current.is_(True))
    rows = sorted(session.execute(query), key=lambda row: (row.course.get("order", LAST), row.pack_id))
    return tuple(_lesson_pack(row) for row in rows if not band or band in row.course.get("grade_bands", ()))


@dataclass(frozen=True, slots=True)
class PlanPack:
    """A module of an education plan as a draft needs it. ``module`` is its kind; ``lessons`` are (unit id, title, minutes)."""

    id: str
    version: str
    title: str
    module: str
    grade_bands: tuple[str, ...]
    minutes: int
    lessons: tuple[tuple[str, str, int], ...]


def plan_packs(session: Session, scope: Scope, band: str = "") -> tuple[PlanPack, ...]:
    """Return the current packs for modules of education plans in the order of the catalogue, for one grade band where it is given.

    One statement, and no unit text is loaded.
    """
    query = select(*_LESSON_COLUMNS).where(CoursePack.type_key == PLAN_MODULE, CoursePack.is_current.is_(True))
    rows = sorted(session.execute(query), key=lambda row: (row.course.get("order", LAST), row.pack_id))
    return tuple(
        PlanPack(
            row.pack_id, row.version, row.title, row.course.get("module", ""), _bands(row.course), row.minutes,
            tuple((unit["id"], unit["title"], int(unit["minutes"])) for unit in row.course["units"]),
        )
        for row in rows if not band or band in row.course.get("grade_bands", ())
    )


def lesson_pack(session: Session, scope: Scope, pack_id: str, version: str = "") -> LessonPack:
    """Return one version of a pack, the current one where ``version`` is "": a meeting keeps the version it used.

    One statement. Raises NotFound for a pack or version that is not installed.
    """
    query = select(*_LESSON_COLUMNS).where(CoursePack.pack_id == pack_id)
    query = query.where(CoursePack.version == version) if version else query.where(CoursePack.is_current.is_(True))
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound
    return _lesson_pack(row)


def _lesson_pack(row: Row[Any]) -> LessonPack:
    course: Mapping[str, Any] = row.course
    kinds = _handout_kinds(course)
    return LessonPack(
        id=row.pack_id,
        version=row.version,
        title=row.title,
        summary=row.summary,
        theme=course.get("theme", ""),
        grade_bands=_bands(course),
        minutes=row.minutes,
        steps=tuple((step["title"], int(step["minutes"]), step["kind"]) for step in course.get("run_of_show", ())),
        activity_sheet_count=kinds["activity_sheet"],
        has_parent_letter=kinds["parent_letter"] > 0,
    )


def _handout_kinds(course: Mapping[str, Any]) -> Counter[str]:
    return Counter(handout.get("kind", "sheet") for handout in course.get("handouts", ()))


def _bands(course: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(band for band in GRADE_BANDS if band in course.get("grade_bands", ()))


_CHOICES: dict[str, Callable[[PackCard], tuple[str, ...]]] = {
    "type_key": lambda card: (card.type_key,),
    "band": lambda card: card.grade_bands,
    "theme": lambda card: (card.theme,),
    "length": lambda card: tuple(length for length, (low, high) in LENGTHS.items() if low <= card.minutes <= high),
}
_ORDER: dict[str, Sequence[str]] = {"band": GRADE_BANDS, "theme": THEMES, "length": tuple(LENGTHS)}


def known_choices(wanted: CatalogueFilter) -> CatalogueFilter:
    """Return the filter without bands, themes and lengths that do not exist; a type may come from a plugin and stays."""
    unknown = {name: "" for name, known in _ORDER.items() if getattr(wanted, name) not in known}
    return replace(wanted, **unknown)


def catalogue(session: Session, scope: Scope, wanted: CatalogueFilter) -> Catalogue:
    """Return the current packs that fit the filter. One statement, and no unit text is loaded."""
    cards = _cards(session)
    wanted = known_choices(wanted)
    found = [card for card in cards if _fits(card, wanted)]
    keys = dict.fromkeys(card.type_key for card in found)
    groups = tuple((key, tuple(card for card in found if card.type_key == key)) for key in keys)
    facets = {name: _facet(name, [card for card in cards if _fits(card, replace(wanted, **{name: ""}))]) for name in _CHOICES}
    return Catalogue(groups, len(found), len(cards), facets)


def _facet(name: str, cards: Sequence[PackCard]) -> Facet:
    counts = Counter(choice for card in cards for choice in _CHOICES[name](card))
    return Facet(len(cards), {choice: counts[choice] for choice in _ORDER.get(name, tuple(counts)) if counts[choice]})


def _cards(session: Session) -> list[PackCard]:
    statement = (
        select(
            CoursePack.pack_id,
            CoursePack.version,
            CoursePack.title,
            CoursePack.summary,
            CoursePack.type_key,
            CoursePack.delivery_mode,
            CoursePack.minutes,
            CoursePack.class_hours,
            CoursePack.content["course"].label("course"),
            CoursePack.installed_at,
        )
        .where(CoursePack.is_current.is_(True))
    )
    rows = sorted(session.execute(statement), key=lambda row: (row.type_key, row.course.get("order", LAST), row.pack_id))
    return [_card(row) for row in rows]


def _card(row: Row[Any]) -> PackCard:
    course: Mapping[str, Any] = row.course
    kinds = _handout_kinds(course)
    return PackCard(
        id=row.pack_id,
        version=row.version,
        title=row.title,
        summary=row.summary,
        type_key=row.type_key,
        delivery=row.delivery_mode,
        minutes=row.minutes,
        class_hours=row.class_hours,
        unit_count=len(course["units"]),
        case_count=len(course.get("cases", ())),
        handout_count=len(course.get("handouts", ())),
        has_quiz=course.get("assessment", {}).get("kind") == "quiz",
        sources=tuple(course.get("sources", ())),
        installed_at=row.installed_at,
        theme=course.get("theme", ""),
        grade_bands=_bands(course),
        lesson_minutes=int(course.get("lesson_minutes", 0)),
        activity_sheet_count=kinds["activity_sheet"],
        has_parent_letter=kinds["parent_letter"] > 0,
    )


def _fits(card: PackCard, wanted: CatalogueFilter) -> bool:
    haystack = " ".join((card.title, card.summary, *card.sources)).casefold()
    return all(
        not (choice := getattr(wanted, name)) or choice in choices_of(card) for name, choices_of in _CHOICES.items()
    ) and all(word in haystack for word in wanted.words.casefold().split())


def pack_page(session: Session, scope: Scope, pack_id: str, version: str = "") -> PackPage:
    """Return one version of a pack, the current one where ``version`` is "".

    Raises NotFound for a pack or version that is not installed. Two statements.
    """
    versions = _versions(session, pack_id)
    chosen = next((v for v in versions if (v.version == version if version else v.is_current)), None)
    if chosen is None:
        raise NotFound
    row = session.execute(
        select(CoursePack.digest, CoursePack.content).where(
            CoursePack.pack_id == pack_id, CoursePack.version == chosen.version
        )
    ).one()
    content = row.content
    pack = pack_of(content["course"], content["texts"], content["quiz"])
    return PackPage(pack, row.digest, chosen.installed_at, chosen.is_current, tuple(versions))


def _versions(session: Session, pack_id: str) -> Sequence[PackVersion]:
    rows = session.execute(
        select(CoursePack.version, CoursePack.installed_at, CoursePack.is_current)
        .where(CoursePack.pack_id == pack_id)
        .order_by(CoursePack.installed_at.desc(), CoursePack.version.desc())
    )
    return [PackVersion(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Installed:
    """What is installed of a pack: digests by version, and the current one with its content."""

    digests: Mapping[str, str]
    current: Pack | None


def installed(session: Session, scope: Scope, pack_ids: Collection[str]) -> dict[str, Installed]:
    """Return what is installed of these packs, by id. Two statements."""
    digests: dict[str, dict[str, str]] = {}
    versions = select(CoursePack.pack_id, CoursePack.version, CoursePack.digest).where(CoursePack.pack_id.in_(pack_ids))
    for row in session.execute(versions):
        digests.setdefault(row.pack_id, {})[row.version] = row.digest
    contents = select(CoursePack.pack_id, CoursePack.content).where(
        CoursePack.pack_id.in_(pack_ids), CoursePack.is_current.is_(True)
    )
    current = {
        row.pack_id: pack_of(row.content["course"], row.content["texts"], row.content["quiz"]) for row in session.execute(contents)
    }
    return {pack_id: Installed(held, current.get(pack_id)) for pack_id, held in digests.items()}
