"""Measures TrainHub beside its floor, in one go, and prints ratios beside the budgets.

``make bench`` or ``python -m benchmarks.run [--quick] [--json FILE]``. Milliseconds depend on the machine
and on who else uses it; ratios of one go and counts (statements, bytes) are what budgets speak of.
Peers (RosarioSIS, Indico) are not started: a budget against them is quoted where the floor has none.
"""

import argparse
import gzip
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.client import Browser, Figures, Wrong, form_of, run, timed

ROOT = Path(__file__).resolve().parents[1]
STATUSES = ("present", "late", "excused", "absent")
SIZES = (45, 130)
CLIENTS = 8


@dataclass
class Line:
    """One row of the result: a job, its figures, the ratio that a budget speaks of, and the budget."""

    job: str
    value: str
    ratio: float | None = None
    of: str = ""
    budget: float | None = None
    figures: dict[str, Any] | None = None

    @property
    def verdict(self) -> str:
        """Whether the budget holds."""
        if self.ratio is None or self.budget is None:
            return ""
        return "ok" if self.ratio <= self.budget else "OVER"


# --- processes -------------------------------------------------------------------------------------


def free_port() -> int:
    """Return a port of the loopback interface that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(command: list[str], env: dict[str, str], port: int, path: str) -> Iterator[tuple[int, float]]:
    """Start a server; yields its process id and the seconds until ``path`` answered."""
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                Browser(port).get(path)
                break
            except (OSError, Wrong):
                if process.poll() is not None or time.perf_counter() - began > 60:
                    raise RuntimeError(f"no answer from {' '.join(command)}") from None
                time.sleep(0.01)
        yield process.pid, time.perf_counter() - began
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def cpu_of(pid: int) -> Callable[[], float]:
    """Return a clock of the CPU seconds that a process has used."""
    ticks = os.sysconf("SC_CLK_TCK")

    def used() -> float:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / ticks

    return used


def memory_mb(pid: int) -> tuple[float, float]:
    """Resident and proportional memory of a process in MB."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = {key: int(re.search(rf"^{key}:\s+(\d+)", text, re.MULTILINE)[1]) / 1024 for key in ("Rss", "Pss")}  # type: ignore[index]
    return found["Rss"], found["Pss"]


def others_busy(seconds: float = 1.0) -> float:
    """Cores that anybody on this machine uses at the moment: above 0.3 the milliseconds mean little."""
    def busy() -> float:
        fields = [int(x) for x in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
        return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")

    before = busy()
    time.sleep(seconds)
    return (busy() - before) / seconds


# --- TrainHub --------------------------------------------------------------------------------------


class Instance:
    """A seeded TrainHub of its own: data folder, key, manifest."""

    def __init__(self, folder: Path, schools: int) -> None:
        self.folder = folder
        self.env = os.environ | {
            "TRAINHUB_DATA": str(folder), "TRAINHUB_SECRET_KEY": secrets.token_urlsafe(48), "TRAINHUB_LOG": "off",
            "TRAINHUB_DATABASE_URL": "", "PYTHONPATH": str(ROOT),
        }
        folder.mkdir(parents=True, mode=0o700)
        manifest = folder / "manifest.json"
        self.seed_seconds = timed(lambda: self.command(
            "seed", "--profile", "load", "--seed", "1", "--schools", str(schools), "--manifest", str(manifest)
        ))
        self.manifest: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))
        self.sheets: dict[str, str] = self.manifest["districts"][0]["sheets"]

    def command(self, *words: str) -> str:
        """Run ``trainhub`` with these words and return what it printed."""
        code = "import sys; from trainhub.cli.main import main; sys.argv[0] = 'trainhub'; main()"
        done = subprocess.run(
            [sys.executable, "-c", code, *words], cwd=ROOT, env=self.env, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"trainhub {' '.join(words)}: {done.stderr[-2000:]}{done.stdout[-500:]}")
        return done.stdout

    def serve(self, port: int) -> list[str]:
        """The command that serves it."""
        code = f"import sys; from trainhub.cli.main import main; sys.argv = ['trainhub', 'serve', '--port', '{port}']; main()"
        return [sys.executable, "-c", code]

    def account(self, key: str) -> dict[str, str]:
        """A printed account by its key, e.g. ``first.officer``."""
        return next(a for a in self.manifest["accounts"] if a["key"] == key)

    def roll(self, size: int, number: int) -> str:
        """Path of an open roll of a size; each client has its own."""
        return f"/rolls/{self.sheets[f'roll-{size}-{number}']}"

    def browser(self, port: int, key: str) -> Browser:
        """A browser signed in as that account."""
        user, account = Browser(port), self.account(key)
        page = user.get("/sign-in").decode()
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        if token is None:
            raise Wrong("no form on the sign-in page")
        user.post("/sign-in", {"csrf_token": token[1], "username": account["username"], "password": account["password"]})
        return user


def open_step(path_of: Callable[[int], str], marker: str) -> Callable[[Browser, int], float]:
    """Measure opening a page."""
    return lambda user, number: timed(lambda: user.get(path_of(number), marker))


def save_step(path_of: Callable[[int], str]) -> Callable[[Browser, int], float]:
    """Measure saving a whole roll: every person gets another value; opening it is not in the time."""
    rounds: dict[int, int] = {}

    def step(user: Browser, number: int) -> float:
        rounds[number] = rounds.get(number, 0) + 1
        turn = rounds[number]
        fields = form_of(user.get(path_of(number)), lambda person: STATUSES[(person + turn) % 2 * 3])
        return timed(lambda: user.post(path_of(number), fields))

    return step


# --- parts of the measurement --------------------------------------------------------------------------


def measure_rolls(
    lines: list[Line], seconds: float, ours: tuple[Instance, int, int], floor: tuple[int, int, list[list[int]]]
) -> dict[str, Figures]:
    """Open and save rolls of both sizes with one and eight clients, here and on the floor."""
    instance, port, pid = ours
    floor_port, floor_pid, rolls = floor
    found: dict[str, Figures] = {}
    for clients in (1, CLIENTS):
        our_users = [instance.browser(port, "first.officer") for _ in range(clients)]
        floor_users = [_floor_user(floor_port) for _ in range(clients)]
        for index, size in enumerate(SIZES):
            own = lambda n, s=size: instance.roll(s, n)  # noqa: E731
            low = lambda n, i=index: f"/roll/{rolls[i][n]}"  # noqa: E731
            for name, make, budget in (("open", open_step, 2.2), ("save", save_step, 2.3)):
                key = f"roll {name} {size}, {clients} client{'s' if clients > 1 else ''}"
                step = make(own, "mark-") if make is open_step else make(own)  # type: ignore[operator]
                base = make(low, "mark-") if make is open_step else make(low)  # type: ignore[operator]
                mine, theirs = run(our_users, step, seconds, cpu_of(pid)), run(floor_users, base, seconds, cpu_of(floor_pid))
                found[key] = mine
                lines.append(Line(
                    key,
                    f"{mine.median_ms:.1f} / {mine.p95_ms:.1f} ms, {mine.rate:.0f}/s (floor {theirs.median_ms:.1f} ms), "
                    f"cpu {mine.cpu_ms / (theirs.cpu_ms or 1):.2f} × floor",
                    mine.median_ms / theirs.median_ms, "floor", budget, {"ours": asdict(mine), "floor": asdict(theirs)},
                ))
    return found


def _floor_user(port: int) -> Browser:
    user = Browser(port)
    user.get("/in")
    return user


def measure_pages(lines: list[Line], seconds: float, instance: Instance, port: int, pid: int, schools: int, base: Figures) -> None:
    """Standing of one school and coverage of the bureau, as multiples of our own roll of 45."""
    jobs = (
        ("first.officer", "/training/standing", f"standing of one school (of {schools})", 1.3),
        ("bureau.bureau", "/training/coverage", f"coverage of {schools} schools", 5.0),
    )
    for key, path, job, budget in jobs:
        user = instance.browser(port, key)
        mine = run([user], open_step(lambda _, p=path: p, "</html>"), seconds, cpu_of(pid))
        size = len(user.get(path))
        lines.append(Line(job, f"{mine.median_ms:.1f} / {mine.p95_ms:.1f} ms, {size / 1024:.0f} KB",
                          mine.median_ms / base.median_ms, "own roll of 45", budget, asdict(mine)))


def measure_weight(lines: list[Line], instance: Instance, port: int) -> None:
    """Bytes of the roll page: with an empty cache and as the next page."""
    user = instance.browser(port, "first.officer")
    page = user.get(instance.roll(45, 0))
    packed = len(gzip.compress(page, 6)) / 1024
    files = sorted(set(re.findall(rb'(?:href|src)="(/[^"]+\.(?:css|js)\b[^"]*)"', page)))
    static = [user.get(name.decode()) for name in files]
    whole = packed + sum(len(gzip.compress(content, 6)) for content in static) / 1024
    raw = (len(page) + sum(map(len, static))) / 1024
    _, _, headers = user.ask("GET", instance.roll(45, 0))
    sent = headers.get("content-encoding", "identity")
    lines.append(Line("roll page 45, next page (gzip)", f"{packed:.1f} KB of {len(page) / 1024:.1f} KB, sent {sent}", packed / 5.4,
                      "5.4 KB", 1.0))
    lines.append(Line("roll page 45, empty cache (gzip)", f"{whole:.1f} KB of {raw:.1f} KB, {1 + len(files)} requests", whole / 60,
                      "60 KB", 1.0))
    lines.append(Line("roll page 45, requests", str(1 + len(files)), (1 + len(files)) / 6, "6 requests", 1.0))


def measure_statements(lines: list[Line], instance: Instance) -> None:
    """SQL statements and commits of the main pages, counted in this process."""
    for job, count in in_process("statements.py", instance, str(instance.folder / "manifest.json")).items():
        budget = 12.0 if "save" in job else None
        lines.append(Line(f"statements: {job}", str(count["statements"]) + f", {count['commits']} commit(s)",
                          float(count["statements"]), "statements", budget))


def staff_file(kind: str, rows: int) -> bytes:
    """A staff roster of invented people whom no school knows yet, as XLSX or CSV."""
    from trainhub.documents import csvfile, xlsx
    from trainhub.documents.sheets import Column, SheetSpec

    surname = {"xlsx": "佟", "csv": "佘"}[kind]
    first, second = "安柏初冬帆谷禾嘉可兰麦念平清若思桐微希雅远泽芷川", "北辰丹恩方歌涵景开澜明宁鹏琪荣舒天唯晓言珍子舟"
    pairs = [a + b for a in first for b in second]
    table = [
        [surname + pairs[n % len(pairs)] + "甲乙丙丁戊己庚"[n // len(pairs)], f"{kind[0].upper()}{n:05d}", "语文组", "专任教师"]
        for n in range(rows)
    ]
    sheet = SheetSpec("教职工", [Column(header) for header in ("姓名", "工号", "部门", "岗位类别")], table)
    return xlsx.write([sheet]) if kind == "xlsx" else csvfile.write(sheet)


def measure_import(lines: list[Line], instance: Instance, rows: int) -> None:
    """Roster import with its child process, as the pages and the command do it, beside the reader alone."""
    files = []
    for kind in ("xlsx", "csv"):
        path = instance.folder / f"staff.{kind}"
        path.write_bytes(staff_file(kind, rows))
        files.append(str(path))
    found = in_process("imports.py", instance, instance.account("first.clerk")["username"], *files)
    for kind, spent in found.items():
        for mode in ("dry run", "written"):
            rate = rows / spent[mode]
            lines.append(Line(f"roster import {kind}, {rows} rows, {mode}",
                              f"{rate:,.0f} rows/s (reader alone {rows / spent['alone']:,.0f})", 4_300 / rate,
                              "100 × 43 rows/s", 1.0, {"rows_per_second": rate, "reader_alone": rows / spent["alone"]}))


def measure_plugins(lines: list[Line], instance: Instance) -> None:
    """What plugins read in a second, and what they cost where they are not used."""
    found = in_process("plugins.py", instance)
    month, rows, memory = found["dingtalk month"]["seconds"], found["device rows"]["seconds"], found["child memory"]["mb"]
    lines.append(Line("DingTalk month of 130 people", f"{month:.2f} s of processor", month, "1 s", 1.0))
    lines.append(Line("100,000 rows of a device", f"{rows:.2f} s of processor", rows / 10, "10 s", 1.0))
    lines.append(Line("memory of the reading child", f"{memory:.0f} MB", memory / 200, "200 MB", 1.0))
    start, count = found["start of all plugins"]["seconds"], found["start of all plugins"]["plugins"]
    lines.append(Line(f"start of {count:.0f} plugins", f"{start * 1000:.0f} ms", start / count / 0.02, "20 ms each", 1.0))
    call, hang = found["guarded call"]["seconds"], found["hanging call"]
    lines.append(Line("a guarded call from outside", f"{call * 1000:.3f} ms", call / 0.001, "1 ms", 1.0))
    lines.append(Line("a hanging call, first and then", f"{hang['first'] * 1000:.0f} / {hang['then'] * 1000:.2f} ms",
                      hang["first"] / 0.5, "500 ms", 1.0))


def measure_check_ins(lines: list[Line], instance: Instance) -> None:
    """300 phones behind one address, ten a second: none may be lost."""
    found = in_process("check_in.py", instance)
    lines.append(Line("300 check-ins, lost", f"{found['lost']} of 300 in {found['seconds']} s", float(found["lost"]), "lost", 0.0))
    lines.append(Line("300 check-ins, page and button", f"p95 {found['both_p95_ms']} ms", float(found["both_p95_ms"]) / 1000, "1 s", 1.0))


def measure_meetings(lines: list[Line], instance: Instance) -> None:
    """A school of 60 classes with 50 pupils each: one form for all, the board, the phone's page, the record."""
    found = in_process("meetings.py", instance)
    plan, record, sent = found["planning"], found["record"], found["record page"]
    lines.append(Line("60 class meetings planned in one form", f"{plan['all_seconds']:.2f} s, {plan['all_statements']:.0f} statements",
                      plan["all_seconds"], "1 s", 1.0))
    lines.append(Line("statements of 60 classes beside 20", f"{plan['all_statements']:.0f} / {plan['few_statements']:.0f}",
                      plan["all_statements"] / plan["few_statements"], "20 classes", 1.05))
    lines.append(Line("board of 60 classes × 6 meetings", f"{found['board']['ms']:.0f} ms", found["board"]["ms"] / 150, "150 ms", 1.0))
    lines.append(Line("record page, empty cache (gzip)", f"{sent['kb']:.0f} KB, {sent['requests']:.0f} requests", sent["kb"] / 150, "150 KB", 1.0))
    lines.append(Line("record of 50 pupils saved", f"{record['ms']:.1f} ms (floor {record['floor_ms']:.1f} ms), {record['statements']:.0f} statements",
                      record["ms"] / record["floor_ms"], "floor save of 50", 2.3))


def measure_sealing(lines: list[Line], instance: Instance) -> None:
    """10,000 closed cases sealed by the background work, and once more with kill -9 in the middle: what is left must be whole batches."""
    found = in_process("sealing.py", instance)["sealing"]
    lines.append(Line(f"sealing {found['cases']:,.0f} closed cases", f"{found['seconds']:.1f} s ({found['cpu_seconds']:.1f} s of processor); killed at "
                      f"{found['left']:.0f}, then finished", found["cpu_seconds"] / 30, "30 s of processor", 1.0))


def measure_plans(lines: list[Line], instance: Instance) -> None:
    """A school of 200 running plans: the board, one hour logged and confirmed beside a roll of one, the balance of 500 entries. CPU time."""
    found = in_process("cases.py", instance)
    board, few, hours, balance = (found[key] for key in ("board", "board of 20", "hours", "balance"))
    lines.append(Line("board of 200 running plans", f"{board['ms']:.0f} ms, {board['statements']:.0f} statements", board["ms"] / 200, "200 ms", 1.0))
    lines.append(Line("statements of 200 plans beside 20", f"{board['statements']:.0f} / {few['statements']:.0f}",
                      board["statements"] / few["statements"], "20 plans", 1.0))
    for key, word in (("log_ms", "an hour logged"), ("confirm_ms", "an hour confirmed")):
        lines.append(Line(word, f"{hours[key]:.1f} ms", hours[key] / hours["roll_of_one_ms"], "a roll of one saved", 1.5))
    lines.append(Line("balance of 500 entries from its projection", f"{balance['projection']:.0f} minutes, rebuilt {balance['rebuilt']:.0f}",
                      1.0 if balance["projection"] == balance["rebuilt"] else 99.0, "the sum rebuilt", 1.0))


def in_process(script: str, instance: Instance, *words: str) -> dict[str, dict[str, float]]:
    """Run one of the scripts that measure inside a process of their own, and read what it prints."""
    command = [sys.executable, str(ROOT / "benchmarks" / script), *words]
    done = subprocess.run(command, cwd=ROOT, env=instance.env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{script}: {done.stderr[-2000:]}")
    found: dict[str, dict[str, float]] = json.loads(done.stdout)
    return found


# --- the measurement -----------------------------------------------------------------------------------


def measure(folder: Path, *, quick: bool) -> list[Line]:
    """Do all measurements; servers are started and ended here."""
    from benchmarks import floor as floor_app

    seconds, lines = (2.0, []) if quick else (8.0, [])
    small = Instance(folder / "small", 12)
    lines.append(Line("seed of 12 schools", f"{small.seed_seconds:.1f} s"))
    database = folder / "floor.sqlite3"
    rolls = floor_app.fill(floor_app.make(database), SIZES, CLIENTS)
    port, floor_port = free_port(), free_port()
    floor_command = [sys.executable, "-m", "benchmarks.floor", str(database), str(floor_port)]
    with (
        server(floor_command, dict(os.environ), floor_port, "/healthz") as (floor_pid, floor_start),
        server(small.serve(port), small.env, port, "/sign-in") as (pid, start),
    ):
        lines.append(Line("cold start to first page", f"{start:.2f} s (floor {floor_start:.2f} s)", start / floor_start, "floor", 2.2))
        found = measure_rolls(lines, seconds, (small, port, pid), (floor_port, floor_pid, rolls))
        base = found["roll open 45, 1 client"]
        measure_pages(lines, seconds, small, port, pid, 12, base)
        measure_weight(lines, small, port)
        (rss, pss), (floor_rss, floor_pss) = memory_mb(pid), memory_mb(floor_pid)
        lines.append(Line("memory after all this (RSS / PSS)", f"{rss:.0f} / {pss:.0f} MB (floor {floor_rss:.0f} / {floor_pss:.0f})",
                          pss / floor_pss, "floor", 1.7))
    measure_statements(lines, small)
    measure_import(lines, small, 2_000)
    measure_plugins(lines, small)
    measure_check_ins(lines, small)
    measure_meetings(lines, small)
    measure_plans(lines, small)
    measure_sealing(lines, small)
    large = Instance(folder / "large", 30 if quick else 100)
    schools = 30 if quick else 100
    lines.append(Line(f"seed of {schools} schools", f"{large.seed_seconds:.1f} s"))
    port = free_port()
    with server(large.serve(port), large.env, port, "/sign-in") as (pid, _):
        measure_pages(lines, seconds, large, port, pid, schools, base)
    return lines


def table(lines: list[Line], busy: float) -> str:
    """Return the result as text columns."""
    head = f"other processes used {busy:.2f} cores before the start" + (" : do not trust the milliseconds" if busy > 0.3 else "")
    rows = [
        f"{line.job:<46} {line.value:<58} "
        + (f"{line.ratio:7.2f} × {line.of}" if line.ratio is not None and line.of != "statements" else "")
        + (f"  (budget {line.budget:g}: {line.verdict})" if line.budget is not None else "")
        for line in lines
    ]
    return "\n".join([head, "", *rows])


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="short runs and 30 instead of 100 schools")
    parser.add_argument("--json", type=Path, help="write the figures there as well")
    options = parser.parse_args()
    busy = others_busy()
    with tempfile.TemporaryDirectory(prefix="trainhub-bench-") as name:
        lines = measure(Path(name), quick=options.quick)
    print(table(lines, busy))
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        rows = [asdict(line) | {"verdict": line.verdict} for line in lines]
        options.json.write_text(json.dumps({"others_cores": busy, "lines": rows}, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
