"""Precedence between sources, and what it leaves to a person: whatever the order and number of statements."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainhub.attendance.reconciliation import (
    Claim,
    Conflict,
    Decision,
    about,
    claim_of_head,
    current_claims,
    reconcile,
    settled,
)
from trainhub.attendance.roll_rules import Head

START = datetime(2026, 3, 5, 6, 0, tzinfo=UTC)
SOURCES = {
    "manual": "witnessed", "leave": "witnessed", "qr": "device", "device:gate": "device", "import:tabular": "witnessed",
    "import:dingtalk": "device", "import:forms": "self_report", "import:meeting": "online", "assertion": "witnessed",
    "closing": "witnessed",
}


def claim(source: str, status: str, *, minutes: int | None = 120, said: int = 0, arrived: int | None = None, raw: str = "") -> Claim:
    return Claim(
        source, f"no:{source}", raw or f"{source}:{status}:{minutes}", status, said_at=START + timedelta(minutes=said),
        trust=SOURCES[source], minutes=minutes, arrived_at=None if arrived is None else START + timedelta(minutes=arrived),
        face_to_face=source != "import:meeting",
    )


@st.composite
def claims(draw: st.DrawFn) -> list[Claim]:
    made = draw(st.lists(st.tuples(
        st.sampled_from(sorted(SOURCES)), st.sampled_from(["present", "late", "left_early", "excused", "absent"]),
        st.sampled_from([None, 0, 60, 120]), st.integers(0, 3), st.sampled_from([None, 5, 90]),
    ), max_size=7))
    return [claim(s, status, minutes=m, said=said, arrived=a) for s, status, m, said, a in made]


@given(claims(), st.randoms())
def test_the_order_of_the_statements_means_nothing(said: list[Claim], dice: object) -> None:
    mixed = list(said)
    dice.shuffle(mixed)
    assert reconcile(mixed) == reconcile(said)


@given(claims())
def test_saying_it_twice_changes_nothing(said: list[Claim]) -> None:
    found = reconcile(said)
    assert reconcile(said + said) == found
    again = [found.winner, *found.losers] if isinstance(found, Decision) and found.winner else list(said)
    repeated = reconcile(again)
    assert isinstance(repeated, Conflict) == isinstance(found, Conflict)
    if isinstance(found, Decision):
        assert repeated.winner == found.winner


@given(claims())
def test_nothing_said_is_lost_and_nothing_is_invented(said: list[Claim]) -> None:
    found, current = reconcile(said), current_claims(said)
    if isinstance(found, Decision):
        kept = [*([found.winner] if found.winner else []), *found.losers]
        assert sorted(kept, key=repr) == sorted(current, key=repr)
        assert found.winner is not None or not said
    else:
        assert set(found.sides) <= set(current)
        assert len({c.verdict for c in found.sides}) > 1


@given(claims())
def test_a_mark_by_hand_is_never_overruled_in_silence(said: list[Claim]) -> None:
    hand = claim("manual", "absent", said=4)
    found = reconcile([c for c in said if c.source != "manual"] + [hand])
    assert isinstance(found, Conflict) or found.winner == hand


@given(claims())
def test_a_presence_never_stands_against_a_witnessed_absence_without_a_person(said: list[Claim]) -> None:
    sheet = claim("import:tabular", "absent", said=4)
    found = reconcile([c for c in said if c.source not in {"manual", "import:tabular"}] + [sheet])
    assert isinstance(found, Conflict) or found.winner is None or found.winner.verdict != "there"


@pytest.mark.parametrize(("said", "winner", "why"), [
    ([], None, "none"),
    ([("qr", "present")], "qr", "only"),
    ([("qr", "present"), ("import:tabular", "present")], "qr", "agree"),
    ([("import:tabular", "present"), ("qr", "late")], "qr", "precedence"),
    ([("import:tabular", "present"), ("import:dingtalk", "late")], "import:dingtalk", "precedence"),
    ([("manual", "present"), ("qr", "late"), ("import:tabular", "absent")], "manual", "by_hand"),
    ([("leave", "excused"), ("import:tabular", "absent")], "leave", "leave_explains"),
    ([("import:tabular", "excused"), ("import:dingtalk", "absent")], "import:tabular", "precedence"),
    ([("assertion", "present"), ("import:tabular", "absent")], "import:tabular", "precedence"),
    ([("closing", "absent"), ("qr", "present")], "qr", "precedence"),
    ([("import:meeting", "present"), ("import:tabular", "absent")], "import:tabular", "precedence"),
    ([("import:dingtalk", "absent"), ("qr", "present")], "qr", "precedence"),
])
def test_rules_decide(said: list[tuple[str, str]], winner: str | None, why: str) -> None:
    for order in permutations(said):
        found = reconcile([claim(*c) for c in order])
        assert isinstance(found, Decision)
        assert (found.winner.source if found.winner else None, found.why) == (winner, why)


@pytest.mark.parametrize(("said", "code", "first"), [
    ([("qr", "present"), ("import:tabular", "absent")], "presence", "qr"),
    ([("import:dingtalk", "late"), ("import:tabular", "absent")], "presence", "import:dingtalk"),
    ([("leave", "excused"), ("qr", "present")], "leave_but_there", "leave"),
    ([("leave", "excused"), ("qr", "present"), ("import:tabular", "absent")], "presence", "leave"),
])
def test_two_stories_wait_for_a_person(said: list[tuple[str, str]], code: str, first: str) -> None:
    for order in permutations(said):
        found = reconcile([claim(*c) for c in order])
        assert isinstance(found, Conflict)
        assert (found.code, found.sides[0].source, len(found.sides)) == (code, first, len(said))


def test_an_absence_nobody_stated_proves_nothing() -> None:
    concluded = replace(claim("import:tabular", "absent"), stated=False)
    found = reconcile([claim("qr", "present"), concluded])
    assert isinstance(found, Decision)
    assert (found.winner.source, found.losers) == ("qr", (concluded,))


def test_somebody_marked_absent_who_scans_afterwards_is_asked_about() -> None:
    found = reconcile([claim("manual", "absent", said=5), claim("qr", "late", said=21, arrived=20)])
    assert isinstance(found, Conflict)
    assert found.code == "came_after_mark"
    assert isinstance(reconcile([claim("manual", "absent", said=30), claim("qr", "late", said=31, arrived=20)]), Decision)


def test_of_one_source_the_newest_statement_counts() -> None:
    old, new = claim("qr", "present", said=0), claim("qr", "late", said=9)
    assert reconcile([new, old]) == reconcile([old, new]) == Decision(new, "only")


def test_a_decision_holds_until_new_evidence_comes() -> None:
    said = [claim("qr", "present"), claim("import:tabular", "absent")]
    found = reconcile(said)
    assert isinstance(found, Conflict)
    taken = settled(found, [(found.digest, found.sides[0].key), (found.digest, found.sides[1].key)])
    assert isinstance(taken, Decision)
    assert (taken.winner, taken.why, taken.losers) == (found.sides[1], "human", (found.sides[0],))
    newer = reconcile([*said, claim("device:gate", "present")])
    assert isinstance(settled(newer, [(found.digest, found.sides[1].key)]), Conflict)
    corrected = reconcile([said[0], claim("import:tabular", "absent", said=9, raw="other line")])
    assert isinstance(settled(corrected, [(found.digest, found.sides[1].key)]), Conflict)


def test_a_record_states_something_only_where_no_stored_claim_led_to_it() -> None:
    head = Head("p", 1, status="present", source="import:tabular", marked_at=START)
    stored = [claim("import:tabular", "present")]
    assert claim_of_head(head, stored) is None
    assert about(head, stored) == stored
    assert claim_of_head(Head("p", 1), stored) is None
    own = claim_of_head(Head("p", 1, status="excused", leave_type="sick", source="leave"), stored)
    assert own is not None
    assert (own.source, own.verdict) == ("leave", "excused")
