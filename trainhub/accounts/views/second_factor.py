"""Pages of the second factor: setting it up, showing it, proving anew who one is, taking a lost one off."""

from typing import Any

from flask import request
from flask_babel import gettext as _

from trainhub.accounts import fresh, queries, totp
from trainhub.accounts.browser import current_token, renew, shown
from trainhub.accounts.forms import CodeForm, ProofForm, ResetForm
from trainhub.accounts.fresh import reauthenticated
from trainhub.accounts.service import second_factor as service
from trainhub.accounts.views import blueprint
from trainhub.documents import qr
from trainhub.kernel.clock import now
from trainhub.kernel.errors import DomainError
from trainhub.kernel.permissions import SECOND_FACTOR_ROLES, Permission
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.gate import needs
from trainhub.web.keys import key_ring
from trainhub.web.pages import form_page, page, redirect_path, redirect_to, safe_path, toast


def _target() -> str:
    return safe_path(request.values.get("next"))


@blueprint.route("/sign-in/code", methods=["GET", "POST"])
@needs(get=Permission.ACCOUNT_OWN_READ, post=Permission.ACCOUNT_OWN_WRITE)
def show_code() -> Any:
    """Show the second factor, once per session."""
    form = CodeForm(data={"next": _target()} if request.method == "GET" else None)
    if not fresh.asks_code():
        return redirect_to("accounts.second_factor", next=_target())
    if not form.is_submitted():
        return page("accounts/code.html", form=form, target=_target(), form_error=None)
    if not form.validate():
        return form_page("accounts/code.html", form=form, target=_target(), form_error=_("Type the code."))
    with transaction() as session:
        result = service.pass_code(session, current_actor(), current_token(), form.code.data, key_ring(), now())
    if isinstance(result, DomainError):
        return _refused("accounts/code.html", result, form=form, target=_target())
    _go_on_under(result)
    return redirect_path(_target())


def _refused(template: str, error: DomainError, **model: Any) -> Any:
    answer = form_page(template, error.status, **model | {"form_error": sentence(error)})
    if error.status == 429:
        answer.headers["Retry-After"] = str(60 * int(error.params["minutes"]))
    return answer


def _go_on_under(result: service.Passed) -> None:
    renew(result.token)
    if result.codes_left is not None:
        toast(_("That recovery code is used up; %(n)s are left. Make new ones in good time.", n=result.codes_left), "warn")


@blueprint.route("/account/proof", methods=["GET", "POST"])
@needs(get=Permission.ACCOUNT_OWN_READ, post=Permission.ACCOUNT_OWN_WRITE)
def proof() -> Any:
    """Prove anew who is at this browser, then go on."""
    form, code = ProofForm(), fresh.asks_code()
    waiting = fresh.Waiting(_target(), again=bool(form.again.data), carried=str(form.carried.data or ""))
    if not form.is_submitted():
        return page("accounts/proof.html", **fresh.model(ProofForm(formdata=None), waiting, code=code))
    if not form.validate() or (code and not form.code.data):
        return form_page("accounts/proof.html", **fresh.model(form, waiting, code=code, error=_("Fill in every field.")))
    command = service.Proof(form.password.data, form.code.data or "")
    with transaction() as session:
        result = service.prove(
            session, current_actor(), current_token(), command, key_ring(), now(), required=fresh.required()
        )
    if isinstance(result, DomainError):
        return _refused("accounts/proof.html", result, **fresh.model(form, waiting, code=code))
    _go_on_under(result)
    return fresh.go_on(waiting)


@blueprint.get("/account/second-factor")
@needs(Permission.ACCOUNT_OWN_READ)
def second_factor() -> Any:
    """One's own second factor: how it stands, or the code to photograph while a new one is set up."""
    return page("accounts/second_factor.html", **_model(CodeForm(data={"next": _target()})))


def _model(form: CodeForm, error: str | None = None) -> dict[str, Any]:
    actor, session = current_actor(), read_session()
    secret = queries.pending_secret(session, actor, shown().session_id, key_ring(), now())
    username = queries.username_of(session, actor)
    return {
        "form": form, "form_error": error, "target": _target(), "state": queries.factor_state(session, actor.district_id, actor.account_id, now()),
        "demanded": fresh.required() and any(grant.role in SECOND_FACTOR_ROLES for grant in actor.grants),
        "code": qr.draw(totp.address(secret, username)) if secret else None, "key": totp.in_groups(secret) if secret else "",
        "username": username,
    }


@blueprint.post("/account/second-factor/begin")
@needs(Permission.ACCOUNT_OWN_WRITE)
@reauthenticated(enrolling=True)
def begin_enrolment() -> Any:
    """Make a new secret and show it."""
    with transaction() as session:
        service.begin_enrolment(session, current_actor(), shown().session_id, key_ring(), now())
    return redirect_to("accounts.second_factor", next=_target())


@blueprint.post("/account/second-factor/confirm")
@needs(Permission.ACCOUNT_OWN_WRITE)
def confirm_enrolment() -> Any:
    """Put the new secret in force with its first code; the recovery codes are shown once, here."""
    form = CodeForm()
    if not form.validate_on_submit():
        return form_page("accounts/second_factor.html", **_model(form, _("Type the code.")))
    try:
        with transaction() as session:
            done = service.confirm_enrolment(
                session, current_actor(), shown().session_id, current_token(), form.code.data, key_ring(), now()
            )
    except DomainError as error:
        return form_page("accounts/second_factor.html", error.status, **_model(form, sentence(error)))
    renew(done.token)
    return page("accounts/recovery_codes.html", codes=done.codes, target=_target(), is_new=True)


@blueprint.post("/account/second-factor/codes")
@needs(Permission.ACCOUNT_OWN_WRITE)
@reauthenticated
def renew_recovery_codes() -> Any:
    """Make new recovery codes; they are shown once, here."""
    with transaction() as session:
        codes = service.renew_recovery_codes(session, current_actor(), now())
    return page("accounts/recovery_codes.html", codes=codes, target="/account", is_new=False)


@blueprint.post("/account/second-factor/remove")
@needs(Permission.ACCOUNT_OWN_WRITE)
@reauthenticated
def remove_second_factor() -> Any:
    """Give up the second factor, where no role demands it."""
    with transaction() as session:
        service.remove(session, current_actor(), now(), required=fresh.required())
    toast(_("The second factor is removed. The password alone opens this account now."))
    return redirect_to("accounts.account")


@blueprint.post("/accounts/<account_id>/second-factor/reset")
@needs(Permission.GRANT_MANAGE)
@reauthenticated
def reset_second_factor(account_id: str) -> Any:
    """Take a lost second factor off an account; it is signed out everywhere."""
    form = ResetForm()
    if not form.validate_on_submit():
        toast(_("Write the reason: four characters or more."), "error")
        return redirect_to("accounts.grants", account_id=account_id)
    with transaction() as session:
        service.reset(session, current_actor(), account_id, form.reason.data, now())
    toast(_("The second factor is taken off and the account signed out everywhere. Its owner sets up a new one at the next sign-in."))
    return redirect_to("accounts.grants", account_id=account_id)
