"""Papers of a plan, numbered and made from data: 教育方案, 学时台账, 结案评估, as PDF and as Word. Code names only; every opening is logged."""

from typing import Any

from flask import request
from flask_babel import gettext as _

from trainhub.accounts.fresh import reauthenticated
from trainhub.cases import determining_wording as case_wording
from trainhub.cases.queries.found import ending_of
from trainhub.cases.service.documents import issue_for_plan
from trainhub.documents.letters import (
    DOCX_TYPE,
    Facts,
    Heading,
    Letter,
    Paragraph,
    Signatures,
    Signer,
    Table,
    TableColumn,
    TableRow,
    document_name,
    letter_docx,
    letter_pdf,
)
from trainhub.education_plans import hour_wording, plan_wording
from trainhub.education_plans.queries.access import seen_plan
from trainhub.education_plans.queries.ledger import PLAN, Ledger, LedgerRow, hours_ledger
from trainhub.education_plans.queries.paper import PlanPaper, ReviewFile, plan_paper, review_file
from trainhub.education_plans.rules.fields import code_of
from trainhub.education_plans.rules.lifecycle import PlanState
from trainhub.education_plans.rules.review import AIMS
from trainhub.education_plans.views import blueprint
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.ledger.access import Reading, open_record
from trainhub.roster.queries import org
from trainhub.web.context import current_actor
from trainhub.web.database import transaction
from trainhub.web.gate import needs
from trainhub.web.i18n import day_text, time_text
from trainhub.web.keys import key_ring
from trainhub.web.pages import attachment

KINDS = {"plan": "education_plan", "hours": "hour_ledger", "review": "completion_review"}


@blueprint.post("/plans/<plan_id>/papers/<kind>.<suffix>")
@needs(Permission.PLAN_WRITE)
@reauthenticated
def paper(plan_id: str, kind: str, suffix: str) -> Any:
    """One paper of a plan. Its number is given once; the paper is made anew from data each time."""
    if kind not in KINDS or suffix not in {"pdf", "docx"} or request.method != "POST":
        raise NotFound
    actor, moment, ring = current_actor(), now(), key_ring()
    with transaction() as session:
        row = seen_plan(session, actor, Permission.PLAN_READ, plan_id, moment)
        opening = open_record(session, actor, Reading(row.school_id, PLAN, row.id, Permission.PLAN_WRITE, "handling", "print", about_ref=row.case_id), moment)
        held = plan_paper(session, ring, opening, row)
        said = review_file(session, ring, opening, row)
        if kind == "review" and not said.decisions:
            raise NotFound
        ledger = hours_ledger(session, ring, opening, row, moment, words=False) if kind == "hours" else None
        banner = _banner(row.state, case_wording.ended_words(ending_of(session, row.district_id, row.determination_id)))
        number = issue_for_plan(session, actor, row.case_id, KINDS[kind], said.decisions[-1][0].id if kind == "review" else row.id, moment).number
        school = org(session, actor.scope(Permission.PLAN_READ), row.school_id).name
    title = {"plan": _("Education plan of a set number of hours"), "hours": _("Ledger of hours"), "review": _("Completion review")}[kind]
    blocks = _plan_blocks(held) if kind == "plan" else _review_blocks(held, said) if kind == "review" else _hour_blocks(held, ledger)
    letter = Letter(
        kind=KINDS[kind], school=school, title=str(title), issued_on=local_day(moment), blocks=tuple(blocks), number=number,
        layout="ledger" if kind == "hours" else "letter", banner=banner,
    )
    content = letter_pdf(letter) if suffix == "pdf" else letter_docx(letter)
    return attachment(content, document_name(KINDS[kind], new_id(), suffix), "application/pdf" if suffix == "pdf" else DOCX_TYPE)


def _banner(state: str, ended: str) -> str:
    """What stands at the head of every page of a plan that was revoked, or whose finding does not stand any more."""
    revoked = str(_("This plan was revoked and is carried out no more. ")) if state == PlanState.REVOKED.value else ""
    return revoked + (str(_("Its finding: %(what)s", what=ended)) if ended else "")


def _head(held: PlanPaper) -> Facts:
    plan = held.plan
    return Facts((
        (str(_("Plan number")), code_of(plan.year, plan.number)), (str(_("Pupil")), held.party.code), (str(_("Case")), held.case.label),
        (str(_("Finding")), held.finding.number or "–"), (str(_("Minutes in all")), str(plan.total_minutes)),
        (str(_("Lessons")), str(_("%(n)s minutes each, %(w)s a week", n=plan.lesson_minutes, w=plan.per_week))),
        (str(_("Days")), f"{day_text(plan.starts_on, weekday=False, year=True)}–{day_text(plan.due_on, weekday=False, year=True)}"),
        (str(_("Teacher in charge")), held.names.get(plan.lead_person_id or "", "–")),
    ))


def _plan_blocks(held: PlanPaper) -> list[Any]:
    plan = held.plan
    modules = tuple(
        TableRow((str(n), str(hour_wording.MODULES[m.kind]), str(m.minutes), held.names.get(m.instructor_id or "", "–"), str(_("yes") if m.guardian_with else "–")))
        for n, m in enumerate(held.modules, 1)
    )
    columns = (
        TableColumn(str(_("No.")), 10, "right"), TableColumn(str(_("Module")), 50), TableColumn(str(_("Minutes")), 20, "right"),
        TableColumn(str(_("Educator")), 45), TableColumn(str(_("Guardian with")), 30),
    )
    parts = str(_("; ")).join(
        str(plan_wording.GUARDIAN_PARTS[p.kind]) + (f" ({day_text(p.due_on, weekday=False)})" if p.due_on else "") for p in held.parts
    )
    adopted = next((r for r in held.about if r.kind == "plan" and r.outcome == "adopted"), None)
    return [
        _head(held), Heading(str(_("Goals"))), Paragraph(held.goals or "–"), Heading(str(_("Modules"))),
        Table(columns, modules, totals=("", str(_("Sum")), str(sum(m.minutes for m in held.modules)), "", "")),
        Heading(str(_("What is asked of the guardian"))), Paragraph(parts or "–"), Heading(str(_("How the end is judged"))),
        Paragraph(str(plan_wording.ASSESSMENTS[plan.assessment])), Heading(str(_("Protection of the other side"))), Paragraph(held.protection or "–"),
        Paragraph(str(_("Adopted in sitting %(no)s.", no=adopted.meeting_no)) if adopted else str(_("Draft: not adopted yet."))),
        Signatures((Signer(str(_("Committee"))), Signer(str(_("Guardian"))), Signer(str(_("Teacher in charge"))))),
    ]


def _hour_blocks(held: PlanPaper, ledger: Ledger | None) -> list[Any]:
    rows = tuple(_hour_row(row) for row in (ledger.rows if ledger else ()) if row.serial is not None)
    columns = (
        TableColumn(str(_("No.")), 10, "right"), TableColumn(str(_("Date")), 30), TableColumn(str(_("Time")), 26), TableColumn(str(_("Minutes")), 16, "right"),
        TableColumn(str(_("Module")), 40), TableColumn(str(_("Educator")), 28), TableColumn(str(_("Counted")), 16, "right"), TableColumn(str(_("Sum")), 16, "right"),
        TableColumn(str(_("Second person")), 28), TableColumn(str(_("State")), 24),
    )
    done = ledger.tally.done if ledger else 0
    return [_head(held), Table(columns, rows, totals=("", str(_("Sum")), "", "", "", "", str(done), "", "", "")), Signatures((Signer(str(_("Teacher in charge"))), Signer(str(_("Committee")))))]


def _hour_row(row: LedgerRow) -> TableRow:
    times = f"{time_text(row.starts_at)}–{time_text(row.ends_at)}" if row.starts_at and row.ends_at else "–"
    return TableRow((
        str(row.serial), day_text(row.starts_at, weekday=False, year=True), times, str(row.minutes), str(hour_wording.MODULES.get(row.module, "")),
        row.instructor, str(row.counted) if row.counted is not None else "", str(row.total) if row.total is not None else "", row.second,
        str(hour_wording.LINES[row.state][1]),
    ), correction=row.state == "reversal")


def _review_blocks(held: PlanPaper, said: ReviewFile) -> list[Any]:
    decision, reasons = said.decisions[-1]
    aims = tuple((str(plan_wording.AIM_WORDS[key]), str(plan_wording.LEVEL_WORDS.get(decision.aims.get(key, ""), "–"))) for key in AIMS)
    blocks: list[Any] = [_head(held), Heading(str(_("What was aimed at"))), Facts(aims)]
    for voice in said.voices:
        conclusion = f" ({plan_wording.CONCLUSION_WORDS[voice.conclusion]})" if voice.conclusion else ""
        blocks += [Heading(f"{plan_wording.VOICES[voice.kind]}{conclusion}", 2), Paragraph(voice.words or "–")]
    blocks += [
        Heading(str(_("How the other side is"))), Paragraph(str(plan_wording.OTHER_SIDE_WORDS.get(decision.other_side, "–"))),
        Heading(str(_("The decision"))), Paragraph(str(plan_wording.OUTCOMES[decision.outcome])), Paragraph(reasons or "–"),
        Signatures((Signer(str(_("Committee"))), Signer(str(_("Teacher in charge"))))),
    ]
    return blocks
