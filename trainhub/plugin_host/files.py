"""Files that a plugin hands out, as a browser may get them: of no type that it runs, under a name without a path. Pure."""

import re

MOST_BYTES = 12 * 1024 * 1024
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]{0,80}")
_ACTIVE = re.compile(r"html|xml|script|svg|multipart|wasm")
"""Types that a browser might run; such a file is sent as plain bytes."""
_UNSAFE = re.compile(r'[\x00-\x1f\x7f"/\\:*?<>|]+')


def harmless_type(media_type: str) -> str:
    """Return a media type that a browser only stores."""
    plain = media_type.lower()
    return plain if _MEDIA_TYPE.fullmatch(plain) and not _ACTIVE.search(plain) else "application/octet-stream"


def plain_name(name: str) -> str:
    """Return a file name without path and control characters, at most 120 characters."""
    return _UNSAFE.sub("_", name).strip(". ")[:120] or "file.bin"


def bounded(content: bytes) -> bytes:
    """Return the content, or raise ValueError where it is too large."""
    if len(content) > MOST_BYTES:
        raise ValueError(f"an answer of {len(content)} bytes; at most {MOST_BYTES}")
    return content
