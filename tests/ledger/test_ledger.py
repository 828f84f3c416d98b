"""The chain: every change of what was recorded is found, and refused where it is tried."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from tests.builders import Sample
from trainhub.ledger import queries
from trainhub.ledger.models import LedgerEntry, LedgerPayload
from trainhub.ledger.rules import Link, canonical, commitment
from trainhub.ledger.service import NewEntry, append_many

MOMENT = datetime(2026, 3, 5, 6, 0, tzinfo=UTC)


def entry(sample: Sample, number: int) -> NewEntry:
    return NewEntry(
        sample.district_id, sample.school_id, "roll.marked", f"person{number}", "sheet", {"minutes": number},
        occurred_at=MOMENT, recorded_at=MOMENT, actor_ref="a", acting_role="training_officer",
    )


def fill(session: Session, sample: Sample, count: int = 5) -> None:
    append_many(session, [entry(sample, n) for n in range(count)])
    session.commit()


def test_numbers_have_no_gaps_and_chain_verifies(session: Session, district: Sample) -> None:
    fill(session, district)
    seqs = session.scalars(
        sa.select(LedgerEntry.seq).where(LedgerEntry.school_id == district.school_id).order_by(LedgerEntry.seq)
    ).all()
    assert list(seqs) == list(range(1, len(seqs) + 1))
    assert queries.verify(session, school_id=district.school_id).fault is None


@pytest.mark.parametrize("statement", [
    "UPDATE ledger_entry SET reason = 'x'",
    "DELETE FROM ledger_entry",
])
def test_the_database_refuses_to_change_what_was_recorded(session: Session, district: Sample, statement: str) -> None:
    fill(session, district)
    with pytest.raises(DatabaseError, match="append-only"), session.begin_nested():
        session.execute(sa.text(statement))


def test_sqlite_replace_is_refused_too(session: Session, district: Sample) -> None:
    if session.get_bind().dialect.name != "sqlite":
        pytest.skip("REPLACE is SQLite's")
    fill(session, district)
    with pytest.raises(DatabaseError, match="append-only"), session.begin_nested():
        session.execute(sa.text("INSERT OR REPLACE INTO ledger_entry SELECT * FROM ledger_entry"))


def _without_guards(session: Session) -> None:
    if session.get_bind().dialect.name == "sqlite":
        session.execute(sa.text("DROP TRIGGER ledger_entry_no_update"))
        session.execute(sa.text("DROP TRIGGER ledger_entry_no_delete"))
    else:
        session.execute(sa.text("ALTER TABLE ledger_entry DISABLE TRIGGER ALL"))


@pytest.mark.parametrize(("column", "value"), [
    ("kind", "other"), ("subject_ref", "somebody"), ("object_ref", "thing"), ("reason", "later"),
    ("actor_ref", "b"), ("acting_role", "principal"), ("source", "qr"), ("evidence_sha256", "00"),
    ("payload_commitment", "11"), ("entry_hash", "22"), ("prev_hash", "33"), ("corrects_seq", 1),
])
def test_a_change_of_any_column_is_found(session: Session, district: Sample, column: str, value: object) -> None:
    fill(session, district)
    _without_guards(session)
    session.execute(
        sa.update(LedgerEntry).where(LedgerEntry.school_id == district.school_id, LedgerEntry.seq == 3).values({column: value})
    )
    fault = queries.verify(session, school_id=district.school_id).fault
    assert fault is not None
    assert fault.seq == 3


def test_a_cut_tail_is_found_against_the_head_and_against_an_anchor(session: Session, district: Sample) -> None:
    fill(session, district)
    head = queries.heads(session, school_id=district.school_id)[0]
    _without_guards(session)
    session.execute(sa.delete(LedgerPayload).where(LedgerPayload.school_id == district.school_id, LedgerPayload.seq == head.seq))
    session.execute(sa.delete(LedgerEntry).where(LedgerEntry.school_id == district.school_id, LedgerEntry.seq == head.seq))
    fault = queries.verify(session, school_id=district.school_id).fault
    assert fault is not None
    anchors = {(head.district_id, head.school_id): {head.seq: head.entry_hash}}
    fault = queries.verify(session, school_id=district.school_id, anchors=anchors).fault
    assert fault is not None
    assert fault.kind == "anchor"


def test_a_changed_payload_is_found_and_an_erased_one_is_not_a_fault(session: Session, district: Sample) -> None:
    fill(session, district)
    session.execute(
        sa.update(LedgerPayload).where(LedgerPayload.school_id == district.school_id, LedgerPayload.seq == 2).values(payload={"minutes": 99})
    )
    fault = queries.verify(session, school_id=district.school_id).fault
    assert fault is not None
    assert (fault.seq, fault.kind) == (2, "payload")
    session.execute(sa.delete(LedgerPayload).where(LedgerPayload.school_id == district.school_id, LedgerPayload.seq == 2))
    assert queries.verify(session, school_id=district.school_id).fault is None


def test_canonical_json_golden_vector() -> None:
    assert canonical({"b": 1, "a": ["é", None, True]}) == '{"a":["é",null,true],"b":1}'
    assert commitment("sha256", "00", {"minutes": 45}) == (
        "2bec7c81f8ca35538295855ee80f780db775660c6162b25516c38b9eac0249a2"
    )
    with pytest.raises(TypeError):
        canonical({"hours": 1.5})


@pytest.mark.parametrize(("value", "text"), [
    ({"people": [{"person": "a", "review": ["x"], "left": None}]}, '{"people":[{"left":null,"person":"a","review":["x"]}]}'),
    ({"a": "e\u0301"}, '{"a":"é"}'), ({"a": ["n\n\u0303"]}, '{"a":["n\\n\u0303"]}'),
    ({1: (True, MOMENT)}, '{"1":[true,"' + MOMENT.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") + '"]}'),
])
def test_canonical_json_is_one_text_however_it_is_made(value: object, text: str) -> None:
    assert canonical(value) == text


@pytest.mark.parametrize("value", [[{"hours": 1.5}], {"a": {"b": [1.0]}}, {"a": [b"x"]}, [[{"a": "ok"}, {1.5}]]])
def test_canonical_json_refuses_foreign_types_at_any_depth(value: object) -> None:
    with pytest.raises(TypeError):
        canonical(value)


def test_link_hash_golden_vector() -> None:
    link = Link("d", "s", 1, "k", "u", "o", "c", MOMENT, MOMENT, "a", "r", "web", "", None, "", 1, "sha256", "0" * 64)
    assert link.hash() == "04a178882acbc4343369b8d89d2898a749c480ae906c21fac6f1b417fe9e90c5"
