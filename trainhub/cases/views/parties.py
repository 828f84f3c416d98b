"""Pupils of a case: finding one without a name in any address, who one is for sixty seconds, guardians and notices."""

from typing import Any

from flask import request
from flask_babel import gettext as _

from trainhub.accounts.fresh import reauthenticated
from trainhub.cases import forms, wording
from trainhub.cases.queries.choices import staff_choices
from trainhub.cases.queries.identity import FOUND_AT_ONCE, PARTY, find_pupils, guardians, identity
from trainhub.cases.queries.page import case_page, guardian_choices, party_of
from trainhub.cases.queries.parts import require_guardian
from trainhub.cases.service import notices, parties
from trainhub.cases.service.withdrawing import withdraw_party
from trainhub.cases.views import blueprint
from trainhub.cases.views.steps import done, refusal
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.permissions import Permission
from trainhub.ledger.access import Reading, open_record
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.fields import plausible_day
from trainhub.web.gate import needs
from trainhub.web.i18n import time_text
from trainhub.web.keys import key_ring
from trainhub.web.pages import page, redirect_to, wants_fragment

READ, WRITE, REVEAL = Permission.CASE_READ, Permission.CASE_WRITE, Permission.CASE_REVEAL
SECONDS = 60
"""How long a name stands on a page."""


def _adding(case_id: str, status: int = 200, **more: Any) -> Any:
    found = case_page(read_session(), current_actor(), case_id, now())
    if not found.leads:
        raise NotFound
    shown: dict[str, Any] = {"problem": "", "results": None, "words": "", "elsewhere": False, "chosen": "", "most": FOUND_AT_ONCE}
    return page("cases/add_party.html", status, c=found, roles=wording.choices(wording.ROLES), **(shown | more))


@blueprint.get("/cases/<case_id>/parties")
@needs(READ)
def adding(case_id: str) -> Any:
    """The form that brings a pupil into the case."""
    return _adding(case_id)


@blueprint.post("/cases/<case_id>/parties/find")
@needs(WRITE)
def find(case_id: str) -> Any:
    """Find a pupil: the words come in the form, what is found is masked."""
    return _adding(case_id, **_searched())


def _searched() -> dict[str, Any]:
    """What was looked for, and who was found."""
    words, elsewhere = forms.words(request.form, "words", 40), request.form.get("elsewhere") == "yes"
    results = find_pupils(read_session(), current_actor(), words, local_day(now()), elsewhere=elsewhere)
    return {"results": results, "words": words, "elsewhere": elsewhere}


@blueprint.post("/cases/<case_id>/parties")
@needs(WRITE)
def add(case_id: str) -> Any:
    """Bring a pupil in: one that was found, or one of no school here."""
    roles, student = tuple(request.form.getlist("roles")), forms.an_id(request.form, "student")
    try:
        with transaction() as session:
            if student:
                parties.add_pupil(session, key_ring(), current_actor(), parties.AddPupil(case_id, student, roles), now())
            else:
                outside = parties.AddOutsidePupil(
                    case_id, forms.words(request.form, "name", 61), forms.words(request.form, "school", 81), roles, forms.number(request.form, "grade")
                )
                parties.add_outside_pupil(session, key_ring(), current_actor(), outside, now())
    except NotFound:
        raise
    except DomainError as error:
        return _adding(case_id, error.status, problem=refusal(error), chosen=student, **(_searched() if student else {}))
    return redirect_to("cases.case_board") if _is_gone(case_id) else redirect_to("cases.case", case_id=case_id)


def _is_gone(case_id: str) -> bool:
    """Whether whoever wrote has to step aside themselves: then the case is not there any more for them."""
    try:
        case_page(read_session(), current_actor(), case_id, now())
    except NotFound:
        return True
    return False


@blueprint.get("/cases/<case_id>/parties/<party_id>")
@needs(READ)
def party(case_id: str, party_id: str) -> Any:
    """One pupil under a code: side, guardians by number, notices."""
    return _party(case_id, party_id)


def _party(case_id: str, party_id: str, status: int = 200, problem: str = "") -> Any:
    actor, session = current_actor(), read_session()
    found = case_page(session, actor, case_id, now())
    row = next((one for one in found.parties if one.party_id == party_id), None)
    if row is None:
        raise NotFound
    _case, kept = party_of(session, actor, case_id, party_id, now(), READ)
    may_write = actor.can(WRITE)
    return page(
        "cases/party.html", status, c=found, p=row, problem=problem, may_write=may_write, may_reveal=_may_reveal(case_id, party_id), kept=request.form,
        guardians=guardian_choices(session, kept), staff=staff_choices(session, actor, local_day(now())) if may_write else [],
        roles=wording.choices(wording.ROLES), role_words=wording.words_of(wording.ROLES), reasons=wording.choices(wording.REVEAL_REASONS),
        restrictions=wording.choices(wording.RESTRICTION_WORDS), abouts=wording.choices(wording.TOLD_HERE), outcomes=wording.choices(wording.OUTCOMES),
        ways=wording.choices(wording.WAYS), standings=wording.words_of(wording.STANDINGS), standing_kinds=wording.STANDING_KINDS,
        columns=wording.words_of(wording.COLUMNS), today=local_day(now()).isoformat(), clock=time_text(now()),
        guardian_options=[(key, _("Guardian %(n)s", n=n)) for n, (key, restricted) in enumerate(guardian_choices(session, kept), 1) if not restricted],
    )


def _may_reveal(case_id: str, party_id: str) -> bool:
    """Whether the reader may be shown who it is: the right of some reaches only cases for which a duty names them."""
    actor = current_actor()
    try:
        return actor.can(REVEAL) and bool(party_of(read_session(), actor, case_id, party_id, now(), REVEAL))
    except NotFound:
        return False


@blueprint.post("/cases/<case_id>/parties/<party_id>/reveal")
@needs(REVEAL)
@reauthenticated
def reveal(case_id: str, party_id: str) -> Any:
    """Who it is, for sixty seconds, with a reason: the answer is given once, and it is in the log before it is given."""
    actor, reason = current_actor(), request.form.get("reason", "")
    if reason not in wording.REVEAL_REASONS:
        raise NotFound
    with transaction() as session:
        case, row = party_of(session, actor, case_id, party_id, now(), REVEAL)
        reading = Reading(row.school_id, PARTY, row.id, REVEAL, f"reveal_{reason}", "page", about_ref=case.id)
        ticket = open_record(session, actor, reading, now())
        who, people = identity(session, key_ring(), ticket, row.id), guardians(session, key_ring(), ticket, row.id)
    answer = page("cases/_identity.html" if wants_fragment() else "cases/identity.html", child=who, people=people, case_id=case_id, party_id=party_id,
                  seconds=SECONDS)
    if not wants_fragment():
        answer.headers["Refresh"] = f"{SECONDS}; url=/cases/{case_id}/parties/{party_id}"
    return answer


@blueprint.post("/cases/<case_id>/parties/<party_id>/roles")
@needs(WRITE)
def roles(case_id: str, party_id: str) -> Any:
    """Put a pupil on another side."""
    wanted = tuple(request.form.getlist("roles"))
    return done(
        lambda s, a: parties.change_roles(s, key_ring(), a, _of(s, a, case_id, party_id), wanted, now()), _("The side is changed."), "cases.party",
        case_id=case_id, party_id=party_id,
    )


def _of(session: Any, actor: Any, case_id: str, party_id: str) -> str:
    """The party, where it is one of that case and exists for the actor. Raises NotFound."""
    return party_of(session, actor, case_id, party_id, now(), WRITE)[1].id


@blueprint.post("/cases/<case_id>/parties/<party_id>/withdraw")
@needs(WRITE)
def take_out(case_id: str, party_id: str) -> Any:
    """The pupil was put in by mistake."""
    return done(
        lambda s, a: withdraw_party(s, a, _of(s, a, case_id, party_id), now()), _("Taken out of the case. Nothing of who it was is kept."), "cases.case",
        case_id=case_id,
    )


@blueprint.post("/cases/<case_id>/parties/<party_id>/left")
@needs(WRITE)
def left(case_id: str, party_id: str) -> Any:
    """The pupil moved to another school."""
    day = plausible_day(request.form.get("left_on", "")) or local_day(now())
    return done(lambda s, a: parties.note_left(s, a, _of(s, a, case_id, party_id), day, now()), _("Noted. The case goes on."), "cases.party",
                case_id=case_id, party_id=party_id)


@blueprint.post("/cases/<case_id>/parties/<party_id>/of-age")
@needs(WRITE)
def of_age(case_id: str, party_id: str) -> Any:
    """The pupil came of age."""
    day = plausible_day(request.form.get("of_age_on", "")) or local_day(now())
    return done(
        lambda s, a: parties.note_of_age(s, a, _of(s, a, case_id, party_id), day, now()), _("Noted. The protection of a minor stays."), "cases.party",
        case_id=case_id, party_id=party_id,
    )


@blueprint.post("/cases/<case_id>/parties/<party_id>/guardians")
@needs(WRITE)
def guardian(case_id: str, party_id: str) -> Any:
    """Note a guardian."""
    form = request.form
    command = parties.AddGuardian(
        party_id, forms.words(form, "guardian_name", 61), forms.words(form, "relation", 21), forms.words(form, "phone", 21), forms.words(form, "note", 401),
        restricted=form.get("restricted") == "yes", staff_person_id=forms.an_id(form, "staff"),
    )

    def write(session: Any, actor: Any) -> None:
        _of(session, actor, case_id, party_id)
        parties.add_guardian(session, key_ring(), actor, command, now())

    answer = done(write, _("Noted and sealed."), "cases.party", case_id=case_id, party_id=party_id)
    return redirect_to("cases.case_board") if _is_gone(case_id) else answer


@blueprint.post("/cases/<case_id>/parties/<party_id>/guardians/<guardian_id>/restrict")
@needs(WRITE)
def restrict(case_id: str, party_id: str, guardian_id: str) -> Any:
    """A guardian may not be told, or may again."""
    wanted, reason = request.form.get("restricted") == "yes", request.form.get("reason", "")

    def write(session: Any, actor: Any) -> None:
        require_guardian(session, actor, _of(session, actor, case_id, party_id), guardian_id)
        parties.restrict_guardian(session, actor, guardian_id, wanted, reason, now())

    return done(write, _("Noted."), "cases.party", case_id=case_id, party_id=party_id)


@blueprint.post("/cases/<case_id>/parties/<party_id>/notices")
@needs(WRITE)
def notice(case_id: str, party_id: str) -> Any:
    """Record that a guardian was told, or an attempt."""
    try:
        command = forms.notice_command(request.form, party_id)
        with transaction() as session:
            _of(session, current_actor(), case_id, party_id)
            notices.record_notice(session, key_ring(), current_actor(), command, now())
    except NotFound:
        raise
    except DomainError as error:
        return _party(case_id, party_id, error.status, refusal(error))
    return redirect_to("cases.party", case_id=case_id, party_id=party_id)
