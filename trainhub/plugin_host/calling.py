"""One request to a plugin's own address: what it gets, how long it may take, what it may answer.

The handler runs behind its guard and outside any transaction of core. Its answer is judged inside the same
call, so that a malformed one counts as a failure of the plugin and never reaches a page.
"""

import json
from dataclasses import dataclass
from typing import Any

from trainhub.kernel.errors import DomainError
from trainhub.plugin_api.contracts import Refused
from trainhub.plugin_api.routes import PluginAnswer, PluginPage, PluginRequest
from trainhub.plugin_host.addresses import Addresses, Matched
from trainhub.plugin_host.files import bounded, harmless_type, plain_name
from trainhub.plugin_host.guard import Guard

BUDGET_SECONDS = 2.0
MOST_BODY = 1024 * 1024
MOST_FIELDS = 200
MOST_ROWS = 2000
MOST_TEXT = 5000
STATUSES = frozenset({200, 201, 202, 400, 404, 409, 410, 413, 422, 429})


class RequestTooLarge(DomainError):
    """More than a plugin takes at a time."""

    code = "request_too_large"
    status = 413

    def __init__(self) -> None:
        super().__init__(limit_kb=MOST_BODY // 1024)


@dataclass(frozen=True, slots=True)
class Reply:
    """A judged answer: a page, bytes (JSON, or a file where ``name`` is set), or the way to another own address."""

    status: int = 200
    page: PluginPage | None = None
    body: bytes = b""
    media_type: str = "application/json"
    name: str = ""
    go_to: str | None = None


def ask(guard: Guard, addresses: Addresses, matched: Matched, request: PluginRequest) -> Reply:
    """Return the plugin's reply, or raise :class:`trainhub.plugin_host.guard.PluginUnavailable`."""
    route = matched.route

    def answer() -> Reply:
        try:
            return judged(route.handler(request), addresses)
        except Refused as refused:
            return _json({"error": refused.code}, 422)

    return guard.call(f"{route.method} {route.rule}"[:80], answer, budget=BUDGET_SECONDS)


def judged(answer: Any, addresses: Addresses) -> Reply:
    """Return an answer as a reply. Raises ValueError or TypeError for one that core does not pass on."""
    if isinstance(answer, PluginPage):
        return Reply(page=_page(answer))
    if not isinstance(answer, PluginAnswer):
        raise TypeError("a handler returns PluginPage or PluginAnswer")
    if answer.status not in STATUSES:
        raise ValueError(f"status {answer.status} is not for plugins")
    if answer.go_to:
        path = answer.go_to.lstrip("/")
        if addresses.match(path.partition("?")[0], "GET") is None:
            raise ValueError("go_to leads to none of the plugin's own addresses")
        return Reply(go_to=path)
    if answer.content or answer.name:
        return _file(answer)
    return _json(answer.data, answer.status)


def _json(data: Any, status: int) -> Reply:
    body = json.dumps(data, ensure_ascii=False, allow_nan=False).encode()
    return Reply(status, body=bounded(body))


def _file(answer: PluginAnswer) -> Reply:
    return Reply(
        answer.status, body=bounded(bytes(answer.content)), media_type=harmless_type(answer.media_type), name=plain_name(answer.name)
    )


def _page(page: PluginPage) -> PluginPage:
    texts = [
        page.title,
        *page.paragraphs,
        *page.headers,
        *(t for row in page.rows for t in row),
        *(t for link in page.links for t in link),
    ]
    if not all(isinstance(text, str) and len(text) <= MOST_TEXT for text in texts):
        raise TypeError(f"a page holds texts of at most {MOST_TEXT} characters")
    if len(page.rows) > MOST_ROWS or len(page.paragraphs) > MOST_ROWS or len(page.links) > MOST_ROWS:
        raise ValueError(f"a page holds at most {MOST_ROWS} rows")
    if any(len(row) != len(page.headers) for row in page.rows) or any(len(link) != 2 for link in page.links):
        raise ValueError("every row has as many cells as there are headers, every link a label and an address")
    return page
