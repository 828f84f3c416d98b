"""Writing a pupil plan: only the allowed columns."""

from collections import defaultdict
from datetime import date, timedelta

from sqlalchemy import or_, select

from trainhub.roster.import_rules import Line, Plan
from trainhub.roster.models import (
    ClassMembership,
    Student,
)
from trainhub.roster.people_rules import clean_name, name_key, pinyin_key
from trainhub.roster.service.writing import Writer, Written


class StudentWriter(Writer):
    """Writes a pupil plan: only the allowed columns, the number as keyed hash and tail."""

    def write(self, plan: Plan) -> Written:
        """Write all new and changed rows, and the pupils let go."""
        self.note_decisions(plan)
        self.pupils = self.rows(Student, [line.known.id for line in plan.lines if line.known] + [k.id for k, _ in plan.leaving])
        self.load_classes()
        self.places: dict[str, list[ClassMembership]] = defaultdict(list)
        for place in self.session.scalars(select(ClassMembership).where(
            ClassMembership.district_id == self.tenant, ClassMembership.student_id.in_(list(self.pupils)),
            or_(ClassMembership.to_on.is_(None), ClassMembership.to_on >= self.day),
        )):
            self.places[place.student_id].append(place)
        for line in self.lines(plan):
            if line.outcome == "new":
                self._enrol(line)
            elif line.outcome == "changed":
                self._revise(line)
            if line.known is not None:
                self.written.made.setdefault(line.entry.row, line.known.id)
        for known, _why in plan.leaving:
            self._leave(self.pupils[known.id])
        self.flush()
        return self.written

    def _enrol(self, line: Line) -> None:
        entry, values = line.entry, line.entry.values
        key = self.add(
            "student", school_id=self.school_id, name=clean_name(entry.name), name_key=name_key(entry.name),
            sort_key=pinyin_key(entry.name), sex=values.get("sex", ""), number_hash=entry.number,
            number_tail=values.get("number_tail", ""), number_kind=values.get("number_kind", ""), from_on=self.day,
            to_on=None, created_at=self.now,
        )
        if entry.group:
            self._seat(key, entry.group, values.get("seat_no", ""), self.day)
        self.written.made[entry.row] = key

    def _seat(self, student_id: str, label: str, seat_no: str, start: date) -> None:
        class_id = self.class_id(label)
        self.add("class_membership", student_id=student_id, class_id=class_id, number_in_class=seat_no[:8],
                 from_on=max(start, self.classes[label].opened_on), to_on=None)

    def _revise(self, line: Line) -> None:
        assert line.known is not None
        entry, pupil = line.entry, self.pupils[line.known.id]
        fields = {c.field for c in line.changes}
        if "name" in fields:
            self.change(pupil, name=clean_name(entry.name), name_key=name_key(entry.name), sort_key=pinyin_key(entry.name))
        if "sex" in fields:
            self.change(pupil, sex=entry.values["sex"])
        if "state" in fields:
            self.change(pupil, to_on=None)
        if fields & {"group", "state"} and entry.group:
            for place in self.places[pupil.id]:
                self.change(place, to_on=max(place.from_on, self.day - timedelta(days=1)))
            self._seat(pupil.id, entry.group, entry.values.get("seat_no", ""), self.day)
        elif "seat_no" in fields:
            for place in self.places[pupil.id]:
                self.change(place, number_in_class=entry.values["seat_no"][:8])

    def _leave(self, pupil: Student) -> None:
        last = max(pupil.from_on, self.day - timedelta(days=1))
        self.change(pupil, to_on=last)
        for place in self.places[pupil.id]:
            self.change(place, to_on=max(last, place.from_on))
