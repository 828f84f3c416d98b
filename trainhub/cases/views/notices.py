"""Notices on everybody's first page: neutral words, where they lead, and one press when they were read."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from trainhub.cases.queries.notices import NoticeRow, notices_for
from trainhub.cases.queries.numbers import matter_labels
from trainhub.cases.service.noticing import note_read
from trainhub.cases.views import blueprint
from trainhub.cases.wording import NOTICES
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import now
from trainhub.kernel.permissions import Permission
from trainhub.web.context import current_actor
from trainhub.web.database import transaction
from trainhub.web.gate import needs
from trainhub.web.i18n import day_text, time_text
from trainhub.web.pages import redirect_to
from trainhub.web.today import Contribution, Job, Tap


def contribute(session: Any, actor: Actor, moment: datetime) -> Contribution | None:
    """What waits for somebody in this role, in words that tell a passer-by nothing."""
    rows = notices_for(session, actor)
    labels = matter_labels(session, actor.district_id, {key for row in rows for key in row.matter_ids})
    jobs = tuple(
        Job(
            time_text(row.created_at), day_text(row.created_at, weekday=False), str(NOTICES.get(row.code, _("You have a school notice."))),
            (_numbers(labels, row),) if row.matter_ids else (),
            row.link if row.link.startswith("/") else url_for("training.home"), _("Look"), quiet=True,
            taps=(Tap(_("Read"), (), url_for("cases.notice_read", notice_id=row.notice_id)),),
        )
        for row in rows
    )
    return Contribution(notices=jobs) if jobs else None


MOST = 4


def _numbers(labels: Mapping[str, str], row: NoticeRow) -> tuple[str, ...]:
    """The numbers of the matters a notice is about, the first few; of those without a number how many there are."""
    known = tuple(labels[key] for key in row.matter_ids if key in labels)
    rest = row.matters - len(known[:MOST])
    return (*known[:MOST], _("%(n)s more", n=rest)) if rest and known else known or ((_("%(n)s matters", n=row.matters),) if row.matters > 1 else ())


@blueprint.post("/cases/notices/<notice_id>/read")
@needs(Permission.ACCOUNT_OWN_WRITE)
def notice_read(notice_id: str) -> Any:
    """Take a notice off the first page."""
    with transaction() as session:
        note_read(session, current_actor(), notice_id, now())
    return redirect_to("training.home")
