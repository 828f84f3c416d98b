"""The list of people and the two ways of adding one by hand."""

from typing import Any

from flask import request
from flask_babel import gettext as _

from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError
from trainhub.kernel.permissions import Permission
from trainhub.roster import queries, service
from trainhub.roster.forms import ExternalForm, HireForm
from trainhub.roster.messages import CATEGORY_LABELS, POST_LABELS
from trainhub.roster.people_rules import CATEGORIES, POSTS
from trainhub.roster.views import blueprint, page_number, with_error
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.gate import needs
from trainhub.web.pages import form_page, page, redirect_to, toast


def _wanted() -> queries.StaffFilter:
    args = request.args
    return queries.StaffFilter(
        words=args.get("q", "")[:40], department_id=args.get("department", "")[:32],
        post=args.get("post", "")[:40], category=args.get("category", "")[:24],
        state=args.get("state", "current") if args.get("state") in ("left", "all") else "current", page=page_number(),
    )


@blueprint.get("/roster")
@needs(Permission.ROSTER_READ)
def people() -> Any:
    """People of the school, filtered and found by name, pinyin or number."""
    actor, session, wanted = current_actor(), read_session(), _wanted()
    scope = actor.scope(Permission.ROSTER_READ)
    found = queries.staff_list(session, scope, actor.org_id, local_day(now()), wanted)
    kept = {k: v for k, v in {"q": wanted.words, "department": wanted.department_id, "post": wanted.post,
                              "category": wanted.category}.items() if v}
    return page(
        "roster/people.html", found=found, wanted=wanted, kept=kept, may_write=actor.can(Permission.ROSTER_WRITE),
        may_see_pupils=actor.can(Permission.STUDENT_READ),
        departments=[("", _("All departments")), *queries.departments(session, scope, actor.org_id)],
        posts=[("", _("All posts")), *((p, str(POST_LABELS[p])) for p in POSTS)],
        categories=[("", _("All categories")), *((c, str(CATEGORY_LABELS[c])) for c in CATEGORIES)],
    )


@blueprint.route("/roster/people/new", methods=["GET", "POST"])
@needs(get=Permission.ROSTER_READ, post=Permission.ROSTER_WRITE)
def new_person() -> Any:
    """Put somebody on the staff by hand."""
    actor, form = current_actor(), HireForm()
    if request.method == "GET":
        form.from_on.data = local_day(now())
        return page("roster/new_person.html", form=form, external=False)
    if form.validate():
        command = service.Hire(
            actor.org_id, form.name.data, form.category.data, form.from_on.data, form.staff_no.data or "",
            form.contract.data, form.department.data or "", form.hired_on.data,
        )
        try:
            with transaction() as session:
                hired = service.hire(session, actor, command, now())
        except DomainError as error:
            return form_page("roster/new_person.html", error.status, form=with_error(form, error), external=False)
        toast(_("%(name)s is on the staff list.", name=form.name.data))
        return redirect_to("roster.person", person_id=hired.person_id)
    return form_page("roster/new_person.html", form=form, external=False)


@blueprint.route("/roster/people/external", methods=["GET", "POST"])
@needs(get=Permission.ROSTER_READ, post=Permission.ROSTER_WRITE)
def new_external() -> Any:
    """Add somebody from outside, such as a vice principal for the rule of law."""
    actor, form = current_actor(), ExternalForm()
    if request.method == "GET":
        form.from_on.data = local_day(now())
        return page("roster/new_person.html", form=form, external=True)
    if form.validate():
        command = service.AddExternal(actor.org_id, form.name.data, form.post.data, form.from_on.data)
        try:
            with transaction() as session:
                person_id = service.add_external(session, actor, command, now())
        except DomainError as error:
            return form_page("roster/new_person.html", error.status, form=with_error(form, error), external=True)
        toast(_("%(name)s is on the staff list.", name=form.name.data))
        return redirect_to("roster.person", person_id=person_id)
    return form_page("roster/new_person.html", form=form, external=True)


