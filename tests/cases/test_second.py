"""What two people must want (security.md #6, #12, #13, #15; domain.md cases 47, 57, 103)."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import add_account
from tests.cases.hall import NOW, Hall, open_hall
from trainhub.cases.models import CaseFile, CaseNotice, CaseStep, ConcernReporter, SecondPerson
from trainhub.cases.queries import second as reads
from trainhub.cases.queries.access import seen_case
from trainhub.cases.queries.identity import identity
from trainhub.cases.rules.clocks import ClockKind, ExtensionRefused
from trainhub.cases.rules.parties import CaseRefused
from trainhub.cases.rules.second import LASTS, QUOTA, SecondKind
from trainhub.cases.service import intake, parties, second, timing
from trainhub.kernel.errors import Forbidden, InvalidState, NotFound, SeparationOfDuties
from trainhub.kernel.opening import UnloggedRead
from trainhub.kernel.permissions import Permission, Role
from trainhub.ledger.models import AccessLogEntry, LedgerPayload


@pytest.fixture
def hall(session: Session) -> Hall:
    return open_hall(session)


def asked(hall: Hall, kind: str, object_id: str, reason: str, *, by: str = "case_officer", **parameters: object) -> str:
    return second.ask(hall.session, hall.world.ring, hall.world.actor(by), second.Ask(kind, object_id, reason, "金丝雀的理由", dict(parameters)), NOW)


def reported(hall: Hall) -> tuple[str, CaseFile]:
    receipt = hall.world.report("teacher")
    case_id = intake.accept_concern(hall.session, hall.world.ring, hall.officer, intake.AcceptConcern(receipt.concern_id), NOW)
    return receipt.concern_id, hall.session.get_one(CaseFile, (hall.world.sample.district_id, case_id))


def row_of(hall: Hall, key: str) -> SecondPerson:
    return hall.session.get_one(SecondPerson, (hall.world.sample.district_id, key))


def notices(hall: Hall) -> set[tuple[str, str, str]]:
    rows = hall.session.execute(sa.select(CaseNotice.code, CaseNotice.role, CaseNotice.org_id).where(CaseNotice.code.startswith("second_")))
    return {(code, role, "bureau" if org == hall.world.sample.district_id else "school") for code, role, org in rows}


def test_abuse_12_who_reported_is_seen_by_two_once_and_somebody_else_hears_of_it(hall: Hall, session: Session) -> None:
    concern, case = reported(hall)
    key = asked(hall, "reporter", concern, "protect_reporter")
    with pytest.raises(InvalidState):  # asked is not granted
        second.use(session, hall.officer, key, NOW)
    with pytest.raises(SeparationOfDuties):
        second.grant(session, hall.world.sample.actors["case_officer"].__class__(**{
            **{n: getattr(hall.officer, n) for n in hall.officer.__slots__}, "role": Role.PRINCIPAL,
        }), key, NOW)
    second.grant(session, hall.secretary, key, NOW)
    with pytest.raises(NotFound):  # granted to one, used by another
        second.use(session, hall.world.actor("principal"), key, NOW)
    opening = second.use(session, hall.officer, key, NOW)
    shown = reads.reporter(session, hall.world.ring, opening, concern)
    assert shown.name == hall.world.actor("teacher").display_name
    with pytest.raises(InvalidState):  # once
        second.use(session, hall.officer, key, NOW)
    entry = session.scalars(sa.select(AccessLogEntry).where(AccessLogEntry.object_kind == "reporter")).one()
    assert (entry.purpose, entry.about_ref, entry.account_id) == ("break_glass", case.id, hall.officer.account_id)
    assert ("second_used", "principal", "school") in notices(hall)
    assert ("second_used", "bureau_case_officer", "bureau") not in notices(hall)
    with pytest.raises(UnloggedRead):
        reads.reporter(session, hall.world.ring, opening, case.id)


def test_where_the_principal_granted_the_bureau_hears_of_it(hall: Hall, session: Session) -> None:
    concern, _case = reported(hall)
    key = asked(hall, "reporter", concern, "safety")
    second.grant(session, hall.world.actor("principal"), key, NOW)
    second.use(session, hall.officer, key, NOW)
    assert ("second_used", "bureau_case_officer", "bureau") in notices(hall)
    assert ("second_used", "principal", "school") not in notices(hall)


def test_case_103_two_accounts_of_one_person_are_one_person(hall: Hall, session: Session) -> None:
    concern, _case = reported(hall)
    add_account(session, hall.world.sample, "officer_as_principal", Role.PRINCIPAL, hall.world.sample.school_id, hall.officer.person_id)
    key = asked(hall, "reporter", concern, "safety")
    with pytest.raises(SeparationOfDuties):
        second.grant(session, hall.world.actor("officer_as_principal"), key, NOW)
    assert row_of(hall, key).state == "asked"


def test_abuse_13_the_database_refuses_a_decision_by_whoever_asked(hall: Hall, session: Session) -> None:
    concern, _case = reported(hall)
    row = row_of(hall, asked(hall, "reporter", concern, "safety"))
    row.decided_by = row.asked_by
    with pytest.raises(sa.exc.IntegrityError):
        session.flush()


def test_who_stepped_aside_neither_asks_nor_decides(hall: Hall, session: Session) -> None:
    case, actor, _target = hall.investigated("serious")
    key = asked(hall, "downgrade", case.id, "new_facts", severity="minor")
    principal = hall.world.actor("principal")
    parties.add_guardian(session, hall.world.ring, hall.officer, parties.AddGuardian(actor, "父亲", "父", staff_person_id=principal.person_id), NOW)
    with pytest.raises(NotFound):
        second.grant(session, principal, key, NOW)
    assert not reads.queue(session, hall.world.ring, principal, NOW).waiting
    second.grant(session, hall.secretary, key, NOW)
    second.carry_out(session, hall.officer, key, NOW)
    assert ("second_used", "bureau_case_officer", "bureau") in notices(hall)  # the principal may not know of it


def test_a_consent_ends_by_itself(hall: Hall, session: Session) -> None:
    concern, _case = reported(hall)
    key = asked(hall, "reporter", concern, "safety")
    with pytest.raises(InvalidState):  # nobody answered within a week
        second.grant(session, hall.secretary, key, NOW + timedelta(days=8))
    second.grant(session, hall.secretary, key, NOW)
    assert row_of(hall, key).expires_at == NOW + timedelta(hours=4)
    with pytest.raises(InvalidState):
        second.use(session, hall.officer, key, NOW + timedelta(hours=4))
    assert reads.queue(session, hall.world.ring, hall.officer, NOW + timedelta(hours=5)).asked[0].state == "expired"
    assert {kind: LASTS[kind] for kind in SecondKind}[SecondKind.UNSEAL] == timedelta(days=7)


@pytest.mark.parametrize(("key", "error"), [
    ("teacher", Forbidden), ("principal", Forbidden), ("homeroom_teacher", Forbidden), ("committee_member", Forbidden), ("case_officer@other", NotFound),
])
def test_only_the_desk_of_that_school_asks_who_reported(hall: Hall, session: Session, key: str, error: type[Exception]) -> None:
    concern, _case = reported(hall)
    with pytest.raises(error):
        asked(hall, "reporter", concern, "safety", by=key)


@pytest.mark.parametrize("key", ["case_officer", "committee_member", "teacher"])
def test_only_holders_of_the_right_decide(hall: Hall, session: Session, key: str) -> None:
    concern, _case = reported(hall)
    row = asked(hall, "reporter", concern, "safety", by="committee_secretary")
    with pytest.raises(Forbidden):
        second.grant(session, hall.world.actor(key), row, NOW)
    with pytest.raises(NotFound):
        second.grant(session, hall.world.actor("committee_secretary@other"), row, NOW)


def test_an_anonymous_concern_has_nobody_to_be_seen(hall: Hall, session: Session) -> None:
    receipt = intake.enter_concern(session, hall.world.ring, hall.officer, intake.EnterConcern("box", "有人被拦", "op-box-1"), NOW)
    with pytest.raises(CaseRefused) as nobody:
        asked(hall, "reporter", receipt.concern_id, "safety")
    assert nobody.value.code == "case_second_nobody_there"
    assert session.get(ConcernReporter, (hall.world.sample.district_id, receipt.concern_id)) is None


def test_more_days_are_the_principals_to_give(hall: Hall, session: Session) -> None:
    case, _actor, _target = hall.investigated()
    with pytest.raises(ExtensionRefused):  # the rule set of this policy allows none: nobody is asked in vain
        asked(hall, "extension", case.id, "many_persons", days=5)
    row = timing.find(session, case, ClockKind.INVESTIGATION)
    assert row is not None
    row.rule, due = row.rule | {"extension_days": 5}, row.due_at
    with pytest.raises(ExtensionRefused):
        asked(hall, "extension", case.id, "many_persons", days=6)
    key = asked(hall, "extension", case.id, "many_persons", days=5)
    with pytest.raises(Forbidden):
        second.grant(session, hall.secretary, key, NOW)
    second.grant(session, hall.world.actor("principal"), key, NOW)
    second.carry_out(session, hall.officer, key, NOW)
    assert (row.due_at - due).days == 5
    with pytest.raises(ExtensionRefused):  # once
        asked(hall, "extension", case.id, "many_persons", days=1)


def test_an_identity_takes_the_ticket_for_that_very_child(hall: Hall, session: Session) -> None:
    _case, actor, target = hall.investigated()
    key = asked(hall, "identity", actor, "safety")
    second.grant(session, hall.secretary, key, NOW)
    opening = second.use(session, hall.officer, key, NOW)
    assert identity(session, hall.world.ring, opening, actor).code == "A1"
    with pytest.raises(UnloggedRead):
        identity(session, hall.world.ring, opening, target)


def test_unsealing_lends_a_look_for_a_week_and_to_nobody_else(hall: Hall, session: Session) -> None:
    case, _actor, _target = hall.investigated()
    case.state, case.sealed_at = "sealed", NOW
    session.flush()
    with pytest.raises(NotFound):
        seen_case(session, hall.officer, Permission.CASE_READ, case.id, NOW)
    key = asked(hall, "unseal", case.id, "appeal")
    with pytest.raises(NotFound):
        seen_case(session, hall.officer, Permission.CASE_READ, case.id, NOW)
    second.grant(session, hall.world.actor("principal"), key, NOW)
    session.flush()
    assert seen_case(session, hall.officer, Permission.CASE_READ, case.id, NOW)
    for actor, moment in ((hall.secretary, NOW), (hall.officer, NOW + timedelta(days=7))):
        with pytest.raises(NotFound):
            seen_case(session, actor, Permission.CASE_READ, case.id, moment)
    assert ("second_used", "bureau_case_officer", "bureau") in notices(hall)


def test_abuse_15_exports_with_names_have_a_quota(hall: Hall, session: Session) -> None:
    case, _actor, _target = hall.investigated()
    for _n in range(QUOTA):
        key = asked(hall, "identified_export", case.id, "official_request")
        second.grant(session, hall.secretary, key, NOW)
        second.use(session, hall.officer, key, NOW, via="export")
    assert second.exports_left(session, hall.officer, NOW) == 0
    key = asked(hall, "identified_export", case.id, "official_request")
    second.grant(session, hall.secretary, key, NOW)
    with pytest.raises(CaseRefused) as enough:
        second.use(session, hall.officer, key, NOW, via="export")
    assert enough.value.code == "case_second_quota"
    assert session.scalar(sa.select(sa.func.count()).select_from(AccessLogEntry).where(AccessLogEntry.via == "export")) == QUOTA


def test_the_words_of_a_request_are_for_who_decides(hall: Hall, session: Session) -> None:
    concern, case = reported(hall)
    key = asked(hall, "reporter", concern, "safety")
    ring = hall.world.ring
    assert reads.queue(session, ring, hall.secretary, NOW).waiting[0].words == "金丝雀的理由"
    assert reads.queue(session, ring, hall.officer, NOW).asked[0].words == "金丝雀的理由"
    second.refuse(session, hall.secretary, key, NOW)
    assert all(not row.words for row in reads.queue(session, ring, hall.world.actor("principal"), NOW).decided)
    for stored in session.scalars(sa.select(LedgerPayload)):
        assert "金丝雀" not in str(stored.payload)
    for step in session.scalars(sa.select(CaseStep).where(CaseStep.case_id == case.id)):
        assert "金丝雀" not in str(step.changes)
    assert not reads.queue(session, ring, hall.world.actor("committee_secretary@other"), NOW).decided


def test_abuse_6_a_request_for_another_tier_or_a_graver_one_is_none(hall: Hall, session: Session) -> None:
    case, _actor, _target = hall.investigated("heavier")
    for tier in ("heavier", "serious", "none"):
        with pytest.raises(CaseRefused):
            asked(hall, "downgrade", case.id, "new_facts", severity=tier)
    asked(hall, "downgrade", case.id, "new_facts", severity="minor")
    with pytest.raises(CaseRefused) as twice:
        asked(hall, "downgrade", case.id, "new_facts", severity="minor")
    assert twice.value.code == "case_second_asked_already"


def test_the_queue_costs_one_statement(hall: Hall, session: Session, count_statements: object) -> None:
    concern, _case = reported(hall)
    asked(hall, "reporter", concern, "safety")
    session.flush()
    with count_statements() as counted:  # type: ignore[operator]
        reads.queue(session, hall.world.ring, hall.secretary, NOW)
    assert len(counted.texts) == 1
