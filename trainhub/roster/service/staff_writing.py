"""Writing a staff plan: employments, departments, posts."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from sqlalchemy import or_, select

from trainhub.roster.import_rules import UNKNOWN_CLASS, Change, Line, Plan
from trainhub.roster.models import (
    Department,
    DepartmentMembership,
    Employment,
    Person,
    PostAssignment,
)
from trainhub.roster.people_rules import keys_of, name_key, pinyin_key
from trainhub.roster.service.writing import Writer, Written


class StaffWriter(Writer):
    """Writes a staff plan."""

    def write(self, plan: Plan) -> Written:
        """Write all new and changed rows, and the people let go."""
        self.note_decisions(plan)
        touched = [line.known.id for line in plan.lines if line.known] + [k.id for k, _ in plan.leaving]
        self.jobs = self.rows(Employment, touched)
        self.persons = self.rows(Person, {job.person_id for job in self.jobs.values()})
        self.load_classes()
        self._load_departments()
        self._load_dated(list(self.jobs))
        for line in self.lines(plan):
            if line.outcome == "new":
                self._hire(line)
            elif line.outcome == "changed":
                self._revise(line)
            if line.known is not None:
                self.written.made.setdefault(line.entry.row, line.known.id)
        for known, why in plan.leaving:
            self._end_job(self.jobs[known.id], self.day - timedelta(days=1), why)
        self.flush()
        return self.written

    def _load_departments(self) -> None:
        query = select(Department).where(Department.district_id == self.tenant, Department.school_id == self.school_id)
        self.departments = {name_key(d.name): d.id for d in self.session.scalars(query)}

    def _load_dated(self, jobs: list[str]) -> None:
        self.places: dict[str, list[DepartmentMembership]] = defaultdict(list)
        self.posts: dict[str, list[PostAssignment]] = defaultdict(list)
        for place in self.session.scalars(select(DepartmentMembership).where(
            DepartmentMembership.district_id == self.tenant, DepartmentMembership.employment_id.in_(jobs),
            or_(DepartmentMembership.to_on.is_(None), DepartmentMembership.to_on >= self.day),
        )):
            self.places[place.employment_id].append(place)
        self.homeroom: dict[str, PostAssignment] = {}
        for post in self.session.scalars(select(PostAssignment).where(
            PostAssignment.district_id == self.tenant, PostAssignment.school_id == self.school_id,
            or_(PostAssignment.to_on.is_(None), PostAssignment.to_on >= self.day),
        )):
            self.posts[post.person_id].append(post)
            if post.class_id:
                self.homeroom[post.class_id] = post

    def _department(self, name: str) -> str:
        key = name_key(name)
        if key not in self.departments:
            self.departments[key] = self.add(
                "department", school_id=self.school_id, name=name, sort_key=pinyin_key(name)[:120]
            )
        return self.departments[key]

    def _hire(self, line: Line) -> None:
        keys = keys_of(line.entry.name)
        person_id = self.add(
            "person", name=keys.name, name_key=keys.key, sort_key=keys.sort_key, initials=keys.initials,
            phone_tail=line.entry.values.get("phone_tail", ""), merged_into_id=None, created_at=self.now,
        )
        self._open_job(line, person_id)

    def _open_job(self, line: Line, person_id: str) -> None:
        entry = line.entry
        hired = entry.values.get("hired_on")
        hired_on = date.fromisoformat(hired) if hired else None if self.first_list else self.day
        from_on = max(self.day, hired_on) if hired_on and hired_on <= self.today else self.day
        category = entry.values.get("category") or "full_time_teacher"
        job_id = self.add(
            "employment", person_id=person_id, school_id=self.school_id, staff_no=entry.number, category=category,
            contract="contract" if category == "external" else "staffed", is_home=category != "external",
            from_on=from_on, to_on=None, left_reason="", ce_opt_out=False, hired_on=hired_on, created_at=self.now,
            batch_id=self.batch.id,
        )
        if entry.group:
            self.add("department_membership", employment_id=job_id, department_id=self._department(entry.group),
                     from_on=from_on, to_on=None)
        for post in entry.posts:
            self._give_post(person_id, post, None, from_on)
        if entry.homeroom:
            self._give_homeroom(person_id, entry.homeroom, from_on)
        self.written.people.add(person_id)
        self.written.made[entry.row] = job_id

    def _give_post(self, person_id: str, post: str, class_id: str | None, from_on: date) -> None:
        self.add("post_assignment", person_id=person_id, school_id=self.school_id, post=post, class_id=class_id,
                 from_on=from_on, to_on=None, batch_id=self.batch.id)

    def _give_homeroom(self, person_id: str, label: str, from_on: date) -> None:
        if label == UNKNOWN_CLASS:
            self._give_post(person_id, "homeroom_teacher", None, from_on)
            return
        class_id = self.class_id(label)
        start = max(from_on, self.classes[label].opened_on)
        holder = self.homeroom.pop(class_id, None)
        if holder is not None and holder.person_id != person_id:
            self.change(holder, to_on=max(holder.from_on, start - timedelta(days=1)))
            self.written.people.add(holder.person_id)
        self._give_post(person_id, "homeroom_teacher", class_id, start)

    def _revise(self, line: Line) -> None:
        assert line.known is not None
        job = self.jobs[line.known.id]
        person = self.persons[job.person_id]
        fields = {c.field for c in line.changes}
        self.written.people.add(person.id)
        if "state" in fields and not line.entry.stays:
            left_on = line.entry.values.get("left_on")
            last = date.fromisoformat(left_on) if left_on else self.day - timedelta(days=1)
            self._end_job(job, last, line.entry.values.get("why", "other"))
            return
        if "state" in fields:
            self._open_job(line, person.id)
            return
        for change in line.changes:
            self._revise_field(line, change, job, person)

    def _revise_field(self, line: Line, change: Change, job: Employment, person: Person) -> None:
        entry, values, start = line.entry, line.entry.values, max(self.day, job.from_on)
        keys = keys_of(entry.name)
        simple: dict[str, tuple[Any, dict[str, Any]]] = {
            "name": (person, {"name": keys.name, "name_key": keys.key, "sort_key": keys.sort_key,
                              "initials": keys.initials}),
            "phone_tail": (person, {"phone_tail": values.get("phone_tail", "")}),
            "number": (job, {"staff_no": entry.number}),
            "category": (job, {"category": values.get("category", "")}),
        }
        if change.field in simple:
            row, wanted = simple[change.field]
            self.change(row, **wanted)
        elif change.field == "hired_on":
            self.change(job, hired_on=date.fromisoformat(values["hired_on"]))
        elif change.field == "group":
            self._change_department(job, entry.group, start)
        elif change.field == "posts":
            self._add_posts(person.id, entry.posts, start)
        elif change.field == "homeroom":
            self._change_homeroom(person.id, entry.homeroom or "", start)

    def _add_posts(self, person_id: str, posts: tuple[str, ...], start: date) -> None:
        held = {p.post for p in self.posts[person_id]}
        for post in posts:
            if post not in held:
                self._give_post(person_id, post, None, start)

    def _change_department(self, job: Employment, name: str, start: date) -> None:
        department_id = self._department(name)
        for place in self.places[job.id]:
            if place.from_on >= start:  # entered the same day: a correction, not a change
                self.change(place, department_id=department_id)
                return
            self.change(place, to_on=start - timedelta(days=1))
        self.add("department_membership", employment_id=job.id, department_id=department_id, from_on=start, to_on=None)

    def _change_homeroom(self, person_id: str, label: str, start: date) -> None:
        for post in self.posts[person_id]:
            if post.post == "homeroom_teacher" and label and label != UNKNOWN_CLASS and post.from_on >= start:
                self.change(post, class_id=self.class_id(label))  # the same day: a correction
                return
            if post.post == "homeroom_teacher":
                self.change(post, to_on=max(post.from_on, start - timedelta(days=1)))
                self.homeroom.pop(post.class_id or "", None)
        if label:
            self._give_homeroom(person_id, label, start)

    def _end_job(self, job: Employment, last: date, why: str) -> None:
        last = max(last, job.from_on)
        self.written.people.add(job.person_id)
        self.change(job, to_on=last, left_reason=why)
        for place in self.places[job.id]:
            self.change(place, to_on=max(last, place.from_on))
        for post in self.posts[job.person_id]:
            self.change(post, to_on=max(last, post.from_on))
