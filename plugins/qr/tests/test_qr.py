"""The rotating code: what is shown is taken, nothing else is, and not for longer than it may."""

import base64
import random
import secrets
import string
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trainhub_qr
from hypothesis import given
from hypothesis import strategies as st
from trainhub_qr.code import GRACE, QrCheckIn, digits, period, token

from trainhub.plugin_api import Accepted, CheckInFrame, Declined
from trainhub.plugin_host.manifest import read_file

SOURCE = QrCheckIn()
START = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
KEY = bytes(range(32))
FRAME = CheckInFrame("sheet-1", START - timedelta(minutes=30), START, START + timedelta(hours=2))
MOMENTS = st.integers(0, 149 * 60).map(lambda s: FRAME.opens_at + timedelta(seconds=s))
SECONDS = st.integers(10, 60)


def accept(said, now, key=KEY, frame=FRAME, **settings):
    return SOURCE.accept(said, key, frame, now, settings)


@given(now=MOMENTS, seconds=SECONDS, wait=st.floats(0, 200))
def test_a_code_is_taken_until_fifteen_seconds_after_the_next_one_and_no_longer(now, seconds, wait):
    shown = SOURCE.show(KEY, FRAME, now, {"seconds": seconds})
    later = now + timedelta(seconds=wait)
    assert shown.shown_at <= now < shown.next_at
    assert shown.next_at - shown.shown_at == timedelta(seconds=seconds)
    inside = CheckInFrame(FRAME.session, FRAME.opens_at, FRAME.starts_at, FRAME.closes_at + timedelta(hours=1))
    for said, how in ((shown.token, "token"), (shown.digits, "digits")):
        found = accept(said, later, frame=inside, seconds=seconds)
        if later < shown.next_at + timedelta(seconds=GRACE):
            assert found == Accepted(shown.shown_at, how)
        elif how == "token":
            assert found == Declined("expired")
        else:  # six digits may come again by chance, as those of a code that is valid then
            assert found == Declined("forged") or found.issued_at > shown.shown_at


@pytest.mark.parametrize("seconds", [10, 30, 60])
def test_digits_are_worth_nothing_from_the_second_on_that_their_time_is_over(seconds):
    shown = SOURCE.show(KEY, FRAME, START, {"seconds": seconds})
    over = shown.next_at + timedelta(seconds=GRACE)
    assert accept(shown.digits, over - timedelta(seconds=1), seconds=seconds) == Accepted(shown.shown_at, "digits")
    for later in (0, 1, seconds, 600):
        assert accept(shown.digits, over + timedelta(seconds=later), seconds=seconds) == Declined("forged")


def test_the_phone_mark_stands_among_what_is_collected():
    found = read_file(Path(trainhub_qr.__file__).with_name("plugin.toml"), "trainhub_qr", trusted=True)
    assert any("手机标记" in text for text in found.collects)


@given(now=MOMENTS, seconds=SECONDS)
def test_it_is_pure(now, seconds):
    first = SOURCE.show(KEY, FRAME, now, {"seconds": seconds})
    assert SOURCE.show(KEY, FRAME, now, {"seconds": seconds}) == first
    assert len(first.token) == 38
    assert len(first.digits) == 6


@given(now=MOMENTS, place=st.integers(0, 37), sign=st.sampled_from(string.ascii_letters + string.digits + "-_"))
def test_one_sign_changed_is_never_taken(now, place, sign):
    shown = SOURCE.show(KEY, FRAME, now, {})
    changed = shown.token[:place] + sign + shown.token[place + 1 :]
    assert isinstance(accept(changed, now), Accepted) == (changed == shown.token)


@given(said=st.text(max_size=120))
def test_whatever_somebody_types_is_answered(said):
    assert isinstance(accept(said, START), Declined | Accepted)


def test_ten_thousand_forged_expired_and_foreign_tokens_none_accepted():
    rng = random.Random(7)
    now = START
    counter = int(now.timestamp()) // 30
    other = CheckInFrame("sheet-2", FRAME.opens_at, FRAME.starts_at, FRAME.closes_at)
    said = []
    for n in range(2500):
        said.append(base64.urlsafe_b64encode(rng.randbytes(28)).rstrip(b"=").decode())
        said.append(token(KEY, FRAME.session, counter - 2 - n))
        said.append(token(KEY, FRAME.session, counter + 1 + n))
        said.append(token(rng.randbytes(32), FRAME.session, counter))
    assert len(said) == 10_000
    assert [s for s in said if isinstance(accept(s, now), Accepted)] == []
    assert [s for s in said[1::4] if accept(s, now) != Declined("expired")] == []
    foreign = [token(KEY, "sheet-2", counter - n % 2) for n in range(100)]
    assert {accept(s, now) for s in foreign} == {Declined("other_session")}
    assert isinstance(accept(foreign[0], now, frame=other), Accepted)
    # the session's name alone, swapped in, makes no token of ours
    ours = base64.urlsafe_b64decode(token(KEY, FRAME.session, counter) + "==")
    for text in foreign:
        spliced = ours[:4] + base64.urlsafe_b64decode(text + "==")[4:]
        assert accept(base64.urlsafe_b64encode(spliced).rstrip(b"=").decode(), now) == Declined("forged")


def test_another_key_gives_other_codes():
    counter = int(START.timestamp()) // 30
    keys = [secrets.token_bytes(32) for _ in range(200)]
    assert len({token(k, FRAME.session, counter) for k in keys}) == 200
    assert len({digits(k, FRAME.session, counter) for k in keys}) > 190


def test_digits_are_spread_and_differ_between_periods():
    seen = [digits(KEY, FRAME.session, n) for n in range(5000)]
    assert len(set(seen)) > 4950
    assert {s[0] for s in seen} == set(string.digits)


def test_full_width_and_spaced_digits_are_read():
    shown = SOURCE.show(KEY, FRAME, START, {})
    spaced = f" {shown.digits[:3]} {shown.digits[3:]} "
    wide = shown.digits.translate({ord(c): ord(c) + 0xFEE0 for c in string.digits})
    assert accept(spaced, START) == accept(wide, START) == Accepted(shown.shown_at, "digits")


def test_a_genuine_code_outside_the_time_says_so():
    early, late = FRAME.opens_at - timedelta(minutes=2), FRAME.closes_at
    assert accept(SOURCE.show(KEY, FRAME, early, {}).token, early) == Declined("not_open")
    assert accept(SOURCE.show(KEY, FRAME, late, {}).digits, late) == Declined("closed")
    assert accept("x" * 38, early) == Declined("forged")


@pytest.mark.parametrize(("typed", "used"), [(None, 30), (1, 10), (999, 60), ("20", 30), (True, 30), (10, 10)])
def test_a_period_outside_its_limits_is_brought_to_them(typed, used):
    assert period({} if typed is None else {"seconds": typed}) == used


def test_the_manifest_is_sound_and_promises_what_the_plugin_gives():
    found = read_file(Path(trainhub_qr.__file__).with_name("plugin.toml"), "trainhub_qr", trusted=True)
    assert found.on_by_default
    assert [s.spec.key for s in trainhub_qr.trainhub_attendance_sources()] == ["qr"]
    assert "attendance_source:qr" in found.provides
    setting = found.settings[0]
    assert (setting.minimum, setting.maximum, setting.default) == (10, 60, 30)
