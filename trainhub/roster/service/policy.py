"""Setting a policy parameter: a new dated version, never a change of an old one."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import StaleVersion
from trainhub.kernel.events import announcer
from trainhub.kernel.permissions import Permission
from trainhub.kernel.policy import PARAMETERS, Parameter
from trainhub.roster.events import PolicyChanged
from trainhub.roster.models import OrgUnit, PolicySetting
from trainhub.roster.queries.policy import policy_for
from trainhub.roster.refusals import NotAllowedValue, PastPolicyDay, ReasonMissing, UnknownWord
from trainhub.roster.service.facts import guard, record


@dataclass(frozen=True, slots=True)
class SetPolicy:
    """A value of a parameter from a day on. ``seen_number`` is the latest version the officer saw."""

    org_id: str
    key: str
    value: str
    effective_on: date
    reason: str
    seen_number: int | None = None


@dataclass(frozen=True, slots=True)
class PolicySet:
    """What a setting did: the value on its first day before and after, and its version."""

    before: Any
    after: Any
    number: int


def set_policy(session: Session, actor: Actor, command: SetPolicy, now: datetime) -> PolicySet:
    """Add a version (case 25: nobody's figure changes without notice, so a reason is asked for).

    Raises UnknownWord, NotAllowedValue, PastPolicyDay, ReasonMissing, StaleVersion.
    """
    guard(actor, command.org_id, Permission.POLICY_WRITE)
    parameter = PARAMETERS.get(command.key)
    if parameter is None:
        raise UnknownWord(field="key", value=command.key)
    value = checked(parameter, command.value)
    if not command.reason.strip():
        raise ReasonMissing(field="reason")
    # the bureau's row is the lock: whoever comes second reads the first one's number
    session.execute(select(OrgUnit.id).where(
        OrgUnit.district_id == actor.district_id, OrgUnit.id == actor.district_id
    ).with_for_update())
    number = session.scalar(select(func.max(PolicySetting.number)).where(
        PolicySetting.district_id == actor.district_id
    )) or 0
    if command.seen_number is not None and command.seen_number != number:
        raise StaleVersion
    latest = session.scalar(select(func.max(PolicySetting.effective_on)).where(
        PolicySetting.district_id == actor.district_id, PolicySetting.org_id == command.org_id,
        PolicySetting.key == command.key,
    ))
    if latest is not None and command.effective_on < latest:
        raise PastPolicyDay(field="effective_on", day=latest.isoformat())
    before = policy_for(session, actor.district_id, command.org_id, command.effective_on)[command.key]
    session.add(PolicySetting(
        district_id=actor.district_id, number=number + 1, org_id=command.org_id, key=command.key,
        value={"value": value}, effective_on=command.effective_on, reason=command.reason.strip()[:200],
        set_by=actor.account_id, set_at=now,
    ))
    record(
        session, actor, now, school_id=command.org_id, kind="policy.set", subject=command.org_id,
        object_ref=command.key, on=command.effective_on, reason=command.reason.strip(),
        payload={"key": command.key, "before": before, "after": value, "number": number + 1,
                 "effective_on": command.effective_on},
    )
    announcer.announce(session, PolicyChanged(actor.district_id, command.org_id, command.key))
    return PolicySet(before, value, number + 1)


def checked(parameter: Parameter, text: str) -> int | str:
    """Return a typed value, or raise NotAllowedValue with what is allowed."""
    allowed = {"choices": ", ".join(parameter.choices), "low": parameter.low, "high": parameter.high}
    word = text.strip()
    if parameter.choices:
        if word not in parameter.choices:
            raise NotAllowedValue(field="value", **allowed)
        return word
    if not (word.isascii() and word.isdecimal()) or len(word) > 6:
        raise NotAllowedValue(field="value", **allowed)
    number = int(word)
    if (parameter.low is not None and number < parameter.low) or (parameter.high is not None and number > parameter.high):
        raise NotAllowedValue(field="value", **allowed)
    return number
