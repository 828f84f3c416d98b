"""Proof of identity asked for again: what was typed is kept, nothing is stored, and a rest closes protected pages only."""

import html
import re
import secrets
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.builders import Sample, build_district
from tests.migrated import migrate
from trainhub.accounts import fresh, rules, service, totp
from trainhub.accounts.messages import MESSAGES
from trainhub.accounts.models import Account, AccountGrant, ProofFailure, UserSession
from trainhub.accounts.proof_rules import PROOF_LIFETIME, REST_LIMIT, Asked, Proofs, asked_of, has_rested, is_fresh
from trainhub.accounts.service.second_factor import enrol_by_system
from trainhub.app import create_app
from trainhub.app.settings import protected_idle_limit
from trainhub.kernel import permissions
from trainhub.kernel.clock import now
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.web.database import db, set_read_only, transaction
from trainhub.web.i18n import catalogue
from trainhub.web.keys import key_ring

GOOD = "青山绿水 herons by the mill 47"
NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SignIn = Callable[..., None]
REFUSALS = (
    "proof_refused", "proof_password_refused", "second_factor_refused", "proof_throttled", "second_factor_enrolment_over",
    "second_factor_first_code", "second_factor_demanded", "second_factor_missing", "second_factor_unreadable",
)


# --- rules -------------------------------------------------------------------------------------------


def test_a_proof_is_fresh_for_ten_minutes() -> None:
    proofs = Proofs(NOON, proved_at=NOON, second_factor_at=NOON)
    assert is_fresh(proofs, NOON + PROOF_LIFETIME, demanded=True)
    assert not is_fresh(proofs, NOON + PROOF_LIFETIME + timedelta(seconds=1), demanded=True)
    assert not is_fresh(Proofs(NOON, proved_at=NOON), NOON, demanded=True), "the password alone is no proof of such a role"
    assert is_fresh(Proofs(NOON, proved_at=NOON), NOON, demanded=False)
    assert not is_fresh(Proofs(NOON), NOON, demanded=False)


def test_a_rest_is_remembered_until_the_next_proof() -> None:
    resting = Proofs(NOON, proved_at=NOON, second_factor_at=NOON)
    assert asked_of(resting, NOON + REST_LIMIT - MINUTE, REST_LIMIT, demanded=True) is None
    assert asked_of(resting, NOON + REST_LIMIT, REST_LIMIT, demanded=True) is Asked.FRESH_PROOF
    woken = Proofs(NOON + 20 * MINUTE, NOON, NOON, rested_at=NOON + 20 * MINUTE)
    assert has_rested(woken, NOON + 21 * MINUTE, REST_LIMIT), "a harmless page ends no rest"
    proved = Proofs(NOON + 21 * MINUTE, NOON + 21 * MINUTE, NOON, rested_at=NOON + 20 * MINUTE)
    assert not has_rested(proved, NOON + 40 * MINUTE - 5 * MINUTE, REST_LIMIT)


@given(st.integers(0, 120), st.integers(0, 120), st.booleans())
def test_nobody_passes_without_a_second_factor_where_it_is_demanded(used: int, proved: int, rested: bool) -> None:
    proofs = Proofs(NOON - used * MINUTE, NOON - proved * MINUTE, None, NOON if rested else None)
    assert asked_of(proofs, NOON, REST_LIMIT, demanded=True) is not None
    assert not is_fresh(proofs, NOON, demanded=True)


def test_the_limit_is_a_setting() -> None:
    assert protected_idle_limit({}) == REST_LIMIT == 15 * MINUTE
    assert protected_idle_limit({"TRAINHUB_PROTECTED_IDLE_MINUTES": "5"}) == 5 * MINUTE
    for text in ("4", "61", "x", "１５"):
        with pytest.raises(ValueError, match="TRAINHUB_PROTECTED_IDLE_MINUTES"):
            protected_idle_limit({"TRAINHUB_PROTECTED_IDLE_MINUTES": text})


@pytest.mark.parametrize("code", REFUSALS)
def test_every_refusal_is_a_chinese_sentence(app: Flask, code: str) -> None:
    with app.test_request_context("/"):
        text = catalogue("zh_Hans_CN").gettext(str(MESSAGES[code]._args[0]))
    assert re.search(r"[\u4e00-\u9fff]{4}", text)
    assert text.endswith("。")


# --- asking before a change --------------------------------------------------------------------------


def armed(session: Session, district: Sample, key: str) -> str:
    """Give an account a password and a second factor; returns the secret."""
    account = session.get_one(Account, (district.district_id, district.accounts[key]))
    account.password_hash = service.hash_password(GOOD)
    secret = enrol_by_system(session, district.district_id, account.id, key_ring(), now())
    session.commit()
    return secret


def code_of(secret: str, drift: int = 0) -> str:
    return totp.code_at(secret, totp.step_of(now()) + drift)


def hidden(body: str) -> dict[str, str]:
    """Hidden fields of a page's main form."""
    main = body[body.index("<main") : body.index("</main")]
    return {name: html.unescape(value) for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', main)}


GRANT = {"role": "auditor", "from_on": "2026-01-01", "reason": "代替休产假的同事，三个月"}


def test_a_right_is_given_on_a_proof_ten_minutes_old_and_what_was_typed_is_kept(
    client: FlaskClient, session: Session, district: Sample, sign_in: SignIn
) -> None:
    secret = armed(session, district, "security_administrator")
    sign_in(client, "security_administrator")
    address = f"/accounts/{district.accounts['teacher']}/grants"
    with time_machine.travel(now() + 11 * MINUTE):
        assert client.get(address).status_code == 200, "reading asks for nothing"
        asked = client.post(address, data=GRANT | {"org_id": district.bureau_id})
        assert asked.status_code == 403
        waiting = hidden(asked.get_data(as_text=True))
        assert waiting["carried"]
        assert "刚才填的内容都还在" in asked.get_data(as_text=True)
        with client.session_transaction() as cookie:
            assert not [value for value in cookie.values() if "产假" in str(value)]
        wrong = client.post("/account/proof", data=waiting | {"password": "no", "code": code_of(secret)})
        assert wrong.status_code == 422
        assert hidden(wrong.get_data(as_text=True))["carried"] == waiting["carried"]
        proved = client.post("/account/proof", data=waiting | {"password": GOOD, "code": code_of(secret)})
        assert proved.status_code == 200, "a good code beside a wrong password was not spent"
        fields = hidden(proved.get_data(as_text=True))
        assert fields["reason"] == GRANT["reason"]
        assert not session.scalars(select(AccountGrant).where(AccountGrant.reason == GRANT["reason"])).all()
        assert client.post(address, data=fields).status_code == 303
    assert session.scalars(select(AccountGrant.account_id).where(AccountGrant.reason == GRANT["reason"])).one() == district.accounts["teacher"]


def test_what_waits_is_good_for_its_session_only_and_not_for_long(
    app: Flask, client: FlaskClient, session: Session, district: Sample, sign_in: SignIn
) -> None:
    secret = armed(session, district, "security_administrator")
    sign_in(client, "security_administrator")
    address = f"/accounts/{district.accounts['teacher']}/grants"
    other, moment = app.test_client(), now()
    with time_machine.travel(moment + 11 * MINUTE, tick=False):
        carried = hidden(client.post(address, data=GRANT).get_data(as_text=True))["carried"]
        sign_in(other, "security_administrator")
        proof = {"password": GOOD, "code": code_of(secret), "carried": carried, "next": address, "again": "1"}
        answer = other.post("/account/proof", data=proof)
        assert (answer.status_code, answer.location) == (303, address), "another session's form is not shown"
        assert "再按一次" in other.get(address).get_data(as_text=True)
        forged = client.post("/account/proof", data={
            "password": GOOD, "code": code_of(secret, 1), "carried": carried[:-2] + "xx", "next": "//evil.example",
        })
        assert (forged.status_code, forged.location) == (303, "/")
    with time_machine.travel(moment + 25 * MINUTE, tick=False):
        late = client.post("/account/proof", data={"password": GOOD, "code": code_of(secret), "carried": carried, "next": address})
        assert late.status_code == 303


def test_files_and_secrets_never_wait_in_a_page(
    client: FlaskClient, session: Session, district: Sample, sign_in: SignIn
) -> None:
    armed(session, district, "security_administrator")
    sign_in(client, "security_administrator")
    address = f"/accounts/{district.accounts['teacher']}/grants"
    with time_machine.travel(now() + 11 * MINUTE):
        for extra in ({"password": "x"}, {"paper": (BytesIO(b"x"), "a.pdf")}, {"reason": "字" * fresh.MOST_CARRIED}):
            asked = client.post(address, data=GRANT | extra, content_type="multipart/form-data").get_data(as_text=True)
            waiting = hidden(asked)
            assert waiting["carried"] == ""
            assert (waiting["again"], waiting["next"]) == ("1", address)
            assert "文件要重新选" in asked


def test_an_action_without_a_page_of_its_own_leads_back_to_the_page_above(app: Flask) -> None:
    with app.test_request_context("/accounts/1/second-factor/reset", method="POST"):
        assert fresh.page_of("/accounts/1/grants") == "/accounts/1/grants"
        assert fresh.page_of("/accounts/1/second-factor/reset") == "/accounts"
        assert fresh.page_of("/nowhere/at/all") == "/"


def test_a_script_is_told_in_its_own_language(client: FlaskClient, district: Sample, sign_in: SignIn) -> None:
    sign_in(client, "security_administrator")
    with time_machine.travel(now() + 11 * MINUTE):
        answer = client.post(f"/accounts/{district.accounts['teacher']}/grants", json={"role": "auditor"})
    assert answer.status_code == 403
    assert answer.get_json()["error"] == "proof_needed"
    assert answer.get_json()["url"].startswith(("/account/proof", "/account/second-factor"))


def test_a_page_that_shows_much_asks_first_and_comes_back(
    app: Flask, client: FlaskClient, session: Session, district: Sample, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.view_functions, "accounts.accounts", fresh.reauthenticated(app.view_functions["accounts.accounts"]))
    account = session.get_one(Account, (district.district_id, district.accounts["school_administrator"]))
    account.password_hash = service.hash_password(GOOD)
    sign_in(client, "school_administrator", passed=False)
    assert client.get("/accounts?q=a").status_code == 200
    with time_machine.travel(now() + 11 * MINUTE):
        asked = client.get("/accounts?q=a")
        assert (asked.status_code, asked.location) == (303, "/account/proof?next=/accounts?q%3Da")
        page = client.get(asked.location).get_data(as_text=True)
        assert 'id="code"' not in page
        refused = client.post("/account/proof", data={"password": "no", "next": "/accounts?q=a"})
        assert refused.status_code == 422
        assert "密码不对" in refused.get_data(as_text=True)
        proved = client.post("/account/proof", data={"password": GOOD, "next": "/accounts?q=a"})
        assert proved.location == "/accounts?q=a"
        assert client.get(proved.location).status_code == 200


def test_wrong_passwords_wait_too(client: FlaskClient, session: Session, district: Sample, sign_in: SignIn) -> None:
    secret = armed(session, district, "auditor")
    sign_in(client, "auditor")
    for _ in range(5):
        assert client.post("/account/proof", data={"password": "wrong", "code": code_of(secret)}).status_code == 422
    waits = client.post("/account/proof", data={"password": GOOD, "code": code_of(secret)})
    assert waits.status_code == 429
    assert len(session.scalars(select(ProofFailure)).all()) == 5


def test_a_code_is_not_left_out_where_there_is_one(client: FlaskClient, session: Session, district: Sample, sign_in: SignIn) -> None:
    armed(session, district, "auditor")
    sign_in(client, "auditor")
    before = session.scalars(select(UserSession.proved_at)).one()
    assert client.post("/account/proof", data={"password": GOOD}).status_code == 422
    assert client.post("/account/proof", data={"password": GOOD, "code": " "}).status_code == 422
    session.expire_all()
    assert session.scalars(select(UserSession.proved_at)).one() == before


# --- a rest ------------------------------------------------------------------------------------------


@pytest.fixture
def protected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permissions, "PROTECTED", frozenset({Permission.ACCOUNT_READ, Permission.GRANT_MANAGE}))


def test_a_rest_closes_protected_pages_only_and_a_harmless_page_opens_none(
    client: FlaskClient, session: Session, district: Sample, sign_in: SignIn, protected: None
) -> None:
    secret = armed(session, district, "security_administrator")
    sign_in(client, "security_administrator")
    start = now()
    assert client.get("/accounts").status_code == 200
    with time_machine.travel(start + 16 * MINUTE):
        assert client.get("/account").status_code == 200, "nobody is signed out"
        assert client.get("/accounts").location == "/account/proof?next=/accounts"
    with time_machine.travel(start + 17 * MINUTE):
        assert client.get("/accounts").location == "/account/proof?next=/accounts", "asking twice is no use"
        proved = client.post("/account/proof", data={"password": GOOD, "code": code_of(secret), "next": "/accounts"})
        assert proved.location == "/accounts"
        assert client.get("/accounts").status_code == 200
    for minutes in range(20, 60, 6):
        with time_machine.travel(start + minutes * MINUTE):
            assert client.get("/accounts").status_code == 200, "in use it asks for nothing"
    with time_machine.travel(start + 80 * MINUTE):
        assert client.get("/accounts").status_code == 303


def test_a_form_written_over_a_rest_is_not_lost(
    client: FlaskClient, session: Session, district: Sample, sign_in: SignIn, protected: None
) -> None:
    armed(session, district, "security_administrator")
    sign_in(client, "security_administrator")
    with time_machine.travel(now() + 40 * MINUTE):
        asked = client.post(f"/accounts/{district.accounts['teacher']}/grants", data=GRANT)
        assert asked.status_code == 403
        assert hidden(asked.get_data(as_text=True))["carried"]


def test_a_session_that_rested_and_never_passed_is_asked_once_for_both(
    client: FlaskClient, session: Session, district: Sample, sign_in: SignIn, protected: None
) -> None:
    secret = armed(session, district, "security_administrator")
    sign_in(client, "security_administrator", passed=False)
    with time_machine.travel(now() + 20 * MINUTE):
        assert client.get("/accounts").location == "/account/proof?next=/accounts"
        client.post("/account/proof", data={"password": GOOD, "code": code_of(secret)})
        assert client.get("/accounts").status_code == 200


# --- leaving -----------------------------------------------------------------------------------------


def test_signing_out_clears_what_the_browser_kept(client: FlaskClient, district: Sample, sign_in: SignIn) -> None:
    sign_in(client, "teacher")
    assert '"cache"' in client.post("/sign-out").headers["Clear-Site-Data"]


@pytest.mark.parametrize("path", ["/account", "/account/second-factor", "/account/proof", "/sign-in/code", "/accounts", "/nothing"])
def test_no_browser_keeps_a_personal_page(client: FlaskClient, district: Sample, sign_in: SignIn, path: str) -> None:
    sign_in(client, "security_administrator")
    assert client.get(path).headers["Cache-Control"] == "no-store"


def test_a_protected_page_can_be_covered(client: FlaskClient, district: Sample, sign_in: SignIn) -> None:
    sign_in(client, "teacher")
    page = client.get("/account/second-factor").get_data(as_text=True)
    assert 'class="protected"' in page
    assert 'data-cover-after="15"' in page
    assert "遮住屏幕" in page
    assert "data-cover" not in client.get("/account").get_data(as_text=True)


# --- at once -----------------------------------------------------------------------------------------


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Flask, list[FlaskClient], str]]:
    """An application on a file of its own, eight browsers of one account that wait for its code."""
    app = create_app({
        "SECRET_KEY": secrets.token_urlsafe(48), "TRAINHUB_LOG": "off", "TRAINHUB_DATA": str(tmp_path), "WTF_CSRF_ENABLED": False,
        "SQLALCHEMY_DATABASE_URI": f"sqlite:///{tmp_path}/x.sqlite3",
    })
    migrate(app)
    browsers = [app.test_client() for _ in range(8)]
    moment = now()
    with app.app_context(), transaction() as session:
        sample = build_district(session)
        secret = enrol_by_system(session, sample.district_id, sample.accounts["auditor"], key_ring(), moment)
        for browser in browsers:
            token = secrets.token_urlsafe(16)
            session.add(UserSession(
                token_hash=rules.token_digest(token), district_id=sample.district_id, id=new_id(), account_id=sample.accounts["auditor"],
                created_at=moment, used_at=moment, expires_at=moment + rules.SESSION_LIFETIME,
            ))
            with browser.session_transaction() as cookie:
                cookie["_user_id"] = token
    yield app, browsers, secret
    with app.app_context():
        db.engine.dispose()
    set_read_only(False)


@pytest.mark.files_only
def test_of_eight_browsers_that_type_one_code_at_once_one_gets_in(served: tuple[Flask, list[FlaskClient], str]) -> None:
    _app, browsers, secret = served
    code, got = code_of(secret), []
    typing = [
        threading.Thread(target=lambda each=browser: got.append(each.post("/sign-in/code", data={"code": code}).status_code))
        for browser in browsers
    ]
    for thread in typing:
        thread.start()
    for thread in typing:
        thread.join()
    assert got.count(303) == 1
    assert set(got) <= {303, 422, 429}
    assert got.count(422) <= 5, "five wrong ones, then all wait"


