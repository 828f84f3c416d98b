"""Where the committee reads the determination that it votes on."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from flask import url_for
from sqlalchemy.orm import Session

from trainhub.cases.queries.determinations import voted_on
from trainhub.committees.registry import Listed
from trainhub.kernel.actor import Actor
from trainhub.kernel.permissions import Permission


def determination_paths(session: Session, actor: Actor, items: Sequence[Listed], now: datetime) -> Mapping[str, str]:
    """The proposal behind each item, for those for whom the case is there. One statement."""
    if not actor.can(Permission.CASE_FILE_READ):
        return {}
    found = voted_on(session, actor, [one.item_id for one in items if one.kind == "determination"], now)
    return {item: url_for("cases.determination", case_id=case, determination_id=key) for item, (case, key) in found.items()}
