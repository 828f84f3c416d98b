"""The rules of the bureau: every parameter in force, and setting a new dated version; its schools."""

from typing import Any

from flask import current_app, request
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound as PageNotFound

from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError
from trainhub.kernel.permissions import Permission
from trainhub.kernel.policy import PARAMETERS
from trainhub.plugin_api import PolicyPack
from trainhub.roster import queries, service
from trainhub.roster.forms import AdoptForm, CloseOrgForm, OrgForm, PolicyForm
from trainhub.roster.views import blueprint, say_errors, with_error
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.gate import needs
from trainhub.web.pages import form_page, page, redirect_to, toast


def _page() -> queries.PolicyPage:
    actor = current_actor()
    return queries.policy_page(read_session(), actor.scope(Permission.POLICY_READ), actor.org_id, local_day(now()))


@blueprint.get("/policy")
@needs(Permission.POLICY_READ)
def policy() -> Any:
    """Every rule with the value in force, its version and what it was before."""
    actor = current_actor()
    return page("roster/policy.html", shown=_page(), may_set=actor.can(Permission.POLICY_WRITE))


@blueprint.route("/policy/rules/<key>", methods=["GET", "POST"])
@needs(get=Permission.POLICY_READ, post=Permission.POLICY_WRITE)
def set_policy(key: str) -> Any:
    """A new value of one rule from a day on."""
    if key not in PARAMETERS:
        raise PageNotFound
    actor, form, shown = current_actor(), PolicyForm(), _page()
    line = next(x for x in shown.lines if x.parameter.key == key)
    model: dict[str, Any] = {"form": form, "line": line, "shown": shown, "may_set": actor.can(Permission.POLICY_WRITE)}
    if request.method == "GET":
        form.value.data, form.effective_on.data, form.seen_number.data = str(line.value), local_day(now()), shown.latest_number
        return page("roster/set_policy.html", **model)
    if not form.validate():
        return form_page("roster/set_policy.html", **model)
    seen = form.seen_number.data or ""
    command = service.SetPolicy(actor.org_id, key, form.value.data, form.effective_on.data, form.reason.data,
                                int(seen) if seen.isascii() and seen.isdecimal() else None)
    try:
        with transaction() as session:
            done = service.set_policy(session, actor, command, now())
    except DomainError as error:
        # whoever has seen both values may send the form again, against the newer one
        shown = _page()
        line = next(x for x in shown.lines if x.parameter.key == key)
        form.seen_number.data = str(shown.latest_number)
        model |= {"line": line, "shown": shown, "form": with_error(form, error)}
        return form_page("roster/set_policy.html", error.status, **model)
    toast(_("Version %(number)s: from %(day)s the value is %(after)s; before it was %(before)s.", number=done.number,
            day=command.effective_on.isoformat(), after=done.after, before=done.before))
    return redirect_to("roster.policy")


def _packs() -> dict[str, PolicyPack]:
    return service.usable(current_app.extensions["trainhub.policy_packs"])


@blueprint.get("/policy/packs")
@needs(Permission.POLICY_READ)
def packs() -> Any:
    """Sets of rules that plugins offer."""
    return page("roster/packs.html", packs=_packs(), shown=_page())


@blueprint.route("/policy/packs/<key>", methods=["GET", "POST"])
@needs(get=Permission.POLICY_READ, post=Permission.POLICY_WRITE)
def adopt(key: str) -> Any:
    """One set beside what is in force; adopting the ticked rules from a day on."""
    pack = _packs().get(key)
    if pack is None:
        raise PageNotFound
    actor, form, shown = current_actor(), AdoptForm(), _page()
    model: dict[str, Any] = {"pack": pack, "form": form, "shown": shown, "may_set": actor.can(Permission.POLICY_WRITE)}
    if request.method == "GET":
        form.effective_on.data, form.seen_number.data = local_day(now()), shown.latest_number
        return page("roster/pack.html", **model)
    if not form.validate():
        return form_page("roster/pack.html", **model)
    seen = form.seen_number.data or ""
    command = service.AdoptPack(actor.org_id, pack, frozenset(request.form.getlist("rule")), form.effective_on.data,
                                form.reason.data, int(seen) if seen.isascii() and seen.isdecimal() else None)
    try:
        with transaction() as session:
            changed = service.adopt_pack(session, actor, command, now())
    except DomainError as error:
        model |= {"shown": _page(), "form": with_error(form, error)}
        form.seen_number.data = str(model["shown"].latest_number)
        return form_page("roster/pack.html", error.status, **model)
    toast(_("%(n)s rules adopted from %(day)s.", n=len(changed), day=command.effective_on.isoformat()) if changed
          else _("Nothing differs from what is in force; nothing was changed."))
    return redirect_to("roster.policy")


@blueprint.route("/policy/schools", methods=["GET", "POST"])
@needs(get=Permission.POLICY_READ, post=Permission.POLICY_WRITE)
def organisations() -> Any:
    """Schools of the bureau; opening one."""
    actor, form = current_actor(), OrgForm()
    if request.method == "POST" and form.validate():
        command = service.CreateOrg(form.name.data, form.kind.data, (form.stage.data,), code=form.code.data or "",
                                    opened_on=form.opened_on.data)
        try:
            with transaction() as session:
                service.create_org(session, actor, command, now())
        except DomainError as error:
            with_error(form, error)
        else:
            toast(_("%(name)s is open.", name=command.name))
            return redirect_to("roster.organisations")
    rows = queries.schools(read_session(), actor.scope(Permission.POLICY_READ))
    answer = form_page if form.errors else page
    return answer("roster/organisations.html", rows=rows, form=form, close_form=CloseOrgForm(formdata=None, last_on=local_day(now())),
                  may_set=actor.can(Permission.POLICY_WRITE))


@blueprint.post("/policy/schools/<org_id>/close")
@needs(Permission.POLICY_WRITE)
def close_org(org_id: str) -> Any:
    """Close a school on a day."""
    actor, form = current_actor(), CloseOrgForm()
    if not form.validate():
        say_errors(form)
        return redirect_to("roster.organisations")
    try:
        with transaction() as session:
            service.close_org(session, actor, service.CloseOrg(org_id, form.last_on.data, form.reason.data), now())
    except DomainError as error:
        if error.status in (403, 404):
            raise
        toast(sentence(error), "error")
    else:
        toast(_("The school is closed from then on. Its records stay."))
    return redirect_to("roster.organisations")
