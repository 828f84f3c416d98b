"""A guard breaks off what hangs, fails or floods, and hands a plugin nothing of the request."""

import sys
import threading
import time

import pytest
from flask import Flask, has_request_context

from trainhub.plugin_api import Refused
from trainhub.plugin_host.guard import MOST_ITEMS, Guard, PluginUnavailable


def hang() -> None:
    time.sleep(60)


def test_a_hanging_call_costs_its_budget_once_and_then_nothing() -> None:
    guard = Guard("slow")
    began = time.perf_counter()
    with pytest.raises(PluginUnavailable) as first:
        guard.call("wait", hang, budget=0.2)
    assert first.value.reason == "slow"
    assert time.perf_counter() - began < 5
    began = time.perf_counter()
    with pytest.raises(PluginUnavailable) as second:
        guard.call("wait", hang, budget=0.2)
    assert second.value.reason == "broken_off"
    assert time.perf_counter() - began < 0.15
    assert guard.call("other", lambda: 7) == 7


@pytest.mark.parametrize("error", [SystemExit(0), KeyboardInterrupt(), RecursionError(), MemoryError(), ValueError("x")])
def test_whatever_is_raised_stays_the_plugins(error: BaseException) -> None:
    def bad() -> None:
        raise error

    with pytest.raises(PluginUnavailable) as caught:
        Guard("bad").call("bad", bad)
    assert caught.value.error.startswith(type(error).__name__)


def test_the_administrators_interrupt_is_not_swallowed_by_a_plugin_of_our_own() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Guard("ours", own_thread=False).call("x", interrupted)


def test_a_refused_file_is_an_answer_not_a_failure() -> None:
    def refuse() -> None:
        raise Refused("no_header")

    guard = Guard("reader")
    for _ in range(5):
        with pytest.raises(Refused):
            guard.call("read", refuse)
    assert guard.records["read"].failures == 0


def test_a_flood_is_refused() -> None:
    with pytest.raises(PluginUnavailable) as caught:
        Guard("flood").call("rows", lambda: [0] * (MOST_ITEMS + 1))
    assert caught.value.reason == "too_much"


def test_failures_must_come_in_a_row_to_break() -> None:
    guard = Guard("moody")
    for answer in (False, False, True, False, False, True):
        if answer:
            guard.call("x", lambda: 1)
        else:
            with pytest.raises(PluginUnavailable):
                guard.call("x", lambda: 1 / 0)
    assert not guard.records["x"].broken
    assert guard.records["x"].failures == 4


def test_a_plugin_from_outside_sees_no_request() -> None:
    app = Flask("x")
    with app.test_request_context("/"):
        assert has_request_context()
        assert Guard("curious").call("look", has_request_context) is False


def test_deep_recursion_ends_in_its_own_thread() -> None:
    def deep(n: int) -> int:
        return deep(n + 1)

    with pytest.raises(PluginUnavailable) as caught:
        Guard("deep").call("deep", deep, 0)
    assert caught.value.error.startswith("RecursionError")
    assert sys.getrecursionlimit() >= 1000


def test_answers_and_exceptions_give_the_thread_back() -> None:
    def refuse() -> None:
        raise Refused("no_header")

    guard, before = Guard("reader"), threading.active_count()
    for _ in range(20):
        with pytest.raises(Refused):
            guard.call("read", refuse)
    assert threading.active_count() - before <= 1
