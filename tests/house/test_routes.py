"""Deny by default, walked over the whole URL map with every role."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.builders import Sample
from trainhub.app import shell
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import POLICY, PUBLIC, Permission, Role, reach
from trainhub.web import gate

ROLES = [role.value for role in Role]
SHORTLY = {"Accept": "application/json"}
ENDED = (302, 303, 401)


def routes(app: Flask) -> list[tuple[str, str, str, Permission]]:
    """Every (rule, endpoint, method, permission) except static files."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint.endswith("static"):
            continue
        needs = gate.declared(app, rule.endpoint)
        assert needs is not None, rule
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            permission = needs.for_method(method)
            assert permission is not None, (rule, method)
            found.append((rule.rule, rule.endpoint, method, permission))
    return found


def url_for_rule(app: Flask, endpoint: str) -> str:
    """A URL of the rule whose variables name nothing that exists."""
    rule = next(r for r in app.url_map.iter_rules() if r.endpoint == endpoint)
    values: dict[str, Any] = {}
    for name in rule.arguments:
        converter = type(rule._converters[name]).__name__
        values[name] = 1 if converter == "IntegerConverter" else new_id()
    with app.test_request_context():
        from flask import url_for

        return url_for(endpoint, **values)


def test_every_route_declares_a_permission_of_the_right_kind(app: Flask) -> None:
    gate.check_all(app)
    assert len(routes(app)) > 30


def test_an_undeclared_route_stops_the_start(app: Flask) -> None:
    bare = Flask("bare")
    bare.add_url_rule("/open", "open", lambda: "x")
    with pytest.raises(gate.UndeclaredPermission, match="/open"):
        gate.check_all(bare)


def test_a_post_may_not_declare_a_read_permission() -> None:
    bare = Flask("bare")
    bare.add_url_rule("/w", "w", gate.needs(post=Permission.ROLL_READ)(lambda: "x"), methods=["POST"])
    with pytest.raises(gate.UndeclaredPermission, match="wrong kind"):
        gate.check_all(bare)


def test_a_get_may_not_declare_a_write_permission() -> None:
    bare = Flask("bare")
    bare.add_url_rule("/r", "r", gate.needs(get=Permission.ROLL_WRITE)(lambda: "x"))
    with pytest.raises(gate.UndeclaredPermission, match="wrong kind"):
        gate.check_all(bare)


def test_nobody_signed_in_reaches_nothing_but_the_public_pages(app: Flask, client: FlaskClient, district: Sample) -> None:
    for rule, endpoint, method, permission in routes(app):
        answer = client.open(url_for_rule(app, endpoint), method=method)
        if permission in PUBLIC:
            assert answer.status_code not in (401, 403), (method, rule)
        else:
            assert answer.status_code in (302, 303, 401), (method, rule, answer.status_code)
            assert "/sign-in" in answer.headers.get("Location", "/sign-in")


@pytest.mark.files_only  # what a role may is no matter of the database; the addresses themselves are tried there by test_fuzz
@pytest.mark.parametrize("role", ROLES)
def test_every_route_with_every_role(
    app: Flask, client: FlaskClient, district: Sample, sign_in: Callable[[FlaskClient, str], None], monkeypatch: pytest.MonkeyPatch, role: str
) -> None:
    """403 exactly where the table gives the role nothing; never a fault; objects of nobody are 404.

    Pages are drawn where the role may see one; what is refused or not there is said shortly.
    """
    monkeypatch.setattr(shell, "WEEK_SECONDS", 60)
    sign_in(client, role)
    for rule, endpoint, method, permission in routes(app):
        if endpoint in {"accounts.sign_out", "accounts.act_as"}:
            continue
        allowed = permission in PUBLIC or reach(Role(role), permission) is not None
        address, headers = url_for_rule(app, endpoint), {} if allowed and "<" not in rule else SHORTLY
        answer = client.open(address, method=method, headers=headers)
        if answer.status_code in ENDED:  # the step before ended the session
            sign_in(client, role)
            answer = client.open(address, method=method, headers=headers)
        if allowed:
            assert answer.status_code < 500, (role, method, rule, answer.status_code)
            assert answer.status_code not in (401, 403), (role, method, rule, answer.status_code)
        else:
            assert answer.status_code == 403, (role, method, rule, answer.status_code)


def test_policy_table_names_known_permissions_only() -> None:
    held = {permission for table in POLICY.values() for permission in table}
    unheld = set(Permission) - held - PUBLIC
    assert not unheld, f"nobody holds {unheld}"
    assert not any(permission in PUBLIC for permission in held)


def test_three_administrative_duties_share_no_write() -> None:
    """Accounts, rights and audit are three hands (security: separation of duties)."""
    duties = [Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDITOR]
    own = {Permission.ACCOUNT_OWN_WRITE}
    writes = [{p for p in POLICY[role] if not p.is_read} - own for role in duties]
    assert not writes[0] & writes[1]
    assert not writes[2]
