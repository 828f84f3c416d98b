"""The ledger of trainings of a school and year (培训台账, domain.md section 5): one row a training."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from trainhub.courses.models import CoursePack
from trainhub.kernel.actor import Scope
from trainhub.training.models import TrainingEvent
from trainhub.training.queries.events import EventRow, events_of
from trainhub.training.registry import course_type
from trainhub.training.rules.planning import Trainer


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A training with its kind, detail fields and pack. ``came``/``expected`` over all its rolls."""

    event: EventRow
    type_key: str
    topic: str
    pack_title: str
    fields: Mapping[str, Any]

    @property
    def came(self) -> int:
        """Times somebody came, over the rolls of all parts."""
        return sum(part.tally.there for part in self.event.parts)

    @property
    def expected(self) -> int:
        """Times somebody was expected, over the rolls of all parts."""
        return sum(part.tally.expected for part in self.event.parts)

    @property
    def trainers(self) -> tuple[Trainer, ...]:
        """Who taught."""
        return self.event.trainers


@dataclass(frozen=True, slots=True)
class TrainingLedger:
    """The rows, and the report columns (kind, field) that the kinds among them bring."""

    rows: tuple[LedgerRow, ...]
    columns: tuple[tuple[str, str], ...]


def training_ledger(session: Session, scope: Scope, school_id: str, year_key: str) -> TrainingLedger:
    """Every training of a school in a year but drafts. Five statements.

    Raises :class:`NotFound` outside the scope.
    """
    rows = [row for row in events_of(session, scope, school_id, year_key=year_key) if row.state.value != "draft"]
    query = (
        select(TrainingEvent.id, TrainingEvent.type_key, TrainingEvent.topic, CoursePack.title, TrainingEvent.details)
        .outerjoin(
            CoursePack,
            and_(CoursePack.pack_id == TrainingEvent.pack_id, CoursePack.version == TrainingEvent.pack_version),
        )
        .where(TrainingEvent.district_id == scope.district_id, TrainingEvent.id.in_([row.id for row in rows]))
    )
    more = {key: (kind, topic, title or "", dict(details.get("fields") or {})) for key, kind, topic, title, details in session.execute(query)}
    found = tuple(LedgerRow(row, *more[row.id]) for row in rows)
    kinds = dict.fromkeys(row.type_key for row in found)
    columns = [(key, name) for key in kinds for name in course_type(key).spec.report_columns]
    return TrainingLedger(found, tuple(columns))
