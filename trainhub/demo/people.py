"""Who works where, since when and as what: plain values, no database."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from trainhub.demo.calendar import Story, school_year_key
from trainhub.demo.names import NameMaker
from trainhub.demo.places import BUREAU, LOGISTICS, OFFICE, Place, class_name, department_names


@dataclass(slots=True)
class Post:
    """A post held; ``class_id`` only for a homeroom teacher."""

    name: str
    from_on: date
    to_on: date | None = None
    class_id: str | None = None


@dataclass(slots=True)
class Job:
    """One employment of a person at a place."""

    place: str
    from_on: date
    department: str
    category: str
    staff_no: str = ""
    contract: str = "staffed"
    to_on: date | None = None
    left_reason: str = ""
    hired_on: date | None = None
    is_home: bool = True
    ce_opt_out: bool = False
    posts: list[Post] = field(default_factory=list)


@dataclass(slots=True)
class Somebody:
    """A person of the story with all employments."""

    id: str
    name: str
    phone_tail: str
    jobs: list[Job] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A class in one school year. ``late_on``: the day it opened, where that was not the first of the year."""

    id: str
    place: str
    start_year: int
    grade: int
    number: int
    name: str
    previous_id: str | None
    pupils: int
    late_on: date | None = None

    @property
    def opened_on(self) -> date:
        """The first day of the class and of its pupils in it."""
        return self.late_on or date(self.start_year, 9, 1)


class Ids:
    """Ids that a seed repeats, in the shape of ``kernel.ids``."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._next = 0x0190_0000_0000

    def __call__(self) -> str:
        """Return the next id."""
        self._next += 1
        tail = self._random.getrandbits(74)
        value = self._next << 80 | 0x7 << 76 | (tail >> 62) << 64 | 0b10 << 62 | (tail & 0x3FFF_FFFF_FFFF_FFFF)
        return f"{value:032x}"


def classes_of(place: Place, story: Story, ids: Ids, random: Random) -> list[ClassRow]:
    """Classes of last and this school year; a class of this year knows the one it grew from (case 31)."""
    total = sum(place.classes.values()) or 1
    rows: list[ClassRow] = []
    before: dict[tuple[int, int], str] = {}
    for start in (story.school_year - 1, story.school_year):
        current: dict[tuple[int, int], str] = {}
        for grade, count in place.classes.items():
            for number in range(1, count + 1):
                made = ids()
                current[grade, number] = made
                size = max(1, place.pupils // total + random.randint(-2, 2)) if start == story.school_year else 0
                rows.append(ClassRow(made, place.key, start, grade, number, class_name(place, grade, number),
                                     before.get((grade - 1, number)), size))
        before = current
    return rows


class Staffing:
    """Fills the places with people: posts first, then teachers, office and logistics."""

    def __init__(self, story: Story, ids: Ids, random: Random) -> None:
        self.story = story
        self.ids = ids
        self.random = random
        self.names = NameMaker(random)
        self.people: list[Somebody] = []

    def fill(self, place: Place, classes: list[ClassRow]) -> list[Somebody]:
        """Return the own staff of a place; they are kept in ``people`` too."""
        staff = [self._somebody(place, number) for number in range(place.staff)]
        for (category, department), person in zip(self._seats(place), staff, strict=False):
            person.jobs[0].category, person.jobs[0].department = category, department
        if place.kind == BUREAU.kind:
            for person in staff:
                person.jobs[0].posts.append(Post("bureau_administrator", person.jobs[0].from_on))
        elif staff:
            self._lead(staff, place)
            self._homerooms(staff, classes)
        self.people += staff
        return staff

    def _somebody(self, place: Place, number: int) -> Somebody:
        generation = self.random.choices(("elder", "middle", "young"), (25, 50, 25))[0]
        age = {"elder": 27, "middle": 13, "young": 4}[generation] + self.random.randint(-3, 4)
        since = date(self.story.school_year - max(2, age), 9, 1)
        job = Job(place.key, since, "", "full_time_teacher", staff_no=f"{place.code[-2:]}{number + 1:04d}", hired_on=since)
        job.ce_opt_out = generation == "elder" and self.random.random() < 0.04
        return Somebody(self.ids(), self.names.person(generation), f"{self.random.randint(0, 9999):04d}", [job])

    def _seats(self, place: Place) -> Iterator[tuple[str, str]]:
        """Category and department of each seat: leaders and office, logistics, the rest teachers."""
        groups = department_names(place)
        if place.kind == BUREAU.kind:
            for number in range(place.staff):
                yield "administrator", groups[number % len(groups)]
            return
        office, logistics = max(1, place.staff // 14), place.staff // 11
        for _ in range(office):
            yield "administrator", OFFICE
        for _ in range(logistics):
            yield "logistics", LOGISTICS
        weights = [3 if g in ("语文组", "数学组", "英语组", "文化课组") else 1 for g in groups]
        for _ in range(place.staff - office - logistics - 2):
            yield "full_time_teacher", self.random.choices(groups, weights)[0]
        yield "support", OFFICE
        yield "support", OFFICE

    def _lead(self, staff: list[Somebody], place: Place) -> None:
        since = date(self.story.school_year - 3, 9, 1)
        offices = [p for p in staff if p.jobs[0].category == "administrator"]
        teachers = [p for p in staff if p.jobs[0].category == "full_time_teacher"]
        wanted = ["principal"] + ["vice_principal"] * (2 if place.staff > 80 else 0 if place.staff < 20 else 1)
        wanted += ["moral_education_head"] + (["safety_head"] if place.staff > 20 else [])
        pool = offices + teachers
        for post, person in zip(wanted, pool, strict=False):
            person.jobs[0].posts.append(Post(post, max(since, person.jobs[0].from_on)))
        rest = [p for p in teachers if not p.jobs[0].posts]
        extra = ["psychologist"] + (["young_pioneer_counsellor"] if "primary" in place.stages else [])
        extra += ["grade_head"] * (len(place.classes) if place.staff > 20 else 0)
        for post, person in zip(extra, rest, strict=False):
            person.jobs[0].posts.append(Post(post, max(since, person.jobs[0].from_on)))

    def _homerooms(self, staff: list[Somebody], classes: list[ClassRow]) -> None:
        """A homeroom teacher for each class; most go up with their class, some hand it over."""
        free = [p for p in staff if p.jobs[0].category == "full_time_teacher" and not p.jobs[0].posts]
        self.random.shuffle(free)
        holders: dict[str, Somebody] = {}
        for row in classes:
            first = date(row.start_year, 9, 1)
            last = date(row.start_year + 1, 8, 31) if row.start_year < self.story.school_year else None
            kept = holders.get(row.previous_id or "")
            if kept is not None and self.random.random() < 0.8:
                person = kept
            elif free:
                person = free.pop()
            else:
                continue
            holders[row.id] = person
            person.jobs[0].posts.append(Post("homeroom_teacher", first, last, row.id))


@dataclass(slots=True)
class Happenings:
    """What befell people in the year: found again by the tests and by the story of the trainings."""

    movers: list[Somebody] = field(default_factory=list)
    leavers: list[Somebody] = field(default_factory=list)
    newcomers: list[Somebody] = field(default_factory=list)
    in_grace: list[Somebody] = field(default_factory=list)
    two_schools: list[Somebody] = field(default_factory=list)


def happenings(staffing: Staffing, staff: dict[str, list[Somebody]]) -> Happenings:
    """Move, retire, hire: the year of a district in a handful of rules. Changes the people in place."""
    story, random, found = staffing.story, staffing.random, Happenings()
    big = [key for key, people in staff.items() if len(people) > 60 and key != "bureau"]

    def plain(key: str) -> list[Somebody]:
        return [p for p in staff[key] if not p.jobs[0].posts and len(p.jobs) == 1 and p.jobs[0].to_on is None]

    moved_on = date(story.year.start_year, 3, 2)
    if moved_on < story.today - timedelta(days=30):
        for source, target in zip(big, [*big[1:], big[0]], strict=True):
            person = random.choice(plain(source))
            _move(person, target, moved_on, staffing)
            found.movers.append(person)
    for number, key in enumerate(big):
        person = random.choice(plain(key))
        last = date(story.year.start_year, 4, 30) if number % 2 else date(story.school_year, 8, 31)
        if last < story.today:
            person.jobs[0].to_on, person.jobs[0].left_reason = last, "retired" if number % 2 == 0 else "resigned"
            found.leavers.append(person)
    for key in big:
        _newcomers(staff[key], story, random, found)
    for source, target in (("liuhe", "fengshu"), ("chenxi", "erzhong")):
        person = random.choice(plain(source))
        person.jobs.append(Job(target, date(story.school_year, 9, 1), "", person.jobs[0].category, is_home=False))
        found.two_schools.append(person)
    return found


def _move(person: Somebody, target: str, on: date, staffing: Staffing) -> None:
    old = person.jobs[0]
    old.to_on, old.left_reason = on - timedelta(days=1), "moved"
    person.jobs.append(Job(target, on, old.department, old.category, staff_no=f"T{staffing.random.randint(1000, 9999)}",
                           hired_on=old.hired_on))


def _newcomers(staff: list[Somebody], story: Story, random: Random, found: Happenings) -> None:
    candidates = [p for p in staff if not p.jobs[0].posts and p.jobs[0].to_on is None and len(p.jobs) == 1]
    for person in random.sample(candidates, 3):
        person.jobs[0].from_on = person.jobs[0].hired_on = date(story.school_year, 9, 1)
        found.newcomers.append(person)
    recent = random.choice([p for p in candidates if p not in found.newcomers])
    recent.jobs[0].from_on = recent.jobs[0].hired_on = story.today - timedelta(days=random.randint(5, 60))
    recent.jobs[0].contract = "contract"
    found.in_grace.append(recent)


def namesakes(staff: dict[str, list[Somebody]]) -> None:
    """Two people of one name in one school, in different departments (case 99)."""
    for key, name in (("chenxi", "王伟"), ("qixia", "张敏")):
        if key not in staff:
            continue
        teachers = [p for p in staff[key] if p.jobs[0].category == "full_time_teacher" and p.jobs[0].to_on is None]
        first = teachers[5]
        other = next(p for p in reversed(teachers) if p.jobs[0].department != first.jobs[0].department)
        first.name = other.name = name


def outsiders(staffing: Staffing, places: list[Place], bureau: list[Somebody]) -> list[Somebody]:
    """A 法治副校长 from outside for each school, and inspectors of the bureau posted to several schools."""
    since = date(staffing.story.school_year, 9, 1)
    found: list[Somebody] = []
    for number, place in enumerate(p for p in places if p.staff):
        officer = Somebody(staffing.ids(), staffing.names.person("middle"), f"{staffing.random.randint(0, 9999):04d}")
        officer.jobs.append(Job(place.key, since, "", "external", contract="contract", is_home=False,
                                posts=[Post("law_vice_principal", since)]))
        found.append(officer)
        if bureau:
            bureau[20 + number // 3].jobs.append(
                Job(place.key, since, "", "external", is_home=False, posts=[Post("responsible_inspector", since)])
            )
    staffing.people += found
    return found


__all__ = ["ClassRow", "Happenings", "Ids", "Job", "Post", "Somebody", "Staffing", "classes_of", "happenings",
           "namesakes", "outsiders", "school_year_key"]
