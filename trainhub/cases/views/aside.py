"""Stepping aside from a case before it stands on any agenda: oneself, or a member of the committee to whom a guardian objects."""

from typing import Any

from flask import request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from trainhub.cases import forms
from trainhub.cases.queries.access import seen_case
from trainhub.cases.queries.matters import schools_of
from trainhub.cases.rules.parties import CaseRefused
from trainhub.cases.views import blueprint
from trainhub.cases.views.steps import case_or_board, refusal
from trainhub.committees.rules.recusal import Ground
from trainhub.committees.service.recusal import recuse_for, recuse_self
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.permissions import Permission
from trainhub.web.context import current_actor
from trainhub.web.database import transaction
from trainhub.web.gate import needs
from trainhub.web.pages import toast

READ, WRITE, OWN = Permission.CASE_READ, Permission.CASE_WRITE, Permission.RECUSAL_OWN_WRITE


def _ground() -> Ground:
    given = request.form.get("ground", "")
    if given not in set(Ground):
        raise CaseRefused("ground", "ground")
    return Ground(given)


def _written(case_id: str, write: Any, said: str) -> Any:
    try:
        with transaction() as session:
            write(session, current_actor())
        toast(said)
    except NotFound:
        raise
    except DomainError as error:
        toast(refusal(error), "error")
    return case_or_board(case_id)


@blueprint.post("/cases/<case_id>/aside")
@needs(OWN)
def step_aside(case_id: str) -> Any:
    """Step aside oneself: from this moment the case is not there any more, in any role."""

    def write(session: Session, actor: Actor) -> None:
        if not actor.can(READ):
            raise NotFound
        case = seen_case(session, actor, READ, case_id, now())
        school = actor.org_id if actor.org_id in schools_of(session, case) else case.school_id
        recuse_self(session, actor, case.id, school, _ground(), now())

    return _written(case_id, write, _("You stepped aside. This matter is not shown to you any more."))


@blueprint.post("/cases/<case_id>/recusals")
@needs(WRITE)
def recuse_one(case_id: str) -> Any:
    """Let a member of the committee step aside: a guardian objects, or the desk knows of a ground."""
    member = forms.an_id(request.form, "member") or ""

    def write(session: Session, actor: Actor) -> None:
        case, ground = seen_case(session, actor, WRITE, case_id, now()), _ground()
        if not member:
            raise CaseRefused("recused_member", "member")
        recuse_for(session, actor, case.id, actor.org_id, member, ground, now(), by="objection" if ground is Ground.OBJECTION else "secretary")

    return _written(case_id, write, _("Recorded. The matter is not shown to that member any more."))
