"""The key ring: what one seals, only it opens, only there, only unchanged; marks stay; nothing of a key shows."""

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainhub.app import tables
from trainhub.kernel.orm import place_of, row_key, sealed_columns
from trainhub.kernel.sealing import CannotUnseal, KeyRing, key_id_of, key_of, place, seal, unseal
from trainhub.ledger.guards import GUARDED

assert tables.ALL
OLD, NEW, OTHER = key_of("first key of this place"), key_of("second key of this place"), key_of("somebody else's key")
PLACE = place("case_file", "sealed_narrative", "0192aa")
TEXTS = st.text(max_size=200)


@given(TEXTS, st.binary(max_size=300))
def test_what_is_sealed_opens_again(text: str, data: bytes) -> None:
    if any(0xD800 <= ord(c) <= 0xDFFF for c in text):
        return
    ring = KeyRing(NEW)
    assert ring.unseal(ring.seal(text, PLACE), PLACE) == text
    assert ring.unseal_bytes(ring.seal_bytes(data, PLACE), PLACE) == data


@given(st.data(), st.text(alphabet="欺凌abc", min_size=1, max_size=40))
def test_moved_changed_cut_or_under_another_key_nothing_opens(data: st.DataObject, text: str) -> None:
    ring = KeyRing(NEW, (OLD,))
    sealed = ring.seal(text, PLACE)
    with pytest.raises(CannotUnseal):
        ring.unseal(sealed, place("case_file", "sealed_narrative", "0192ab"))
    with pytest.raises(CannotUnseal):
        KeyRing(OTHER).unseal(sealed, PLACE)
    at = data.draw(st.integers(0, len(sealed) - 1))
    letter = data.draw(st.sampled_from("Aa0_-.=s!\n"))
    for changed in (sealed[:at] + letter + sealed[at + 1 :], sealed[:at], sealed[at + 1 :], sealed + letter):
        if changed != sealed:
            try:
                opened = ring.unseal(changed, PLACE)
            except CannotUnseal:
                continue
            # unused bits of the last letter of base64 carry nothing: what opens is what was sealed
            assert opened == text


def test_equal_texts_look_different_and_tell_nothing() -> None:
    ring = KeyRing(NEW)
    one, two = ring.seal("张三打了李四", PLACE), ring.seal("张三打了李四", PLACE)
    assert one != two
    assert "张三" not in one


def test_a_ring_opens_what_its_former_keys_sealed_and_seals_anew() -> None:
    before = KeyRing(OLD).seal("经过", PLACE)
    ring = KeyRing(NEW, (OLD,))
    assert ring.unseal(before, PLACE) == "经过"
    assert not ring.is_current(before)
    after = ring.resealed(before, PLACE)
    assert ring.is_current(after)
    assert ring.resealed(after, PLACE) is after
    assert KeyRing(NEW).unseal(after, PLACE) == "经过"
    with pytest.raises(CannotUnseal):
        KeyRing(OLD).unseal(after, PLACE)
    with pytest.raises(CannotUnseal):
        ring.resealed(before, place("case_file", "sealed_narrative", "moved"))


def test_the_functions_for_one_key_and_the_ring_are_one_format() -> None:
    sealed = seal(OLD, "secret of a robot", "plugin_setting/d/robot/bureau/d/secret")
    assert sealed.split(".")[0] == "s1"
    assert KeyRing(NEW, (OLD,)).unseal(sealed, "plugin_setting/d/robot/bureau/d/secret") == "secret of a robot"
    assert unseal(KeyRing(NEW, (OLD,)), sealed, "plugin_setting/d/robot/bureau/d/secret") == "secret of a robot"
    assert unseal(OLD, sealed, "plugin_setting/d/robot/bureau/d/secret") == "secret of a robot"


@pytest.mark.parametrize("value", ["", "plain", "s1", "s1.", "s2.00000000.AAAA", "s1.zz"])
def test_what_is_no_sealed_value_is_refused(value: str) -> None:
    with pytest.raises(CannotUnseal):
        KeyRing(NEW).unseal(value, PLACE)


def test_marks_stay_over_rotation_while_the_oldest_key_or_the_mark_key_is_there() -> None:
    mark = KeyRing(OLD).mark("student", "0192cc")
    assert len(mark) == 64
    assert KeyRing(NEW, (OLD,)).mark("student", "0192cc") == mark
    assert KeyRing(OTHER, (NEW, OLD)).mark("student", "0192cc") == mark
    assert KeyRing(NEW).mark("student", "0192cc") != mark  # the oldest key has left: this is why status and rotate check marks
    assert KeyRing(NEW, mark_seed=OLD).mark("student", "0192cc") == mark  # its text stands in TRAINHUB_MARK_KEY


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_marks_of_different_kinds_or_texts_never_meet(kind: str, text: str, other_kind: str, other: str) -> None:
    import unicodedata

    if any(0xD800 <= ord(c) <= 0xDFFF for c in kind + text + other_kind + other):
        return
    ring = KeyRing(NEW)
    same = (kind, unicodedata.normalize("NFC", text)) == (other_kind, unicodedata.normalize("NFC", other))
    assert (ring.mark(kind, text) == ring.mark(other_kind, other)) == same


def test_a_mark_is_not_made_with_the_sealing_key_itself() -> None:
    import hashlib
    import hmac

    assert KeyRing(NEW).mark("k", "t") != hmac.new(NEW, b"\0\1kt", hashlib.sha256).hexdigest()


def test_nothing_of_a_key_shows() -> None:
    ring = KeyRing(NEW, (OLD,), mark_seed=OTHER)
    shown = f"{ring!r} {ring} {ring.key_ids}"
    for key in (NEW, OLD, OTHER):
        assert key.hex() not in shown
        assert repr(key) not in shown
    with pytest.raises(TypeError):
        pickle.dumps(ring)
    with pytest.raises(TypeError):
        copy.copy(ring)
    with pytest.raises(ValueError, match="32 bytes"):
        KeyRing(b"short")


def test_the_place_of_a_value_follows_from_the_tables_alone() -> None:
    for column in sealed_columns():
        table = column.table
        row = {one.name: f"<{one.name}>" for one in table.primary_key.columns}
        found = place_of(column, row, "name")
        if "place" not in column.info:
            assert found == place(table.name, column.name, *(row[key] for key in row_key(table)))
        assert all(row[key] in found for key in row_key(table)), "two rows would share a place"


def test_no_append_only_table_holds_a_sealed_value() -> None:
    assert not [f"{c.table.name}.{c.name}" for c in sealed_columns() if c.table.name in GUARDED]


def test_whatever_is_called_sealed_is_marked() -> None:
    from sqlalchemy import DateTime

    from trainhub.kernel.orm import Base, UtcDateTime

    marked = {(c.table.name, c.name) for c in sealed_columns()}
    named = {
        (table.name, c.name) for table in Base.metadata.tables.values() for c in table.columns
        if (c.name.startswith("sealed_") or c.name.endswith("_sealed")) and not isinstance(c.type, DateTime | UtcDateTime)
    }
    assert named <= marked
    assert ("plugin_setting", "secrets") in marked


def test_the_key_id_is_read_without_the_key() -> None:
    assert key_id_of(KeyRing(NEW).seal("x", PLACE)) == KeyRing(NEW).current_id
