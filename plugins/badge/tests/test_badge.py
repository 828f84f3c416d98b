"""Badges: read back by their own school, by nobody else, and silent about who it is."""

import random
import string
from pathlib import Path

import pytest
import trainhub_badge
from hypothesis import given
from hypothesis import strategies as st
from trainhub_badge.code import Badges

from trainhub.plugin_api import Declined
from trainhub.plugin_host.manifest import read_file

SOURCE = Badges()
KEY, OTHER = bytes(32), bytes(range(32))
PEOPLE = st.binary(min_size=16, max_size=16).map(bytes.hex)
NOBODY = Declined("unknown_badge")


@given(person=PEOPLE)
def test_a_badge_names_its_person_to_its_own_school_only(person):
    text = SOURCE.badge(person, KEY)
    assert SOURCE.person_code(text, KEY) == person
    assert SOURCE.person_code(text, OTHER) == NOBODY
    assert SOURCE.badge(person, KEY) == text
    assert len(text) == 41
    assert set(text) <= set(string.ascii_uppercase + string.digits)
    assert person not in text.lower()


@given(person=PEOPLE)
def test_what_a_keyboard_reader_does_to_it_is_forgiven(person):
    text = SOURCE.badge(person, KEY)
    wide = text.translate({ord(c): ord(c) + 0xFEE0 for c in string.ascii_uppercase + string.digits})
    for said in (text.lower(), f" {text}\r\n", wide, text[:10] + " " + text[10:]):
        assert SOURCE.person_code(said, KEY) == person


@given(said=st.text(max_size=60))
def test_anything_else_is_nobodys(said):
    assert SOURCE.person_code(said, KEY) == NOBODY


@given(person=PEOPLE, place=st.integers(2, 39), sign=st.sampled_from(string.ascii_uppercase + "234567"))
def test_one_sign_changed_is_nobodys(person, place, sign):
    text = SOURCE.badge(person, KEY)
    changed = text[:place] + sign + text[place + 1 :]
    assert SOURCE.person_code(changed, KEY) == (person if changed == text else NOBODY)


def test_ten_thousand_forged_badges_none_read():
    rng = random.Random(3)
    alphabet = string.ascii_uppercase + "234567"
    forged = ["TB" + "".join(rng.choices(alphabet, k=39)) for _ in range(5000)]
    forged += [SOURCE.badge(rng.randbytes(16).hex(), rng.randbytes(32)) for _ in range(5000)]
    assert {SOURCE.person_code(text, KEY) for text in forged} == {NOBODY}


@pytest.mark.parametrize("wrong", ["", "ab", "zz" * 16, "00" * 17])
def test_only_a_persons_code_is_printed(wrong):
    with pytest.raises(ValueError):
        SOURCE.badge(wrong, KEY)


def test_the_manifest_is_sound_and_promises_what_the_plugin_gives():
    found = read_file(Path(trainhub_badge.__file__).with_name("plugin.toml"), "trainhub_badge", trusted=True)
    assert found.on_by_default
    assert found.provides == ("attendance_source:badge",)
    assert [s.spec.key for s in trainhub_badge.trainhub_attendance_sources()] == ["badge"]
