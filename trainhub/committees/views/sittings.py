"""Sittings: the list, a new one, one of them with agenda, presence and its end."""

from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext as _

from trainhub.committees import forms, wording
from trainhub.committees.queries.composition import register
from trainhub.committees.queries.resolutions import resolution
from trainhub.committees.queries.sittings import MeetingPage, meeting, meetings
from trainhub.committees.registry import Listed, paths_of
from trainhub.committees.rules.recusal import Ground
from trainhub.committees.rules.voting import quorum
from trainhub.committees.service.sittings import (
    CANCEL_REASONS,
    PlanSitting,
    add_other_item,
    cancel_sitting,
    close_sitting,
    move_sitting,
    note_presence,
    plan_sitting,
)
from trainhub.committees.views import blueprint
from trainhub.committees.views.steps import done
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.permissions import Permission
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.gate import needs
from trainhub.web.keys import key_ring
from trainhub.web.pages import form_page, page, redirect_to, toast

READ, WRITE = Permission.COMMITTEE_READ, Permission.COMMITTEE_WRITE


def sitting_path(meeting_id: str) -> str:
    """Where a sitting stands."""
    return url_for("committees.sitting", meeting_id=meeting_id)


@blueprint.route("/committee/sittings", methods=["GET", "POST"])
@needs(get=READ, post=WRITE)
def sittings() -> Any:
    """Every sitting of the school; a new one."""
    if request.method == "GET":
        return _list(page)
    actor, form = current_actor(), request.form
    try:
        with transaction() as session:
            key = plan_sitting(session, actor, PlanSitting(actor.org_id, forms.moment_of(form), form.get("place", "")), now())
    except NotFound:
        raise
    except DomainError as error:
        return _list(form_page, error)
    toast(_("The sitting is planned and every member is asked."))
    return redirect_to("committees.sitting", meeting_id=key)


def _list(answer: Any, error: DomainError | None = None) -> Response:
    actor, session, today = current_actor(), read_session(), local_day(now())
    scope = actor.scope(READ)
    shown: Response = answer(
        "committees/sittings.html", words=wording, rows=meetings(session, scope, actor, actor.org_id), fields=request.form, today=today,
        found=register(session, scope, actor.org_id, today), may_write=actor.can(WRITE), error=wording.refusal_words(error) if error else "",
        field=error.field if error else "",
    )  # fmt: skip
    return shown


@blueprint.get("/committee/sittings/<meeting_id>")
@needs(READ)
def sitting(meeting_id: str) -> Response:
    """One sitting: who is asked and came, the agenda without what the reader stepped aside from, votes."""
    actor = current_actor()
    found = meeting(read_session(), actor.scope(READ), actor, meeting_id)
    return page("committees/sitting.html", **_model(found))


def _model(found: MeetingPage) -> dict[str, Any]:
    actor, moment = current_actor(), now()
    grounds = [g for g in Ground if g is not Ground.OBJECTION]
    listed = [Listed(item.id, item.kind, item.matter_id, item.object_id) for item in found.items]
    return {
        "paths": paths_of(read_session(), actor, listed, moment),
        "found": found, "meeting": found.meeting, "words": wording, "may_write": actor.can(WRITE), "may_second": actor.can(Permission.CASE_SECOND),
        "begun": found.meeting.starts_at <= moment, "open": found.meeting.state == "planned", "cancel_reasons": CANCEL_REASONS,
        "grounds": grounds, "all_grounds": list(Ground), "statuses": {p.member_id: p for p in found.presence}, "account": actor.account_id,
        "quorum": lambda entitled: quorum(entitled, found.committee.quorum_percent), "came": found.present, "today": local_day(moment),
    }  # fmt: skip


def refused_sitting(item_id: str, error: DomainError, fields: Any) -> Response:
    """The sitting of an item again, the vote's form open with what was entered and why it was refused."""
    actor, session = current_actor(), read_session()
    found = meeting(session, actor.scope(READ), actor, resolution(session, actor.district_id, item_id).meeting_id)
    return form_page("committees/sitting.html", **_model(found), error=wording.refusal_words(error), fields=fields, voting=item_id)


@blueprint.post("/committee/sittings/<meeting_id>/presence")
@needs(WRITE)
def presence(meeting_id: str) -> Any:
    """Note who came."""
    form = request.form
    members = {name[2:]: None for name in form if name.startswith("p-")}
    rest = "present" if form.get("rest") == "present" else ""
    return done(
        lambda session, actor, moment: note_presence(session, actor, meeting_id, forms.came_of(form, members), moment, rest=rest, seen_version=forms.version_of(form)),
        _("Noted who came."), sitting_path(meeting_id),
    )  # fmt: skip


@blueprint.post("/committee/sittings/<meeting_id>/move")
@needs(WRITE)
def move(meeting_id: str) -> Any:
    """Move a planned sitting."""
    form = request.form
    return done(
        lambda session, actor, moment: move_sitting(
            session, actor, meeting_id, forms.moment_of(form), form.get("place", ""), moment, seen_version=forms.version_of(form)
        ),
        _("The sitting is moved; every member is asked for the new time."), sitting_path(meeting_id),
    )  # fmt: skip


@blueprint.post("/committee/sittings/<meeting_id>/cancel")
@needs(WRITE)
def cancel(meeting_id: str) -> Any:
    """Cancel a planned sitting; its number stays used."""
    form = request.form
    return done(
        lambda session, actor, moment: cancel_sitting(session, actor, meeting_id, form.get("reason", ""), moment, seen_version=forms.version_of(form)),
        _("The sitting is cancelled. Its number stays used."), sitting_path(meeting_id),
    )  # fmt: skip


@blueprint.post("/committee/sittings/<meeting_id>/items")
@needs(WRITE)
def other_item(meeting_id: str) -> Any:
    """Put something without a case on the agenda. What concerns a case is put there from the case."""
    label = request.form.get("label", "")
    return done(lambda session, actor, moment: add_other_item(session, actor, meeting_id, label, moment), _("It is on the agenda."), sitting_path(meeting_id))


@blueprint.post("/committee/sittings/<meeting_id>/close")
@needs(WRITE)
def close(meeting_id: str) -> Any:
    """End a sitting with its minutes."""
    form, actor = request.form, current_actor()
    found = meeting(read_session(), actor.scope(READ), actor, meeting_id)
    try:
        ends_at = forms.moment_of({"day": local_day(found.meeting.starts_at).isoformat(), "ends": form.get("ends", "")}, clock="ends")
        with transaction() as session:
            close_sitting(session, actor, meeting_id, ends_at, form.get("minutes", ""), now(), ring=key_ring(), seen_version=forms.version_of(form))
    except NotFound:
        raise
    except DomainError as error:
        return form_page("committees/sitting.html", **_model(found), error=wording.refusal_words(error), fields=form, closing=True)
    toast(_("The sitting is recorded. Its minutes are sealed."))
    return redirect_to("committees.sitting", meeting_id=meeting_id)
