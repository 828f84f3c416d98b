"""The committee of the story: founded at the start of the school year, every seat filled, two sittings behind it and one ahead."""

from datetime import date, datetime, timedelta

from trainhub.committees.queries import on_day
from trainhub.committees.rules.composition import SeatKind, SeatLine
from trainhub.committees.service.register import FillSeat, FoundCommittee, declare_interests, fill_seat, found_committee
from trainhub.committees.service.sittings import (
    Came,
    PlanSitting,
    add_other_item,
    close_sitting,
    note_presence,
    plan_sitting,
)
from trainhub.demo import case_words as words
from trainhub.demo.case_desk import CaseDesk
from trainhub.demo.tale import Tale
from trainhub.demo.world import World

K = SeatKind
_LINES = (
    SeatLine(K.PRINCIPAL, is_chair=True), SeatLine(K.MORAL_EDUCATION_HEAD), SeatLine(K.TEACHER), SeatLine(K.TEACHER), SeatLine(K.YOUNG_PIONEER_COUNSELLOR),
    SeatLine(K.STAFF), SeatLine(K.LAW_VICE_PRINCIPAL), SeatLine(K.COMMUNITY_WORKER), SeatLine(K.PARENT), SeatLine(K.PARENT), SeatLine(K.OUTSIDE_EXPERT),
    SeatLine(K.TEACHER, is_substitute=True), SeatLine(K.PARENT, is_substitute=True),
)  # fmt: skip
_OUTSIDE = {
    K.LAW_VICE_PRINCIPAL: ("法治副校长", "云岭区人民法院"), K.COMMUNITY_WORKER: ("社区工作者", "晨曦街道"),
    K.OUTSIDE_EXPERT: ("校外专家", "云岭师范学院"), K.PARENT: ("家长代表", ""),
}
FIRST, SECOND, NEXT = "first", "second", "next"
AGO = {FIRST: 46, SECOND: 16}
"""School days since each past sitting."""
OPENS = (15, 30)
_ROOM = "第二会议室"


def tell_committee(desk: CaseDesk) -> Tale[None]:
    """Found the committee and let it sit: what is decided is the cases' own story, between its opening and its end."""
    now = yield desk.days.moment(desk.days.days[0], 9)
    _found(desk, now)
    for name in (FIRST, SECOND):
        now = yield desk.moment(AGO[name], 10, before=4)
        desk.sittings[name] = _plan(desk, desk.days.back(AGO[name]), now)
        yield desk.moment(AGO[name], *OPENS)
        now = yield desk.moment(AGO[name], OPENS[0], OPENS[1] + 2)
        _open(desk, name, now)
        opened = desk.moment(AGO[name], *OPENS)
        now = yield desk.moment(AGO[name], 18, 5)
        close_sitting(desk.session, desk.secretary, desk.sittings[name], opened + timedelta(minutes=125), words.MINUTES, now, ring=desk.ring)
    now = yield desk.moment(2, 9, 40)
    desk.sittings[NEXT] = _plan(desk, desk.days.ahead(3), now)
    add_other_item(desk.session, desk.secretary, desk.sittings[NEXT], "本学期防治工作进展通报", now)


def _found(desk: CaseDesk, now: datetime) -> None:
    first = desk.days.days[0]
    command = FoundCommittee(desk.school_id, "学生欺凌治理委员会", first, None, _LINES)
    found_committee(desk.session, desk.secretary, command, now)
    seats = sorted(on_day(desk.session, desk.world.district_id, desk.school_id, first).seats, key=lambda seat: seat.sort_no)
    staff = _staff(desk)
    counts: dict[SeatKind, int] = {}
    for line, seat in zip(_LINES, seats, strict=True):
        if line.kind in _OUTSIDE:
            counts[line.kind] = counts.get(line.kind, 0) + 1
            command_ = _sealed(desk, line, seat.id, first, counts[line.kind])
        else:
            command_ = FillSeat(seat.id, first, person_id=_seated(desk.world, desk.place, line, staff))
        member = fill_seat(desk.session, desk.secretary, command_, now, ring=desk.ring)
        declare_interests(desk.session, desk.secretary, member, now)


def _sealed(desk: CaseDesk, line: SeatLine, seat_id: str, first: date, number: int) -> FillSeat:
    """Somebody from outside: the name sealed, shown by function."""
    word, organisation = _OUTSIDE[line.kind]
    shown = f"{word}{'一二三四'[number - 1]}" if line.kind is K.PARENT else word
    return FillSeat(seat_id, first, name=desk.name(), phone_tail=f"{desk.random.randint(0, 9999):04d}", shown_as=shown, organisation=organisation)


def _seated(world: World, place: str, line: SeatLine, staff: list[str]) -> str:
    """Who fills a seat: the holder of the post, else the next of the staff."""
    keys = {K.PRINCIPAL: "principal", K.MORAL_EDUCATION_HEAD: "dean"}
    if line.kind in keys:
        return world.actor(place, keys[line.kind]).person_id or ""
    return staff.pop(0)


def _staff(desk: CaseDesk) -> list[str]:
    """Staff for the seats: the shown member first, then a homeroom teacher, who steps aside for an own class, then others."""
    world, place = desk.world, desk.place
    taken = {actor.person_id for (where, _key), actor in world.actors.items() if where == place}
    here = [p for p in world.staff[place] if p.jobs[0].to_on is None and len(p.jobs) == 1 and p.id not in taken]
    since = [p for p in here if p.jobs[0].from_on.year < world.story.school_year and p.jobs[0].category == "full_time_teacher"]
    leads = {p.id: q.class_id for p in since for q in p.jobs[0].posts if q.name == "homeroom_teacher" and q.to_on is None and q.class_id}
    homeroom = next(iter(leads), "")
    desk.led_by_member = leads.get(homeroom, "")
    plain = [p.id for p in since if not p.jobs[0].posts]
    return [world.actor(place, "member").person_id or "", *([homeroom] if homeroom else []), *plain]


def _plan(desk: CaseDesk, day: date, now: datetime) -> str:
    """Plan a sitting."""
    return plan_sitting(desk.session, desk.secretary, PlanSitting(desk.school_id, desk.days.moment(day, *OPENS), _ROOM), now)


def _open(desk: CaseDesk, name: str, now: datetime) -> None:
    """Everybody came but one of the parents, who had sent word."""
    sitters = on_day(desk.session, desk.world.district_id, desk.school_id, desk.days.back(AGO[name])).sitters
    regular = [s for s in sitters if s.votes and not s.is_substitute]
    away = [s.member_id for s in regular if s.kind is K.PARENT][-1:] if name == SECOND else []
    came = {s.member_id: Came("excused" if s.member_id in away else "present") for s in regular}
    note_presence(desk.session, desk.secretary, desk.sittings[name], came, now)
    desk.seated = frozenset(came) - frozenset(away)
