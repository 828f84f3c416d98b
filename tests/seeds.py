"""The small district of most tests: built once per worker by the services, then put back as rows."""

import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

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
    sample: Sample
    rows: tuple[tuple[sa.Insert, list[dict[str, Any]]], ...]


_seeds: list[Seed] = []


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
