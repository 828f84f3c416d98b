"""The second factor: each code once, however it is typed; nobody guesses, nobody is locked out, one hand alone takes none off."""

import base64
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.builders import Sample
from trainhub.accounts import service, totp
from trainhub.accounts.models import Account, AccountGrant, ProofFailure, RecoveryCode, SecondFactor, UserSession
from trainhub.accounts.proof_rules import FAILURE_LIMITS, new_recovery_codes, recovery_digest, wait_until
from trainhub.accounts.service.second_factor import enrol_by_system
from trainhub.accounts.service.second_factor import reset as reset_by
from trainhub.app.settings import second_factor
from trainhub.kernel import permissions
from trainhub.kernel.clock import now
from trainhub.kernel.permissions import POLICY, PROTECTED, SECOND_FACTOR_ROLES, Permission
from trainhub.ledger.models import LedgerEntry
from trainhub.web.keys import key_ring

GOOD = "青山绿水 herons by the mill 47"
NOON = datetime(2026, 11, 20, 4, 0, 10, tzinfo=UTC)
RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()
MINUTE = timedelta(minutes=1)
SignIn = Callable[..., None]


# --- the code itself ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "code"), [
    (59, "287082"), (1111111109, "081804"), (1111111111, "050471"),
    (1234567890, "005924"), (2000000000, "279037"), (20000000000, "353130"),
])
def test_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    assert totp.code_at(RFC_SECRET, totp.step_of(datetime.fromtimestamp(seconds, UTC))) == code


@pytest.mark.parametrize("text", ["287082", " 287 082 ", "287-082", "２８７０８２", "２８７ ０８２", "287\u200b082", "2\u00a08\u20037\t082"])
def test_a_code_is_read_as_people_type_it(text: str) -> None:
    assert totp.typed_code(text) == "287082"


@pytest.mark.parametrize("text", ["", "28708", "2870822", "28708a", "٢٨٧٠٨٢", "+287082", "287,082", "二八七〇八二"])
def test_what_is_no_code_is_none(text: str) -> None:
    assert totp.typed_code(text) is None
    assert totp.accepted_step(RFC_SECRET, text, datetime.fromtimestamp(59, UTC), 0) is None


def test_one_step_early_or_late_counts_and_two_do_not() -> None:
    present = totp.step_of(NOON)
    taken = {drift: totp.accepted_step(RFC_SECRET, totp.code_at(RFC_SECRET, present + drift), NOON, 0) for drift in (-2, -1, 0, 1, 2)}
    assert taken == {-2: None, -1: present - 1, 0: present, 1: present + 1, 2: None}


@given(st.integers(-1, 1), st.integers(-1, 1))
def test_no_code_is_taken_that_is_not_newer_than_the_last(first: int, second: int) -> None:
    present = totp.step_of(NOON)
    last = totp.accepted_step(RFC_SECRET, totp.code_at(RFC_SECRET, present + first), NOON, 0)
    assert last is not None
    again = totp.accepted_step(RFC_SECRET, totp.code_at(RFC_SECRET, present + second), NOON, last)
    assert (again is not None) == (second > first)


def test_the_address_holds_no_more_than_it_must() -> None:
    assert totp.address("ABC", "王 伟?secret=x") == (
        "otpauth://totp/TrainHub%3A%E7%8E%8B%20%E4%BC%9F%3Fsecret%3Dx?secret=ABC&issuer=TrainHub&algorithm=SHA1&digits=6&period=30"
    )
    assert len(base64.b32decode(totp.new_secret())) == 20


# --- how often one may be wrong ----------------------------------------------------------------------


@given(st.lists(st.integers(1, 900), min_size=1, max_size=150))
def test_no_stretch_of_time_sees_more_wrong_proofs_than_its_limit(gaps: list[int]) -> None:
    moment, failures = NOON, []
    for gap in gaps:
        moment += timedelta(seconds=gap)
        if wait_until(failures, moment) is None:
            failures.append(moment)
    for count, span in FAILURE_LIMITS:
        for index, first in enumerate(failures):
            assert sum(first <= later < first + span for later in failures[index:]) <= count


def test_the_wait_ends_when_the_oldest_of_five_is_five_minutes_old() -> None:
    failures = [NOON + timedelta(seconds=second) for second in range(0, 50, 10)]
    assert wait_until(failures, NOON + MINUTE) == NOON + 5 * MINUTE
    assert wait_until(failures, NOON + 5 * MINUTE) is None
    assert wait_until(failures[:4], NOON + MINUTE) is None


def test_recovery_codes_are_bound_to_their_account_and_read_as_typed() -> None:
    code = new_recovery_codes()[0]
    assert recovery_digest("a", code) == recovery_digest("a", f" {code.lower().replace('-', ' ')} ") != recovery_digest("b", code)
    assert recovery_digest("a", code[:-1]) is None


# --- pages -------------------------------------------------------------------------------------------


@pytest.fixture
def protected(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the list of accounts be a protected page."""
    monkeypatch.setattr(permissions, "PROTECTED", frozenset({Permission.ACCOUNT_READ}))


def enrol(session: Session, district: Sample, key: str) -> str:
    secret = enrol_by_system(session, district.district_id, district.accounts[key], key_ring(), now())
    session.commit()
    return secret


def code_of(secret: str, drift: int = 0) -> str:
    return totp.code_at(secret, totp.step_of(now()) + drift)


def token_of(client: FlaskClient) -> str:
    with client.session_transaction() as cookie:
        return str(cookie["_user_id"])


def test_what_must_stay_open_is_never_protected() -> None:
    """Whoever is sent to prove something must be able to do it."""
    assert not PROTECTED & {Permission.ACCOUNT_OWN_READ, Permission.ACCOUNT_OWN_WRITE, Permission.HOME_READ} | (PROTECTED & permissions.PUBLIC)
    holders = {role for role, table in POLICY.items() if table.keys() & PROTECTED}
    assert holders <= SECOND_FACTOR_ROLES | {permissions.Role.TEACHER, permissions.Role.HOMEROOM_TEACHER}


def test_a_role_that_needs_it_is_sent_to_set_it_up_and_other_pages_stay_open(
    client: FlaskClient, district: Sample, sign_in: SignIn, protected: None
) -> None:
    sign_in(client, "security_administrator", passed=False)
    answer = client.get("/accounts")
    assert (answer.status_code, answer.location) == (303, "/account/second-factor?next=/accounts")
    assert "开始设置" in client.get(answer.location).get_data(as_text=True)
    assert client.get("/account").status_code == 200
    assert client.post("/account/preferences", data={"theme": "dark"}).status_code == 303


def test_a_role_that_does_not_need_it_opens_the_page_with_the_password(
    client: FlaskClient, district: Sample, sign_in: SignIn, protected: None
) -> None:
    sign_in(client, "school_administrator", passed=False)
    assert client.get("/accounts").status_code == 200


def test_the_code_opens_the_page_once_per_session_and_changes_the_token(
    app: Flask, client: FlaskClient, session: Session, district: Sample, sign_in: SignIn, protected: None
) -> None:
    secret = enrol(session, district, "security_administrator")
    sign_in(client, "security_administrator", passed=False)
    answer = client.get("/accounts")
    assert answer.location == "/sign-in/code?next=/accounts"
    before, thief, code = token_of(client), app.test_client(), code_of(secret)
    cookie = client.get_cookie("trainhub_session")
    assert cookie is not None
    thief.set_cookie("trainhub_session", cookie.value)
    passed = client.post("/sign-in/code", data={"code": f"{code[:3]} {code[3:]}", "next": "/accounts"})
    assert (passed.status_code, passed.location) == (303, "/accounts")
    assert client.get("/accounts").status_code == 200
    assert token_of(client) != before
    assert thief.get("/account").status_code == 302, "what was copied before shares in nothing"


WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


@pytest.mark.parametrize("retyped", [
    str, lambda code: f" {code[:3]} {code[3:]} ", lambda code: code.translate(WIDE), "-".join,
])
def test_a_code_is_taken_once_however_it_is_typed(
    app: Flask, session: Session, district: Sample, sign_in: SignIn, retyped: Callable[[str], str]
) -> None:
    secret = enrol(session, district, "auditor")
    code = code_of(secret)
    typed = retyped(code)
    first, second = app.test_client(), app.test_client()
    for browser in (first, second):
        sign_in(browser, "auditor", passed=False)
    assert first.post("/sign-in/code", data={"code": code}).status_code == 303
    refused = second.post("/sign-in/code", data={"code": typed})
    assert refused.status_code == 422
    assert "只能用一次" in refused.get_data(as_text=True)
    assert second.post("/sign-in/code", data={"code": code_of(secret, -1)}).status_code == 422, "older than the last one"
    assert second.post("/sign-in/code", data={"code": code_of(secret, 1)}).status_code == 303


def test_after_five_wrong_codes_the_right_one_waits_but_a_recovery_code_and_the_password_do_not(
    app: Flask, session: Session, district: Sample
) -> None:
    account = session.get_one(Account, (district.district_id, district.accounts["principal"]))
    account.password_hash = service.hash_password(GOOD)
    secret = enrol(session, district, "principal")
    session.add(RecoveryCode(district_id=district.district_id, id="r" * 32, account_id=account.id, created_at=now(),
                             code_hash=recovery_digest(account.id, "23456789ABCD")))
    session.commit()
    browser, moment = app.test_client(), now()
    form = {"username": account.username, "password": GOOD, "next": "/account"}
    with time_machine.travel(moment, tick=False):
        entered = browser.post("/sign-in", data=form)
        assert entered.location == "/sign-in/code?next=/account"
        for _ in range(5):
            assert browser.post("/sign-in/code", data={"code": "000000"}).status_code == 422
        waits = browser.post("/sign-in/code", data={"code": code_of(secret)})
        assert waits.status_code == 429
        assert waits.headers["Retry-After"] == "300"
        assert "用密码登录不受影响" in waits.get_data(as_text=True)
        assert browser.get("/account").status_code == 200
        assert browser.post("/sign-out").status_code == 303
        assert browser.post("/sign-in", data=form).status_code == 303
        assert browser.post("/sign-in/code", data={"code": "23456789abce"}).status_code == 429
        assert browser.post("/sign-in/code", data={"code": "2345-6789-abcd", "next": "/account"}).location == "/account"
    assert "5 次输错" in browser.get("/account").get_data(as_text=True)
    with time_machine.travel(moment + 6 * MINUTE):
        assert app.test_client().post("/sign-in", data=form).status_code == 303
        late = app.test_client()
        late.post("/sign-in", data=form)
        assert late.post("/sign-in/code", data={"code": code_of(secret)}).status_code == 303


def test_fifty_wrong_codes_are_all_that_a_day_sees(client: FlaskClient, session: Session, district: Sample, sign_in: SignIn) -> None:
    enrol(session, district, "auditor")
    moment = now()
    session.add_all(
        ProofFailure(district_id=district.district_id, id=f"{number:032d}", account_id=district.accounts["auditor"],
                     failed_at=moment - timedelta(minutes=90 + 20 * number))
        for number in range(50)
    )
    session.commit()
    sign_in(client, "auditor", passed=False)
    answer = client.post("/sign-in/code", data={"code": "000000"})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 5 * 3600
    assert len(session.scalars(select(ProofFailure)).all()) == 50, "an attempt that had to wait is not counted"


def set_up(client: FlaskClient) -> tuple[str, list[str]]:
    """Set a second factor up as its owner does; returns secret and recovery codes."""
    page = client.post("/account/second-factor/begin", data={"next": "/account"}, follow_redirects=True).get_data(as_text=True)
    found = re.search(r'<dd class="num">([A-Z2-7 ]{39})</dd>', page)
    assert found, page[-3000:]
    secret = found[1].replace(" ", "")
    done = client.post("/account/second-factor/confirm", data={"code": code_of(secret), "next": "/account"})
    assert done.status_code == 200, done.get_data(as_text=True)[-3000:]
    return secret, re.findall(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b", done.get_data(as_text=True))


def test_setting_it_up_shows_the_key_to_this_session_alone_and_seals_it(
    app: Flask, session: Session, district: Sample, sign_in: SignIn
) -> None:
    own, other = app.test_client(), app.test_client()
    sign_in(own, "principal", passed=False)
    sign_in(other, "principal", passed=False)
    page = own.post("/account/second-factor/begin", follow_redirects=True).get_data(as_text=True)
    assert 'class="qr"' in page
    assert 'class="qr"' not in other.get("/account/second-factor").get_data(as_text=True)
    wrong = own.post("/account/second-factor/confirm", data={"code": "000000"})
    assert wrong.status_code == 422
    assert "手机时间" in wrong.get_data(as_text=True)
    secret, codes = set_up(own)
    assert len(set(codes)) == 10
    row = session.get_one(SecondFactor, (district.district_id, district.accounts["principal"]))
    assert row.secret_sealed is not None
    assert secret not in row.secret_sealed
    assert key_ring().unseal(row.secret_sealed, f"second_factor.secret_sealed:{row.account_id}") == secret
    assert row.pending_sealed is None
    hashes = session.scalars(select(RecoveryCode.code_hash)).all()
    assert len(hashes) == 10
    assert not {code for code in codes if code in hashes}
    again = own.get("/account/second-factor").get_data(as_text=True)
    assert "剩余备用码" in again
    assert not [code for code in codes if code in again], "shown once"
    assert other.get("/account").status_code == 302, "other sessions have ended"
    assert session.scalars(select(LedgerEntry.kind).where(LedgerEntry.kind == "second_factor.set")).all() == ["second_factor.set"]


def test_the_first_code_is_spent_by_setting_up(app: Flask, session: Session, district: Sample, sign_in: SignIn) -> None:
    own, later = app.test_client(), app.test_client()
    sign_in(own, "principal", passed=False)
    with time_machine.travel(now(), tick=False):
        secret, _codes = set_up(own)
        sign_in(later, "principal", passed=False)
        assert later.post("/sign-in/code", data={"code": code_of(secret)}).status_code == 422


def test_a_waiting_key_is_gone_after_a_quarter_of_an_hour(client: FlaskClient, district: Sample, sign_in: SignIn) -> None:
    sign_in(client, "principal", passed=False)
    client.post("/account/second-factor/begin")
    with time_machine.travel(now() + 16 * MINUTE):
        assert 'class="qr"' not in client.get("/account/second-factor").get_data(as_text=True)
        late = client.post("/account/second-factor/confirm", data={"code": "000000"})
        assert late.status_code == 409
        assert "失效" in late.get_data(as_text=True)


def test_setting_it_up_asks_for_the_password_anew_after_ten_minutes(
    client: FlaskClient, session: Session, district: Sample, sign_in: SignIn
) -> None:
    """A browser that was left open gives nobody a second factor on it."""
    account = session.get_one(Account, (district.district_id, district.accounts["principal"]))
    account.password_hash = service.hash_password(GOOD)
    sign_in(client, "principal", passed=False)
    with time_machine.travel(now() + 11 * MINUTE):
        asked = client.post("/account/second-factor/begin", data={"next": "/"})
        assert asked.status_code == 403
        body = asked.get_data(as_text=True)
        assert 'name="password"' in body
        assert 'id="code"' not in body
        assert session.get(SecondFactor, (district.district_id, account.id)) is None


def test_a_recovery_code_works_once_and_is_on_record(app: Flask, session: Session, district: Sample, sign_in: SignIn) -> None:
    own = app.test_client()
    sign_in(own, "bureau_officer", passed=False)
    _secret, codes = set_up(own)
    first, second = app.test_client(), app.test_client()
    sign_in(first, "bureau_officer", passed=False)
    sign_in(second, "bureau_officer", passed=False)
    assert first.post("/sign-in/code", data={"code": codes[0].lower().replace("-", " "), "next": "/account"}).status_code == 303
    assert "还剩 9 个" in first.get("/account").get_data(as_text=True)
    assert second.post("/sign-in/code", data={"code": codes[0]}).status_code == 422
    entries = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "second_factor.recovery_used")).all()
    assert len(entries) == 1


def test_new_recovery_codes_make_the_old_ones_void(app: Flask, session: Session, district: Sample, sign_in: SignIn) -> None:
    own, later = app.test_client(), app.test_client()
    sign_in(own, "bureau_officer", passed=False)
    _secret, old = set_up(own)
    page = own.post("/account/second-factor/codes").get_data(as_text=True)
    new = re.findall(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b", page)
    assert len(set(new)) == 10
    assert not set(new) & set(old)
    sign_in(later, "bureau_officer", passed=False)
    assert later.post("/sign-in/code", data={"code": old[1]}).status_code == 422
    assert later.post("/sign-in/code", data={"code": new[1]}).status_code == 303


def test_the_old_phone_works_until_the_new_one_has_shown_a_code(app: Flask, session: Session, district: Sample, sign_in: SignIn) -> None:
    old = enrol(session, district, "principal")
    own, other = app.test_client(), app.test_client()
    sign_in(own, "principal")
    own.post("/account/second-factor/begin")
    sign_in(other, "principal", passed=False)
    assert other.post("/sign-in/code", data={"code": code_of(old)}).status_code == 303
    new, _codes = set_up(own)
    assert new != old
    sign_in(other, "principal", passed=False)
    assert other.post("/sign-in/code", data={"code": code_of(old, 1)}).status_code == 422
    assert other.post("/sign-in/code", data={"code": code_of(new, 1)}).status_code == 303


def test_it_is_given_up_only_where_no_role_demands_it(app: Flask, session: Session, district: Sample, sign_in: SignIn) -> None:
    held, free = app.test_client(), app.test_client()
    enrol(session, district, "principal")
    sign_in(held, "principal")
    refused = held.post("/account/second-factor/remove")
    assert refused.status_code == 422
    assert "必须有二次验证" in refused.get_data(as_text=True)
    sign_in(free, "school_administrator")
    set_up(free)
    assert free.post("/account/second-factor/remove").status_code == 303
    left = session.scalars(select(SecondFactor.account_id)).all()
    assert left == [district.accounts["principal"]]
    assert not session.scalars(select(RecoveryCode)).all()


# --- a lost one --------------------------------------------------------------------------------------


def reset(client: FlaskClient, account_id: str, reason: str = "手机丢失，已当面核实") -> int:
    return client.post(f"/accounts/{account_id}/second-factor/reset", data={"reason": reason}).status_code


def test_the_rights_administrator_takes_a_lost_one_off_with_a_reason(
    app: Flask, session: Session, district: Sample, sign_in: SignIn
) -> None:
    enrol(session, district, "principal")
    owner, rights = app.test_client(), app.test_client()
    sign_in(owner, "principal")
    sign_in(rights, "security_administrator")
    account_id = district.accounts["principal"]
    assert "解除二次验证" in rights.get(f"/accounts/{account_id}/grants").get_data(as_text=True)
    assert reset(rights, account_id, "  ") == 303
    assert session.get(SecondFactor, (district.district_id, account_id)) is not None, "no reason, no reset"
    assert reset(rights, account_id) == 303
    session.expire_all()
    assert session.get(SecondFactor, (district.district_id, account_id)) is None
    assert owner.get("/account").status_code == 302
    entry = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "second_factor.reset")).one()
    assert (entry.actor_ref, entry.subject_ref) == (district.accounts["security_administrator"], account_id)
    assert reset(rights, account_id) == 409


def test_nobody_else_takes_one_off_and_nobody_ones_own(app: Flask, session: Session, district: Sample, sign_in: SignIn) -> None:
    for key in ("principal", "security_administrator"):
        enrol(session, district, key)
    for key, target, status in (
        ("system_administrator", "principal", 403), ("school_administrator", "principal", 403), ("principal", "principal", 403),
        ("security_administrator", "security_administrator", 403),
    ):
        browser = app.test_client()
        sign_in(browser, key)
        assert reset(browser, district.accounts[target]) == status, key
    browser = app.test_client()
    sign_in(browser, "security_administrator")
    assert reset(browser, "0" * 32) == 404
    assert len(session.scalars(select(SecondFactor)).all()) == 2


def test_a_one_time_code_for_a_new_password_leaves_the_second_factor_in_place(
    app: Flask, session: Session, district: Sample
) -> None:
    """Whoever sets passwords gets no further than the password."""
    enrol(session, district, "principal")
    code = service.issue_activation_code(session, district.district_id, district.accounts["principal"], now())
    session.commit()
    thief = app.test_client()
    form = {"username": district.usernames["principal"], "code": code, "password": GOOD, "password_again": GOOD}
    assert thief.post("/activate", data=form).status_code == 303
    assert thief.post("/account/second-factor/begin").status_code in {303, 403}
    row = session.get_one(SecondFactor, (district.district_id, district.accounts["principal"]))
    assert row.pending_sealed is None


def test_a_key_that_cannot_be_read_says_what_to_do(client: FlaskClient, session: Session, district: Sample, sign_in: SignIn) -> None:
    enrol(session, district, "principal")
    row = session.get_one(SecondFactor, (district.district_id, district.accounts["principal"]))
    row.secret_sealed = key_ring().seal("ABCD", "second_factor.secret_sealed:somebody-else")
    session.commit()
    sign_in(client, "principal", passed=False)
    answer = client.post("/sign-in/code", data={"code": "123456"})
    assert answer.status_code == 409
    assert "权限管理员" in answer.get_data(as_text=True)


@pytest.mark.parametrize("what", ["right ended", "account closed", "second factor taken off"])
def test_whoever_loses_it_is_out_on_the_next_request_of_every_session(
    app: Flask, session: Session, district: Sample, sign_in: SignIn, protected: None, what: str
) -> None:
    """Three sessions that all passed the second factor (role removed, account closed, factor reset)."""
    account_id = district.accounts["auditor"]
    enrol(session, district, "auditor")
    browsers = [app.test_client() for _ in range(3)]
    for browser in browsers:
        sign_in(browser, "auditor")
        assert browser.get("/accounts").status_code == 200
    if what == "right ended":
        row = session.scalars(select(AccountGrant).where(AccountGrant.account_id == account_id)).one()
        service.end_grant(session, district.actors["security_administrator"], row.id, "调岗", now())
    elif what == "account closed":
        service.disable_account(session, district.actors["system_administrator"], account_id, now())
    else:
        reset_by(session, district.actors["security_administrator"], account_id, "手机丢失，已核实", now())
    session.commit()
    assert {browser.get("/accounts").status_code for browser in browsers} == {302}
    assert {browser.get("/accounts").location.split("?")[0] for browser in browsers} == {"/sign-in"}


# --- the setting -------------------------------------------------------------------------------------


def test_it_is_required_unless_it_is_switched_off_in_so_many_letters() -> None:
    assert second_factor({}) == second_factor({"TRAINHUB_SECOND_FACTOR": "required"}) == "required"
    assert second_factor({"TRAINHUB_SECOND_FACTOR": "off"}) == "off"
    with pytest.raises(ValueError, match="TRAINHUB_SECOND_FACTOR"):
        second_factor({"TRAINHUB_SECOND_FACTOR": "no"})


def test_switched_off_nobody_is_asked(
    app: Flask, client: FlaskClient, session: Session, district: Sample, sign_in: SignIn, protected: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "TRAINHUB_SECOND_FACTOR", "off")
    enrol(session, district, "security_administrator")
    sign_in(client, "security_administrator", passed=False)
    assert client.get("/accounts").status_code == 200


def test_sessions_know_when_they_passed(app: Flask, session: Session, district: Sample) -> None:
    """A session of an account with a second factor has proved nothing by the password alone."""
    account = session.get_one(Account, (district.district_id, district.accounts["principal"]))
    with_it = enrol(session, district, "principal")
    assert with_it
    service.open_session(session, account, "", now())
    plain = session.get_one(Account, (district.district_id, district.accounts["teacher"]))
    service.open_session(session, plain, "", now())
    session.flush()
    rows = {row.account_id: row for row in session.scalars(select(UserSession))}
    assert rows[account.id].proved_at is None
    assert rows[plain.id].proved_at is not None
    assert {row.second_factor_at for row in rows.values()} == {None}
