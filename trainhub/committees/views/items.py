"""One item of the agenda: the vote, stepping aside, substitutes, being let back."""

from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from trainhub.committees import forms
from trainhub.committees.models import MeetingItem
from trainhub.committees.queries.recusal import item_shown
from trainhub.committees.service.recusal import (
    ask_lift,
    lift,
    name_substitute,
    recuse_from_item,
    recuse_member,
    refuse_lift,
)
from trainhub.committees.service.resolving import HoldItem, adjourn_item, facts_for, hold_item
from trainhub.committees.service.sittings import drop_item
from trainhub.committees.views import blueprint
from trainhub.committees.views.sittings import refused_sitting
from trainhub.committees.views.steps import done
from trainhub.kernel.clock import now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.permissions import Permission
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.gate import needs
from trainhub.web.keys import key_ring
from trainhub.web.pages import redirect_path, safe_path, toast

WRITE, OWN, SECOND = Permission.COMMITTEE_WRITE, Permission.RECUSAL_OWN_WRITE, Permission.CASE_SECOND


def _back(item_id: str) -> str:
    """The sitting of an item that is there for the actor; from any other the way leads to the list, as from a made-up one."""
    actor = current_actor()
    meeting_id = read_session().scalar(select(MeetingItem.meeting_id).where(
        MeetingItem.district_id == actor.district_id, MeetingItem.id == item_id, MeetingItem.school_id == actor.org_id,
        item_shown(actor),
    ))
    return url_for("committees.sitting", meeting_id=meeting_id) if meeting_id else url_for("committees.sittings")


@blueprint.post("/committee/items/<item_id>/vote")
@needs(WRITE)
def vote(item_id: str) -> Any:
    """Record a vote. Conflicts that the case shows meanwhile are written down first, in a step of their own."""
    form, actor, ring = request.form, current_actor(), key_ring()
    try:
        command = HoldItem(item_id, forms.present_of(form), forms.votes_of(form), form.get("grounds", ""), forms.clauses_of(form))
        with transaction() as session:
            facts = facts_for(session, actor, item_id, now(), ring=ring)
        with transaction() as session:
            hold_item(session, actor, command, now(), facts=facts, ring=ring)
    except NotFound:
        raise
    except DomainError as error:
        return refused_sitting(item_id, error, form)
    toast(_("The vote is recorded as counts; the grounds are sealed."))
    return redirect_path(_back(item_id))


@blueprint.post("/committee/items/<item_id>/adjourn")
@needs(WRITE)
def adjourn(item_id: str) -> Any:
    """Adjourn an item."""
    return done(lambda session, actor, moment: adjourn_item(session, actor, item_id, moment), _("Adjourned. Put it on a later agenda."), _back(item_id))


@blueprint.post("/committee/items/<item_id>/drop")
@needs(WRITE)
def drop(item_id: str) -> Any:
    """Take an undecided item from the agenda."""
    return done(lambda session, actor, moment: drop_item(session, actor, item_id, moment), _("Taken from the agenda."), _back(item_id))


@blueprint.post("/committee/items/<item_id>/aside")
@needs(OWN)
def aside(item_id: str) -> Any:
    """Step aside from the matter of an item: from this moment it is not there any more for oneself."""
    return done(
        lambda session, actor, moment: recuse_from_item(session, actor, item_id, forms.ground_of(request.form), moment),
        _("You stepped aside. This matter is not shown to you any more."), _back(item_id),
    )  # fmt: skip


@blueprint.post("/committee/items/<item_id>/recusals")
@needs(WRITE)
def recuse_one(item_id: str) -> Any:
    """Let a member step aside, as the secretary knows of it or a guardian objects."""
    form = request.form
    ground = form.get("ground", "")
    return done(
        lambda session, actor, moment: recuse_member(
            session, actor, item_id, form.get("member", "")[:32], forms.ground_of(form), moment, by="objection" if ground == "objection" else "secretary"
        ),
        _("Recorded. The matter is not shown to that member any more."), _back(item_id),
    )  # fmt: skip


def _sitting_of(recusal_id: str) -> str:
    """Where the form was; it names the sitting itself."""
    path = request.form.get("next", "")
    return safe_path(path) if path else url_for("committees.sittings")


@blueprint.post("/committee/recusals/<recusal_id>/substitute")
@needs(WRITE)
def substitute(recusal_id: str) -> Any:
    """Name who sits instead."""
    who = forms.id_of(request.form, "substitute")
    return done(lambda session, actor, moment: name_substitute(session, actor, recusal_id, who, moment), _("The substitute is named."), _sitting_of(recusal_id))


@blueprint.post("/committee/recusals/<recusal_id>/ask")
@needs(WRITE)
def ask(recusal_id: str) -> Any:
    """First step: ask for a recusal to be lifted."""
    reason = request.form.get("reason", "")
    return done(lambda session, actor, moment: ask_lift(session, actor, recusal_id, reason, moment), _("Asked. Somebody else must agree."), _sitting_of(recusal_id))


@blueprint.post("/committee/recusals/<recusal_id>/lift")
@needs(SECOND)
def lift_one(recusal_id: str) -> Any:
    """Second step: somebody else lifts it."""
    return done(lambda session, actor, moment: lift(session, actor, recusal_id, moment), _("The recusal is lifted."), _sitting_of(recusal_id))


@blueprint.post("/committee/recusals/<recusal_id>/keep")
@needs(SECOND)
def keep_one(recusal_id: str) -> Any:
    """Second step, the other way: it stays."""
    return done(lambda session, actor, moment: refuse_lift(session, actor, recusal_id, moment), _("The recusal stays."), _sitting_of(recusal_id))


