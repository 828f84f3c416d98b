"""What the roster holds on a pupil."""

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from trainhub.kernel.held import HeldRow, HeldSubject
from trainhub.kernel.sealing import KeyRing
from trainhub.roster.models import ClassMembership, SchoolClass, Student


def held_in_roster(session: Session, ring: KeyRing, subject: HeldSubject) -> list[HeldRow]:
    """Name, sex, the end of the number, time at the school, classes. Two statements."""
    pupil = session.get(Student, (subject.district_id, subject.student_id))
    if pupil is None:
        return []
    rows = [
        HeldRow("pupil_name", pupil.from_on, pupil.name),
        HeldRow("pupil_number", None, f"…{pupil.number_tail}"),
        HeldRow("pupil_here", pupil.from_on, pupil.to_on.isoformat() if pupil.to_on else ""),
    ]
    if pupil.sex:
        rows.append(HeldRow("pupil_sex", None, "", (pupil.sex,)))
    classes = select(SchoolClass.school_year, SchoolClass.name, ClassMembership.number_in_class, ClassMembership.from_on).join(
        ClassMembership, and_(ClassMembership.district_id == SchoolClass.district_id, ClassMembership.class_id == SchoolClass.id)
    ).where(ClassMembership.district_id == subject.district_id, ClassMembership.student_id == subject.student_id).order_by(ClassMembership.from_on)
    rows += [HeldRow("pupil_class", row[3], f"{row[0]} {row[1]} {row[2]}".strip()) for row in session.execute(classes)]
    return rows
