"""From the Markdown of a unit to safe HTML. Packs are foreign text: raw HTML is shown, never obeyed."""

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

from markupsafe import Markup, escape


@cache
def _markdown(lower: int) -> Callable[[str], Any]:
    """The reader of Markdown with headings that many levels lower; loaded where the first text is shown, not with every start."""
    from mistune import HTMLRenderer, create_markdown

    class _UnitRenderer(HTMLRenderer):
        """HTML without raw HTML, pictures, inline styles or foreign schemes.

        A page with its own h1 asks for headings one level lower. A table cell carries no ``style``: the
        content-security policy forbids it.
        """

        def __init__(self) -> None:
            super().__init__(escape=True)

        def heading(self, text: str, level: int, **_: Any) -> str:
            """Demote as asked."""
            lowered = min(level + lower, 6)
            return f"<h{lowered}>{text}</h{lowered}>\n"

        def link(self, text: str, url: str, title: str | None = None) -> str:
            """Keep links to the web only; anything else stays as its text."""
            if not url.lower().startswith(("https://", "http://")):
                return text
            return f'<a href="{escape(url)}" rel="noreferrer noopener">{text}</a>'

        def image(self, text: str, url: str, title: str | None = None) -> str:
            """A picture would be fetched from elsewhere: only its words stay."""
            return text

        def table(self, text: str) -> str:
            """A table; one with empty cells is written into by hand and says so."""
            return f'<table class="pen">\n{text}</table>\n' if "<td></td>" in text else f"<table>\n{text}</table>\n"

        def table_cell(self, text: str, align: str | None = None, head: bool = False) -> str:
            """A cell without inline style."""
            return f'<th scope="col">{text}</th>\n' if head else f"<td>{text}</td>\n"

    return create_markdown(renderer=_UnitRenderer(), plugins=["table"])


@lru_cache(maxsize=256)
def unit_html(text: str) -> Markup:
    """Return the HTML of a unit or hand-out; every character that HTML could obey is escaped."""
    return Markup(_markdown(1)(text))  # noqa: S704 - the renderer escapes; tests feed it hostile text


@lru_cache(maxsize=256)
def sheet_html(text: str, title: str) -> Markup:
    """Return the HTML of a hand-out that is a page of its own: its first line is the h1, ``title`` where it has none."""
    whole = text if text.lstrip().startswith("# ") else f"# {title}\n\n{text}"
    return Markup(_markdown(0)(whole))  # noqa: S704 - as above
