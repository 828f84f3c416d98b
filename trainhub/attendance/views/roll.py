"""Marking a roll: the page, the saves of a script, and the same by plain forms."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from trainhub.attendance import forms, messages, queries, service
from trainhub.attendance.service import AddWalkIn, MarksResult
from trainhub.attendance.views import blueprint, rows
from trainhub.attendance.views.desk import desk_url
from trainhub.kernel.clock import local, local_day, now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.gate import needs
from trainhub.web.pages import as_json, form_page, page, redirect_to, toast, wants_json

READ, WRITE = Permission.ROLL_READ, Permission.ROLL_WRITE


@blueprint.route("/rolls")
@needs(READ)
def rolls() -> Any:
    """Which rolls run, wait to be ended, wait to be verified, are done."""
    actor = current_actor()
    moment = now()
    return page("attendance/rolls.html", rolls=queries.rolls(read_session(), actor.scope(READ), moment), now=moment,
                can_write=actor.can(WRITE), can_verify=actor.can(Permission.ROLL_VERIFY), account_id=actor.account_id)


@blueprint.route("/rolls/<sheet_id>", methods=["GET", "POST"])
@needs(get=READ, post=WRITE)
def roll(sheet_id: str) -> Any:
    """The roll itself; a POST carries the whole form of a page without scripts."""
    if request.method == "GET":
        return page("attendance/roll.html", **_roll_page(sheet_id))
    actor = current_actor()
    command = forms.marks_of_form(sheet_id, request.form)
    with transaction() as session:
        result = service.record_marks(session, actor, command, now())
    return _after_form(sheet_id, result)


def _after_form(sheet_id: str, result: MarksResult) -> Any:
    """303 back to the roll, or the roll with both values where somebody else was first."""
    if result.conflicts:
        shown = _roll_page(sheet_id) | {"conflicts": [rows.conflict(c) for c in result.conflicts]}
        return form_page("attendance/roll.html", status=409, **shown)
    if result.applied:
        toast(ngettext("%(num)s mark saved at %(at)s", "%(num)s marks saved at %(at)s", len(result.applied),
                       at=f"{local(result.saved_at):%H:%M:%S}"))
    return redirect_to("attendance.roll", sheet_id=sheet_id)


def _roll_page(sheet_id: str) -> dict[str, Any]:
    actor = current_actor()
    whole = queries.roll(read_session(), actor.scope(READ), sheet_id)
    moment = now()
    editable = whole.sheet.state == "open" and actor.can(WRITE)
    return {
        "roll": whole, "sheet": whole.sheet, "tally": rows.tally(whole.tally), "book": rows.book(whole), "now": moment,
        "here": url_for("attendance.roll", sheet_id=sheet_id), "editable": editable, "desk_url": desk_url() if editable else "",
        "S": rows.Words.now().status, "marks": messages.MARKS, "choices": rows.choices, "op_id": new_id, "conflicts": [],
        "day": local_day(whole.sheet.starts_at), "saved_at": f"{local(moment):%H:%M:%S}", "can_write": actor.can(WRITE),
        "account_id": actor.account_id,
    }


@blueprint.route("/rolls/<sheet_id>/marks", methods=["POST"])
@needs(WRITE)
def marks(sheet_id: str) -> Any:
    """Save marks of a script; 409 with both values where somebody else was first."""
    actor = current_actor()
    command = forms.marks_of_json(sheet_id, request.get_json(silent=True))
    with transaction() as session:
        result = service.record_marks(session, actor, command, now())
    return as_json(rows.answer(result, actor.display_name), rows.status_of(result))


@blueprint.route("/rolls/<sheet_id>/rest", methods=["GET", "POST"])
@needs(get=READ, post=WRITE)
def rest(sheet_id: str) -> Any:
    """Mark the rest of a department as present, with the counted heads; the page is for readers without scripts."""
    actor = current_actor()
    if request.method == "GET":
        return _rest_page(sheet_id)
    sent: Any = request.get_json(silent=True) if request.is_json else request.form
    command = forms.rest_of(sheet_id, sent if isinstance(sent, Mapping) else {})
    with transaction() as session:
        result = service.assert_rest(session, actor, command, now())
    if wants_json():
        return as_json(rows.answer(result, actor.display_name))
    toast({"text": _("%(count)s people counted as present", count=len(result.applied)),
           "undo_url": url_for("attendance.undo", sheet_id=sheet_id, op_id=command.op_id)})  # type: ignore[arg-type]
    return redirect_to("attendance.roll", sheet_id=sheet_id)


def _rest_page(sheet_id: str) -> Any:
    actor = current_actor()
    whole = queries.roll(read_session(), actor.scope(READ), sheet_id)
    return page("attendance/rest.html", sheet=whole.sheet, departments=[d for d in whole.departments if d.listed and d.unset],
                op_id=new_id, editable=whole.sheet.state == "open" and actor.can(WRITE))


@blueprint.route("/rolls/<sheet_id>/undo", methods=["POST"])
@needs(WRITE)
def undo(sheet_id: str) -> Any:
    """Take one operation back."""
    actor = current_actor()
    body = request.get_json(silent=True) if request.is_json else None
    op_id = str(body.get("op_id", "")) if isinstance(body, dict) else request.values.get("op_id", "")
    with transaction() as session:
        result = service.undo(session, actor, sheet_id, op_id, now())
    if wants_json():
        return as_json(rows.answer(result, actor.display_name), rows.status_of(result))
    return _after_form(sheet_id, result)


@blueprint.route("/rolls/<sheet_id>/changes")
@needs(READ)
def changes(sheet_id: str) -> Any:
    """What other devices did since a moment of the server's clock."""
    moment = now()
    try:
        since = datetime.fromisoformat(request.args.get("since", ""))
    except ValueError:
        since = moment
    found = queries.changes_since(read_session(), current_actor().scope(READ), sheet_id, since if since.tzinfo else moment)
    words = rows.Words.now()
    return as_json({
        "rows": [rows.person_row(p, words) for p in found.people], "tally": rows.tally(found.tally), "state": found.state,
        "total": found.total, "now": moment.isoformat(),
    })


@blueprint.route("/rolls/<sheet_id>/people/<person_id>", methods=["GET", "POST"])
@needs(get=READ, post=WRITE)
def person(sheet_id: str, person_id: str) -> Any:
    """One person on the roll: details, history, what other sources said."""
    problem: DomainError | None = None
    if request.method == "POST":
        actor = current_actor()
        try:
            command = forms.details_of_form(sheet_id, person_id, request.form)
            with transaction() as session:
                result = service.record_marks(session, actor, command, now())
            return _after_form(sheet_id, result)
        except NotFound:
            raise
        except DomainError as refused:
            problem = refused
    return _person_page(sheet_id, person_id, problem)


def _person_page(sheet_id: str, person_id: str, problem: DomainError | None) -> Any:
    actor = current_actor()
    found = queries.record(read_session(), actor.scope(READ), sheet_id, person_id)
    return page(
        "attendance/person.html", problem.status if problem else 200, record=found, sheet=found.sheet,
        head=found.person.head, words=messages, op_id=new_id, day=local_day(found.sheet.starts_at),
        problem=sentence(problem) if problem else "", form=request.form,
        editable=found.sheet.state == "open" and actor.can(WRITE), row=rows.person_row(found.person),
        can_revoke=actor.can(Permission.ROLL_VERIFY) and found.sheet.state in {"submitted", "verified"}
        and found.person.head.status in {"present", "late", "left_early"} and not found.person.head.revoked_at
        and actor.account_id != found.sheet.submitted_by,
    )


@blueprint.route("/rolls/<sheet_id>/walk-in", methods=["GET", "POST"])
@needs(get=READ, post=WRITE)
def walk_in(sheet_id: str) -> Any:
    """Find somebody of the school's staff who is not on the list, and add them."""
    actor = current_actor()
    if request.method == "POST":
        command = AddWalkIn(sheet_id, request.form.get("person_id", ""), forms.operation_id(request.form.get("op_id", "")))
        with transaction() as session:
            service.add_walk_in(session, actor, command, now())
        toast({"text": _("Added to the roll"),
               "undo_url": url_for("attendance.undo", sheet_id=sheet_id, op_id=command.op_id)})  # type: ignore[arg-type]
        return redirect_to("attendance.roll", sheet_id=sheet_id)
    session = read_session()
    scope = actor.scope(READ)
    sheet = queries.sheet_facts(session, scope, sheet_id)
    sought = request.args.get("q", "")[:60]
    return page("attendance/walk_in.html", sheet=sheet, sought=sought, op_id=new_id,
                editable=sheet.state == "open" and actor.can(WRITE),
                found=queries.candidates(session, scope, sheet, sought))


@blueprint.route("/rolls/<sheet_id>/finish", methods=["GET", "POST"])
@needs(get=READ, post=WRITE)
def finish(sheet_id: str) -> Any:
    """End the roll with the counted heads; asks what becomes of unmarked people."""
    actor = current_actor()
    problem: DomainError | None = None
    if request.method == "POST":
        try:
            command = forms.submit_of_form(sheet_id, request.form)
            with transaction() as session:
                service.submit_roll(session, actor, command, now())
            toast(_("The roll is ended. Somebody who did not mark on it verifies it now."))
            return redirect_to("attendance.roll", sheet_id=sheet_id)
        except NotFound:
            raise
        except DomainError as refused:
            problem = refused
    whole = queries.roll(read_session(), actor.scope(READ), sheet_id)
    return page("attendance/finish.html", problem.status if problem else 200, roll=whole, sheet=whole.sheet,
                tally=rows.tally(whole.tally), problem=sentence(problem) if problem else "",
                problem_field=problem.field if problem else "", form=request.form,
                open_conflicts=queries.open_conflict_count(read_session(), actor.scope(READ), whole),
                editable=whole.sheet.state == "open" and actor.can(WRITE))
