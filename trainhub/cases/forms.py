"""Forms of this room as commands. What cannot be read is refused by the rules, never guessed."""

import re
from collections.abc import Mapping
from datetime import datetime, time

from werkzeug.datastructures import MultiDict

from trainhub.cases.rules.parties import CaseRefused
from trainhub.cases.rules.reporting import FACTS
from trainhub.cases.service.intake import EnterConcern, ReportConcern
from trainhub.cases.service.interviews import RecordInterview
from trainhub.cases.service.notices import RecordNotice
from trainhub.cases.service.opening import CaseStart
from trainhub.cases.service.reports import RecordReport
from trainhub.kernel.clock import at
from trainhub.web.fields import plausible_day

Form = MultiDict[str, str]
_ID = re.compile(r"[0-9a-f]{32}")
_OPERATION = re.compile(r"[0-9a-f]{16,48}")


def words(form: Form, name: str, most: int = 4001) -> str:
    """One field as text; one sign more than is allowed is kept, so that the rule says so."""
    return form.get(name, "").replace("\r\n", "\n").strip()[:most]


def an_id(form: Form, name: str) -> str | None:
    """An id, or None where nothing was chosen."""
    found = form.get(name, "")
    return found if _ID.fullmatch(found) else None


def operation(form: Form) -> str:
    """The number of a sending; empty where there is none."""
    found = form.get("op_id", "")
    return found if _OPERATION.fullmatch(found) else ""


def moment(form: Form, name: str, problem: str = "future_moment", *, day: str = "") -> datetime:
    """Day and wall-clock time of two fields (``name_on``, ``name_at``); ``day`` where another field holds it. Raises CaseRefused."""
    found = plausible_day(form.get(f"{day or name}_on", ""))
    try:
        clock = time.fromisoformat(form.get(f"{name}_at", ""))
    except ValueError:
        clock = None
    if found is None or clock is None or clock.tzinfo is not None:
        raise CaseRefused(problem, f"{name}_on")
    return at(found, clock)


def number(form: Form, name: str) -> int | None:
    """A small whole number, None where there is none."""
    found = form.get(name, "")
    return int(found) if found.isascii() and found.isdecimal() and len(found) < 7 else None


def report_command(form: Form) -> ReportConcern:
    """What somebody on the staff reports."""
    return ReportConcern(
        text=words(form, "text"), op_id=operation(form), happened_on=plausible_day(form.get("happened_on", "")), place_kind=form.get("place_kind", ""),
        means=tuple(form.getlist("means")), urgent=form.get("urgent") == "yes", who=words(form, "who"), about_staff=form.get("about_staff") == "yes",
    )


def enter_command(form: Form) -> EnterConcern:
    """What the desk enters. A moment nobody gave is now."""
    received = moment(form, "received") if form.get("received_on") else None
    return EnterConcern(
        channel=form.get("channel", ""), text=words(form, "text"), op_id=operation(form), happened_on=plausible_day(form.get("happened_on", "")),
        place_kind=form.get("place_kind", ""), means=tuple(form.getlist("means")), urgent=form.get("urgent") == "yes", who=words(form, "who"),
        about_staff=form.get("about_staff") == "yes", received_at=received, reporter=words(form, "reporter", 81),
        reporter_contact=words(form, "reporter_contact", 81),
    )


def relapse_command(form: Form, case_id: str) -> CaseStart:
    """What happened again: when the school heard of it, and what is known so far."""
    return CaseStart(
        plausible_day(form.get("happened_on", "")), form.get("place_kind", ""), tuple(form.getlist("means")), moment(form, "heard"),
        form.get("severity", ""), relapse_of=case_id,
    )


def notice_command(form: Form, party_id: str) -> RecordNotice:
    """A notice to a guardian."""
    return RecordNotice(
        party_id, form.get("about", ""), form.get("channel", ""), form.get("outcome", ""), moment(form, "told", "notice_moment"),
        guardian_id=an_id(form, "guardian"), note=words(form, "note"), witnesses=tuple(w for w in form.getlist("witness") if _ID.fullmatch(w)),
        document_no=words(form, "document_no", 41),
    )


def interview_command(form: Form, case_id: str) -> RecordInterview:
    """A talk with a party or a witness."""
    return RecordInterview(
        case_id, moment(form, "starts", "interview_period"), moment(form, "ends", "interview_period", day="starts"),
        tuple(w for w in form.getlist("asked_by") if _ID.fullmatch(w)), form.get("adult_present", ""), words(form, "text", 20_001),
        party_id=an_id(form, "party"), witness_code=words(form, "witness_code", 9), place_kind=form.get("place_kind", ""),
        no_adult_reason=form.get("no_adult_reason", ""), read_back=form.get("read_back") == "yes", corrects_id=an_id(form, "corrects"),
    )


def report_upward_command(form: Form, case_id: str) -> RecordReport:
    """A report to bureau, police or city."""
    facts: Mapping[str, str] = {fact: words(form, fact) for fact in FACTS}
    return RecordReport(
        case_id, form.get("kind", ""), form.get("form", ""), form.get("to_whom", ""), moment(form, "reported", "report_moment"), facts,
        receiver=words(form, "receiver", 81), receipt_no=words(form, "receipt_no", 61),
    )
