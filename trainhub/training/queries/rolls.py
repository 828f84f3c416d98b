"""What a roll is the roll of: told to attendance, which knows a part of a training only by its id."""

from collections.abc import Mapping, Sequence

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from trainhub.attendance.registry import SubjectFacts
from trainhub.training.models import EventPart, EventTrainer, TrainingEvent

FACE_TO_FACE = "face_to_face"


def roll_subjects(session: Session, district_id: str, part_ids: Sequence[str]) -> Mapping[str, SubjectFacts]:
    """Return title, room and trainers of parts of trainings, by part. One statement."""
    sibling = aliased(EventPart)
    parts = (
        select(func.count())
        .where(sibling.district_id == EventPart.district_id, sibling.event_id == EventPart.event_id)
        .scalar_subquery()
    )
    rows = session.execute(
        select(EventPart, TrainingEvent.title, parts, EventTrainer.name, EventTrainer.affiliation)
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
