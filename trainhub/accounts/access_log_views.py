"""The page of the access log: who read which case, and the mark that somebody else looked through it."""

import re
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, current_app, request
from flask_babel import gettext as _

from trainhub.accounts.access_log import log_page, reference_numbers
from trainhub.accounts.access_log_messages import DENIED_LABELS, KIND_LABELS, PURPOSE_LABELS, VIA_LABELS
from trainhub.accounts.messages import ROLE_LABELS
from trainhub.accounts.queries import organisations
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.permissions import Permission
from trainhub.ledger.access import review
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.gate import needs
from trainhub.web.pages import page, redirect_to, toast

blueprint = Blueprint("access_log", "trainhub.accounts", template_folder="templates")

_MONTH = re.compile(r"2\d{3}-(0[1-9]|1[0-2])")
_WORDS: dict[str, Any] = {"kinds": KIND_LABELS, "vias": VIA_LABELS, "purposes": PURPOSE_LABELS, "role_labels": ROLE_LABELS, "denied_labels": DENIED_LABELS}


@blueprint.get("/access-log")
@needs(Permission.ACCESS_LOG_READ)
def readings() -> Any:
    """Who read which case in a month, in which role, why and how; case numbers only."""
    actor, session = current_actor(), read_session()
    today, args = local_day(now()), request.args
    month = args["month"] if _MONTH.fullmatch(args.get("month", "")) else f"{today:%Y-%m}"
    number = min(max(args.get("page", 1, type=int), 1), 10_000)
    reader, ref = args.get("account", "")[:32], args.get("ref", "")[:64]
    seen = log_page(session, actor.scope(Permission.ACCESS_LOG_READ), month, account_id=reader, ref=ref, page=number)
    refs = {row.about_ref for row in seen.rows} | ({ref} if ref else set())
    return page(
        "accounts/access_log.html", seen=seen, reader=reader, ref=ref, number=number, before=_beside(month, -1), after=_beside(month, 1),
        this_month=f"{today:%Y-%m}", numbers=reference_numbers(current_app, session, actor.district_id, refs),
        schools=dict(organisations(session, actor.district_id)), whole=actor.scope(Permission.ACCESS_LOG_READ).school_ids is None,
        may_review=actor.can(Permission.ACCESS_LOG_REVIEW), me=actor, **_WORDS,
    )


def _beside(month: str, step: int) -> str:
    first = date.fromisoformat(f"{month}-01")
    return f"{first + timedelta(days=32 if step > 0 else -1):%Y-%m}"


@blueprint.post("/access-log/review")
@needs(Permission.ACCESS_LOG_REVIEW)
def mark() -> Any:
    """Note that the actor looked through what one account read in a month."""
    form = request.form
    month, through = form.get("month", ""), form.get("through", 0, type=int)
    with transaction() as session:
        review(session, current_actor(), form.get("school_id", ""), month, form.get("account_id", ""), through, now())
    toast(_("Noted that you looked through it."))
    return redirect_to("access_log.readings", month=month)
