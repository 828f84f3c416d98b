"""A file of JSON, as the open interfaces of platforms answer, becomes plain values or is refused.

What the values mean is told by their shape: :func:`records` finds the list of records wherever a platform,
or whoever saved its answers, has put it.
"""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NoReturn

from trainhub.plugin_api.contracts import Refused, Upload
from trainhub.plugin_api.limits import LIMITS, Limits
from trainhub.plugin_api.texts import decode

_MOST_DOCUMENTS = 1_000
_BLANK = " \t\r\n,"


def looks_like_json(content: bytes) -> bool:
    """Whether bytes start as a JSON object or a list of objects does (a byte order mark may stand before)."""
    head = content[:200].removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    if head.startswith(b"["):
        return head[1:].lstrip(b" \t\r\n")[:1] in (b"{", b"[", b"]")
    return head.startswith(b"{") and head[1:].lstrip(b" \t\r\n")[:1] in (b'"', b"}")


def read_json(upload: Upload, limits: Limits = LIMITS) -> tuple[Any, ...]:
    """Return the JSON documents of a file: one, or several answers saved one after another.

    ``NaN`` and ``Infinity`` are refused as well as anything nested so deep that no platform wrote it. Several
    sources look at one file in turn, so what the last file held is kept: read it, never change it.
    Raises :class:`Refused`.
    """
    return _documents_of(upload.content, limits)


@lru_cache(maxsize=1)
def _documents_of(content: bytes, limits: Limits) -> tuple[Any, ...]:
    if not content.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        raise Refused("empty_file")
    if len(content) > limits.upload_bytes:
        raise Refused("too_large", limit_mb=limits.upload_bytes // 2**20)
    text = decode(content).text
    decoder = json.JSONDecoder(parse_constant=_no_number)
    documents: list[Any] = []
    at = 0
    try:
        while at < len(text):
            if text[at] in _BLANK:
                at += 1
                continue
            value, at = decoder.raw_decode(text, at)
            documents.append(value)
            if len(documents) > _MOST_DOCUMENTS:
                raise Refused("too_many_rows", limit=limits.rows)
    except (ValueError, RecursionError) as error:
        raise Refused("bad_json") from error
    return tuple(documents)


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


def records(documents: tuple[Any, ...], names: tuple[str, ...]) -> Iterator[Mapping[str, Any]]:
    """Yield the records: objects of a list named one of ``names``, or of a bare list, in the order of the file.

    Answers may be wrapped (``{"result": {...}}``) or put into a list; anything that is no object is left out.
    """
    for document in documents:
        yield from _records(document, names, 4)


def _records(value: Any, names: tuple[str, ...], depth: int) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        for item in value:
            if isinstance(item, dict) and not _holds(item, names, depth):
                yield item
            elif depth:
                yield from _records(item, names, depth - 1)
    elif isinstance(value, dict) and depth:
        for name, item in value.items():
            if name in names or isinstance(item, dict):
                yield from _records(item, names, depth - 1)


def _holds(item: Mapping[str, Any], names: tuple[str, ...], depth: int) -> bool:
    """Whether an object wraps a list of records rather than being one."""
    return any(
        (name in names and isinstance(value, list))
        or (depth and isinstance(value, dict) and _holds(value, names, depth - 1))
        for name, value in item.items()
    )
