"""Pages of sign-in, activation, one's own account, and of those who manage accounts and rights."""

from datetime import timedelta
from typing import Any

from flask import current_app, g, request
from flask_babel import gettext as _

from trainhub.accounts import fresh, queries, service
from trainhub.accounts.browser import (
    begin,
    current_token,
    end,
    open_sessions,
    origin,
    preferences,
    remember_device,
    why_ended,
)
from trainhub.accounts.forms import (
    AccountForm,
    ActivateForm,
    EndGrantForm,
    GrantForm,
    PasswordForm,
    ResetForm,
    SignInForm,
)
from trainhub.accounts.fresh import reauthenticated
from trainhub.accounts.messages import ROLE_LABELS, SESSION_ENDS
from trainhub.accounts.rules import SESSION_LIFETIME, SessionEnd
from trainhub.accounts.views import blueprint
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError
from trainhub.kernel.permissions import Permission, Role
from trainhub.web.context import current_actor, load_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.gate import needs
from trainhub.web.pages import form_page, page, redirect_path, redirect_to, safe_path, toast


def _agent() -> str:
    return str(request.user_agent.string)[:120]


@blueprint.route("/sign-in", methods=["GET", "POST"])
@needs(get=Permission.PUBLIC_READ, post=Permission.PUBLIC_WRITE)
def sign_in() -> Any:
    """Sign in and go on to where the visitor wanted to go."""
    form = SignInForm(data={"next": safe_path(request.args.get("next"))} if request.method == "GET" else None)
    if request.method == "GET" and load_actor() is not None:
        return redirect_path(str(form.next.data))
    if not form.is_submitted():
        return page("accounts/sign_in.html", form=form, form_error=None, ended=session_end_words(why_ended()))
    if not form.validate():
        return form_page("accounts/sign_in.html", form=form, form_error=_("Fill in both fields."))
    command = service.SignIn(form.username.data, form.password.data, origin(current_app, form.username.data), _agent())
    with transaction() as session:
        result = service.sign_in(session, command, now())
    if isinstance(result, DomainError):
        answer = form_page("accounts/sign_in.html", result.status, form=form, form_error=sentence(result))
        if result.status == 429:
            answer.headers["Retry-After"] = str(60 * int(result.params["minutes"]))
        return answer
    begin(result.token)
    target = safe_path(str(form.next.data or "/"))
    asks = result.asks_code and fresh.required()
    response: Any = redirect_to("accounts.show_code", next=target) if asks else redirect_path(target)
    remember_device(current_app, response, form.username.data)
    return response


def session_end_words(end: SessionEnd | None) -> str | None:
    """Say why one has to sign in again."""
    limit: timedelta = current_app.config["TRAINHUB_IDLE_LIMIT"]
    return str(SESSION_ENDS[end]) % {
        "minutes": int(limit.total_seconds() // 60), "hours": int(SESSION_LIFETIME.total_seconds() // 3600)
    } if end else None


@blueprint.post("/sign-out")
@needs(Permission.ACCOUNT_OWN_WRITE)
def sign_out() -> Any:
    """End the session on the server and in the browser."""
    with transaction() as session:
        service.sign_out(session, current_token(), now())
    end()
    response: Any = redirect_to("accounts.sign_in")
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@blueprint.route("/activate", methods=["GET", "POST"])
@needs(get=Permission.PUBLIC_READ, post=Permission.PUBLIC_WRITE)
def activate() -> Any:
    """Set the first password with a one-time code."""
    form = ActivateForm()
    if not form.is_submitted():
        return page("accounts/activate.html", form=form, form_error=None)
    if not form.validate():
        return form_page("accounts/activate.html", form=form, form_error=None)
    command = service.Activation(form.username.data, form.code.data, form.password.data, _agent())
    try:
        with transaction() as session:
            result = service.activate(session, command, now())
    except DomainError as error:
        return form_page("accounts/activate.html", form=_with_error(form, error), form_error=None)
    begin(result.token)
    response: Any = redirect_path("/")
    remember_device(current_app, response, form.username.data)
    return response


def _with_error(form: Any, error: DomainError) -> Any:
    field = getattr(form, error.field or "", None)
    if field is not None:
        field.errors = [*field.errors, sentence(error)]
    return form


@blueprint.get("/account")
@needs(Permission.ACCOUNT_OWN_READ)
def account() -> Any:
    """One's own account: sessions, password, language, look."""
    return page("accounts/account.html", **_account_model(PasswordForm()))


def _account_model(form: PasswordForm) -> dict[str, Any]:
    exporters = current_app.extensions["trainhub.exporters"].values()
    calendar = current_actor().person_id is not None and any(one.spec.subject == "calendar" for one in exporters)
    return {"sessions": open_sessions(), "form": form, "preferences": preferences(), "offers_calendar": calendar,
            "factor": queries.factor_state(read_session(), current_actor().district_id, current_actor().account_id, now()),
            "factor_demanded": fresh.demanded(current_actor())}


@blueprint.post("/account/password")
@needs(Permission.ACCOUNT_OWN_WRITE)
def change_password() -> Any:
    """Change one's own password; other sessions end."""
    form = PasswordForm()
    if not form.validate_on_submit():
        return form_page("accounts/account.html", **_account_model(form))
    try:
        with transaction() as session:
            service.change_password(session, current_actor(), form.present.data, form.password.data, current_token(), now())
    except DomainError as error:
        return form_page("accounts/account.html", **_account_model(_with_error(form, error)))
    toast(_("The password is changed. All other devices were signed out."))
    return redirect_to("accounts.account")


@blueprint.post("/account/sessions/<session_id>/end")
@needs(Permission.ACCOUNT_OWN_WRITE)
def end_session(session_id: str) -> Any:
    """End one of one's own sessions elsewhere."""
    with transaction() as session:
        service.revoke_session(session, current_actor(), session_id, now())
    toast(_("That device was signed out."))
    return redirect_to("accounts.account")


@blueprint.post("/account/preferences")
@needs(Permission.ACCOUNT_OWN_WRITE)
def set_preferences() -> Any:
    """Store language or light/dark."""
    with transaction() as session:
        service.set_preferences(
            session, current_actor(), locale=request.form.get("locale"), theme=request.form.get("theme")
        )
    return redirect_path(request.form.get("next", "/account"))


@blueprint.post("/account/role")
@needs(Permission.ACCOUNT_OWN_WRITE)
def act_as() -> Any:
    """Act in another of one's own roles."""
    with transaction() as session:
        service.act_as(session, current_actor(), current_token(), request.form.get("grant_id", ""))
    g.pop("actor", None)
    return redirect_path("/")


@blueprint.get("/accounts")
@needs(Permission.ACCOUNT_READ)
def accounts() -> Any:
    """Who can sign in here, and with which rights."""
    return page("accounts/accounts.html", **_accounts_model())


def _accounts_model(form: AccountForm | None = None, code: tuple[str, str] | None = None) -> dict[str, Any]:
    actor = current_actor()
    search = request.args.get("q", "")[:40]
    rows = queries.accounts(read_session(), actor.scope(Permission.ACCOUNT_READ), search=search)
    return {"rows": rows, "search": search, "form": form or AccountForm(), "issued": code, "role_labels": ROLE_LABELS,
            "may_manage": actor.can(Permission.ACCOUNT_MANAGE), "may_create": service.may_create_outside(actor), "may_grant": actor.can(Permission.GRANT_MANAGE),
            "today": local_day(now())}


@blueprint.post("/accounts/new")
@needs(Permission.ACCOUNT_MANAGE)
def create() -> Any:
    """Create an account for somebody who is on no staff list; the code is shown once."""
    form, actor = AccountForm(), current_actor()
    if not form.validate_on_submit():
        return form_page("accounts/accounts.html", **_accounts_model(form))
    command = service.NewAccount(actor.district_id, form.username.data, form.display_name.data)
    try:
        with transaction() as session:
            code = service.create_outside_account(session, actor, command, now())
    except DomainError as error:
        return form_page("accounts/accounts.html", error.status, **_accounts_model(_with_error(form, error)))
    return page("accounts/accounts.html", **_accounts_model(code=(form.display_name.data, code)))


@blueprint.post("/accounts/<account_id>/code")
@needs(Permission.ACCOUNT_MANAGE)
def issue_code(account_id: str) -> Any:
    """Issue a one-time code; it is shown once, here."""
    actor = current_actor()
    with transaction() as session:
        name = service.manageable_account(session, actor, account_id)
        code = service.issue_activation_code(session, actor.district_id, account_id, now())
    return page("accounts/accounts.html", **_accounts_model(code=(name, code)))


@blueprint.post("/accounts/<account_id>/disable")
@needs(Permission.ACCOUNT_MANAGE)
def disable(account_id: str) -> Any:
    """Close an account at once."""
    actor = current_actor()
    with transaction() as session:
        service.manageable_account(session, actor, account_id)
        service.disable_account(session, actor, account_id, now())
    toast(_("The account is closed and signed out everywhere."))
    return redirect_to("accounts.accounts")


@blueprint.route("/accounts/<account_id>/grants", methods=["GET", "POST"])
@needs(get=Permission.ACCOUNT_READ, post=Permission.GRANT_MANAGE)
@reauthenticated(changes_only=True)
def grants(account_id: str) -> Any:
    """The rights of one account; the rights administrator adds one."""
    form = _grant_form()
    if form.is_submitted() and form.validate():
        command = service.NewGrant(
            account_id, Role(form.role.data), form.org_id.data, form.from_on.data, form.to_on.data, form.reason.data
        )
        with transaction() as session:
            service.grant(session, current_actor(), command, now())
        toast(_("The right is given and recorded."))
        return redirect_to("accounts.grants", account_id=account_id)
    row = queries.account(read_session(), current_actor().scope(Permission.ACCOUNT_READ), account_id)
    status = 422 if form.is_submitted() else 200
    factor = queries.factor_state(read_session(), current_actor().district_id, row.id, now())
    return page("accounts/grants.html", status, row=row, form=form, end_form=EndGrantForm(), role_labels=ROLE_LABELS, factor=factor,
                reset_form=ResetForm(formdata=None), may_grant=current_actor().can(Permission.GRANT_MANAGE), today=local_day(now()))


def _grant_form() -> GrantForm:
    form = GrantForm()
    form.role.choices = [(r.value, str(ROLE_LABELS[r.value])) for r in Role]
    form.org_id.choices = queries.organisations(read_session(), current_actor().district_id)
    return form


@blueprint.post("/accounts/<account_id>/grants/<grant_id>/end")
@needs(Permission.GRANT_MANAGE)
@reauthenticated
def end_grant(account_id: str, grant_id: str) -> Any:
    """End a right from today."""
    form = EndGrantForm()
    if form.validate_on_submit():
        with transaction() as session:
            service.end_grant(session, current_actor(), grant_id, form.reason.data, now())
        toast(_("The right has ended."))
    return redirect_to("accounts.grants", account_id=account_id)

