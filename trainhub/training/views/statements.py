"""Hours statements: issue, revoke, and the public page that shows exactly what is printed."""

from typing import Any

from flask import Response, abort, redirect, request, url_for
from flask_babel import gettext as _

from trainhub.documents import pdf, qr
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import now
from trainhub.kernel.permissions import Permission
from trainhub.training.queries.statements import Statement, statement_by_code
from trainhub.training.rules.statements import is_code, plain
from trainhub.training.service.statements import IssueStatement, issue_statement, revoke_statement
from trainhub.training.views import blueprint
from trainhub.training.views.exports import certificate_formats
from trainhub.training.views.words import ROUNDING, iso_day, version_text, why_text
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.gate import needs
from trainhub.web.pages import attachment, page, redirect_to, toast


@blueprint.post("/training/standing/people/<person_id>/statement")
@needs(Permission.TRAINING_WRITE)
def issue_for(person_id: str) -> Any:
    """Issue the statement of a member of the staff and show it for printing."""
    return _issue(current_actor(), person_id)


@blueprint.post("/training/standing/me/statement")
@needs(Permission.ACCOUNT_OWN_WRITE)
def issue_own() -> Any:
    """Issue my own statement."""
    actor = current_actor()
    if actor.person_id is None:
        abort(404)
    return _issue(actor, actor.person_id)


def _issue(actor: Actor, person_id: str) -> Any:
    with transaction() as session:
        code = issue_statement(session, actor, IssueStatement(person_id, request.form.get("year", "")[:12]), now())
    return redirect_to("training.verify", code=code)


@blueprint.post("/training/statements/<statement_id>/revocation")
@needs(Permission.TRAINING_WRITE)
def revoke(statement_id: str) -> Any:
    """Revoke a statement: whoever checks its code is told."""
    with transaction() as session:
        revoke_statement(session, current_actor(), statement_id, now())
    toast(_("Revoked. Whoever checks the code is told so."))
    return redirect_to("training.person", person_id=request.form.get("person", "")[:32], year=request.form.get("year", "")[:12] or None)


# --- public ----------------------------------------------------------------------------------------


@blueprint.get("/verify")
@needs(Permission.PUBLIC_READ)
def verify_form() -> Any:
    """Type the code of a printed statement."""
    code = request.args.get("code", "")
    if is_code(code):
        return redirect(url_for("training.verify", code=dashed(code)), 303)
    return page("training/verify_form.html", code=code[:40], wrong=bool(code))


@blueprint.get("/verify/<code>")
@needs(Permission.PUBLIC_READ)
def verify(code: str) -> Any:
    """What was printed under this code, and nothing else."""
    found = statement_by_code(read_session(), code)
    if found is None:
        return page("training/verify_form.html", 404, code=code[:40], wrong=True)
    return page(
        "training/verify.html", found=found, printed=found.printed, facts=facts(found), code=dashed(code),
        definition=definition_lines(found), certificates=certificate_formats(found), image=qr.draw(_address(code)), pdf_available=pdf.available(), rounding=ROUNDING,
    )


@blueprint.get("/verify/<code>/pdf")
@needs(Permission.PUBLIC_READ)
def verify_pdf(code: str) -> Response:
    """The statement as a PDF; a revoked one is no longer printed."""
    found = statement_by_code(read_session(), code)
    if found is None or found.revoked_at is not None:
        abort(404)
    return attachment(pdf.render("statement", document(found, code)), "statement.pdf", "application/pdf")


def dashed(code: str) -> str:
    """A code as it is printed, in groups of four."""
    text = plain(code)
    return "-".join(text[i : i + 4] for i in range(0, len(text), 4))


def _address(code: str) -> str:
    return url_for("training.verify", code=dashed(code), _external=True)


def facts(found: Statement) -> list[tuple[str, str]]:
    """The figures of the statement in words."""
    printed = found.printed
    return [
        (_("Name"), printed["name"]), (_("Unit"), printed["school"]),
        (_("Year"), _("%(first)s to %(last)s", first=iso_day(printed["year_from"]), last=iso_day(printed["year_to"]))),
        (_("Counted minutes"), _("%(n)s of %(of)s required", n=printed["minutes"], of=printed["required"])),
        (_("Periods"), f"{printed['periods']}" + (f"（{printed['formula']}）" if printed["formula"] else "")),
        (_("Issued on"), iso_day(printed["issued_on"])),
    ]


def definition_lines(found: Statement) -> list[str]:
    """How the figures came about, as printed under the table."""
    printed = found.printed
    return [
        _("One period is %(n)s minutes, remainders dropped %(scope)s, at most %(cap)s periods a day; %(version)s.",
          n=printed["period_minutes"], scope=ROUNDING[printed["rounding"]], cap=printed["daily_cap"], version=version_text(printed["version"])),
        _("Counted are verified minutes of face-to-face training on %(title)s.", title=printed["title"]),
    ]


def document(found: Statement, code: str) -> dict[str, Any]:
    """The data of the PDF template."""
    printed = found.printed
    mode = _("Face to face")
    sentence = _("This is to state that %(name)s attended the following training in the year %(year)s.", name=printed["name"], year=printed["year"])
    return {
        "school": printed["school"], "sentence": sentence, "issued_on": iso_day(printed["issued_on"]), "code": dashed(code),
        "verify_at": url_for("training.verify_form", _external=True), "qr": qr.draw(_address(code)).svg(),
        "facts": [list(f) for f in facts(found)], "definition": definition_lines(found),
        "counted": [[iso_day(d), t, str(mode), str(m), str(p)] for d, t, m, p in printed["rows"]],
        "counted_total": [str(printed["minutes"] + printed["made_up"]), str(printed["periods"])],
        "others": [[iso_day(d), t, str(m), why_text(w)] for d, t, m, w in printed["others"]],
    }
