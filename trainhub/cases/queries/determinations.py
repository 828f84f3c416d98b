"""Determinations as pages, guards and papers see them: versions, who must still be served, what is owed after a finding fell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from trainhub.cases.models import (
    CaseFile,
    CaseParty,
    CaseRecipient,
    CaseReport,
    Determination,
    EvaluationEntry,
    GuardianNotice,
)
from trainhub.cases.queries.access import visible
from trainhub.cases.rules.determining import owed_to
from trainhub.cases.rules.lifecycle import STANDING, CaseFacts, DeterminationState
from trainhub.cases.rules.parties import SIDES, About, Attempt, PartyRole, standing
from trainhub.committees.queries.resolutions import resolutions_of
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import NotFound
from trainhub.kernel.opening import Opening
from trainhub.kernel.permissions import Permission
from trainhub.kernel.sealing import KeyRing, place

DETERMINATION = "determination"
"""``object_kind`` of a reading that shows facts and grounds of a version; its ``object_ref`` is the version's id."""
_STANDING = tuple(state.value for state in STANDING)


def standing_rows(session: Session, district_id: str, case_id: str) -> list[Determination]:
    """The versions that stand today. One statement."""
    query = select(Determination).where(
        Determination.district_id == district_id, Determination.case_id == case_id, Determination.state.in_(_STANDING)
    )
    return list(session.scalars(query.order_by(Determination.party_id, Determination.version)))


def owed_services(session: Session, district_id: str, case_id: str) -> dict[str, tuple[str, ...]]:
    """Every service that the case asks for, done or not: party to determinations. Two statements."""
    parties = _parties(session, district_id, case_id)
    rows = standing_rows(session, district_id, case_id)
    return owed_to([(row.id, row.party_id) for row in rows], [p.id for p in parties if PartyRole.TARGET in p.roles])


def served(session: Session, district_id: str, case_id: str) -> dict[tuple[str, str], bool]:
    """Every service asked for as (party, determination), and whether it counts as done. Three statements."""
    owed = owed_services(session, district_id, case_id)
    tried = tries(session, district_id, case_id)
    return {
        (party, one): standing(tried.get((party, one), []), [About.DETERMINATION]).counts for party, ids in owed.items() for one in ids
    }


def tries(session: Session, district_id: str, case_id: str) -> dict[tuple[str, str], list[Attempt]]:
    """What was tried to serve, by party and determination. One statement."""
    query = select(GuardianNotice).where(
        GuardianNotice.district_id == district_id, GuardianNotice.case_id == case_id, GuardianNotice.about == About.DETERMINATION.value
    )
    found: dict[tuple[str, str], list[Attempt]] = {}
    for row in session.scalars(query.order_by(GuardianNotice.happened_at, GuardianNotice.id)):
        attempt = Attempt(row.about, row.outcome, row.channel, row.happened_at, len(row.witnesses))
        found.setdefault((row.party_id, row.object_id), []).append(attempt)
    return found


def with_determinations(session: Session, district_id: str, case_id: str, facts: CaseFacts) -> CaseFacts:
    """The facts of a case with what its determinations, their resolutions and their service add. At most seven statements.

    Registered as a source of facts; asking twice gives the same.
    """
    rows = standing_rows(session, district_id, case_id)
    actors = {party.id for party in _parties(session, district_id, case_id) if PartyRole.ACTOR in party.roles}
    found = {row.party_id: row for row in rows if row.party_id in actors}
    resolved = {one.item_id: one for one in resolutions_of(session, district_id, case_id)}
    done = served(session, district_id, case_id)
    owing = {party for (party, _one), there in done.items() if not there}
    by_meeting = [row for row in found.values() if row.appeal_id is None]
    return replace(
        facts, determined_actors=len(found), basis_cited=bool(found) and all(row.basis.get("clauses") for row in found.values()),
        vote_recorded=bool(found) and all(row.item_id in resolved for row in by_meeting),
        committee_valid=bool(found) and all(not resolved[row.item_id].faults for row in by_meeting if row.item_id in resolved),
        parties_served=max(0, facts.parties - len(owing)),  # whose finding fell is owed nothing more
        corrections_open=_corrections(session, district_id, case_id),
    )


def police_told(session: Session, case: CaseFile) -> bool:
    """Whether the police have heard of a case: by a report, or because they lead it."""
    if case.police_since is not None or case.police_document:
        return True
    query = select(CaseReport.id).where(
        CaseReport.district_id == case.district_id, CaseReport.case_id == case.id, CaseReport.to_whom == "police"
    )
    return session.scalar(query.limit(1)) is not None


def _parties(session: Session, district_id: str, case_id: str) -> list[CaseParty]:
    query = select(CaseParty).where(CaseParty.district_id == district_id, CaseParty.case_id == case_id).order_by(CaseParty.code)
    return [party for party in session.scalars(query) if SIDES & set(party.roles)]


def _corrections(session: Session, district_id: str, case_id: str) -> int:
    told = select(func.count()).select_from(CaseRecipient).where(
        CaseRecipient.district_id == district_id, CaseRecipient.case_id == case_id, CaseRecipient.correction_due_at.is_not(None),
        CaseRecipient.corrected_at.is_(None),
    ).scalar_subquery()
    entries = select(func.count()).select_from(EvaluationEntry).where(
        EvaluationEntry.district_id == district_id, EvaluationEntry.case_id == case_id, EvaluationEntry.recall_due_at.is_not(None),
        EvaluationEntry.recalled_at.is_(None),
    ).scalar_subquery()
    both = session.execute(select(told, entries)).one()
    return int(both[0]) + int(both[1])


# --- what pages show ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version of a determination as the case page lists it: codes and numbers, no facts, no grounds, no names."""

    determination_id: str
    party_id: str
    code: str
    version: int
    state: str
    outcome: str
    tier: str
    measures: tuple[str, ...]
    plan_minutes: int
    number: str
    clauses: tuple[str, ...]
    defects: tuple[str, ...]
    item_id: str | None
    item_outcome: str | None
    appeal_id: str | None
    adopted_at: datetime | None
    effective_at: datetime | None
    appeal_until: date | None
    ended_at: datetime | None
    proposed_by: str
    entered_at: datetime

    @property
    def stands(self) -> bool:
        """Whether nothing overturned, changed or replaced it."""
        return DeterminationState(self.state) in STANDING


@dataclass(frozen=True, slots=True)
class PartyFindings:
    """One party: its versions, newest first; for whom somebody must still be told; the item of the agenda that waits."""

    party_id: str
    code: str
    roles: tuple[str, ...]
    versions: tuple[VersionRow, ...]
    unserved: tuple[str, ...]
    open_item_id: str | None
    usable_item_id: str | None

    @property
    def proposed(self) -> VersionRow | None:
        """The version that waits for the committee."""
        return next((row for row in self.versions if row.state == DeterminationState.PROPOSED), None)

    def waits_for(self, somebody: bool) -> str:
        """What comes next before the committee, as a code. ``somebody``: there is one who may adopt at the school."""
        if self.proposed is None:
            return "adopted" if self.standing is not None else "propose"
        if self.usable_item_id is not None:
            return "adopt" if somebody else "nobody_adopts"
        return "vote" if self.open_item_id is not None else "agenda"

    @property
    def standing(self) -> VersionRow | None:
        """The version that stands."""
        return next((row for row in self.versions if row.stands), None)


def findings_of(session: Session, case: CaseFile) -> tuple[PartyFindings, ...]:
    """Everything the case page says of determinations. Five statements; the caller found the case through ``queries.access``."""
    parties = _parties(session, case.district_id, case.id)
    items = resolutions_of(session, case.district_id, case.id)
    outcomes = {one.item_id: one.outcome for one in items}
    query = select(Determination).where(Determination.district_id == case.district_id, Determination.case_id == case.id)
    rows = list(session.scalars(query.order_by(Determination.version.desc())))
    codes = {party.id: party.code for party in parties}
    targets = [party.id for party in parties if PartyRole.TARGET in party.roles]
    owed = owed_to([(row.id, row.party_id) for row in rows if row.state in _STANDING], targets)
    tried = tries(session, case.district_id, case.id)
    return tuple(_findings(party, rows, codes, outcomes, owed, tried, items) for party in parties)


def _findings(
    party: CaseParty, rows: Sequence[Determination], codes: Mapping[str, str], outcomes: Mapping[str, str | None],
    owed: Mapping[str, tuple[str, ...]], tried: Mapping[tuple[str, str], list[Attempt]], items: Sequence[Any],
) -> PartyFindings:
    unserved = tuple(
        one for one in owed.get(party.id, ()) if not standing(tried.get((party.id, one), []), [About.DETERMINATION]).counts
    )
    mine = [one for one in items if one.kind == "determination" and one.object_id == party.id]
    waiting = next((one.item_id for one in mine if one.outcome is None), None)
    usable = next((one.item_id for one in mine if one.usable), None)
    versions = tuple(_version(row, codes[row.party_id], outcomes) for row in rows if row.party_id == party.id)
    return PartyFindings(party.id, party.code, tuple(party.roles), versions, unserved, waiting, usable)


def _version(row: Determination, code: str, outcomes: Mapping[str, str | None]) -> VersionRow:
    return VersionRow(
        row.id, row.party_id, code, row.version, row.state, row.outcome, row.tier, tuple(row.measures), row.plan_minutes, row.number,
        tuple(row.basis.get("clauses", ())), tuple(row.defects), row.item_id, outcomes.get(row.item_id or ""), row.appeal_id,
        row.adopted_at, row.effective_at, row.appeal_until, row.ended_at, row.entered_by, row.entered_at,
    )


@dataclass(frozen=True, slots=True)
class FindingText:
    """What is sealed of a version."""

    facts: str
    grounds: str


def finding_text(session: Session, ring: KeyRing, opening: Opening, determination_id: str) -> FindingText:
    """Facts and grounds of one version. ``opening`` must be for this very version. Raises NotFound, UnloggedRead."""
    opening.require(opening.district_id, DETERMINATION, determination_id)
    row = session.get(Determination, (opening.district_id, determination_id))
    if row is None:
        raise NotFound
    texts = [
        ring.unseal(sealed, place("determination", column, row.id)) if sealed else ""
        for column, sealed in (("sealed_facts", row.sealed_facts), ("sealed_grounds", row.sealed_grounds))
    ]
    return FindingText(*texts)


# --- what is owed after a finding fell -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OwedCorrection:
    """Somebody who was told of a finding that fell, or an entry that must be recalled. ``kind`` is that of the recipient or ``entry``."""

    object_id: str
    case_id: str
    case_label: str
    code: str
    kind: str
    determination_no: str
    told_at: datetime
    due_at: datetime

    def late(self, now: datetime) -> bool:
        """Whether its time is over."""
        return now > self.due_at


def owed_corrections(session: Session, actor: Actor, now: datetime, case_id: str | None = None) -> tuple[OwedCorrection, ...]:
    """Corrections and recalls still owed in the cases the actor may write; of one case where it is named. Two statements.

    Codes and numbers only: the page of today shows it as it stands.
    """
    found = [*_owed(session, actor, now, CaseRecipient, case_id), *_owed(session, actor, now, EvaluationEntry, case_id)]
    return tuple(sorted(found, key=lambda one: (one.due_at, one.object_id)))


def _owed(session: Session, actor: Actor, now: datetime, model: Any, case_id: str | None) -> list[OwedCorrection]:
    recipient = model is CaseRecipient
    due, done, since = (
        (model.correction_due_at, model.corrected_at, model.told_at) if recipient else (model.recall_due_at, model.recalled_at, model.entered_at)
    )
    case, party = aliased(CaseFile), aliased(CaseParty)  # apart from those that the condition asks about
    mine = select(CaseFile.id).where(visible(actor, Permission.CASE_READ, now), CaseFile.school_id == actor.org_id)
    query = (
        select(model, case.year, case.number, party.code, Determination.number, due, since)
        .join(case, and_(case.district_id == model.district_id, case.id == model.case_id))
        .join(party, and_(party.district_id == model.district_id, party.id == model.party_id))
        .outerjoin(Determination, and_(Determination.district_id == model.district_id, Determination.id == model.determination_id))
        .where(model.district_id == actor.district_id, model.case_id.in_(mine), due.is_not(None), done.is_(None))
    )
    if case_id is not None:
        query = query.where(model.case_id == case_id)
    return [
        OwedCorrection(row.id, row.case_id, f"{year}-{number:02d}", code, row.kind if recipient else "entry", no or "", told_at, due_at)
        for row, year, number, code, no, due_at, told_at in session.execute(query)
    ]


def voted_on(session: Session, actor: Actor, item_ids: Sequence[str], now: datetime) -> dict[str, tuple[str, str]]:
    """Case and newest version behind items of the committee's agenda, as far as they exist for the actor at the school that leads. One statement."""
    query = (
        select(Determination.item_id, Determination.case_id, Determination.id)
        .join(CaseFile, and_(CaseFile.district_id == Determination.district_id, CaseFile.id == Determination.case_id))
        .where(
            Determination.district_id == actor.district_id, Determination.item_id.in_(item_ids), visible(actor, Permission.CASE_FILE_READ, now),
            CaseFile.school_id == actor.org_id,
        ).order_by(Determination.version)
    )
    return {row.item_id: (row.case_id, row.id) for row in session.execute(query)} if item_ids else {}
