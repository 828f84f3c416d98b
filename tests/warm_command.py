"""The ``trainhub`` command, forked from a process that has the application's modules loaded, instead of a new interpreter.

A start costs seconds of processor time, nearly all of it imports, and many tests need a process of its own: to kill
it, or to see what it prints. The forked process has its own environment, arguments, streams and end; what it loads of
the data folder, the database and the plugins it loads itself. ``cold`` is the way of the product; systems without fork
always have it.
"""

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

COMMAND = str(Path(sys.executable).with_name("trainhub"))
FORKER = """
import gc, importlib, json, os, pkgutil, signal, socket, sys
import alembic, flask_migrate, mako, psycopg, waitress, xlsxwriter, python_calamine, pypinyin
from importlib.metadata import entry_points
import trainhub
from sqlalchemy.orm import configure_mappers

for found in pkgutil.walk_packages(trainhub.__path__, "trainhub."):
    if not found.name.startswith(("trainhub.testing", "trainhub.translations", "trainhub.evidence.child")):
        importlib.import_module(found.name)
for point in entry_points(group="trainhub"):
    point.load()
configure_mappers()
channel = socket.socket(fileno=int(sys.argv[1]))
signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # those who wait for a command end by themselves
gc.freeze()
while True:
    said, handles, *_ = socket.recv_fds(channel, 2**20, 4)
    if not said:
        os._exit(0)
    if os.fork() == 0:
        break
    for handle in handles:
        os.close(handle)
signal.signal(signal.SIGCHLD, signal.SIG_DFL)
channel.close()
*streams, report = handles
pid = os.fork()
if pid:
    for handle in streams:
        os.close(handle)
    os.write(report, b"%d " % pid)
    os.write(report, b"%d" % os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    os._exit(0)
os.close(report)
for target, handle in enumerate(streams):
    os.dup2(handle, target)
    os.close(handle)
asked = json.loads(said)
os.environ.clear()
os.environ.update(asked["environ"])
os.chdir(asked["folder"])
sys.argv = asked["command"]
from trainhub.cli import main
sys.exit(main())
"""


class Running(Protocol):
    """What the tests need of a process: as ``subprocess.Popen``."""

    returncode: int | None

    def poll(self) -> int | None:
        """Return its exit code, None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""

    def kill(self) -> None:
        """End it at once."""

    def send_signal(self, number: int) -> None:
        """Send it a signal."""


class Forked:
    """A command that was forked; whoever waits for it tells its number and, at the end, its exit code."""

    def __init__(self, report: socket.socket) -> None:
        self.returncode: int | None = None
        self._report, self._said = report, b""
        while b" " not in self._said:
            self._hear()
        self.pid = int(self._said.partition(b" ")[0])

    def _hear(self) -> bool:
        part = self._report.recv(64)
        self._said += part
        return bool(part)

    def poll(self) -> int | None:
        """Return its exit code, None while it runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""
        if self.returncode is not None:
            return self.returncode
        until = None if timeout is None else time.monotonic() + timeout
        ready = select.poll()
        ready.register(self._report, select.POLLIN)
        while self.returncode is None:
            left = None if until is None else max(0.0, until - time.monotonic()) * 1000
            if not ready.poll(left):
                raise subprocess.TimeoutExpired(["trainhub"], timeout or 0)
            if not self._hear():
                self.returncode = int(self._said.partition(b" ")[2])
                self._report.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it is over."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


_channel: list[socket.socket] = []


def _forker() -> socket.socket:
    """Return the channel to the forker of this worker, which starts with the first command."""
    if not _channel:
        near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TRAINHUB_")}
        subprocess.Popen(
            [sys.executable, "-P", "-c", FORKER, str(far.fileno())], env=kept, pass_fds=[far.fileno()], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        far.close()
        _channel.append(near)
        atexit.register(near.close)  # the forker ends when nobody can speak to it any more
    return _channel[0]


def start(words: list[str], environ: Mapping[str, str], out: int, err: int) -> Running:
    """Start ``trainhub`` with these words; what it prints goes to two open files."""
    if not hasattr(os, "fork"):
        return subprocess.Popen([COMMAND, *words], env=environ, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
    near, far = socket.socketpair()
    asked = {"command": [COMMAND, *words], "environ": dict(environ), "folder": str(Path.cwd())}
    with Path(os.devnull).open("rb") as nothing:
        socket.send_fds(_forker(), [json.dumps(asked).encode()], [nothing.fileno(), out, err, far.fileno()])
    far.close()
    return Forked(near)


def launch(words: list[str], environ: Mapping[str, str]) -> Running:
    """Start ``trainhub`` and let nobody hear what it prints."""
    with Path(os.devnull).open("wb") as nowhere:
        return start(words, environ, nowhere.fileno(), nowhere.fileno())


def run(words: list[str], environ: Mapping[str, str], timeout: float = 180) -> subprocess.CompletedProcess[str]:
    """Run ``trainhub`` to its end, as ``subprocess.run``."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = start(words, environ, out.fileno(), err.fileno())
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
            raise
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(words, code, out.read().decode(), err.read().decode())


def cold(words: list[str], environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run ``trainhub`` in a new interpreter, as the product does."""
    return subprocess.run([COMMAND, *words], env=environ, capture_output=True, text=True, timeout=180, check=False)
