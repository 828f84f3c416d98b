"""Every call of a plugin goes through a guard: alone, timed, bounded, and broken off when it keeps failing.

A plugin from outside runs on a thread of its own, without request, session or context variables, and is
left behind when its time is over. In-process Python cannot be jailed: a plugin that means harm can do
harm, which is why only an administrator enables one. The guard is against accidents.
"""

import threading
import time
from collections.abc import Callable, Sized
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, NoReturn, TypeVar

from trainhub.kernel.errors import DomainError
from trainhub.plugin_api.contracts import Refused

T = TypeVar("T")
BUDGET_SECONDS = 0.4
FAILURES_BEFORE_BREAK = 3
MOST_ITEMS = 100_000


class PluginUnavailable(DomainError):
    """A call did not succeed: ``reason`` is ``failed``, ``slow``, ``too_much`` or ``broken_off``; ``error`` says how."""

    code = "plugin_unavailable"
    status = 503

    def __init__(self, plugin: str, call: str, reason: str, error: str = "") -> None:
        super().__init__(plugin=plugin)
        self.plugin, self.call, self.reason, self.error = plugin, call, reason, error


@dataclass
class CallRecord:
    """How a call of a plugin went so far in this process. ``seconds`` is the sum."""

    calls: int = 0
    failures: int = 0
    in_a_row: int = 0
    seconds: float = 0.0
    broken: bool = False
    last_error: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """A failure to be noted for the plugin page."""

    plugin: str
    call: str
    reason: str
    error: str
    broken: bool


@dataclass
class Guard:
    """Calls one plugin. ``own_thread`` False is for the plugins that came with TrainHub."""

    plugin: str
    own_thread: bool = True
    records: dict[str, CallRecord] = field(default_factory=dict)
    faults: "SimpleQueue[Fault]" = field(default_factory=SimpleQueue)  # one for all guards of a host
    _idle: "list[_Worker]" = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def call(self, name: str, function: Callable[..., T], *args: Any, budget: float = BUDGET_SECONDS, **kwargs: Any) -> T:
        """Return what ``function`` returns, or raise :class:`PluginUnavailable`.

        Three failures in a row, or one call that does not come back in ``budget`` seconds, break the call off:
        it is not tried again in this process until :meth:`reset`.
        """
        record = self.records.setdefault(name, CallRecord())
        if record.broken:
            raise PluginUnavailable(self.plugin, name, "broken_off", record.last_error)
        began = time.perf_counter()
        try:
            answer = self._run(function, args, kwargs, budget)
        except _Slow:
            self._note(name, record, "slow", f"no answer within {budget:g} s", broken=True)
        except Refused:
            raise  # an answer like any other: this file cannot be read
        except self._its_own as error:
            self._note(name, record, "failed", describe(error))
        finally:
            record.calls += 1
            record.seconds += time.perf_counter() - began
        if isinstance(answer, Sized) and len(answer) > MOST_ITEMS:
            self._note(name, record, "too_much", f"an answer of {len(answer)} items; at most {MOST_ITEMS}")
        record.in_a_row = 0
        return answer

    @property
    def _its_own(self) -> type[BaseException]:
        """On a thread of its own even SystemExit is the plugin's; on ours, Ctrl-C is the administrator's."""
        return BaseException if self.own_thread else Exception

    def note(self, name: str, reason: str, error: str) -> None:
        """Count a failure seen elsewhere: a file source fails in the child process that reads files."""
        record = self.records.setdefault(name, CallRecord())
        self._count(name, record, reason, error, broken=reason == "slow")

    def reset(self) -> None:
        """Forget failures: somebody pressed "try again"."""
        self.records.clear()

    def _note(self, name: str, record: CallRecord, reason: str, error: str, *, broken: bool = False) -> NoReturn:
        self._count(name, record, reason, error, broken=broken)
        raise PluginUnavailable(self.plugin, name, reason, error)

    def _count(self, name: str, record: CallRecord, reason: str, error: str, *, broken: bool) -> None:
        record.failures += 1
        record.in_a_row += 1
        record.last_error = error
        record.broken = broken or record.in_a_row >= FAILURES_BEFORE_BREAK
        self.faults.put(Fault(self.plugin, name, reason, error, record.broken))

    def _run(self, function: Callable[..., T], args: Any, kwargs: Any, budget: float) -> T:
        if not self.own_thread:
            return function(*args, **kwargs)
        with self._lock:
            worker = self._idle.pop() if self._idle else _Worker(self.plugin)
        try:
            answer: T = worker.ask(lambda: function(*args, **kwargs), budget)
        except _Slow:
            raise  # a slow worker is left behind
        except BaseException:
            self._give_back(worker)
            raise
        self._give_back(worker)
        return answer

    def _give_back(self, worker: "_Worker") -> None:
        with self._lock:
            self._idle.append(worker)


def describe(error: BaseException) -> str:
    """Return the kind of an error and the last place it passed: ``KeyError in read (source.py:41)``.

    Never its message, which may quote a row of somebody's file.
    """
    place = _last(error.__traceback__)
    return f"{type(error).__name__} in {place}" if place else type(error).__name__


def _last(trace: TracebackType | None) -> str:
    if trace is None:
        return ""
    while trace.tb_next is not None:
        trace = trace.tb_next
    code = trace.tb_frame.f_code
    return f"{code.co_name} ({code.co_filename.replace(chr(92), '/').rpartition('/')[2]}:{trace.tb_lineno})"


class _Slow(Exception):
    """Time is over."""


class _Worker:
    """A daemon thread that answers one question at a time."""

    def __init__(self, plugin: str) -> None:
        self._questions: SimpleQueue[Callable[[], Any]] = SimpleQueue()
        self._answers: SimpleQueue[tuple[bool, Any]] = SimpleQueue()
        threading.Thread(target=self._serve, name=f"plugin-{plugin}", daemon=True).start()

    def ask(self, question: Callable[[], Any], budget: float) -> Any:
        """Return the answer, raise what the question raised, or :class:`_Slow`."""
        self._questions.put(question)
        try:
            fine, answer = self._answers.get(timeout=budget)
        except Empty:
            raise _Slow from None
        if fine:
            return answer
        raise answer

    def _serve(self) -> None:
        while True:
            question = self._questions.get()
            try:
                self._answers.put((True, question()))
            except BaseException as error:  # noqa: BLE001  handed to the asker
                self._answers.put((False, error))
