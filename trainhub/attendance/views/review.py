"""After a roll was ended: verifying, returning, taking back, amending, revoking."""

from collections import Counter
from functools import partial
from typing import Any

from flask import request
from flask_babel import gettext as _

from trainhub.attendance import messages, queries, service
from trainhub.attendance.service import RevokeRecord
from trainhub.attendance.service.commands import OpenConflicts
from trainhub.attendance.views import blueprint, rows
from trainhub.kernel.clock import now
from trainhub.kernel.permissions import Permission
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.gate import needs
from trainhub.web.pages import page, redirect_to, toast

READ, WRITE, VERIFY = Permission.ROLL_READ, Permission.ROLL_WRITE, Permission.ROLL_VERIFY


@blueprint.route("/rolls/<sheet_id>/verify", methods=["GET", "POST"])
@needs(get=READ, post=VERIFY)
def verify(sheet_id: str) -> Any:
    """What a verifier looks at; a POST confirms the roll, from then on its minutes count."""
    actor = current_actor()
    if request.method == "POST":
        try:
            with transaction() as session:
                service.verify_roll(session, actor, sheet_id, now())
            toast(_("Verified. The minutes of this roll count from now on."))
        except OpenConflicts as refused:
            toast(sentence(refused), "error")
        return redirect_to("attendance.verify", sheet_id=sheet_id)
    session = read_session()
    found = queries.review(session, actor, sheet_id)
    return page("attendance/review.html", review=found, roll=found.roll, sheet=found.roll.sheet, words=messages,
                tally=rows.tally(found.roll.tally), row=partial(rows.person_row, words=rows.Words.now()), can_verify=actor.can(VERIFY),
                can_write=actor.can(WRITE), account_id=actor.account_id,
                open_conflicts=queries.open_conflict_count(session, actor.scope(READ), found.roll),
                origins=_origins(found.roll), origin=request.args.get("origin", "")[:48])


def _origins(whole: queries.Roll) -> list[tuple[str, int]]:
    """Whence the records of a roll come, most frequent first."""
    return Counter(p.head.source for p in whole.people if p.head.source).most_common()


@blueprint.route("/rolls/<sheet_id>/return", methods=["POST"])
@needs(VERIFY)
def return_roll(sheet_id: str) -> Any:
    """Send the roll back for correction."""
    with transaction() as session:
        service.return_roll(session, current_actor(), sheet_id, request.form.get("reason", ""), now())
    toast(_("Returned. Whoever marked it sees your reason on the roll."))
    return redirect_to("attendance.verify", sheet_id=sheet_id)


@blueprint.route("/rolls/<sheet_id>/take-back", methods=["POST"])
@needs(WRITE)
def take_back(sheet_id: str) -> Any:
    """Open an ended roll again before anybody verified it."""
    with transaction() as session:
        service.take_back_roll(session, current_actor(), sheet_id, request.form.get("reason", ""), now())
    toast(_("The roll is open again."))
    return redirect_to("attendance.roll", sheet_id=sheet_id)


@blueprint.route("/rolls/<sheet_id>/reopen", methods=["POST"])
@needs(VERIFY)
def reopen(sheet_id: str) -> Any:
    """Open a verified roll for an amendment."""
    with transaction() as session:
        service.reopen_roll(session, current_actor(), sheet_id, request.form.get("reason", ""), now())
    toast(_("The roll is open for an amendment. Its minutes count again once it is verified anew."))
    return redirect_to("attendance.verify", sheet_id=sheet_id)


@blueprint.route("/rolls/<sheet_id>/people/<person_id>/revoke", methods=["POST"])
@needs(VERIFY)
def revoke(sheet_id: str, person_id: str) -> Any:
    """Revoke a presence found false afterwards; the whole sheet must be verified again."""
    command = RevokeRecord(sheet_id, person_id, request.form.get("reason", ""))
    with transaction() as session:
        service.revoke_record(session, current_actor(), command, now())
    toast(_("The presence is revoked. The whole roll must be verified again."))
    return redirect_to("attendance.verify", sheet_id=sheet_id)
