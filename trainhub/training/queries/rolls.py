"""What a roll is the roll of: told to attendance, which knows a part of a training only by its id."""

from collections.abc import Mapping, Sequence

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from trainhub.attendance.registry import SubjectFacts
from trainhub.training.models import EventPart, EventTrainer, TrainingEvent

FACE_TO_FACE = "face_to_face"
_SIBLING = aliased(EventPart)
_PARTS = (
    select(func.count())
    .where(_SIBLING.district_id == EventPart.district_id, _SIBLING.event_id == EventPart.event_id)
    .scalar_subquery()
)
"""How many parts the training has; built once, for building costs more than running."""


def roll_subjects(session: Session, district_id: str, part_ids: Sequence[str]) -> Mapping[str, SubjectFacts]:
    """Return title, room and trainers of parts of trainings, by part. One statement."""
    rows = session.execute(
        select(EventPart, TrainingEvent.title, _PARTS, EventTrainer.name, EventTrainer.affiliation)
        .join(TrainingEvent, and_(TrainingEvent.district_id == EventPart.district_id, TrainingEvent.id == EventPart.event_id))
        .outerjoin(EventTrainer, and_(EventTrainer.district_id == EventPart.district_id,
                                      EventTrainer.event_id == EventPart.event_id))
        .where(EventPart.district_id == district_id, EventPart.id.in_(part_ids))
        .order_by(EventTrainer.id)
    ).all()
    trainers: dict[str, list[str]] = {}
    for part, _title, _count, name, affiliation in rows:
        if name:
            trainers.setdefault(part.id, []).append(f"{name}（{affiliation}）" if affiliation else name)
    return {
        part.id: SubjectFacts(
            heading=title, part="" if count == 1 else part.title or f"{part.position}/{count}", room=part.room,
            trainers=tuple(trainers.get(part.id, ())), face_to_face=part.delivery_mode == FACE_TO_FACE,
            endpoint="training.event", parameter="event_id", parent_id=part.event_id,
        )
        for part, title, count, _name, _affiliation in rows
    }
