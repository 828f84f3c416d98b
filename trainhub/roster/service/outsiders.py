"""People from outside who hold a post at the school: a 法治副校长, a 责任督学."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from trainhub.kernel.actor import Actor
from trainhub.roster.people_rules import OUTSIDE_POSTS, post_of
from trainhub.roster.refusals import UnknownWord
from trainhub.roster.service.employment import Hire, hire


@dataclass(frozen=True, slots=True)
class AddExternal:
    """Add somebody from outside by name: a 法治副校长 without staff number, a 责任督学."""

    school_id: str
    name: str
    post: str
    from_on: date
    phone_tail: str = ""


def add_external(session: Session, actor: Actor, command: AddExternal, now: datetime) -> str:
    """Add somebody from outside with a post; returns the person's id. Not counted in the yearly duty."""
    post = post_of(command.post)
    if post not in OUTSIDE_POSTS:
        raise UnknownWord(field="post", value=command.post)
    hired = hire(session, actor, Hire(
        school_id=command.school_id, name=command.name, category="external", contract="contract",
        from_on=command.from_on, is_home=False, posts=(post,), phone_tail=command.phone_tail,
    ), now)
    return hired.person_id
