"""Which canaries an answer holds, wherever they hide: text, headers, title, zipped documents, escaped JSON."""

import io
import re
import zipfile
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from tests.walls.scenery import CANARY

_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
_ZIPPED = ("officedocument", "zip")


@dataclass(frozen=True)
class Told:
    """A canary of a file (``where``), sealed column ``kind``, in one part of an answer to somebody."""

    who: str
    method: str
    url: str
    where: str
    kind: str
    part: str


def canaries_in(who: str, method: str, url: str, answer: Any) -> list[Told]:
    """Every canary of an answer."""
    parts = {"body": body_of(answer), "headers": unquote("\n".join(f"{k}: {v}" for k, v in answer.headers.items()))}
    parts["title"] = "".join(_TITLE.findall(parts["body"]))
    parts["links"] = unquote("\n".join(re.findall(r'(?:href|action|src)="([^"]*)"', parts["body"])))
    return [Told(who, method, url.partition("?")[0], where, kind, part) for part, text in parts.items() for where, kind in sorted(set(CANARY.findall(text)))]


def body_of(answer: Any) -> str:
    """The text of an answer; of a workbook or a Word file, that of everything in it."""
    content: bytes = answer.get_data()
    if any(word in answer.headers.get("Content-Type", "") for word in _ZIPPED):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            content = b"\n".join(packed.read(name) for name in packed.namelist())
    return content.decode("utf-8", "replace")
