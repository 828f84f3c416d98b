"""The reading child, forked from a process that has the readers loaded, instead of a new interpreter each time.

Hundreds of tests have a file read. The same code runs under the same limits in a process of its own; only the
interpreter's start is spared. ``cold_child`` gives a test the real start back; systems without fork always have it.
"""

import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from typing import Any

FORKER = """
import gc, os, socket, sys
from importlib.metadata import entry_points
import python_calamine, html.parser, csv
from trainhub.evidence import child

channel = socket.socket(fileno=int(sys.argv[1]))
for point in entry_points(group="trainhub"):
    point.load()
gc.freeze()
while True:
    path, handles, *_ = socket.recv_fds(channel, 2**16, 2)
    if not path:
        break
    pid = os.fork()
    if pid == 0:
        channel.close()
        sys.path += [folder for folder in path.decode().split(os.pathsep) if folder not in sys.path]
        for target, handle in enumerate(handles):
            os.dup2(handle, target)
            os.close(handle)
        try:
            child.main()
        except BaseException:
            os._exit(1)
        os._exit(0)
    for handle in handles:
        os.close(handle)
    channel.send(b"%d" % pid)
    channel.send(b"%d" % os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


class WarmChild:
    """Stands where ``intake`` expects the module ``subprocess``."""

    TimeoutExpired = subprocess.TimeoutExpired
    CompletedProcess = subprocess.CompletedProcess

    def __init__(self) -> None:
        self._one = threading.Lock()
        self._forker: subprocess.Popen[bytes] | None = None
        self._kept: dict[str, str] = {}

    def run(
        self, command: Sequence[str], *, timeout: float, env: dict[str, str], check: bool, **given: Any
    ) -> subprocess.CompletedProcess[bytes]:
        """Do as ``subprocess.run``; an environment other than the forker's needs a new interpreter."""
        kept = {name: value for name, value in env.items() if name != "PYTHONPATH"}
        with self._one:
            if self._forker is None and hasattr(os, "fork"):
                self._start(env, kept)
            if kept == self._kept:
                return self._forked(command, env["PYTHONPATH"], given["input"], timeout)
        return subprocess.run(command, check=check, timeout=timeout, env=env, **given)

    def _start(self, env: dict[str, str], kept: dict[str, str]) -> None:
        self._channel, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._kept = kept
        self._forker = subprocess.Popen(
            [sys.executable, "-P", "-c", FORKER, str(far.fileno())],
            env=env,
            pass_fds=[far.fileno()],
            stderr=subprocess.DEVNULL,
        )
        far.close()

    def _forked(
        self, command: Sequence[str], path: str, given: bytes, timeout: float
    ) -> subprocess.CompletedProcess[bytes]:
        with tempfile.TemporaryFile() as source:
            source.write(given)
            source.seek(0)
            reading, writing = os.pipe()
            socket.send_fds(self._channel, [path.encode()], [source.fileno(), writing])
            os.close(writing)
        pid = int(self._channel.recv(32))
        answer, over = self._answer(reading, time.monotonic() + timeout)
        if over:
            os.kill(pid, signal.SIGKILL)
        code = int(self._channel.recv(32))
        if over:
            raise subprocess.TimeoutExpired(list(command), timeout)
        return subprocess.CompletedProcess(list(command), code, answer, b"")

    @staticmethod
    def _answer(reading: int, until: float) -> tuple[bytes, bool]:
        """Return what the child wrote, and whether its time was over before it ended."""
        parts = []
        with open(reading, "rb", buffering=0) as pipe:
            ready = select.poll()  # not select(): some tests open thousands of files
            ready.register(pipe, select.POLLIN)
            while ready.poll(max(0, until - time.monotonic()) * 1000):
                part = pipe.read(2**16)
                if not part:
                    return b"".join(parts), False
                parts.append(part)
        return b"".join(parts), True

    def close(self) -> None:
        """End the forker."""
        if self._forker is not None:
            self._channel.close()
            self._forker.wait(10)
