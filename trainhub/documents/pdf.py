"""PDF from typst templates: data goes in as JSON, never as markup, so no text can run.

typst reports an unknown font only as a warning and leaves the characters out; so any warning fails.
"""

import importlib.util
import json
from pathlib import Path
from typing import Any

from trainhub.documents.labels import LABELS
from trainhub.kernel.errors import DomainError

TEMPLATES = Path(__file__).parent / "typst"
FULL_PAGE = 46
"""People on a page of the sign-in sheet without the summary (two columns of 23)."""
LAST_PAGE = 38
"""People on its last page, above summary and signatures."""
WIDE_FULL_PAGE = 23
WIDE_LAST_PAGE = 19


class PdfUnavailable(DomainError):
    """The ``pdf`` extra is not installed; pages offer the browser's print."""

    code = "pdf_unavailable"
    status = 503


class RenderingFailed(RuntimeError):
    """typst refused or warned: a fault of the template or the installation, not of the user."""


def available() -> bool:
    """Whether typst and the Chinese fonts are installed."""
    return all(importlib.util.find_spec(name) for name in ("typst", "pylopdf_fonts_zh_cn"))


def render(template: str, data: dict[str, Any]) -> bytes:
    """Return the PDF of ``template`` (``signin``, ``statement``, ``poster`` or ``letter``) filled with ``data``.

    The shape of ``data`` is described at the head of each template. Labels are added in the
    reader's language; ``data["labels"]`` may override some. Raises :class:`PdfUnavailable`, or
    :class:`RenderingFailed`.
    """
    if not available():
        raise PdfUnavailable
    if template not in LABELS:
        raise ValueError(template)
    labels = LABELS[template]() | data.get("labels", {})
    prepared = data | {"labels": labels}
    if template == "signin":
        prepared["pages"] = signin_pages(len(data["people"]), wide=data.get("layout") == "wide")
    return _compile(TEMPLATES / f"{template}.typ", prepared)


def _compile(source: Path, data: dict[str, Any]) -> bytes:
    import pylopdf_fonts_zh_cn
    import typst

    try:
        content, warnings = typst.compile_with_warnings(
            str(source),
            root=str(TEMPLATES),
            font_paths=[str(pylopdf_fonts_zh_cn.sans_path().parent)],
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
            package_path=str(TEMPLATES / "packages"),
            package_cache_path=str(TEMPLATES / "packages"),
        )
    except typst.TypstError as error:
        raise RenderingFailed(str(error)) from error
    if warnings:
        raise RenderingFailed("; ".join(str(getattr(warning, "message", warning)) for warning in warnings))
    return bytes(content)


def signin_pages(count: int, *, wide: bool = False) -> list[int]:
    """Return how many people stand on each page; the last page leaves room for the summary.

    130 people give 46 + 46 + 38. A last page is never left with the summary alone.
    """
    full, last = (WIDE_FULL_PAGE, WIDE_LAST_PAGE) if wide else (FULL_PAGE, LAST_PAGE)
    pages: list[int] = []
    while count > last:
        taken = full if count > full else (count + 1) // 2
        pages.append(taken)
        count -= taken
    return [*pages, count]
