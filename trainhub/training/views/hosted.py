"""Training at other units: the list, entering the paper, the decision of the bureau, the kept scan."""

from datetime import datetime
from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import (
    FieldList,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TimeField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp

from trainhub.evidence.proofs import PROOF_BYTES, SUFFIXES
from trainhub.kernel.clock import at, local, now
from trainhub.kernel.errors import DomainError
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.training.queries.hosted import EvidenceRow, evidence, evidence_list, scan_of, staff_to_choose
from trainhub.training.rules.hosted import MAX_DAYS, PROOFS, HostDay
from trainhub.training.service.hosted import (
    EnterEvidence,
    accept_evidence,
    enter_evidence,
    return_evidence,
    revoke_evidence,
    withdraw_evidence,
)
from trainhub.training.views import blueprint
from trainhub.training.views.words import BAD_EVIDENCE, PROOF_WORDS
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.fields import DayField
from trainhub.web.gate import needs
from trainhub.web.pages import attachment, form_page, page, redirect_to, toast

READ, WRITE, VERIFY = Permission.EVIDENCE_READ, Permission.EVIDENCE_WRITE, Permission.EVIDENCE_VERIFY
_l = lazy_gettext
_ID = Regexp(r"^[0-9a-f]{32}$")


class HostDayForm(Form):  # type: ignore[misc]
    """One day at the host unit; a row without a day is left out. No minutes means the whole stretch."""

    day = DayField(_l("Day"), [Optional()])
    starts = TimeField(_l("Starts at"), [Optional()])
    ends = TimeField(_l("Ends at"), [Optional()])
    minutes = IntegerField(_l("Minutes"), [Optional(), NumberRange(1, 720)])

    def to_day(self) -> HostDay | None:
        """The day as the service takes it, None where the row is empty. Missing times are refused there."""
        if self.day.data is None:
            return None
        if self.starts.data is None or self.ends.data is None:
            nothing = at(self.day.data, datetime.min.time())
            return HostDay(nothing, nothing, 0)
        begins, ends = at(self.day.data, self.starts.data), at(self.day.data, self.ends.data)
        return HostDay(begins, ends, self.minutes.data or max(0, int((ends - begins).total_seconds() // 60)))


class EvidenceForm(FlaskForm):  # type: ignore[misc]
    """What the paper says, and the paper itself as a scan or by its number."""

    evidence_id = HiddenField(validators=[InputRequired(), _ID])
    corrects = HiddenField(validators=[Optional(), _ID])
    person = SelectField(_l("Who was trained"), [InputRequired(_l("Choose who was trained."))])
    host_unit = StringField(_l("Host unit"), [InputRequired(_l("Write who held the training.")), Length(max=120)])
    title = StringField(_l("Training"), [InputRequired(_l("Write what the training was called.")), Length(max=160)])
    right_topic = SelectField(_l("Topic"), choices=[
        SelectChoice("yes", _l("the topic of the yearly duty")), SelectChoice("no", _l("another topic (does not count toward it)")),
    ])
    days = FieldList(FormField(HostDayForm), min_entries=1, max_entries=MAX_DAYS)
    proof_kind = SelectField(_l("Proof"), choices=[SelectChoice(k, PROOF_WORDS[k]) for k in PROOFS])
    proof_reference = StringField(_l("Number of the paper and where it is kept"), [Optional(), Length(max=160)])
    scan = FileField(_l("Scan or photo (PDF, JPEG, PNG)"))

    def to_command(self) -> EnterEvidence:
        """The entry as the service takes it; of a file no more is read than may be kept."""
        sent = request.files.get("scan")
        return EnterEvidence(
            id=self.evidence_id.data, person_id=self.person.data, host_unit=self.host_unit.data or "", title=self.title.data or "",
            days=tuple(d for d in (entry.form.to_day() for entry in self.days) if d is not None),
            proof_kind=self.proof_kind.data, proof_reference=self.proof_reference.data or "",
            scan=sent.stream.read(PROOF_BYTES + 1) if sent else b"", right_topic=self.right_topic.data == "yes",
            corrects_id=self.corrects.data or None,
        )


@blueprint.get("/training/evidence")
@needs(READ)
def evidence_entries() -> Any:
    """Entries of the school, or of the district for whoever decides them; those that wait come first."""
    actor = current_actor()
    rows = evidence_list(read_session(), actor.scope(READ))
    return page("training/hosted.html", rows=rows, may_enter=actor.can(WRITE), may_decide=actor.can(VERIFY))


@blueprint.route("/training/evidence/new", methods=["GET", "POST"])
@needs(get=READ, post=WRITE)
def new_evidence() -> Any:
    """Enter what the host unit's paper says, or a correction of an entry."""
    actor, session = current_actor(), read_session()
    form = EvidenceForm(data=_start())
    staff = staff_to_choose(session, actor.scope(READ), actor.org_id)
    form.person.choices = [SelectChoice("", _("choose a person"))] + [SelectChoice(i, f"{name}（{number}）" if number else name) for i, name, number in staff]
    may_enter = actor.can(WRITE)
    if not form.validate_on_submit():
        return form_page("training/hosted_new.html", 422 if form.is_submitted() else 200, form=form, may_enter=may_enter)
    try:
        with transaction() as writing:
            made = enter_evidence(writing, actor, form.to_command(), now())
    except DomainError as error:
        return form_page("training/hosted_new.html", error.status, form=form, form_error=_named(error), may_enter=may_enter)
    toast(_("Recorded. The bureau decides; until then the minutes do not count."))
    return redirect_to("training.one_evidence", evidence_id=made)


def _start() -> dict[str, Any]:
    """What a new form opens with: blank, for one person, or what the corrected entry says."""
    blank: list[dict[str, Any]] = [{}] * min(MAX_DAYS, max(3, request.args.get("days", 3, int)))
    corrects = request.args.get("corrects", "")[:32]
    if not corrects:
        return {"evidence_id": new_id(), "person": request.args.get("person", "")[:32], "days": blank}
    row = evidence(read_session(), current_actor().scope(READ), corrects)
    return {
        "evidence_id": new_id(), "corrects": row.id, "person": row.hosted.person_id, "host_unit": row.hosted.host_unit,
        "title": row.hosted.title, "right_topic": "no" if row.hosted.topic == "other" else "yes", "proof_kind": row.proof_kind,
        "proof_reference": row.proof_reference, "days": [_day_data(d) for d in row.hosted.days],
    }


def _day_data(day: HostDay) -> dict[str, Any]:
    begins, ends = local(day.starts_at), local(day.ends_at)
    return {"day": begins.date(), "starts": begins.time(), "ends": ends.time(), "minutes": day.minutes}


def _named(error: DomainError) -> str:
    """What is wrong with the entry, by the field that the rules name."""
    told = BAD_EVIDENCE.get(error.field or "") if error.code == "bad_evidence" else None
    return str(told) if told else sentence(error)


@blueprint.get("/training/evidence/<evidence_id>")
@needs(READ)
def one_evidence(evidence_id: str) -> Any:
    """One entry: what the paper says, the paper, every step, and what the reader may do."""
    actor = current_actor()
    row = evidence(read_session(), actor.scope(READ), evidence_id)
    return page("training/hosted_one.html", row=row, **_rights(row))


def _rights(row: EvidenceRow) -> dict[str, bool]:
    actor, state = current_actor(), row.hosted.state.value
    other = actor.account_id != row.entered_by_id and actor.person_id != row.hosted.person_id
    return {
        "may_decide": state == "waiting" and actor.can(VERIFY) and other, "may_revoke": state == "accepted" and actor.can(VERIFY) and other,
        "may_withdraw": state == "waiting" and actor.can(WRITE), "may_correct": state in {"waiting", "accepted", "returned"} and actor.can(WRITE),
        "may_see_person": actor.can(Permission.STANDING_READ),
    }


@blueprint.get("/training/evidence/<evidence_id>/scan")
@needs(READ)
def evidence_scan(evidence_id: str) -> Response:
    """The kept scan, to be saved: it is never shown inside a page."""
    found = scan_of(read_session(), current_actor().scope(READ), evidence_id)
    return attachment(found.content, f"evidence-{found.sha256[:12]}{SUFFIXES[found.media_type]}", found.media_type)


@blueprint.post("/training/evidence/<evidence_id>/decision")
@needs(VERIFY)
def decide_evidence(evidence_id: str) -> Any:
    """Accept, return or revoke."""
    decision, reason = request.form.get("decision", ""), request.form.get("reason", "")
    with transaction() as session:
        if decision == "accept":
            accept_evidence(session, current_actor(), evidence_id, now())
        elif decision == "revoke":
            revoke_evidence(session, current_actor(), evidence_id, reason, now())
        else:
            return_evidence(session, current_actor(), evidence_id, reason, now())
    toast({"accept": _("Accepted. The minutes count from now on."), "revoke": _("Revoked. The minutes no longer count.")}.get(
        decision, _("Returned with your reason.")))
    return redirect_to("training.one_evidence", evidence_id=evidence_id)


@blueprint.post("/training/evidence/<evidence_id>/withdrawal")
@needs(WRITE)
def withdraw_entry(evidence_id: str) -> Any:
    """Take an entry back before it is decided."""
    with transaction() as session:
        withdraw_evidence(session, current_actor(), evidence_id, request.form.get("reason", ""), now())
    toast(_("Withdrawn. It stays in the list and counts nothing."))
    return redirect_to("training.evidence_entries")
