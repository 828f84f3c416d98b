"""What is opened or printed with sealed content: the register with names, the minutes of a sitting. Every opening is logged."""

from typing import Any, Literal

from flask import request
from flask_babel import gettext as _

from trainhub.accounts.fresh import reauthenticated
from trainhub.committees import wording
from trainhub.committees.queries.composition import register
from trainhub.committees.queries.sealed import COMMITTEE, ITEM, SITTING, grounds_of, member_names, minutes_of
from trainhub.committees.queries.sittings import MeetingPage, meeting
from trainhub.committees.views import blueprint
from trainhub.documents.letters import (
    DOCX_TYPE,
    Heading,
    Letter,
    Paragraph,
    Signatures,
    Signer,
    TableColumn,
    TableRow,
    document_name,
    letter_docx,
    letter_pdf,
)
from trainhub.documents.letters import Facts as FactBox
from trainhub.documents.letters import Table as Grid
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import NotFound
from trainhub.kernel.permissions import Permission
from trainhub.ledger.access import Reading, open_many, open_record
from trainhub.roster.queries import org
from trainhub.web.context import current_actor
from trainhub.web.database import transaction
from trainhub.web.gate import needs
from trainhub.web.i18n import moment_text
from trainhub.web.keys import key_ring
from trainhub.web.pages import attachment, page

READ, WRITE = Permission.COMMITTEE_READ, Permission.COMMITTEE_WRITE


@blueprint.post("/committee/names")
@needs(WRITE)
@reauthenticated
def register_names() -> Any:
    """The register with the names of parents and pupils, to be printed; the opening is logged."""
    actor, moment = current_actor(), now()
    with transaction() as session:
        found = register(session, actor.scope(READ), actor.org_id, local_day(moment))
        if found.committee is None:
            raise NotFound
        reading = Reading(actor.org_id, COMMITTEE, found.committee.id, WRITE, "committee", "page")
        opening = open_record(session, actor, reading, moment)
        names = member_names(session, actor.district_id, found.committee.id, opening, ring=key_ring())
        unit = org(session, actor.scope(READ), actor.org_id)
    return page("committees/names.html", found=found, names=names, words=wording, unit=unit, at=moment, who=actor.display_name)


@blueprint.post("/committee/sittings/<meeting_id>/minutes")
@needs(WRITE)
@reauthenticated
def minutes(meeting_id: str) -> Any:
    """The minutes of a sitting with the grounds of its resolutions: as a page, as PDF, as Word. The opening is logged."""
    actor, moment, ring, form = current_actor(), now(), key_ring(), request.form.get("as", "page")
    via: Literal["page", "print"] = "print" if form in {"pdf", "docx"} else "page"
    with transaction() as session:
        found = meeting(session, actor.scope(READ), actor, meeting_id)
        if not found.all_seen:
            raise NotFound
        readings = [Reading(found.meeting.school_id, SITTING, meeting_id, WRITE, "committee", via)] + [
            Reading(found.meeting.school_id, ITEM, i.id, WRITE, "committee", via, about_ref=i.matter_id) for i in found.items
        ]
        openings = open_many(session, actor, readings, moment)
        text = minutes_of(session, actor, meeting_id, openings[0], ring=ring)
        grounds = grounds_of(session, actor, [i.id for i in found.items], openings[1:], ring=ring)
        unit = org(session, actor.scope(READ), found.meeting.school_id)
    if form not in {"pdf", "docx"}:
        return page("committees/minutes.html", found=found, meeting=found.meeting, words=wording, text=text, grounds=grounds, unit=unit)
    letter = _letter(found, unit.name, text, grounds)
    name = document_name("meeting_minutes", meeting_id, form)
    content = letter_pdf(letter) if form == "pdf" else letter_docx(letter)
    return attachment(content, name, "application/pdf" if form == "pdf" else DOCX_TYPE)


def _letter(found: MeetingPage, school: str, text: str, grounds: dict[str, str]) -> Letter:
    """The minutes as a paper (认定会议记录): time, place, chair, presence, recusals, guardians, votes, grounds, signatures."""
    m = found.meeting
    shown = {s.member.id: s.member.shown_as for s in found.committee.seats if s.member is not None}
    there = [shown[key] for key in shown if key in found.present]
    comma = str(_(", "))
    facts = FactBox((
        (str(_("Time")), f"{moment_text(m.starts_at)}–{moment_text(m.ends_at) if m.ends_at else ''}"), (str(_("Place")), m.place),
        (str(_("Led by")), shown.get(found.chaired_by or "", "")), (str(_("Here / asked")), f"{len(there)} / {len(found.presence)}"),
        (str(_("Members present")), comma.join(there)),
    ))  # fmt: skip
    blocks: list[Any] = [facts]
    for number, item in enumerate(found.items, 1):
        blocks.append(Heading(f"{number}. {wording.ITEM_KINDS[item.kind]} {item.label}"))
        if item.recusals:
            aside = comma.join(f"{r.shown_as} ({wording.GROUNDS.get(r.ground, r.ground)})" for r in item.recusals)
            blocks.append(Paragraph(str(_("Stepped aside: %(who)s.", who=aside))))
        if item.guardians:
            sides = comma.join(f"{code} {_('heard') if side.get('heard') else _('told')}" for code, side in sorted(item.guardians.items()))
            blocks.append(Paragraph(str(_("Guardians: %(who)s.", who=sides))))
        if item.outcome in {"adopted", "rejected"}:
            blocks.append(_votes(item))
            blocks.append(Paragraph(str(_("Basis: %(clauses)s.", clauses=comma.join(item.basis.get("clauses", ()))))))
            blocks.append(Paragraph(grounds.get(item.id, "")))
        elif item.outcome:
            blocks.append(Paragraph(str(wording.OUTCOMES[item.outcome])))
    blocks += [Heading(str(_("Discussion"))), Paragraph(text), Signatures(tuple(Signer(name) for name in there[:12]))]
    return Letter(
        "meeting_minutes", str(_("Minutes of the committee")), f"{m.no}", school, local_day(m.held_recorded_at or m.starts_at), tuple(blocks)
    )


def _votes(item: Any) -> Grid:
    heads = (_("Entitled"), _("Here"), _("For it"), _("Against"), _("Abstained"), _("Result"))
    cells = (item.entitled, item.present, item.in_favour, item.against, item.abstained, wording.OUTCOMES[item.outcome])
    return Grid(tuple(TableColumn(str(h), 2, "center") for h in heads), (TableRow(tuple(str(c) for c in cells)),))

