"""Numbered papers as letters: the same data give the same paper, in Chinese, whoever prints it."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _

from trainhub.cases import determining_wording as words
from trainhub.cases import wording
from trainhub.cases.queries.papers import (
    CorrectionPaper,
    ExportedFile,
    FindingPaper,
    InterviewPaper,
    Notice,
    Paper,
    PaperHead,
    ReportPaper,
)
from trainhub.cases.service.documents import number_text
from trainhub.documents.letters import (
    AppealNotice,
    Block,
    Facts,
    Heading,
    Letter,
    PageBreak,
    Paragraph,
    Receipt,
    Refusal,
    Signatures,
    Signer,
    Table,
    TableColumn,
    TableRow,
)
from trainhub.kernel.clock import local_day
from trainhub.web.i18n import day_text, moment_text

LANGUAGE = "zh_Hans_CN"


def letter_of(paper: Paper) -> Letter:
    """A paper as a letter."""
    with force_locale(LANGUAGE):
        match paper:
            case Notice():
                return _notice(paper)
            case FindingPaper():
                return _finding(paper)
            case ReportPaper():
                return _report(paper)
            case InterviewPaper():
                return _interview(paper)
        return _correction(paper)


def _letter(head: PaperHead, blocks: Sequence[Block], *, to: str = "", sealed: bool = True, banner: str = "") -> Letter:
    return Letter(
        head.kind, str(words.PAPERS[head.kind]), number_text(head.kind, head.year, head.number, head.school_short), head.school,
        local_day(head.issued_at), tuple(blocks), to=to, sealed=sealed, banner=banner,
    )


def _to(head: PaperHead) -> str:
    """The guardians of the one child that the paper may name."""
    return str(_("Guardians of %(name)s", name=head.name or head.code))


def _notice(paper: Notice) -> Letter:
    head = paper.head
    child = _("Your child (in the papers of this case: %(code)s)", code=head.code)
    facts = Facts((
        (str(_("Number of the case")), head.case_label), (str(child), " ".join(x for x in (head.name, head.class_name) if x)),
        (str(_("Accepted")), moment_text(paper.accepted_at, year=True)),
    ))
    blocks: list[Block] = [facts]
    if head.kind == "acceptance_notice":
        blocks.append(Paragraph(str(_("The school has accepted a report that concerns your child. Whether there was bullying is not decided yet."))))
    else:
        due = _("It ends in principle by %(day)s.", day=day_text(paper.due_on, year=True)) if paper.due_on else ""
        blocks.append(Paragraph(str(_("The school has begun to find the facts on %(day)s.", day=day_text(paper.procedure_at, year=True))) + str(due)))
    blocks += [
        Paragraph(str(_("You may take part in finding the facts and in the committee's deliberation, be heard, hand in evidence, and ask that somebody with a conflict of interest steps aside."))),
        Paragraph(str(_("Please keep what concerns the other children to yourself. In this paper they stand under codes."))),
        PageBreak(), Receipt(_to(head)),
    ]
    return _letter(head, blocks, to=_to(head))


def _finding(paper: FindingPaper) -> Letter:
    head = paper.head
    pairs = [
        (str(_("Number of the case")), head.case_label), (str(_("Your child")), f"{head.name} ({head.code})"),
        (str(_("Determination on")), str(_("your child")) if paper.own else paper.about), (str(_("Version")), str(paper.version)),
    ]
    blocks: list[Block] = [Facts(tuple(pairs)), Heading(str(_("1. Facts"))), Paragraph(paper.facts)]
    blocks += [Heading(str(_("2. Grounds and basis"))), Paragraph(paper.grounds), Paragraph(str(_(", ")).join(paper.clauses))]
    blocks += [Heading(str(_("3. Finding"))), Paragraph(str(_("The committee (sitting %(no)s) finds: %(outcome)s.", no=paper.meeting, outcome=words.OUTCOMES[paper.outcome])))]
    if paper.outcome == "bullying":
        blocks.append(Facts((
            (str(_("Tier")), paper.tier_words), (str(_("By the rules")), paper.scale_label),
            (str(_("Measures")), str(_(", ")).join(paper.measures) or "–"),
            (str(_("Education plan")), str(_("%(n)s minutes", n=paper.plan_minutes))),
        )))
    blocks += [_appeal(paper), PageBreak(), Receipt(_to(head)), Signatures((Signer(str(_("Guardian"))),), refusal=Refusal())]
    return _letter(head, blocks, to=_to(head), banner=words.ended_words(paper.ending))


def _appeal(paper: FindingPaper) -> AppealNotice:
    kind = _("working days") if paper.appeal_day_kind == "working" else _("calendar days")
    return AppealNotice(
        paper.head.bureau, str(_("%(n)s %(kind)s from the day of receipt", n=paper.appeal_days, kind=kind)),
        str(_("In writing to the education bureau, or handed to the school, which passes it on at once.")), paper.appeal_until,
        str(_("An appeal does not stop the measures by itself; you may ask for a stay. The protection of the other child goes on.")),
    )


def _report(paper: ReportPaper) -> Letter:
    head = paper.head
    known = dict(paper.facts)
    pairs = tuple((str(word), known.get(key) or "–") for key, word in wording.FACTS.items())
    counts = str(_(", ")).join(f"{wording.ROLES[key]} {number}" for key, number in paper.counts)
    blocks: list[Block] = [
        Facts((
            (str(_("Number of the case")), head.case_label), (str(_("Which report it is")), f"{paper.sequence} {wording.REPORT_KINDS[paper.report_kind]}"),
            (str(_("Way")), str(wording.REPORT_FORMS[paper.form])), (str(_("Reported to")), str(wording.OFFICES[paper.to_whom])),
            (str(_("Time of the report")), moment_text(paper.reported_at, year=True) + (str(_(" (late)")) if paper.late else "")),
            (str(_("Taken by")), " ".join(x for x in (paper.receiver, paper.receipt_no) if x) or "–"), (str(_("Pupils (numbers)")), counts),
        )),
        Facts(pairs), Signatures((Signer(str(_("Reported by"))), Signer(str(_("Principal"))))),
    ]
    return _letter(head, blocks, to=str(wording.OFFICES[paper.to_whom]))


def _interview(paper: InterviewPaper) -> Letter:
    adult = str(wording.ADULTS[paper.adult_present])
    if paper.no_adult_reason:
        adult += f" ({wording.NO_ADULT[paper.no_adult_reason]})"
    blocks: list[Block] = [
        Facts((
            (str(_("Number of the case")), paper.head.case_label), (str(_("Talk with")), paper.with_code),
            (str(_("From")), moment_text(paper.starts_at, year=True)), (str(_("To the end at")), moment_text(paper.ends_at, year=True)),
            (str(_("Place")), str(wording.PLACES.get(paper.place_kind, "–"))), (str(_("Adult present")), adult),
            (str(_("Read back")), str(_("yes")) if paper.read_back else str(_("no"))),
        )),
        Paragraph(paper.text), Signatures((Signer(str(_("Asked (two)"))), Signer("　"), Signer(str(_("Pupil"))), Signer(str(_("Guardian or fitting adult"))))),
    ]
    return _letter(paper.head, blocks, sealed=False)


def _correction(paper: CorrectionPaper) -> Letter:
    head = paper.head
    to = _to(head) if head.name else " ".join(x for x in (str(words.RECIPIENTS[paper.recipient_kind]), paper.who) if x)
    became = str(words.STATES.get(paper.state, paper.state))
    blocks: list[Block] = [
        Facts(((str(_("Number of the case")), head.case_label), (str(_("Determination")), paper.determination_no), (str(_("Told on")), day_text(paper.told_at, year=True)))),
        Paragraph(str(_("The determination named above, of which you were told, does not stand any more since %(day)s: %(what)s.", day=day_text(paper.ended_at, year=True), what=became))),
    ]
    if paper.fresh_no:
        blocks.append(Paragraph(str(_("In its place stands %(number)s.", number=paper.fresh_no))))
    blocks.append(Paragraph(str(_("Please correct or delete what you keep of it, use it no more, and let us have word that it is done."))))
    return _letter(head, [*blocks, PageBreak(), Receipt(to)], to=to)


# --- a file with names ---------------------------------------------------------------------------------


def watermark(reason: str, user: str, at: datetime) -> str:
    """What stands behind every page of an export: why, who, when."""
    with force_locale(LANGUAGE):
        return f"{words.REASONS.get(reason, reason)} {user} {moment_text(at, year=True)}"


def export_letter(file: ExportedFile, mark: str, on: date) -> Letter:
    """A file with names as one paper, every page under the watermark."""
    with force_locale(LANGUAGE):
        blocks: list[Block] = [Facts(((str(_("Number of the case")), file.case_label), (str(_("Exported")), mark)))]
        for title, heads, rows in tables_of(file):
            blocks.append(Heading(str(title)))
            columns = tuple(TableColumn(str(head), 2 if len(heads) > 1 else 1) for head in heads)
            blocks.append(Table(columns, tuple(TableRow(tuple(str(cell) for cell in row)) for row in rows)))
        return Letter("transfer_list", str(_("File for official use")), "", file.school, on, tuple(blocks), watermark=mark, sealed=False)


def _at(moment: datetime) -> str:
    return moment_text(moment, year=True)


def tables_of(file: ExportedFile) -> list[tuple[Any, tuple[Any, ...], list[tuple[str, ...]]]]:
    """The tables of an exported file: title, heads, rows of text."""
    with force_locale(LANGUAGE):
        return [
            (str(_("Pupils")), (str(_("Code name")), str(_("Name")), str(_("Class")), str(_("Side"))), [
                (code, name, cls, str(_(", ")).join(str(wording.ROLES.get(r, r)) for r in sides.split("、"))) for code, name, cls, sides in file.parties
            ]),
            (str(_("Guardians")), (str(_("Code name")), str(_("Name")), str(_("Relation")), str(_("Telephone"))), [tuple(row) for row in file.guardians]),
            (str(_("What is known")), (str(_("Time")), str(_("Text"))), [(_at(when), text) for when, text in file.narratives]),
            (str(_("Records of talks")), (str(_("Code name")), str(_("Time")), str(_("Text"))), [(code, _at(when), text) for code, when, text in file.interviews]),
            (str(_("Determinations")), (str(_("Code name")), str(_("Version")), str(_("What was found")), str(_("State")), str(_("Text"))), [
                (code, str(version), str(words.OUTCOMES.get(outcome, outcome)), str(words.STATES.get(state, state)), text)
                for code, version, outcome, state, text in file.findings
            ]),
            (str(_("Notices")), (str(_("Code name")), str(_("Told about")), str(_("Result")), str(_("Time"))), [
                (code, str(wording.ABOUTS.get(about, about)), str(wording.OUTCOMES.get(outcome, outcome)), _at(when)) for code, about, outcome, when in file.notices
            ]),
        ]
