"""Accounts of the story. Passwords and secrets are drawn from the system's randomness at seed time: no defaults."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from trainhub.accounts import service
from trainhub.accounts.service.second_factor import enrol_by_system
from trainhub.demo.manifest import SeededAccount
from trainhub.kernel.actor import Actor, Grant
from trainhub.kernel.permissions import SECOND_FACTOR_ROLES, Role
from trainhub.web.keys import key_ring

_WORDS = ["songlin", "baiyun", "qingshan", "liushui", "mingyue", "chunfeng", "qiuye", "dongxue", "zhuyuan", "hehua", "meihua", "lanhua", "haitang", "shanhu", "xingchen", "caihong", "yutian", "maitian", "taohua", "xinghua", "feiyan", "baihe", "huanghe", "changjiang", "taishan", "huashan", "dongting", "pohu", "xihe", "beidou", "nanshan", "xiling", "dongpo", "hupan", "qiaotou", "linhai", "wanfeng", "xiaoxi", "muqiao", "shiban", "wutong", "yinxing"]
_SIGNS = "23456789"


@dataclass(frozen=True, slots=True)
class Wanted:
    """An account to make. ``shown`` accounts get a password and are printed."""

    key: str
    role: Role
    org_id: str
    org_name: str
    username: str
    display_name: str
    person_id: str | None = None
    shown: bool = False


def passphrase() -> str:
    """Return a fresh passphrase of three words and two numbers, easy to type from a terminal."""
    words = [secrets.choice(_WORDS) for _ in range(3)]
    numbers = ["".join(secrets.choice(_SIGNS) for _ in range(2)) for _ in range(2)]
    return f"{words[0]}-{numbers[0]}-{words[1]}-{numbers[1]}-{words[2]}"


def open_account(
    session: Session, district_id: str, wanted: Wanted, since: date, now: datetime
) -> tuple[Actor, SeededAccount]:
    """Create account, grant and (where shown) password and second factor; returns who may act with it and what to print."""
    account = service.create_account(
        session, service.NewAccount(district_id, wanted.username, wanted.display_name, wanted.person_id), now
    )
    password = passphrase() if wanted.shown else ""
    if password:
        account.password_hash = service.hash_password(password)
        account.password_changed_at = now
    demanded = wanted.shown and wanted.role in SECOND_FACTOR_ROLES
    secret = enrol_by_system(session, district_id, account.id, key_ring(), now) if demanded else ""
    command = service.NewGrant(account.id, wanted.role, wanted.org_id, since, None, "演示数据")
    grant_id = service.grant_by_system(session, district_id, command, now)
    grant = Grant(grant_id, wanted.role, wanted.org_id, wanted.org_name, since)
    actor = Actor(
        account.id, district_id, wanted.display_name, wanted.person_id, wanted.role, wanted.org_id, wanted.org_name,
        (grant,), grant_id,
    )
    seeded = SeededAccount(
        key=wanted.key, role=wanted.role.value, org_id=wanted.org_id, org_name=wanted.org_name,
        username=account.username, display_name=wanted.display_name, password=password, account_id=account.id,
        person_id=wanted.person_id, grant_id=grant_id, totp_secret=secret,
    )
    return actor, seeded
