"""Times what plugins cost, inside one process; prints JSON. Run by ``benchmarks.run``; the environment names the data folder.

Seconds of processor time, the reading child's included; only the hanging call is told by the clock on the wall.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.dingtalk_month import whole_month, workbook  # noqa: E402
from trainhub.evidence import intake  # noqa: E402
from trainhub.plugin_api import Upload  # noqa: E402
from trainhub.plugin_host.discovery import discover  # noqa: E402
from trainhub.plugin_host.guard import Guard, PluginUnavailable  # noqa: E402
from trainhub.plugin_host.host import PluginHost  # noqa: E402
from trainhub.testing.contracts import frame  # noqa: E402

ROWS = 100_000
CALLS = 20_000


def spent_so_far() -> float:
    """Seconds of processor time of this process and of the children it has waited for."""
    times = os.times()
    return time.process_time() + times.children_user + times.children_system


def seconds_of(do: Callable[[], Any]) -> float:
    """Seconds of processor time of a piece of work."""
    began = spent_so_far()
    do()
    return spent_so_far() - began


def device_log(rows: int) -> Upload:
    """A log of an attendance machine: 130 people over many days."""
    first = datetime(2026, 1, 1, 7, 30)  # noqa: DTZ001  a machine's own clock
    lines = (
        f"{n % 130 + 1:>9}\t{first + timedelta(minutes=(n // 130) * 97 + n % 97):%Y-%m-%d %H:%M:%S}\t1\t0\t1\t0" for n in range(rows)
    )
    return Upload("1_attlog.dat", "\r\n".join(lines).encode())


def hang_seconds() -> dict[str, float]:
    """Seconds on the wall that a hanging call costs the first time and then."""
    guard, found = Guard("slow"), {}
    for name in ("first", "then"):
        began = time.perf_counter()
        try:
            guard.call("wait", time.sleep, 60)
        except PluginUnavailable:
            found[name] = time.perf_counter() - began
    return found


def main() -> None:
    """Print the figures."""
    host = PluginHost(discover())
    started = seconds_of(lambda: host.start(host.cards.keys()))
    report = workbook(whole_month(130, date(2026, 3, 1), 31))
    log = device_log(ROWS)
    guard = Guard("quick")
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    found = {
        "start of all plugins": {"seconds": started, "plugins": float(len(host.cards))},
        "dingtalk month": {"seconds": seconds_of(lambda: intake.read_attendance(report, host.sources["dingtalk"], frame()))},
        "device rows": {"seconds": seconds_of(lambda: intake.read_attendance(log, host.sources["device"], frame())), "rows": float(ROWS)},
        "child memory": {"mb": max(before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024},
        "guarded call": {"seconds": seconds_of(lambda: [guard.call("x", int) for _ in range(CALLS)]) / CALLS},
        "hanging call": hang_seconds(),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
