"""The small district of most tests, and what stands in it: built once per worker by the services, then put back as rows."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import Sample, build_district
from trainhub.kernel.clock import now
from trainhub.kernel.orm import Base

FRESH = timedelta(minutes=30)
"""A test under another clock (or much later) gets a district of its own time."""


@dataclass(frozen=True)
class Seed:
    """A district and its rows, parents before children."""

    made_at: datetime
    sample: Any
    rows: tuple[tuple[sa.Insert, list[dict[str, Any]]], ...]
    session: Session | None = None


T = TypeVar("T")
_seeds: list[Seed] = []
_scenes: dict[str, Seed] = {}


def plant(session: Session) -> Sample:
    """Return a district that this session's database did not have before."""
    moment = now()
    seed = next((s for s in _seeds if timedelta(0) <= moment - s.made_at < FRESH), None)
    if seed is None:
        sample = build_district(session)
        session.flush()
        _seeds.append(Seed(moment, copy.deepcopy(sample), tuple(_rows(session, sample.district_id))))
        return sample
    for insert, rows in seed.rows:
        session.execute(insert, rows)
    return copy.deepcopy(seed.sample)


def plant_scene(session: Session, key: str, build: Callable[[Session], T], district_of: Callable[[T], str], *keep: object) -> T:
    """Return what ``build`` makes in a district of its own; a second one in the same test is built anew.

    ``key`` names the scene. What is returned may hold the session, ids and actors, what is in ``keep`` (keys), and no row of a table.
    """
    moment, seed = now(), _scenes.get(key)
    if seed is None or not timedelta(0) <= moment - seed.made_at < FRESH:
        made = build(session)
        session.flush()
        _scenes[key] = Seed(moment, _copied(made, session, session, keep), tuple(_rows(session, district_of(made))), session)
        return made
    district = Base.metadata.tables["org_unit"].c.district_id
    if session.scalar(sa.select(district).where(district == district_of(seed.sample)).limit(1)) is not None:
        return build(session)
    for insert, rows in seed.rows:
        session.execute(insert, rows)
    session.commit()
    assert seed.session is not None
    found: T = _copied(seed.sample, seed.session, session, keep)
    return found


def _copied(made: Any, before: Session, after: Session, keep: tuple[object, ...]) -> Any:
    return copy.deepcopy(made, {id(before): after} | {id(one): one for one in keep})


def _rows(session: Session, district_id: str) -> list[tuple[sa.Insert, list[dict[str, Any]]]]:
    found = []
    for table in Base.metadata.sorted_tables:
        if "district_id" not in table.c:
            continue
        rows = session.execute(sa.select(table).where(table.c.district_id == district_id)).mappings()
        ordered = sorted((dict(row) for row in rows), key=lambda row: row.get("parent_id") is not None)
        if ordered:
            found.append((sa.insert(table), ordered))
    return found
