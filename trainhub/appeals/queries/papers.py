"""What a letter of a decision prints: one side's view of it, opened with tickets of the access log."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.appeals.models import Appeal, AppealDecision, AppealEffect, AppealLetter, Reviewer
from trainhub.appeals.queries.access import seen_appeal
from trainhub.appeals.queries.page import APPEAL
from trainhub.appeals.rules.masking import own_only
from trainhub.appeals.rules.terms import label_of
from trainhub.cases.queries.identity import PARTY, identity
from trainhub.cases.queries.refs import case_ref, determination_ref, party_refs
from trainhub.cases.rules.scales import scale
from trainhub.documents.numbering import document_number
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import NotFound
from trainhub.kernel.permissions import Permission
from trainhub.kernel.sealing import KeyRing, place
from trainhub.ledger.access import Reading, open_many
from trainhub.roster.models import OrgUnit


@dataclass(frozen=True, slots=True)
class DecisionPaper:
    """A decision for one side. ``own``: it is about this side's child; other children are no codes in it. ``office`` issues it."""

    letter_id: str
    office: str
    office_short: str
    school: str
    school_short: str
    year: int
    number: int
    issued_on: date
    label: str
    track: str
    instance: str
    child: str
    code: str
    appellant: bool
    own: bool
    filed_at: datetime
    case_label: str
    finding_no: str
    group: tuple[tuple[str, int], ...]
    aside: int
    grounds: str
    reasons: str
    outcome: str
    tier: str
    measures: tuple[str, ...]
    plan_minutes: int | None
    clauses: tuple[str, ...]


OTHER_CHILD = "相关学生"


def open_letter(session: Session, ring: KeyRing, actor: Actor, appeal_id: str, letter_id: str, now: datetime) -> DecisionPaper:
    """Open one side's letter to print it: logged, then read. Belongs inside ``transaction()``. Raises NotFound.

    Only the office that issued it prints it: no group, no other office.
    """
    row = seen_appeal(session, actor, Permission.APPEAL_READ, appeal_id, now)
    letter = session.get(AppealLetter, (row.district_id, letter_id))
    effect = session.get(AppealEffect, (row.district_id, letter.effect_id)) if letter is not None else None
    decision = session.get(AppealDecision, (row.district_id, effect.decision_id)) if effect is not None else None
    if letter is None or effect is None or decision is None or letter.org_id != actor.org_id or not actor.can(Permission.APPEAL_FILE):
        raise NotFound
    together = decision.appeal_id == row.id or (decision.re_examination_id is not None and decision.re_examination_id == row.re_examination_id)
    if not together:
        raise NotFound
    tickets = open_many(session, actor, [
        Reading(row.school_id, APPEAL, row.id, Permission.APPEAL_READ, "print", "print", about_ref=row.case_id),
        Reading(row.school_id, PARTY, effect.object_id, Permission.APPEAL_READ, "print", "print", about_ref=row.case_id),
    ], now)
    known = identity(session, ring, tickets[1], effect.object_id)
    return _paper(session, ring, row, letter, effect, decision, known.name or known.code)


def _paper(
    session: Session, ring: KeyRing, row: Appeal, letter: AppealLetter, effect: AppealEffect, decision: AppealDecision, child: str
) -> DecisionPaper:
    codes = {p.party_id: p.code for p in party_refs(session, row.district_id, row.case_id)}
    own, found = codes[effect.object_id], determination_ref(session, row.district_id, decision.determination_id)
    mine = _appeal_of(session, row, decision, effect.object_id)
    said = ring.unseal(mine.sealed_grounds, place("appeal", "sealed_grounds", mine.id)) if mine is not None else ""
    reasons = ring.unseal(decision.sealed_reasons, place("appeal_decision", "sealed_reasons", decision.id))
    office, school = (session.get_one(OrgUnit, (row.district_id, key)) for key in (letter.org_id, row.school_id))
    group, aside = _group(session, decision)
    case = case_ref(session, row.district_id, row.case_id)
    labels = {m.key: m.label for m in scale(case.scale).measures}
    about_own = found.party_id == effect.object_id
    return DecisionPaper(
        letter.id, office.name, office.short_name, school.name, school.short_name, letter.year, letter.number, local_day(letter.issued_at),
        label_of(row.track, row.year, row.number), row.track, decision.instance, child, own, mine is not None, about_own,
        (mine or row).filed_at, case.label, found.number, group, aside, own_only(said, own, codes.values(), OTHER_CHILD),
        own_only(reasons, own, codes.values(), OTHER_CHILD), decision.outcome, decision.tier,
        tuple(labels.get(m, m) for m in decision.measures) if about_own else (), decision.plan_minutes if about_own else None,
        tuple(decision.basis.get("clauses", ())),
    )


def _appeal_of(session: Session, row: Appeal, decision: AppealDecision, party_id: str) -> Appeal | None:
    """The appeal of the side that gets the letter: nobody reads the other side's grounds."""
    query = select(Appeal).where(Appeal.district_id == row.district_id, Appeal.case_id == row.case_id, Appeal.party_id == party_id, Appeal.track == row.track)
    query = query.where(
        Appeal.re_examination_id == decision.re_examination_id if decision.re_examination_id else Appeal.id == decision.appeal_id
    )
    return session.scalars(query.order_by(Appeal.filed_at, Appeal.id)).first()


def _group(session: Session, decision: AppealDecision) -> tuple[tuple[tuple[str, int], ...], int]:
    """How many of each kind sat, and how many stepped aside."""
    if decision.re_examination_id is None:
        return (), 0
    rows = session.execute(select(Reviewer.kind, Reviewer.recused_at).where(
        Reviewer.district_id == decision.district_id, Reviewer.re_examination_id == decision.re_examination_id
    )).all()
    kinds = [kind for kind, recused in rows if recused is None]
    return tuple((kind, kinds.count(kind)) for kind in dict.fromkeys(kinds)), sum(recused is not None for _kind, recused in rows)


def letter_number(session: Session, district_id: str, effect_id: str) -> str:
    """The number of the letter to one side as it is printed, "" before it has one. Two statements."""
    letter = session.scalars(select(AppealLetter).where(AppealLetter.district_id == district_id, AppealLetter.effect_id == effect_id)).one_or_none()
    if letter is None:
        return ""
    short = re.sub(r"[\s\[\]()]+", "", unicodedata.normalize("NFKC", session.get_one(OrgUnit, (district_id, letter.org_id)).short_name))
    return document_number("appeal_decision", letter.year, letter.number, short)
