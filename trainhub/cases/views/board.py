"""The board of cases."""

from typing import Any

from trainhub.cases import wording
from trainhub.cases.queries.board import board
from trainhub.cases.rules.scales import TIERS, scale
from trainhub.cases.views import blueprint
from trainhub.kernel.clock import now
from trainhub.kernel.permissions import Permission
from trainhub.web.context import current_actor
from trainhub.web.database import read_session
from trainhub.web.gate import needs
from trainhub.web.pages import page


@blueprint.get("/cases")
@needs(Permission.CASE_READ)
def case_board() -> Any:
    """Every case that exists for me, by what wants doing: numbers and codes, no name."""
    moment = now()
    found = board(read_session(), current_actor(), moment)
    shown = [(name, found.group(name)) for name in ("now", "waiting", "on_time", "over")]
    due = {row.case_id: (wording.clock_kind(row.due, moment), wording.due_words(row.due, moment)) for row in found.rows if row.due}
    tier_words = {(row.scale, row.severity): scale(row.scale).tier(row.severity).words for row in found.rows if row.severity in TIERS}
    tables = {"states": wording.STATES, "steps": wording.NEXT_STEPS, "clocks": wording.CLOCKS, "tiers": wording.SHOWN_TIERS, "groups": wording.GROUPS}
    return page("cases/board.html", found=found, shown=shown, due=due, tier_words=tier_words, kinds=wording.STATE_KINDS,
                **wording.tables(tables))
