"""What this room's determinations and requests add to the page everybody sees first: numbers and case numbers, nothing else."""

from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from trainhub.cases.queries.determinations import owed_corrections
from trainhub.cases.queries.second import waiting_for
from trainhub.kernel.actor import Actor
from trainhub.kernel.permissions import Permission
from trainhub.web.i18n import day_text
from trainhub.web.keys import key_ring
from trainhub.web.today import Contribution, Job

MOST = 3


def contribute(session: Any, actor: Actor, now: datetime) -> Contribution | None:
    """Corrections that are owed, for the desk; requests that wait for one's consent, for whoever decides. At most three statements."""
    jobs = []
    if actor.can(Permission.CASE_SECOND) and (waiting := waiting_for(session, key_ring(), actor, now)):
        title = _("Requests that wait for your consent: %(n)s", n=waiting)
        jobs.append(Job(_("now"), "", title, (), url_for("cases.second_queue"), _("Look")))
    owed = owed_corrections(session, actor, now) if actor.can(Permission.CASE_WRITE) else ()
    labels = list(dict.fromkeys((one.case_id, one.case_label) for one in owed))
    for case_id, label in labels[:MOST]:
        mine = [one for one in owed if one.case_id == case_id]
        title = _("Case %(no)s: %(n)s corrections owed", no=label, n=len(mine))
        due = day_text(min(one.due_at for one in mine), weekday=False)
        jobs.append(Job(due, _("overdue") if any(one.late(now) for one in mine) else "", title, (), url_for("cases.determinations", case_id=case_id), _("Open")))
    return Contribution(jobs=tuple(jobs)) if jobs else None
