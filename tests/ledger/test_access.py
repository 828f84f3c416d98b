"""The access log: one entry per opening, its own chain, no opening without it, seen by those who may, reviewed by somebody else."""

import ast
import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from tests.builders import Sample
from trainhub.kernel.actor import Actor, Scope
from trainhub.kernel.errors import Forbidden, NotFound
from trainhub.kernel.opening import Opening, UnloggedRead
from trainhub.kernel.permissions import Permission, Role
from trainhub.ledger import queries
from trainhub.ledger.access import (
    NothingToReview,
    OwnReads,
    Reading,
    access_rows,
    open_many,
    open_record,
    reads_to_review,
    review,
    who_saw,
)
from trainhub.ledger.access_chain import access_heads
from trainhub.ledger.anchors import anchor_all
from trainhub.ledger.models import AccessHead, AccessLogEntry, LedgerEntry, LedgerPayload

MOMENT = datetime(2026, 3, 31, 15, 30, tzinfo=UTC)
P = Permission


def actor(sample: Sample, account: str = "reader", role: Role = Role.PRINCIPAL, person: str | None = None) -> Actor:
    return Actor(account, sample.district_id, "somebody", person or f"person-{account}", role, sample.school_id, "school", grant_id="grant")


def reading(sample: Sample, ref: str = "case-1", **other: Any) -> Reading:
    return Reading(**({"school_id": sample.school_id, "object_kind": "case", "object_ref": ref,
                       "permission": P.CASE_READ, "purpose": "handling", "via": "page"} | other))


def whole(sample: Sample) -> Scope:
    return Scope(sample.district_id, None)


def test_one_entry_per_opening_in_a_chain_of_its_own(session: Session, district: Sample) -> None:
    before = session.scalar(sa.select(sa.func.count()).select_from(LedgerEntry))
    openings = [open_record(session, actor(district), reading(district, f"case-{n}"), MOMENT) for n in range(3)]
    openings += open_many(session, actor(district), [reading(district, f"case-{n}", via="export") for n in range(4)], MOMENT)
    session.commit()
    assert [o.seq for o in openings] == [1, 2, 3, 4, 5, 6, 7]
    assert [o.object_ref for o in openings] == [f"case-{n}" for n in (0, 1, 2, 0, 1, 2, 3)]
    entries = session.scalars(sa.select(AccessLogEntry).order_by(AccessLogEntry.seq)).all()
    assert [e.seq for e in entries] == [1, 2, 3, 4, 5, 6, 7]
    one = entries[0]
    assert (one.account_id, one.acting_role, one.grant_id, one.permission, one.via, one.purpose) == (
        "reader", "principal", "grant", "case.read", "page", "handling",
    )
    assert session.scalar(sa.select(sa.func.count()).select_from(LedgerEntry)) == before
    checked = queries.verify(session)
    assert (checked.fault, checked.access_chains, checked.access_entries) == (None, 1, 7)


def test_statements_do_not_grow_with_what_is_opened(
    session: Session, district: Sample, count_statements: Callable[[], Any]
) -> None:
    open_record(session, actor(district), reading(district), MOMENT)
    counts = []
    for many in (1, 40):
        with count_statements() as seen:
            open_many(session, actor(district), [reading(district, f"c{n}") for n in range(many)], MOMENT)
        counts.append(seen.count)
    assert counts == [3, 3]
    with count_statements() as seen:
        who_saw(session, whole(district), [f"c{n}" for n in range(40)])
        reads_to_review(session, whole(district), "2026-03")
    assert seen.count == 3


def test_openings_of_several_schools_keep_their_order(session: Session, district: Sample) -> None:
    readings = [reading(district, f"c{n}", school_id=(district.school_id, district.other_school_id)[n % 2]) for n in range(5)]
    openings = open_many(session, actor(district), readings, MOMENT)
    assert [(o.school_id, o.object_ref, o.seq) for o in openings] == [
        (district.school_id, "c0", 1), (district.other_school_id, "c1", 1), (district.school_id, "c2", 2),
        (district.other_school_id, "c3", 2), (district.school_id, "c4", 3),
    ]


def test_a_role_without_the_permission_opens_nothing(session: Session, district: Sample) -> None:
    with pytest.raises(Forbidden):
        open_many(session, actor(district, role=Role.TEACHER), [reading(district)], MOMENT)
    assert session.scalar(sa.select(sa.func.count()).select_from(AccessLogEntry)) == 0


@pytest.mark.parametrize("wrong", [
    {"object_kind": "Case of 张三"}, {"purpose": "看看张三"}, {"via": "window"}, {"object_ref": ""}, {"words": "x" * 121},
])
def test_only_codes_come_into_the_log(district: Sample, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        reading(district, **wrong)


def test_a_ticket_is_for_one_object_and_issued_by_the_log_alone(session: Session, district: Sample) -> None:
    opening = open_record(session, actor(district), reading(district), MOMENT)
    opening.require(district.district_id, "case", "case-1")
    for wrong in ((district.district_id, "case", "case-2"), (district.district_id, "plan", "case-1"), ("other", "case", "case-1")):
        with pytest.raises(UnloggedRead):
            opening.require(*wrong)
    with pytest.raises(UnloggedRead):
        dataclasses.replace(opening, object_ref="case-2", stamp=object())
    with pytest.raises(UnloggedRead):
        Opening(district.district_id, district.school_id, "case", "case-1", "a", MOMENT, 1, "case-1", None)


def test_no_source_but_the_access_log_issues_tickets() -> None:
    root = Path(__file__).resolve().parents[2]
    found = set()
    for path in [*(root / "trainhub").rglob("*.py"), *(root / "plugins").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "Opening"
            named = isinstance(node, ast.Name | ast.Attribute | ast.alias) and "STAMP" in {
                getattr(node, "id", ""), getattr(node, "attr", ""), getattr(node, "name", ""),
            } and "opening" in path.read_text(encoding="utf-8")
            if called or named:
                found.add(path.relative_to(root).as_posix())
    assert found <= {"trainhub/kernel/opening.py", "trainhub/ledger/access.py"}
    assert "trainhub/ledger/access.py" in found


@pytest.mark.parametrize("statement", [
    "UPDATE access_log_entry SET account_id = 'x'", "DELETE FROM access_log_entry",
    "UPDATE access_review SET through_seq = 9", "DELETE FROM access_review",
])
def test_the_database_refuses_to_change_the_log(session: Session, district: Sample, statement: str) -> None:
    open_record(session, actor(district), reading(district), MOMENT)
    review(session, actor(district, "principal"), district.school_id, "2026-03", "reader", 1, MOMENT)
    session.commit()
    with pytest.raises(DatabaseError, match="append-only"), session.begin_nested():
        session.execute(sa.text(statement))


def test_sqlite_replace_is_refused_too(session: Session, district: Sample) -> None:
    if session.get_bind().dialect.name != "sqlite":
        pytest.skip("REPLACE is SQLite's")
    open_record(session, actor(district), reading(district), MOMENT)
    with pytest.raises(DatabaseError, match="append-only"), session.begin_nested():
        session.execute(sa.text("INSERT OR REPLACE INTO access_log_entry SELECT * FROM access_log_entry"))


def _without_guards(session: Session) -> None:
    if session.get_bind().dialect.name == "sqlite":
        session.execute(sa.text("DROP TRIGGER access_log_entry_no_update"))
        session.execute(sa.text("DROP TRIGGER access_log_entry_no_delete"))
    else:
        session.execute(sa.text("ALTER TABLE access_log_entry DISABLE TRIGGER USER"))


@pytest.mark.parametrize(("column", "value"), [
    ("account_id", "b"), ("person_id", "p"), ("acting_role", "teacher"), ("grant_id", "g"), ("permission", "case.write"),
    ("object_kind", "plan"), ("object_ref", "c9"), ("about_ref", "c9"), ("purpose", "other"), ("words", "w"), ("via", "print"),
    ("month", "2026-01"), ("recorded_at", MOMENT + timedelta(seconds=1)), ("entry_hash", "22"), ("prev_hash", "33"),
])
def test_a_change_of_any_column_is_found(session: Session, district: Sample, column: str, value: object) -> None:
    for n in range(4):
        open_record(session, actor(district), reading(district, f"case-{n}"), MOMENT)
    _without_guards(session)
    session.execute(sa.update(AccessLogEntry).where(AccessLogEntry.seq == 2).values({column: value}))
    session.expire_all()
    fault = queries.verify(session).fault
    assert fault is not None
    assert (fault.seq, fault.chain) == (2, "access")


def test_a_removed_reading_is_found_and_a_cut_tail_against_head_and_anchor(session: Session, district: Sample) -> None:
    for n in range(3):
        open_record(session, actor(district), reading(district, f"case-{n}"), MOMENT)
    rows = [row for row in anchor_all(session, MOMENT) if row["chain"] == "access"]
    assert [(row["school_id"], row["seq"]) for row in rows] == [(district.school_id, 3)]
    _without_guards(session)
    session.execute(sa.delete(AccessLogEntry).where(AccessLogEntry.seq == 3))
    assert (found := queries.verify(session).fault) is not None
    assert (found.kind, found.chain) == ("head", "access")
    last = session.execute(sa.select(AccessLogEntry.seq, AccessLogEntry.entry_hash).where(AccessLogEntry.seq == 2)).one()
    session.execute(sa.update(AccessHead).values(seq=last.seq, entry_hash=last.entry_hash))
    assert queries.verify(session).fault is None  # somebody who may rewrite the head is seen against an anchor only
    anchors = {(row["district_id"], row["school_id"]): {row["seq"]: row["entry_hash"]} for row in rows}
    assert (found := queries.verify(session, access_anchors=anchors).fault) is not None
    assert (found.kind, found.chain) == ("anchor", "access")
    session.execute(sa.delete(AccessHead))
    session.expire_all()
    assert (found := queries.verify(session, access_anchors=anchors).fault) is not None
    assert found.kind == "anchor"


def test_anchors_hold_the_heads_of_the_access_log(session: Session, district: Sample) -> None:
    open_record(session, actor(district), reading(district), MOMENT)
    anchor_all(session, MOMENT)
    payload = session.scalars(
        sa.select(LedgerPayload.payload).join(LedgerEntry, sa.and_(
            LedgerEntry.district_id == LedgerPayload.district_id, LedgerEntry.school_id == LedgerPayload.school_id,
            LedgerEntry.seq == LedgerPayload.seq,
        )).where(LedgerEntry.kind == "ledger.anchor", LedgerEntry.district_id == district.district_id)
    ).all()[-1]
    head = access_heads(session, district.district_id)[0]
    assert payload["access_heads"] == [[head.school_id, head.seq, head.entry_hash]]


def test_who_saw_a_case_tells_its_files_too_and_keeps_to_the_scope(session: Session, district: Sample) -> None:
    open_record(session, actor(district, "a"), reading(district, "case-1"), MOMENT)
    open_record(session, actor(district, "b"), reading(district, "file-1", object_kind="file", about_ref="case-1", via="file"), MOMENT)
    open_record(session, actor(district, "c"), reading(district, "case-2"), MOMENT)
    seen = who_saw(session, whole(district), ["case-1"])
    assert [(row.account_id, row.object_kind, row.via) for row in seen] == [("a", "case", "page"), ("b", "file", "file")]
    assert [row.account_id for row in who_saw(session, whole(district), ["file-1"])] == ["b"]
    assert who_saw(session, Scope(district.district_id, frozenset({district.other_school_id})), ["case-1"]) == []
    assert who_saw(session, Scope("another", None), ["case-1"]) == []


def test_a_month_is_a_local_month(session: Session, district: Sample) -> None:
    open_record(session, actor(district), reading(district, "late"), MOMENT)  # 23:30 on the 31st in Shanghai
    open_record(session, actor(district), reading(district, "next"), MOMENT + timedelta(hours=1))
    assert [r.object_ref for r in access_rows(session, whole(district), "2026-03")] == ["late"]
    assert [r.object_ref for r in access_rows(session, whole(district), "2026-04")] == ["next"]


def test_reads_are_reviewed_by_somebody_else_and_new_ones_ask_again(session: Session, district: Sample) -> None:
    reader, principal = actor(district, "reader"), actor(district, "principal")
    for n in range(3):
        open_record(session, reader, reading(district, f"case-{n % 2}"), MOMENT)
    (row,) = reads_to_review(session, whole(district), "2026-03")
    assert (row.account_id, row.reads, row.objects, row.last_seq, row.reviewed) == ("reader", 3, 2, 3, False)
    with pytest.raises(OwnReads):
        review(session, reader, district.school_id, "2026-03", "reader", 3, MOMENT)
    with pytest.raises(OwnReads):  # the same person under another account
        review(session, actor(district, "second", person="person-reader"), district.school_id, "2026-03", "reader", 3, MOMENT)
    review(session, principal, district.school_id, "2026-03", "reader", 3, MOMENT)
    (row,) = reads_to_review(session, whole(district), "2026-03")
    assert (row.reviewed, row.reviewed_by, row.reviewed_at) == (True, "principal", MOMENT)
    with pytest.raises(NothingToReview):
        review(session, principal, district.school_id, "2026-03", "reader", 3, MOMENT)
    open_record(session, reader, reading(district, "case-9"), MOMENT)
    (row,) = reads_to_review(session, whole(district), "2026-03")
    assert not row.reviewed
    last = session.scalars(sa.select(LedgerEntry).order_by(LedgerEntry.recorded_at.desc())).first()
    assert last is not None
    assert session.scalar(sa.select(sa.func.count()).where(LedgerEntry.kind == "access.reviewed")) == 1


@pytest.mark.parametrize("month", ["2026-13", "march", "", "2026-3"])
def test_a_month_that_is_none_is_refused(session: Session, district: Sample, month: str) -> None:
    open_record(session, actor(district), reading(district), MOMENT)
    with pytest.raises(NothingToReview):
        review(session, actor(district, "principal"), district.school_id, month, "reader", 1, MOMENT)


def test_reviewing_needs_the_right_at_that_school(session: Session, district: Sample) -> None:
    open_record(session, actor(district), reading(district), MOMENT)
    for who in (actor(district, "auditor", Role.AUDITOR), actor(district, "officer", Role.BUREAU_OFFICER)):
        with pytest.raises(Forbidden):
            review(session, who, district.school_id, "2026-03", "reader", 1, MOMENT)
    with pytest.raises(NotFound):
        review(session, actor(district, "principal"), district.other_school_id, "2026-03", "reader", 1, MOMENT)
