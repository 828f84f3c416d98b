"""Evidence of training at another unit: entered by the home school, accepted by the home bureau (case 23).

The one way in for such evidence. Every step is a line of the ledger; a correction is a new entry that takes the
place of the old one once it is accepted; nothing is deleted.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from trainhub.evidence.store import keep_proof
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import InvalidState, NotFound, SeparationOfDuties
from trainhub.kernel.permissions import Permission
from trainhub.kernel.years import RequirementYear
from trainhub.ledger.service import NewEntry, append
from trainhub.roster.models import Employment
from trainhub.roster.queries import aliases, policy_book
from trainhub.roster.service.facts import lock_person
from trainhub.training.models import HostEvidence
from trainhub.training.queries.facts import requirement_of
from trainhub.training.queries.hosted import as_hosted
from trainhub.training.rules.hosted import (
    PROOFS,
    BadEvidence,
    EvidenceState,
    EvidenceTwice,
    HostDay,
    checked_days,
)
from trainhub.training.service.standing import recompute

_OPEN = (EvidenceState.WAITING.value, EvidenceState.ACCEPTED.value)


@dataclass(frozen=True, slots=True)
class EnterEvidence:
    """What the paper of the host says. ``id`` is made with the form, so that sending it twice enters it once.

    ``scan`` is the file's content, b"" without one; then ``proof_reference`` says where the paper is kept.
    ``right_topic``: it was about the topic of the yearly duty. ``corrects_id`` names the entry it corrects.
    """

    id: str
    person_id: str
    host_unit: str
    title: str
    days: tuple[HostDay, ...]
    proof_kind: str
    proof_reference: str = ""
    scan: bytes = b""
    right_topic: bool = True
    corrects_id: str | None = None


def enter_evidence(session: Session, actor: Actor, command: EnterEvidence, now: datetime) -> str:
    """Record the evidence and return its id. It counts nothing until the bureau accepts it.

    Raises BadEvidence, EvidenceTwice, BadProof, ProofTooLarge, InvalidState, NotFound for people of other units.
    """
    school = _home_unit(session, actor, command.person_id, now)
    held = session.get(HostEvidence, (actor.district_id, command.id))
    if held is not None:
        if held.entered_by != actor.account_id:
            raise NotFound
        return held.id
    requirement = requirement_of(session, actor.district_id)
    if requirement is None:
        raise NotFound
    days = checked_days(command.days, now)
    ids = lock_person(session, actor.district_id, command.person_id)
    corrected = _corrected(session, actor, command, ids)
    _refuse_twice(session, actor, ids, days, _OPEN, {corrected.id} if corrected is not None else set())
    texts = _texts(command)
    sha = corrected.proof_sha256 if corrected is not None else ""
    if command.scan:
        sha = keep_proof(session, actor.district_id, command.scan, actor.account_id, now)
    if not sha and not texts["proof_reference"]:
        raise BadEvidence(field="proof_reference")
    row = HostEvidence(
        district_id=actor.district_id, id=command.id, person_id=command.person_id, school_id=school, **texts,
        topic=requirement.topic if command.right_topic else "other",
        days=[{"from": d.starts_at.isoformat(), "to": d.ends_at.isoformat(), "minutes": d.minutes} for d in days],
        starts_at=days[0].starts_at, ends_at=days[-1].ends_at, minutes=sum(d.minutes for d in days),
        proof_kind=command.proof_kind, proof_sha256=sha, corrects_id=command.corrects_id,
        entered_by=actor.account_id, entered_at=now, state=EvidenceState.WAITING.value,
    )
    session.add(row)
    session.flush()
    if corrected is not None and corrected.accepted_at is None:
        _end(session, actor, corrected, EvidenceState.SUPERSEDED, now, "")
    before = corrected.ledger_seq if corrected is not None and corrected.school_id == school else None
    row.ledger_seq = _record(session, actor, row, "entered", now, corrects_seq=before)
    return row.id


def _texts(command: EnterEvidence) -> dict[str, str]:
    """The typed texts, each in one line and no longer than its column. Raises BadEvidence."""
    if command.proof_kind not in PROOFS:
        raise BadEvidence(field="proof_kind")
    lengths = {"host_unit": 120, "title": 160, "proof_reference": 160}
    texts = {name: " ".join(getattr(command, name).split())[:length] for name, length in lengths.items()}
    for name in ("host_unit", "title"):
        if not texts[name]:
            raise BadEvidence(field=name)
    return texts


def _home_unit(session: Session, actor: Actor, person_id: str, now: datetime) -> str:
    """The unit that staffs the person today, in the actor's scope: it answers for the paper."""
    today = local_day(now)
    query = select(Employment.school_id).where(
        Employment.district_id == actor.district_id, Employment.person_id == person_id, Employment.is_home.is_(True),
        Employment.from_on <= today, or_(Employment.to_on.is_(None), Employment.to_on >= today),
    )
    school = session.scalars(query.order_by(Employment.from_on.desc())).first()
    if school is None or not actor.scope(Permission.EVIDENCE_WRITE).covers_school(school):
        raise NotFound
    return school


def _corrected(session: Session, actor: Actor, command: EnterEvidence, ids: Collection[str]) -> HostEvidence | None:
    """The entry to be corrected: of the same person, not withdrawn, not corrected already."""
    if command.corrects_id is None:
        return None
    row = _locked(session, actor, command.corrects_id, Permission.EVIDENCE_WRITE)
    if row.person_id not in ids:
        raise NotFound
    if row.state not in {*_OPEN, EvidenceState.RETURNED.value}:
        raise InvalidState(state=row.state)
    return row


def _refuse_twice(
    session: Session, actor: Actor, ids: Collection[str], days: Sequence[HostDay], states: Collection[str], besides: Collection[str]
) -> None:
    """Refuse hours that another entry of the (locked) person holds in one of these states. One statement."""
    query = select(HostEvidence).where(
        HostEvidence.district_id == actor.district_id, HostEvidence.person_id.in_(ids),
        HostEvidence.state.in_(states), HostEvidence.starts_at < days[-1].ends_at, HostEvidence.ends_at > days[0].starts_at,
    )
    for row in session.scalars(query):
        if row.id not in besides and any(a.stretch.overlap(b.stretch) for a in as_hosted(row).days for b in days):
            raise EvidenceTwice(state=row.state)


def accept_evidence(session: Session, actor: Actor, evidence_id: str, now: datetime) -> None:
    """Accept for the home bureau: from now on the minutes count. Not by whoever entered it, never one's own.

    What the entry corrects ends with it. Raises SeparationOfDuties, InvalidState, EvidenceTwice, NotFound.
    """
    row, ids = _decidable(session, actor, evidence_id, EvidenceState.WAITING)
    _refuse_twice(session, actor, ids, as_hosted(row).days, {EvidenceState.ACCEPTED.value}, {row.id, row.corrects_id or ""})
    row.state, row.accepted_by, row.accepted_at = EvidenceState.ACCEPTED.value, actor.account_id, now
    session.flush()
    _record(session, actor, row, "accepted", now)
    rows = [row]
    if row.corrects_id is not None:
        old = _locked(session, actor, row.corrects_id, Permission.EVIDENCE_VERIFY)
        if old.state == EvidenceState.ACCEPTED.value:
            _end(session, actor, old, EvidenceState.SUPERSEDED, now, "")
            rows.append(old)
    _recount(session, rows, now)


def return_evidence(session: Session, actor: Actor, evidence_id: str, reason: str, now: datetime) -> None:
    """Send an entry back with the reason; the school may enter a corrected one. Same separation as accepting."""
    row, _ids = _decidable(session, actor, evidence_id, EvidenceState.WAITING)
    _end(session, actor, row, EvidenceState.RETURNED, now, _given(reason))


def revoke_evidence(session: Session, actor: Actor, evidence_id: str, reason: str, now: datetime) -> None:
    """Take back what was accepted and turned out wrong: its minutes stop counting; the entry stays readable."""
    row, _ids = _decidable(session, actor, evidence_id, EvidenceState.ACCEPTED)
    _end(session, actor, row, EvidenceState.REVOKED, now, _given(reason))
    _recount(session, [row], now)


def withdraw_evidence(session: Session, actor: Actor, evidence_id: str, reason: str, now: datetime) -> None:
    """Take an entry back before it is decided. Raises InvalidState, NotFound."""
    row = _locked(session, actor, evidence_id, Permission.EVIDENCE_WRITE)
    if row.state != EvidenceState.WAITING.value:
        raise InvalidState(state=row.state)
    _end(session, actor, row, EvidenceState.WITHDRAWN, now, " ".join(reason.split())[:200])


def _given(reason: str) -> str:
    text = " ".join(reason.split())[:200]
    if not text:
        raise BadEvidence(field="reason")
    return text


def _decidable(session: Session, actor: Actor, evidence_id: str, wanted: EvidenceState) -> tuple[HostEvidence, frozenset[str]]:
    """The locked entry and every id of its person; the person is locked first, as entering does."""
    person = session.scalar(select(HostEvidence.person_id).where(
        HostEvidence.district_id == actor.district_id, HostEvidence.id == evidence_id
    ))
    ids = lock_person(session, actor.district_id, person or "")
    row = _locked(session, actor, evidence_id, Permission.EVIDENCE_VERIFY)
    if actor.account_id == row.entered_by or actor.person_id in ids:
        raise SeparationOfDuties
    if row.state != wanted.value:
        raise InvalidState(state=row.state)
    return row, ids


def _locked(session: Session, actor: Actor, evidence_id: str, permission: Permission) -> HostEvidence:
    query = select(HostEvidence).where(
        HostEvidence.district_id == actor.district_id, HostEvidence.id == evidence_id
    ).with_for_update()
    row = session.scalars(query, execution_options={"populate_existing": True}).one_or_none()
    if row is None or not actor.scope(permission).covers_school(row.school_id):
        raise NotFound
    return row


def _end(
    session: Session, actor: Actor, row: HostEvidence, state: EvidenceState, now: datetime, reason: str
) -> None:
    row.state, row.ended_by, row.ended_at, row.reason = state.value, actor.account_id, now, reason
    session.flush()
    _record(session, actor, row, state.value, now, reason=reason, corrects_seq=row.ledger_seq or None)


def _recount(session: Session, rows: Iterable[HostEvidence], now: datetime) -> None:
    """Judge the person anew in every year that the days of these entries touch: whoever stands for them now (case 100)."""
    for row in rows:
        person = aliases(session, row.district_id, [row.person_id]).get(row.person_id, row.person_id)
        book = policy_book(session, row.district_id, row.district_id)
        days = [local_day(moment) for d in as_hosted(row).days for moment in (d.starts_at, d.ends_at)]
        years = {RequirementYear.of(day, book.of(row.district_id, day).requirement_year) for day in days}
        for year in sorted(years):
            recompute(session, row.district_id, year, now, person_ids=[person])


def _record(
    session: Session, actor: Actor, row: HostEvidence, step: str, now: datetime, *, reason: str = "",
    corrects_seq: int | None = None,
) -> int:
    payload: dict[str, Any] = {
        "host_unit": row.host_unit, "title": row.title, "topic": row.topic, "days": row.days, "minutes": row.minutes,
        "proof": row.proof_kind, "reference": row.proof_reference, "corrects": row.corrects_id,
    }
    return append(session, NewEntry(
        district_id=row.district_id, school_id=row.school_id, kind=f"host_evidence.{step}", subject_ref=row.person_id,
        object_ref=row.id, payload=payload, occurred_at=row.starts_at, recorded_at=now, actor_ref=actor.account_id,
        acting_role=actor.role.value, evidence_sha256=row.proof_sha256, corrects_seq=corrects_seq, reason=reason,
    )).seq
