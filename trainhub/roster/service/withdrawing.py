"""Taking a written batch back, row by row, where nothing was built on it."""

from collections import defaultdict
from datetime import date
from typing import Any

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session

from trainhub.kernel.orm import Base, is_projection
from trainhub.roster.models import (
    Employment,
    ImportBatch,
    Person,
    PostAssignment,
)
from trainhub.roster.refusals import BuiltUpon
from trainhub.roster.service.writing import MODELS, as_text

_DERIVED = frozenset({"training_obligation"})
"""Tables recomputed from what stands here: a row in them does not mean that something was built."""


def take_back(session: Session, batch: ImportBatch) -> set[str]:
    """Put every changed row back and remove every row made; returns the people concerned.

    Raises :class:`BuiltUpon` where a changed row was changed again, or where another room refers to
    what would go.
    """
    tenant, undo = batch.district_id, batch.report["undo"]
    people = _people_of(session, tenant, undo)
    _refuse_if_changed(session, tenant, undo["updated"])
    _refuse_if_used(session, tenant, undo)
    _restore(session, tenant, undo["updated"])
    for table in reversed(list(MODELS)):
        ids = undo["created"].get(table)
        if ids and table == "person":
            _remove_unreferenced(session, tenant, ids)
        elif ids:
            model = MODELS[table]
            session.execute(delete(model).where(model.district_id == tenant, model.id.in_(ids))
                            .execution_options(synchronize_session=False))
    session.flush()
    session.expire_all()
    return people


def _people_of(session: Session, tenant: str, undo: dict[str, Any]) -> set[str]:
    people = set(undo["created"].get("person", ())) | {key for table, key, _ in undo["updated"] if table == "person"}
    for model in (Employment, PostAssignment):
        ids = {key for table, key, _ in undo["updated"] if table == model.__tablename__} | set(
            undo["created"].get(model.__tablename__, ())
        )
        if ids:
            people |= set(session.scalars(select(model.person_id).where(model.district_id == tenant, model.id.in_(ids))))
    return people


def _refuse_if_changed(session: Session, tenant: str, updated: list[Any]) -> None:
    """What the batch wrote must still be what stands there."""
    by_table: dict[str, dict[str, dict[str, Any]]] = defaultdict(lambda: defaultdict(dict))
    for table, key, values in updated:
        by_table[table][key] |= {column: after for column, (_, after) in values.items()}
    count = 0
    for table, wanted in by_table.items():
        model = MODELS[table]
        rows = session.scalars(select(model).where(model.district_id == tenant, model.id.in_(list(wanted))))
        count += sum(any(as_text(getattr(r, c)) != v for c, v in wanted[r.id].items()) for r in rows)
    if count:
        raise BuiltUpon(count=count)


def _refuse_if_used(session: Session, tenant: str, undo: dict[str, Any]) -> None:
    """Rows of other rooms (rolls, exemptions, accounts) that refer to what the batch made."""
    created: dict[str, list[str]] = undo["created"]
    own: dict[str, set[str]] = defaultdict(set, {table: set(ids) for table, ids in created.items()})
    for table, key, _ in undo["updated"]:
        own[table].add(key)
    count = 0
    for table, column, target in _references():
        ids = created.get(target)
        if not ids or table.name in _DERIVED:
            continue
        query = select(func.count()).select_from(table).where(table.c.district_id == tenant, column.in_(ids))
        if table.name in own:
            query = query.where(table.c.id.not_in(own[table.name]))
        count += session.scalar(query) or 0
    if count:
        raise BuiltUpon(count=count)


def _references() -> list[tuple[Any, Any, str]]:
    """Every foreign key into the tables an import writes, as (table, column, table referred to)."""
    found = []
    for table in Base.metadata.sorted_tables:
        if is_projection(table):
            continue
        for constraint in table.foreign_key_constraints:
            target = constraint.referred_table.name
            columns = [c for c in constraint.columns if c.name != "district_id"]
            if target in MODELS and len(columns) == 1:
                found.append((table, columns[0], target))
    return found


def _restore(session: Session, tenant: str, updated: list[Any]) -> None:
    before: dict[str, dict[str, dict[str, Any]]] = defaultdict(lambda: defaultdict(dict))
    for table, key, values in reversed(updated):
        columns = MODELS[table].__table__.c
        before[table][key] |= {c: _typed(columns[c].type.python_type, old) for c, (old, _) in values.items()}
    for table, rows in before.items():
        session.execute(update(MODELS[table]), [{"district_id": tenant, "id": k} | v for k, v in rows.items()])


def _remove_unreferenced(session: Session, tenant: str, ids: list[str]) -> None:
    """Remove people nobody refers to; one whose obligation was worked out stays, without employment."""
    free = [
        ~exists().where(table.c.district_id == tenant, column == Person.id)
        for table, column, target in _references() if target == "person"
    ]
    session.execute(delete(Person).where(Person.district_id == tenant, Person.id.in_(ids), *free)
                    .execution_options(synchronize_session=False))


def _typed(kind: type, value: Any) -> Any:
    return date.fromisoformat(value) if kind is date and isinstance(value, str) else value
