"""Opening accounts for the staff, and the slips that hand over the one-time codes."""

from typing import Any

from flask import request

from trainhub.kernel.clock import local_day, now
from trainhub.kernel.permissions import Permission
from trainhub.roster.queries.accounts import without_account
from trainhub.roster.service.opening import AT_ONCE, open_accounts
from trainhub.roster.views import blueprint
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.gate import needs
from trainhub.web.pages import page


@blueprint.route("/roster/accounts", methods=["GET", "POST"])
@needs(get=Permission.ACCOUNT_READ, post=Permission.ACCOUNT_MANAGE)
def staff_accounts() -> Any:
    """List the staff without account; open accounts for those chosen and show their codes once."""
    actor, opened = current_actor(), []
    if request.method == "POST":
        with transaction() as session:
            opened = open_accounts(session, actor, actor.org_id, request.form.getlist("person"), now())
    rows = without_account(read_session(), actor.scope(Permission.ACCOUNT_READ), actor.org_id, local_day(now()))
    return page("roster/accounts.html", rows=rows, opened=opened, limit=AT_ONCE,
                may_manage=actor.can(Permission.ACCOUNT_MANAGE))
