"""The register, recusal, sittings and resolutions in the database."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.builders import Sample
from tests.committees.scenery import (
    BOTH,
    FACTS,
    FIRST,
    LINES,
    NOW,
    PARENT,
    PUPIL,
    RING,
    Cases,
    K,
    Scene,
    build_scene,
    hold,
    item,
    own_account,
    person_of,
    sitting,
    vote,
)
from trainhub.committees import registry
from trainhub.committees.models import CommitteeMeeting, CommitteeMember, MeetingItem, Recusal
from trainhub.committees.queries import (
    constitution_on,
    defective_items,
    is_recused,
    meeting,
    meetings,
    next_meeting,
    not_recused,
    on_day,
    recused_matters,
    register,
    resolution,
)
from trainhub.committees.rules.composition import SeatLine
from trainhub.committees.rules.deciding import GuardianSide, ItemFacts, ItemKind
from trainhub.committees.rules.happenings import ItemsDefective, MemberRecused
from trainhub.committees.rules.recusal import Ground, MatterFacts, RoleInMatter, contact_mark, person_mark
from trainhub.committees.rules.refusals import (
    CommitteeNotConstituted,
    CommitteeRefused,
    GuardiansNotTold,
    NoQuorum,
    RecusalNotRecorded,
    RecusedPresent,
    ResolutionNotUsable,
)
from trainhub.committees.rules.voting import Votes
from trainhub.committees.service.recusal import (
    ask_lift,
    find_and_record,
    lift,
    name_substitute,
    recuse_from_item,
    recuse_member,
    refuse_lift,
)
from trainhub.committees.service.register import (
    FillSeat,
    FoundCommittee,
    add_seat,
    close_seat,
    declare_interests,
    end_membership,
    fill_seat,
    found_committee,
    renew,
)
from trainhub.committees.service.resolving import adjourn_item, facts_for, use_resolution
from trainhub.committees.service.sittings import (
    AgendaItem,
    Came,
    PlanSitting,
    add_item,
    add_other_item,
    cancel_sitting,
    close_sitting,
    drop_item,
    move_sitting,
    note_presence,
    plan_sitting,
)
from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import Forbidden, InvalidState, NotFound, SeparationOfDuties, StaleVersion
from trainhub.kernel.events import announcer
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission, Role
from trainhub.ledger.models import LedgerEntry, LedgerPayload
from trainhub.roster.models import Employment

TODAY = local_day(NOW)


@pytest.fixture(autouse=True)
def _nobody_knows() -> Any:
    before = registry.matters()
    registry.use_matters(None)
    yield
    registry.use_matters(before)


@pytest.fixture
def scene(session: Session, district: Sample) -> Scene:
    """A whole committee of a junior school."""
    return build_scene(session, district)


def scope_of(scene: Scene) -> Scope:
    """The first school."""
    return Scope(scene.sample.district_id, frozenset({scene.school_id}))


def kinds_of(session: Session, scene: Scene) -> list[str]:
    """Kinds of the ledger's entries of this room, in order."""
    return list(session.scalars(select(LedgerEntry.kind).where(
        LedgerEntry.district_id == scene.sample.district_id, LedgerEntry.kind.like("committee.%")
    ).order_by(LedgerEntry.seq)))


# --- the register --------------------------------------------------------------------------------


def test_a_whole_committee_is_constituted(session: Session, scene: Scene) -> None:
    done = constitution_on(session, scope_of(scene), scene.school_id, TODAY)
    assert done.valid
    assert done.rule_set == "plan_2024"
    assert not constitution_on(session, scope_of(scene), scene.school_id, FIRST - timedelta(days=1)).valid
    with pytest.raises(NotFound):
        constitution_on(session, scope_of(scene), scene.sample.other_school_id, TODAY)


def test_case_45_a_senior_school_without_pupils_cannot_determine_and_earlier_ones_are_listed(session: Session, district: Sample) -> None:
    lines = (*LINES[:9], SeatLine(K.STUDENT), SeatLine(K.LEGAL_ADVISER))
    scene = build_scene(session, district, stages=("senior",), lines=lines[:10])
    assert constitution_on(session, scope_of(scene), scene.school_id, TODAY).valid
    meeting_id = sitting(session, scene)
    first, matter, thing = item(session, scene, meeting_id)
    assert hold(session, scene, vote(scene, first)).outcome == "adopted"
    assert defective_items(session, scope_of(scene), scene.school_id) == []

    heard: list[ItemsDefective] = []
    announcer.listen(ItemsDefective, lambda _s, event: heard.append(event))
    end_membership(session, scene.secretary, scene.members[9], TODAY - timedelta(days=30), "left", NOW)

    listed = defective_items(session, scope_of(scene), scene.school_id)
    assert [(d.item_id, d.faults, d.noted) for d in listed] == [(first, ("no_student",), True)]
    assert [event.item_ids for event in heard] == [(first,)]
    with pytest.raises(ResolutionNotUsable):
        use_resolution(session, scene.secretary, first, "determination", matter, thing, NOW)
    second, _m, _t = item(session, scene, meeting_id)
    with pytest.raises(CommitteeNotConstituted):
        hold(session, scene, vote(scene, second))
    announcer._listeners[ItemsDefective].pop()


def test_whoever_left_the_school_fills_no_seat_of_its_staff(session: Session, scene: Scene) -> None:
    job = session.scalars(select(Employment).where(Employment.person_id == scene.staff[0])).one()
    job.to_on = TODAY - timedelta(days=1)
    session.commit()
    assert set(constitution_on(session, scope_of(scene), scene.school_id, TODAY).missing) == {"no_principal", "no_chair"}
    assert constitution_on(session, scope_of(scene), scene.school_id, TODAY - timedelta(days=2)).valid


def test_names_of_parents_are_sealed_and_shown_by_code(session: Session, scene: Scene) -> None:
    row = session.get_one(CommitteeMember, (scene.sample.district_id, scene.members[6]))
    assert PARENT not in row.sealed_name + row.shown_as + str(list(register(session, scope_of(scene), scene.school_id, TODAY).seats))
    assert row.contact_mark == contact_mark(RING.mark, PARENT, "4006")
    for payload in session.scalars(select(LedgerPayload.payload)):
        assert PARENT not in str(payload)


@pytest.mark.parametrize(("change", "problem"), [
    ({"shown_as": f"{PARENT}家长"}, "shown_names"), ({"name": ""}, "member_name"), ({"shown_as": " "}, "shown_as"),
    ({"to_on": FIRST - timedelta(days=2)}, "period"), ({"from_on": FIRST - timedelta(days=1)}, "outside_term"),
    ({"phone_tail": "4006"}, "sits_already"),
])  # fmt: skip
def test_a_parent_is_not_entered_wrongly(session: Session, scene: Scene, change: dict[str, Any], problem: str) -> None:
    seat = add_seat(session, scene.secretary, scene.committee_id, SeatLine(K.PARENT), NOW)
    entry = {"seat_id": seat, "from_on": FIRST, "name": PARENT, "phone_tail": "9999", "shown_as": "家长代表"} | change
    with pytest.raises(CommitteeRefused) as refused:
        fill_seat(session, scene.secretary, FillSeat(**entry), NOW, ring=RING)
    assert refused.value.code == f"committee_{problem}"


def test_one_human_being_has_one_seat_and_a_seat_one_human_being(session: Session, scene: Scene) -> None:
    seat = add_seat(session, scene.secretary, scene.committee_id, SeatLine(K.TEACHER), NOW)
    for command, problem in (
        (FillSeat(seat, FIRST, person_id=scene.staff[0]), "sits_already"), (FillSeat(scene.seats[1], TODAY, person_id=scene.sample.people[1]), "seat_taken"),
        (FillSeat(seat, FIRST, person_id=scene.sample.other_people[0]), "not_on_staff"), (FillSeat(seat, FIRST, name="某某", shown_as="老师"), "person_needed"),
    ):
        with pytest.raises(CommitteeRefused) as refused:
            fill_seat(session, scene.secretary, command, NOW, ring=RING)
        assert refused.value.code == f"committee_{problem}"


def test_a_pupil_on_the_committee_has_no_account(session: Session, scene: Scene) -> None:
    seat = add_seat(session, scene.secretary, scene.committee_id, SeatLine(K.STUDENT), NOW)
    with pytest.raises(CommitteeRefused, match="pupil_account"):
        fill_seat(session, scene.secretary, FillSeat(
            seat, TODAY, name=PUPIL, shown_as="学生代表", account_id=scene.sample.accounts["teacher"]
        ), NOW, ring=RING)  # fmt: skip
    with pytest.raises(CommitteeRefused, match="pupil_only"):
        fill_seat(session, scene.secretary, FillSeat(seat, TODAY, person_id=scene.sample.people[1]), NOW, ring=RING)


def test_a_closed_seat_ends_whoever_fills_it_and_stays_empty(session: Session, scene: Scene) -> None:
    close_seat(session, scene.secretary, scene.seats[8], TODAY, NOW)
    assert len(on_day(session, scene.sample.district_id, scene.school_id, TODAY).seats) == len(LINES) - 1
    assert len(on_day(session, scene.sample.district_id, scene.school_id, TODAY - timedelta(days=1)).sitters) == len(LINES)
    with pytest.raises(CommitteeRefused, match="seat_closed"):
        close_seat(session, scene.secretary, scene.seats[8], TODAY, NOW)


def test_a_new_term_takes_over_whom_one_keeps(session: Session, scene: Scene) -> None:
    with pytest.raises(CommitteeRefused, match="exists"):
        found_committee(session, scene.secretary, FoundCommittee(scene.school_id, "又一个", TODAY, None, (SeatLine(K.PRINCIPAL),)), NOW)
    keep = {scene.members[0], scene.members[6]}
    new = renew(session, scene.secretary, scene.committee_id, "新一届", TODAY, None, keep, NOW, ring=RING)
    now = on_day(session, scene.sample.district_id, scene.school_id, TODAY)
    assert now.committee is not None
    assert now.committee.id == new
    assert len(now.seats) == len(LINES)
    assert {s.member.shown_as for s in now.seats if s.member} == {person_of(session, scene, scene.staff[0]).name, "家长代表 6"}
    parent = next(s.member for s in now.seats if s.member and s.member.by_code)
    row = session.get_one(CommitteeMember, (scene.sample.district_id, parent.id))
    assert RING.unseal(row.sealed_name, f"committee_member.sealed_name:{row.id}") == PARENT
    assert on_day(session, scene.sample.district_id, scene.school_id, TODAY - timedelta(days=1)).constitution.valid


def test_interests_are_declared_by_oneself_or_from_paper(session: Session, scene: Scene) -> None:
    own = own_account(session, scene, "m1", scene.staff[1])
    declare_interests(session, own, scene.members[1], NOW)
    declare_interests(session, scene.secretary, scene.members[2], NOW)
    with pytest.raises(NotFound):  # whose membership it is shows in no answer
        declare_interests(session, own, scene.members[2], NOW)


def test_another_school_changes_nothing_here(session: Session, scene: Scene) -> None:
    other = scene.sample.actors["committee_secretary@other"]
    meeting_id = sitting(session, scene)
    one, matter, thing = item(session, scene, meeting_id)
    for call in (
        lambda: found_committee(session, other, FoundCommittee(scene.school_id, "x", FIRST, None, (SeatLine(K.PRINCIPAL),)), NOW),
        lambda: add_seat(session, other, scene.committee_id, SeatLine(K.PARENT), NOW),
        lambda: close_seat(session, other, scene.seats[0], TODAY, NOW),
        lambda: end_membership(session, other, scene.members[0], TODAY, "left", NOW),
        lambda: plan_sitting(session, other, PlanSitting(scene.school_id, NOW), NOW),
        lambda: note_presence(session, other, meeting_id, {}, NOW),
        lambda: meeting(session, other.scope(Permission.COMMITTEE_READ), other, meeting_id),
        lambda: recuse_from_item(session, other, one, Ground.RELATIVE, NOW),
        lambda: add_item(session, other, AgendaItem(ItemKind.PLAN, matter, thing, "案", scene.school_id, meeting_id), NOW),
    ):
        with pytest.raises(NotFound):
            call()


# --- recusal -------------------------------------------------------------------------------------


def test_case_47_the_class_teacher_and_a_parent_step_aside_at_once(session: Session, scene: Scene) -> None:
    meeting_id = sitting(session, scene)
    one, matter, _thing = item(session, scene, meeting_id)
    teacher = own_account(session, scene, "m1", scene.staff[1])
    seen = meeting(session, teacher.scope(Permission.COMMITTEE_READ), teacher, meeting_id)
    assert [i.id for i in seen.items] == [one]
    facts = MatterFacts(frozenset({scene.staff[1]}), frozenset({contact_mark(RING.mark, PARENT, "134006")}))
    done = find_and_record(session, scene.secretary, matter, scene.school_id, facts, NOW, ring=RING)
    assert len(done.recusal_ids) == 2
    assert not done.principal
    assert find_and_record(session, scene.secretary, matter, scene.school_id, facts, NOW, ring=RING).recusal_ids == ()

    seen = meeting(session, teacher.scope(Permission.COMMITTEE_READ), teacher, meeting_id)
    assert seen.items == ()
    assert not seen.all_seen
    assert [n for _m, n, _d in meetings(session, teacher.scope(Permission.COMMITTEE_READ), teacher, scene.school_id)] == [0]
    visible = select(MeetingItem.id).where(MeetingItem.district_id == teacher.district_id)
    assert session.scalars(visible.where(not_recused(teacher, MeetingItem.matter_id))).all() == []
    assert session.scalars(visible.where(not_recused(scene.secretary, MeetingItem.matter_id))).all() == [one]
    with pytest.raises(NotFound):
        recuse_from_item(session, teacher, one, Ground.RELATIVE, NOW)

    full = meeting(session, scope_of(scene), scene.secretary, meeting_id)
    bench = full.items[0].bench
    assert set(bench.recused) == {scene.members[1], scene.members[6]}
    assert bench.stands_in == tuple(sorted(((scene.members[9], scene.members[1]), (scene.members[10], scene.members[6]))))
    assert len(bench.entitled) == 9


def test_case_47_the_vote_is_over_the_rest_with_the_substitute(session: Session, scene: Scene) -> None:
    meeting_id = sitting(session, scene)
    one, matter, _thing = item(session, scene, meeting_id)
    facts = ItemFacts(BOTH, MatterFacts(frozenset({scene.staff[1]})))
    with pytest.raises(RecusalNotRecorded):
        hold(session, scene, vote(scene, one), facts)
    find_and_record(session, scene.secretary, matter, scene.school_id, facts.matter, NOW, ring=RING)
    with pytest.raises(RecusedPresent):
        hold(session, scene, vote(scene, one), facts)
    note_presence(session, scene.secretary, meeting_id, {scene.members[9]: Came("present")}, NOW)
    rest = [scene.members[0], *scene.members[2:9], scene.members[9]]
    done = hold(session, scene, vote(scene, one, present=rest), facts)
    assert (done.entitled, done.present, done.recused, done.outcome) == (9, 9, 1, "adopted")


def test_a_guardian_of_a_party_steps_aside_in_every_role(session: Session, scene: Scene) -> None:
    matter = new_id()
    officer = scene.sample.actors["case_officer"]
    marks = frozenset({person_mark(RING.mark, officer.person_id or "")})
    find_and_record(session, scene.secretary, matter, scene.school_id, MatterFacts(guardian_marks=marks), NOW, ring=RING)
    other_role = scene.sample.actors["training_officer"]  # the same human being under another account
    assert other_role.person_id == officer.person_id
    for actor in (officer, other_role):
        assert is_recused(session, actor.district_id, matter, person_id=actor.person_id, account_id=actor.account_id)
        assert recused_matters(session, actor.district_id, actor.person_id, actor.account_id) == {matter}
    assert not is_recused(session, officer.district_id, new_id(), person_id=officer.person_id, account_id=officer.account_id)


def test_case_103_recusal_follows_the_person_through_accounts_roles_and_merged_records(session: Session, scene: Scene) -> None:
    meeting_id = sitting(session, scene)
    one, matter, _thing = item(session, scene, meeting_id)
    member = own_account(session, scene, "m1", scene.staff[1])
    homeroom = own_account(session, scene, "m1-homeroom", scene.staff[1], Role.HOMEROOM_TEACHER)
    nameless = own_account(session, scene, "nameless", None)
    recuse_from_item(session, member, one, Ground.OWN_CHILD, NOW)
    for actor in (member, homeroom):
        assert session.scalars(select(MeetingItem.id).where(not_recused(actor, MeetingItem.matter_id), MeetingItem.id == one)).all() == []
    assert not is_recused(session, nameless.district_id, matter, person_id=None, account_id=nameless.account_id)
    other = scene.sample.people[1]
    assert not is_recused(session, member.district_id, matter, person_id=other)
    person_of(session, scene, other).merged_into_id = scene.staff[1]
    session.flush()
    assert is_recused(session, member.district_id, matter, person_id=other)
    row = session.scalars(select(Recusal)).one()
    assert (row.found_by, row.ground, row.member_id) == ("declared", "own_child", scene.members[1])


def test_who_stepped_aside_as_officer_is_recused_in_the_seat_too(session: Session, scene: Scene) -> None:
    meeting_id = sitting(session, scene)
    one, _matter, _thing = item(session, scene, meeting_id)
    account = own_account(session, scene, "officer-2", None, Role.CASE_OFFICER)
    recuse_from_item(session, account, one, Ground.RELATIVE, NOW)
    row = session.scalars(select(Recusal)).one()
    assert row.member_id is None
    from trainhub.accounts.models import Account

    session.get_one(Account, (account.district_id, account.account_id)).person_id = scene.staff[2]  # linked later
    session.flush()
    page = meeting(session, scope_of(scene), scene.secretary, meeting_id)
    assert page.items[0].bench.recused == (scene.members[2],)


def test_case_48_the_chair_passes_on_and_the_bureau_is_told(session: Session, scene: Scene) -> None:
    heard: list[MemberRecused] = []
    announcer.listen(MemberRecused, lambda _s, event: heard.append(event))
    meeting_id = sitting(session, scene)
    one, matter, _thing = item(session, scene, meeting_id)
    principal = scene.sample.actors["principal"]
    facts = ItemFacts(BOTH, MatterFacts(guardian_persons=frozenset({scene.staff[0]})))
    assert find_and_record(session, scene.secretary, matter, scene.school_id, facts.matter, NOW, ring=RING).principal
    assert [(e.is_principal, e.matter_id) for e in heard] == [(True, matter)]
    assert session.scalars(select(Recusal.ground)).all() == ["own_child"]
    assert meeting(session, principal.scope(Permission.COMMITTEE_READ), principal, meeting_id).items == ()
    done = hold(session, scene, vote(scene, one, present=scene.members[1:9]), facts)
    assert done.basis["led_by"] == scene.members[1]
    assert done.basis["chair_passed"]
    assert done.basis["tell_bureau"]
    assert (done.entitled, done.recused) == (8, 1)
    announcer._listeners[MemberRecused].pop()


def test_a_member_who_acts_in_the_matter_steps_aside_without_saying_as_what(session: Session, scene: Scene) -> None:
    matter = new_id()
    reporter = own_account(session, scene, "m1", scene.staff[1])
    facts = MatterFacts(roles=(RoleInMatter("reporter", account_id=reporter.account_id),))
    find_and_record(session, scene.secretary, matter, scene.school_id, facts, NOW, ring=RING)
    assert session.scalars(select(Recusal.ground)).all() == ["other_role"]
    for entry in session.scalars(select(LedgerPayload.payload)):
        assert "reporter" not in str(entry)


def test_whoever_joins_is_looked_at_in_every_open_matter(session: Session, scene: Scene) -> None:
    cases, matter = Cases(), new_id()
    cases.open = [(matter, MatterFacts(frozenset({scene.sample.people[1]})))]
    registry.use_matters(cases)
    seat = add_seat(session, scene.secretary, scene.committee_id, SeatLine(K.TEACHER), NOW)
    member = fill_seat(session, scene.secretary, FillSeat(seat, TODAY, person_id=scene.sample.people[1]), NOW, ring=RING)
    assert session.scalars(select(Recusal.member_id).where(Recusal.matter_id == matter)).all() == [member]


def test_a_recusal_is_lifted_by_two_people_neither_of_them_the_recused(session: Session, scene: Scene) -> None:
    meeting_id = sitting(session, scene)
    one, matter, _thing = item(session, scene, meeting_id)
    held = recuse_member(session, scene.secretary, one, scene.members[1], Ground.OBJECTION, NOW, by="objection")
    principal, recused = scene.sample.actors["principal"], own_account(session, scene, "m1", scene.staff[1], Role.COMMITTEE_SECRETARY)
    with pytest.raises(InvalidState):
        lift(session, principal, held, NOW)
    with pytest.raises(NotFound):
        ask_lift(session, recused, held, "mistake", NOW)
    ask_lift(session, scene.secretary, held, "objection_unfounded", NOW)
    same_person = own_account(session, scene, "twin", scene.secretary.person_id, Role.PRINCIPAL)
    for actor in (scene.secretary, same_person):
        with pytest.raises(SeparationOfDuties):
            lift(session, actor, held, NOW)
    with pytest.raises(Forbidden):
        lift(session, scene.sample.actors["case_officer"], held, NOW)
    refuse_lift(session, principal, held, NOW)
    assert is_recused(session, recused.district_id, matter, person_id=recused.person_id, account_id=recused.account_id)
    ask_lift(session, scene.secretary, held, "mistake", NOW)
    lift(session, principal, held, NOW)
    assert not is_recused(session, recused.district_id, matter, person_id=recused.person_id, account_id=recused.account_id)
    facts = MatterFacts(frozenset({scene.staff[1]}))
    assert len(find_and_record(session, scene.secretary, matter, scene.school_id, facts, NOW, ring=RING).recusal_ids) == 1  # another ground


def test_what_two_people_lifted_is_not_found_again_on_the_same_ground(session: Session, scene: Scene) -> None:
    matter, facts = new_id(), MatterFacts(frozenset({scene.staff[1]}))
    held = find_and_record(session, scene.secretary, matter, scene.school_id, facts, NOW, ring=RING).recusal_ids[0]
    ask_lift(session, scene.secretary, held, "ground_gone", NOW)
    lift(session, scene.sample.actors["principal"], held, NOW)
    assert find_and_record(session, scene.secretary, matter, scene.school_id, facts, NOW, ring=RING).recusal_ids == ()


def test_a_substitute_is_named_from_the_roster_only_and_once(session: Session, scene: Scene) -> None:
    meeting_id = sitting(session, scene)
    one, _matter, _thing = item(session, scene, meeting_id)
    first = recuse_member(session, scene.secretary, one, scene.members[1], Ground.RELATIVE, NOW)
    second = recuse_member(session, scene.secretary, one, scene.members[8], Ground.RELATIVE, NOW)
    rows = {r.id: r for r in session.scalars(select(Recusal))}
    assert (rows[first].substitute_id, rows[second].substitute_id) == (scene.members[9], None)
    with pytest.raises(CommitteeRefused, match="substitute_busy"):
        name_substitute(session, scene.secretary, second, scene.members[9], NOW)
    with pytest.raises(NotFound):
        name_substitute(session, scene.secretary, second, scene.members[3], NOW)
    name_substitute(session, scene.secretary, first, None, NOW)
    name_substitute(session, scene.secretary, second, scene.members[9], NOW)
    with pytest.raises(CommitteeRefused, match="recused_already"):
        recuse_member(session, scene.secretary, one, scene.members[8], Ground.RELATIVE, NOW)


# --- sittings and votes --------------------------------------------------------------------------


def test_sittings_are_numbered_without_gaps_per_school_and_year(session: Session, scene: Scene) -> None:
    ids = [plan_sitting(session, scene.secretary, PlanSitting(scene.school_id, NOW + timedelta(days=d)), NOW) for d in (9, 3, 60)]
    cancel_sitting(session, scene.secretary, ids[0], "other_day", NOW)
    ids.append(plan_sitting(session, scene.secretary, PlanSitting(scene.school_id, NOW + timedelta(days=4)), NOW))
    rows = [session.get_one(CommitteeMeeting, (scene.sample.district_id, key)) for key in ids]
    assert [(r.year, r.number, r.state) for r in rows] == [(2026, 1, "cancelled"), (2026, 2, "planned"), (2027, 1, "planned"), (2026, 3, "planned")]
    coming = next_meeting(session, scope_of(scene), scene.school_id, NOW)
    assert coming is not None
    assert coming.id == ids[1]
    with pytest.raises(CommitteeRefused, match="committee_none"):
        plan_sitting(session, scene.sample.actors["committee_secretary@other"], PlanSitting(scene.sample.other_school_id, NOW), NOW)


def test_a_matter_goes_to_the_next_sitting_and_stands_there_once(session: Session, scene: Scene) -> None:
    officer, matter, thing = scene.sample.actors["case_officer"], new_id(), new_id()
    asked = AgendaItem(ItemKind.PLAN, matter, thing, "案 2026-03 A1", scene.school_id)
    with pytest.raises(CommitteeRefused, match="no_sitting"):
        add_item(session, officer, asked, NOW)
    plan_sitting(session, scene.secretary, PlanSitting(scene.school_id, NOW + timedelta(days=3)), NOW)
    first = add_item(session, officer, asked, NOW)
    assert add_item(session, officer, asked, NOW) == first
    drop_item(session, scene.secretary, first, NOW)
    assert add_item(session, officer, asked, NOW) != first


@pytest.mark.parametrize(("change", "refusal"), [
    ({"clauses": ()}, CommitteeRefused), ({"grounds": "  "}, CommitteeRefused), ({"votes": Votes(10, 0, 0)}, CommitteeRefused),
    ({"present_count": 5}, NoQuorum), ({"facts": ItemFacts(BOTH[:1])}, GuardiansNotTold),
    ({"facts": ItemFacts((BOTH[0], GuardianSide("harmed", "B1", notified=False)))}, GuardiansNotTold),
])  # fmt: skip
def test_what_is_missing_stops_the_vote(session: Session, scene: Scene, change: dict[str, Any], refusal: type[Exception]) -> None:
    one, _matter, _thing = item(session, scene, sitting(session, scene))
    facts, count = change.pop("facts", FACTS), change.pop("present_count", 9)
    with pytest.raises(refusal):
        hold(session, scene, vote(scene, one, present=scene.members[:count], **change), facts)
    session.rollback()
    assert resolution(session, scene.sample.district_id, one).outcome is None


def test_nobody_is_counted_who_did_not_come(session: Session, scene: Scene) -> None:
    meeting_id = sitting(session, scene)
    one, _matter, _thing = item(session, scene, meeting_id)
    note_presence(session, scene.secretary, meeting_id, {scene.members[4]: Came("excused")}, NOW)
    with pytest.raises(CommitteeRefused, match="not_there"):
        hold(session, scene, vote(scene, one))


def test_a_vote_is_kept_as_counts_grounds_sealed_and_is_used_once(session: Session, scene: Scene) -> None:
    one, matter, thing = item(session, scene, sitting(session, scene))
    done = hold(session, scene, vote(scene, one, votes=Votes(6, 2, 1), grounds="A1 动手三次"))
    assert (done.outcome, done.in_favour, done.against, done.abstained, done.present) == ("adopted", 6, 2, 1, 9)
    assert done.basis["rule_set"] == "plan_2024"
    assert done.guardians["A1"]["heard"] is True
    row = session.get_one(MeetingItem, (scene.sample.district_id, one))
    assert "动手" not in row.sealed_grounds
    with pytest.raises(InvalidState):
        hold(session, scene, vote(scene, one))
    for kind, case, what in (("plan", matter, thing), ("determination", new_id(), thing), ("determination", matter, None)):
        with pytest.raises(ResolutionNotUsable):
            use_resolution(session, scene.secretary, one, kind, case, what, NOW)
    assert use_resolution(session, scene.secretary, one, ItemKind.DETERMINATION, matter, thing, NOW).used_at == NOW
    with pytest.raises(ResolutionNotUsable):
        use_resolution(session, scene.secretary, one, "determination", matter, thing, NOW)
    for entry in session.scalars(select(LedgerPayload.payload)):
        assert "动手" not in str(entry)


def test_a_rejected_or_adjourned_item_gives_nothing(session: Session, scene: Scene) -> None:
    meeting_id = sitting(session, scene)
    one, matter, thing = item(session, scene, meeting_id)
    two, matter_2, thing_2 = item(session, scene, meeting_id)
    assert hold(session, scene, vote(scene, one, votes=Votes(4, 4, 1))).outcome == "rejected"
    adjourn_item(session, scene.secretary, two, NOW)
    for args in ((one, matter, thing), (two, matter_2, thing_2)):
        with pytest.raises(ResolutionNotUsable):
            use_resolution(session, scene.secretary, args[0], "determination", args[1], args[2], NOW)


def test_a_sitting_ends_with_minutes_that_are_sealed(session: Session, scene: Scene) -> None:
    meeting_id = sitting(session, scene)
    one, _matter, _thing = item(session, scene, meeting_id)
    over = NOW - timedelta(minutes=5)
    with pytest.raises(CommitteeRefused, match="items_open"):
        close_sitting(session, scene.secretary, meeting_id, over, "讨论", NOW, ring=RING)
    hold(session, scene, vote(scene, one))
    close_sitting(session, scene.secretary, meeting_id, over, "讨论了全部证据", NOW, ring=RING)
    row = session.get_one(CommitteeMeeting, (scene.sample.district_id, meeting_id))
    assert row.state == "held"
    assert "证据" not in row.sealed_minutes
    with pytest.raises(InvalidState):
        close_sitting(session, scene.secretary, meeting_id, over, "again", NOW, ring=RING)
    assert kinds_of(session, scene)[-1] == "committee.sitting_held"


def test_whoever_stepped_aside_writes_no_minutes_of_the_matter(session: Session, scene: Scene) -> None:
    meeting_id = sitting(session, scene)
    one, _matter, _thing = item(session, scene, meeting_id)
    hold(session, scene, vote(scene, one))
    recuse_from_item(session, scene.secretary, one, Ground.RELATIVE, NOW)
    with pytest.raises(CommitteeRefused, match="minutes_recused"):
        close_sitting(session, scene.secretary, meeting_id, NOW, "讨论", NOW, ring=RING)
    with pytest.raises(NotFound):
        drop_item(session, scene.secretary, one, NOW)


def test_two_who_write_at_once_do_not_overwrite_each_other(session: Session, scene: Scene) -> None:
    meeting_id = sitting(session, scene)
    seen = meeting(session, scope_of(scene), scene.secretary, meeting_id).meeting.version
    note_presence(session, scene.secretary, meeting_id, {scene.members[0]: Came("absent")}, NOW, seen_version=seen)
    with pytest.raises(StaleVersion):
        note_presence(session, scene.secretary, meeting_id, {scene.members[0]: Came("present")}, NOW, seen_version=seen)
    with pytest.raises(StaleVersion):
        move_sitting(session, scene.secretary, meeting_id, NOW + timedelta(days=2), "", NOW, seen_version=seen)


def test_a_substitute_sits_for_somebody_who_could_not_come(session: Session, scene: Scene) -> None:
    meeting_id = sitting(session, scene)
    one, _matter, _thing = item(session, scene, meeting_id)
    with pytest.raises(CommitteeRefused, match="stands_in"):
        note_presence(session, scene.secretary, meeting_id, {scene.members[9]: Came("present", scene.members[1])}, NOW)
    note_presence(session, scene.secretary, meeting_id, {scene.members[1]: Came("excused"), scene.members[9]: Came("present", scene.members[1])}, NOW)
    done = hold(session, scene, vote(scene, one, present=[scene.members[0], *scene.members[2:9], scene.members[9]]))
    assert (done.entitled, done.present) == (9, 9)


def test_what_has_no_case_is_decided_without_one(session: Session, scene: Scene) -> None:
    meeting_id = sitting(session, scene)
    other = add_other_item(session, scene.secretary, meeting_id, "年度工作计划", NOW)
    assert hold(session, scene, vote(scene, other), ItemFacts()).outcome == "adopted"


def test_facts_are_asked_of_the_cases_and_conflicts_written_before_the_vote(session: Session, scene: Scene) -> None:
    one, matter, _thing = item(session, scene, sitting(session, scene))
    with pytest.raises(CommitteeRefused, match="matter_unknown"):
        facts_for(session, scene.secretary, one, NOW, ring=RING)
    cases = Cases()
    cases.facts[matter] = ItemFacts(BOTH, MatterFacts(frozenset({scene.staff[1]})))
    registry.use_matters(cases)
    assert facts_for(session, scene.secretary, one, NOW, ring=RING) == cases.facts[matter]
    assert session.scalars(select(Recusal.member_id)).all() == [scene.members[1]]


def test_statements_do_not_grow_with_seats_members_or_items(session: Session, district: Sample, count_statements: Any) -> None:
    scene = build_scene(session, district)
    meeting_id = sitting(session, scene)
    item(session, scene, meeting_id)

    def counts() -> list[int]:
        done = []
        for read in (
            lambda: register(session, scope_of(scene), scene.school_id, TODAY), lambda: meeting(session, scope_of(scene), scene.secretary, meeting_id),
            lambda: meetings(session, scope_of(scene), scene.secretary, scene.school_id), lambda: defective_items(session, scope_of(scene), scene.school_id),
        ):
            session.expire_all()
            with count_statements() as seen:
                read()
            done.append(seen.count)
        return done

    before = counts()
    for number in range(4):
        seat = add_seat(session, scene.secretary, scene.committee_id, SeatLine(K.PARENT), NOW)
        fill_seat(session, scene.secretary, FillSeat(seat, FIRST, name=f"某{number}", phone_tail=f"700{number}", shown_as=f"家长 {number}"), NOW, ring=RING)
        one, _matter, _thing = item(session, scene, meeting_id)
        recuse_member(session, scene.secretary, one, scene.members[2], Ground.RELATIVE, NOW)
        sitting(session, scene)
    assert counts() == before
