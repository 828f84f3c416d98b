"""Invented accounts have a second factor of their own where their role needs one, and a command in place of a phone."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from click.testing import CliRunner
from sqlalchemy.orm import Session

from tests.builders import Sample
from trainhub.accounts.models import SecondFactor
from trainhub.accounts.totp import code_at, new_secret, step_of
from trainhub.cli.main import cli
from trainhub.demo.accounts import Wanted, open_account
from trainhub.demo.manifest import Manifest, SeededAccount
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.permissions import Role
from trainhub.web.keys import key_ring


def opened(session: Session, district: Sample, role: Role, *, shown: bool) -> SeededAccount:
    wanted = Wanted(f"{role}.{shown}", role, district.school_id, "一校", f"x.{role}.{shown}", "王甲", None, shown)
    return open_account(session, district.district_id, wanted, local_day(now()), now())[1]


def test_accounts_that_open_cases_get_a_secret_drawn_for_this_seed(session: Session, district: Sample) -> None:
    made = [opened(session, district, role, shown=True) for role in (Role.PRINCIPAL, Role.COMMITTEE_SECRETARY)]
    assert len({account.totp_secret for account in made}) == 2
    row = session.get_one(SecondFactor, (district.district_id, made[0].account_id))
    assert row.secret_sealed is not None
    assert key_ring().unseal(row.secret_sealed, f"second_factor.secret_sealed:{row.account_id}") == made[0].totp_secret
    assert opened(session, district, Role.TEACHER, shown=True).totp_secret == ""
    assert opened(session, district, Role.PRINCIPAL, shown=False).totp_secret == "", "nobody can sign in there"
    manifest = Manifest("demo", 1, "", accounts=made)
    assert made[0].totp_secret in manifest.table()


@pytest.mark.files_only
def test_the_command_prints_the_present_code_of_a_demo_account_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAINHUB_DATA", str(tmp_path))
    run = CliRunner().invoke
    nothing = run(cli, ["demo", "code", "chenxi.principal"])
    assert nothing.exit_code == 1
    assert "没有演示数据" in nothing.output
    secret, moment = new_secret(), now()
    rows = [{"username": "chenxi.principal", "totp_secret": secret}, {"username": "chenxi.teacher", "totp_secret": ""}]
    (tmp_path / "accounts.json").write_text(json.dumps(rows))
    with time_machine.travel(moment, tick=False):
        printed = run(cli, ["demo", "code", " Chenxi.Principal "]).output
    assert re.findall(r"\b\d{6}\b", printed) == [code_at(secret, step_of(moment))]
    with time_machine.travel(moment + timedelta(seconds=30), tick=False):
        assert run(cli, ["demo", "code", "chenxi.principal"]).output != printed
    refused = run(cli, ["demo", "code", "chenxi.teacher"])
    assert refused.exit_code == 1
    assert "chenxi.principal" in refused.output
