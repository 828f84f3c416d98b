"""Sending a notice to the robot of a group chat.

DingTalk signs the address: HMAC-SHA256 over the timestamp, a line break and the secret, with the secret as key, in Base64. WeCom
signs nothing; its address is the key. Both answer ``errcode`` 0 where the message arrived, whatever the HTTP status.
"""

import base64
import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

from trainhub.plugin_api import Delivery, Notice, NotifierSpec
from trainhub.plugin_api.exchange import Settings

DINGTALK, WECOM = "oapi.dingtalk.com", "qyapi.weixin.qq.com"
PATHS = {DINGTALK: "/robot/send", WECOM: "/cgi-bin/webhook/send"}
TIMEOUT_SECONDS = 5.0
MOST_BYTES = 2000
"""WeCom refuses a text of more than 2,048 bytes."""
MOST_ANSWER = 64 * 1024
Post = Callable[[str, bytes, float], bytes]
"""``(address, body, seconds) -> answer``; raises OSError where nothing arrived."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A webhook that sends us elsewhere is not the one that was entered."""

    def redirect_request(self, *_: Any) -> None:
        """Follow nothing."""


def post(address: str, body: bytes, seconds: float) -> bytes:
    """Send JSON over https. Raises OSError (URLError, HTTPError, TimeoutError)."""
    request = urllib.request.Request(address, body, {"Content-Type": "application/json; charset=utf-8"})  # noqa: S310  https only: see destination
    with urllib.request.build_opener(_NoRedirect).open(request, timeout=seconds) as answer:
        content: bytes = answer.read(MOST_ANSWER)
    return content


def signature(timestamp: int, secret: str) -> str:
    """Return DingTalk's signature for a moment in milliseconds."""
    digest = hmac.new(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode("ascii")


def destination(webhook: str, secret: str, timestamp: int) -> str:
    """Return where to send to, "" where the address is not that of a robot: another host, port, path or no https."""
    try:
        parts = urlsplit(webhook.strip())
        plain = parts.scheme == "https" and parts.port in (None, 443) and parts.username is None
    except ValueError:
        return ""
    if not plain or PATHS.get(parts.hostname or "") != parts.path or not parts.query:
        return ""
    address = f"https://{parts.hostname}{parts.path}?{parts.query}"
    if parts.hostname == DINGTALK and secret:
        address += "&" + urlencode({"timestamp": timestamp, "sign": signature(timestamp, secret)}, quote_via=quote_plus)
    return address


def message(notice: Notice, home: str) -> dict[str, Any]:
    """Return the message of a notice: plain text, so that no title is read as markup, and nobody is called upon."""
    link = home.rstrip("/") + notice.link if home.startswith("https://") and notice.link.startswith("/") else ""
    text = "\n".join(line for line in (notice.title, notice.body) if line)
    room = MOST_BYTES - len(link.encode()) - 1
    text = text.encode()[:room].decode("utf-8", "ignore")
    return {"msgtype": "text", "text": {"content": f"{text}\n{link}" if link else text}}


class Robot:
    """The channel. ``post`` and ``clock`` (seconds since the epoch) are there to be replaced by a test."""

    spec = NotifierSpec(key="robot", label="群机器人")

    def __init__(self, post: Post = post, clock: Callable[[], float] = time.time) -> None:
        self.post, self.clock = post, clock

    def deliver(self, notices: Sequence[Notice], settings: Settings) -> Sequence[Delivery]:
        """Send each notice. Errors are codes: they never hold the address, which is a secret."""
        return [Delivery(notice.key, self._send(notice, settings)) for notice in notices]

    def _send(self, notice: Notice, settings: Settings) -> str:
        webhook, secret = str(settings.get("webhook", "")), str(settings.get("secret", ""))
        if not webhook:
            return "no_webhook"
        address = destination(webhook, secret.strip(), int(self.clock() * 1000))
        if not address:
            return "bad_webhook"
        body = json.dumps(message(notice, str(settings.get("address", ""))), ensure_ascii=False).encode()
        try:
            answer = json.loads(self.post(address, body, TIMEOUT_SECONDS))
        except urllib.error.HTTPError as error:
            return f"http_{error.code}"
        except OSError:
            return "unreachable"
        except ValueError:
            return "bad_answer"
        code = answer.get("errcode") if isinstance(answer, dict) else None
        return "" if code == 0 else f"errcode_{code}" if isinstance(code, int) else "bad_answer"
