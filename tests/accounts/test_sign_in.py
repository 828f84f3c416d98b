"""Sign-in: throttling that locks nobody else out, revocable sessions, one-time codes."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.builders import Sample
from trainhub.accounts import rules, service
from trainhub.accounts.models import Account, AccountGrant
from trainhub.kernel.clock import local_day, now

GOOD = "青山绿水 herons by the mill 47"
SignIn = Callable[[FlaskClient, str], None]


def give_password(session: Session, sample: Sample, key: str, password: str = GOOD) -> str:
    account = session.get_one(Account, (sample.district_id, sample.accounts[key]))
    account.password_hash = service.hash_password(password)
    session.commit()
    return account.username


def post_sign_in(client: FlaskClient, username: str, password: str, address: str = "10.0.0.8"):
    return client.post(
        "/sign-in", data={"username": username, "password": password, "next": "/account"},
        environ_overrides={"REMOTE_ADDR": address},
    )


def test_the_right_password_opens_a_session_with_a_new_token(client: FlaskClient, session: Session, district: Sample) -> None:
    username = give_password(session, district, "teacher")
    answer = post_sign_in(client, username, GOOD)
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/account"
    cookies = answer.headers.getlist("Set-Cookie")
    assert all("HttpOnly" in c and "SameSite=Lax" in c for c in cookies)
    assert client.get("/account").status_code == 200


def test_unknown_and_known_names_get_the_same_answer(client: FlaskClient, session: Session, district: Sample) -> None:
    username = give_password(session, district, "teacher")
    known = post_sign_in(client, username, "wrong wrong wrong").get_data(as_text=True)
    unknown = post_sign_in(client, "nobody-at-all", "wrong wrong wrong").get_data(as_text=True)
    assert known.replace(username, "X") == unknown.replace("nobody-at-all", "X")


def test_the_eleventh_failure_waits_but_a_known_device_still_gets_in(
    app: Flask, session: Session, district: Sample
) -> None:
    username = give_password(session, district, "teacher")
    own = app.test_client()
    assert post_sign_in(own, username, GOOD).status_code == 303
    own.post("/sign-out")
    stranger = app.test_client()
    for _ in range(10):
        assert post_sign_in(stranger, username, "guess guess guess").status_code == 422
    refused = post_sign_in(stranger, username, GOOD)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) >= 60
    assert post_sign_in(own, username, GOOD).status_code == 303


def test_one_address_does_not_lock_its_other_users(app: Flask, session: Session, district: Sample) -> None:
    """A whole school signs in behind one address."""
    victim = give_password(session, district, "teacher")
    colleague = give_password(session, district, "principal")
    client = app.test_client()
    for _ in range(12):
        post_sign_in(client, victim, "guess guess guess")
    assert post_sign_in(app.test_client(), colleague, GOOD).status_code == 303


def test_a_copied_cookie_is_worthless_after_sign_out(app: Flask, session: Session, district: Sample) -> None:
    username = give_password(session, district, "teacher")
    client, thief = app.test_client(), app.test_client()
    post_sign_in(client, username, GOOD)
    cookie = client.get_cookie("trainhub_session")
    assert cookie is not None
    thief.set_cookie("trainhub_session", cookie.value)
    assert thief.get("/account").status_code == 200
    client.post("/sign-out")
    assert thief.get("/account").status_code == 302


def test_a_session_ends_after_twelve_hours(client: FlaskClient, session: Session, district: Sample, sign_in: SignIn) -> None:
    sign_in(client, "teacher")
    assert client.get("/account").status_code == 200
    with time_machine.travel(now() + timedelta(hours=12, minutes=1)):
        assert client.get("/account").status_code == 302


def test_a_disabled_account_is_out_on_the_next_request(
    client: FlaskClient, session: Session, district: Sample, sign_in: SignIn
) -> None:
    sign_in(client, "teacher")
    service.disable_account(session, district.actors["system_administrator"], district.accounts["teacher"], now())
    session.commit()
    assert client.get("/account").status_code == 302


def test_an_ended_grant_is_gone_on_the_next_request(
    client: FlaskClient, session: Session, district: Sample, sign_in: SignIn
) -> None:
    sign_in(client, "auditor")
    assert client.get("/accounts").status_code == 200
    row = session.query(AccountGrant).filter_by(account_id=district.accounts["auditor"]).one()
    row.to_on = local_day(now()) - timedelta(days=1)
    session.commit()
    assert client.get("/accounts").status_code == 302


def test_a_code_works_once_and_for_72_hours(app: Flask, session: Session, district: Sample) -> None:
    account_id = district.accounts["teacher"]
    code = service.issue_activation_code(session, district.district_id, account_id, now())
    session.commit()
    form = {"username": district.usernames["teacher"], "code": code.lower().replace("-", " "),
            "password": GOOD, "password_again": GOOD}
    with time_machine.travel(now() + timedelta(hours=73)):
        assert app.test_client().post("/activate", data=form).status_code == 422
    assert app.test_client().post("/activate", data=form).status_code == 303
    assert app.test_client().post("/activate", data=form).status_code == 422


def test_own_password_change_ends_other_sessions(app: Flask, session: Session, district: Sample) -> None:
    username = give_password(session, district, "teacher")
    here, there = app.test_client(), app.test_client()
    post_sign_in(here, username, GOOD)
    post_sign_in(there, username, GOOD)
    new = "three quiet otters 2 rivers"
    answer = here.post("/account/password", data={"present": GOOD, "password": new, "password_again": new})
    assert answer.status_code == 303
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 302


def test_nobody_gives_rights_to_themselves(client: FlaskClient, session: Session, district: Sample, sign_in: SignIn) -> None:
    sign_in(client, "security_administrator")
    own = district.accounts["security_administrator"]
    form = {"role": "auditor", "org_id": district.bureau_id, "from_on": "2026-01-01", "reason": "试"}
    assert client.post(f"/accounts/{own}/grants", data=form).status_code == 403
    other = district.accounts["teacher"]
    assert client.post(f"/accounts/{other}/grants", data=form).status_code == 303


def test_an_account_of_another_school_is_not_found(client: FlaskClient, session: Session, district: Sample, sign_in: SignIn) -> None:
    sign_in(client, "school_administrator")
    outside = district.accounts["training_officer@other"]
    assert client.post(f"/accounts/{outside}/code").status_code == 404
    assert client.get(f"/accounts/{outside}/grants").status_code == 404


@pytest.mark.parametrize("password", [
    "short", "password123456", "Password2026!", "1234567890123", "qwertyuiop99", "woaini1314520", "aaaaaaaaaaaa", "P@ssw0rd2026",
    "abcdefghijkl", "xuexiao2026", "00000000000",
])
def test_common_passwords_are_refused(password: str) -> None:
    assert rules.password_problem(password)


def test_own_words_are_refused() -> None:
    assert rules.password_problem("liming20260901", ("liming",)) == "password_own_word"
    assert rules.password_problem(GOOD, ("liming",)) is None


@given(st.text(min_size=1, max_size=20))
def test_codes_are_read_as_typed(noise: str) -> None:
    code = rules.new_activation_code()
    assert rules.code_digest(code) == rules.code_digest(f"  {code.lower()} ")
    if rules.code_digest(noise) == rules.code_digest(code):
        pytest.fail("a different code matched")


def test_next_leads_only_to_this_site() -> None:
    from trainhub.web.pages import safe_path

    for evil in ("//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil", "javascript:alert(1)",
                 "/a\nb", "", None, "http:/evil", "///evil"):
        assert safe_path(evil) == "/"
    assert safe_path("/rolls/1?x=2") == "/rolls/1?x=2"


def test_an_unknown_name_costs_as_much_as_a_wrong_password() -> None:
    assert not service._hasher.check_needs_rehash(service._NOBODY)
