"""A closed-loop client on the standard library: one signed-in session per user, no think time."""

import http.client
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode

Step = Callable[["Browser", int], float]


class Wrong(RuntimeError):
    """A page was not what it should be: a measurement of it would mean nothing."""


class Browser:
    """Keeps one connection and its cookies."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> tuple[int, bytes, dict[str, str]]:
        """Send one request; returns status, body, headers."""
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self._cookies.items())} if self._cookies else {}
        if kind:
            headers["Content-Type"] = kind
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        content = response.read()
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self._cookies[key] = rest.partition(";")[0]
        return response.status, content, {k.lower(): v for k, v in response.getheaders()}

    def get(self, path: str, marker: str = "") -> bytes:
        """Fetch a page that must answer 200 and hold ``marker``."""
        status, content, _ = self.ask("GET", path)
        if status != 200 or marker.encode() not in content:
            raise Wrong(f"GET {path}: {status}, {len(content)} bytes")
        return content

    def post(self, path: str, fields: dict[str, str]) -> None:
        """Send a form that must be answered with a redirection."""
        body = urlencode(fields).encode()
        status, content, _ = self.ask("POST", path, body, "application/x-www-form-urlencoded")
        if status not in {302, 303}:
            raise Wrong(f"POST {path}: {status} {re.sub(r'<[^>]+>', ' ', content.decode())[:300]}")


class _Form(HTMLParser):
    """Collects the fields of the form that holds the roll's choices."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden: dict[str, str] = {}
        self.choices: dict[str, list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {key: value or "" for key, value in attrs}
        name = found.get("name", "")
        if tag not in {"input", "button"} or not name:
            return
        if found.get("type") == "hidden":
            self.hidden.setdefault(name, found.get("value", ""))
        elif name.startswith("mark-"):
            self.choices.setdefault(name, []).append(found.get("value", ""))


def form_of(page: bytes, choose: Callable[[int], str]) -> dict[str, str]:
    """Return the fields that a browser would send after ``choose(number)`` was picked for each person."""
    form = _Form()
    form.feed(page.decode())
    if not form.choices:
        raise Wrong("no roll on the page")
    wanted = {}
    for number, (name, values) in enumerate(form.choices.items()):
        value = choose(number)
        if value not in values:
            raise Wrong(f"{name} does not offer {value}")
        wanted[name] = value
    keep = {name: value for name, value in form.hidden.items() if name in {"csrf_token", "op_id", "seen"}}
    return keep | wanted


@dataclass
class Figures:
    """What a run gave. Milliseconds; ``rate`` requests a second over all clients."""

    median_ms: float
    p95_ms: float
    rate: float
    count: int
    cpu_ms: float = 0.0
    extra: dict[str, float] = field(default_factory=dict)


def run(users: list[Browser], step: Step, seconds: float, cpu: Callable[[], float]) -> Figures:
    """Let every user repeat ``step`` for a time; a step returns the seconds that it measured."""
    for number, user in enumerate(users):
        for _ in range(2):
            step(user, number)
    times: list[float] = []
    faults: list[BaseException] = []
    lock = threading.Lock()
    began, cpu_before = time.perf_counter(), cpu()

    def repeat(user: Browser, number: int) -> None:
        mine: list[float] = []
        try:
            while time.perf_counter() - began < seconds or len(mine) < 5:
                mine.append(step(user, number))
        except BaseException as error:  # noqa: BLE001  told to the caller below
            faults.append(error)
        with lock:
            times.extend(mine)

    threads = [threading.Thread(target=repeat, args=(user, number)) for number, user in enumerate(users)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    wall, used = time.perf_counter() - began, cpu() - cpu_before
    times.sort()
    return Figures(
        median_ms=times[len(times) // 2] * 1e3, p95_ms=times[int(len(times) * 0.95)] * 1e3,
        rate=len(times) / wall, count=len(times), cpu_ms=used / len(times) * 1e3,
    )


def timed(action: Callable[[], object]) -> float:
    """Seconds that an action takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began
