"""From the Markdown of a unit to safe HTML. Packs are foreign text: raw HTML is shown, never obeyed."""

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

from markupsafe import Markup, escape


@cache
def _markdown() -> Callable[[str], Any]:
    """The reader of Markdown; loaded where the first unit is shown, not with every start."""
    from mistune import HTMLRenderer, create_markdown

    class _UnitRenderer(HTMLRenderer):
        """HTML without raw HTML, pictures, inline styles or foreign schemes, one heading level lower.

        The page has its own h1, so the title of a unit becomes h2. A table cell carries no ``style``: the
        content-security policy forbids it.
        """

        def __init__(self) -> None:
            super().__init__(escape=True)

        def heading(self, text: str, level: int, **_: Any) -> str:
            """Demote by one level."""
            lower = min(level + 1, 6)
            return f"<h{lower}>{text}</h{lower}>\n"

        def link(self, text: str, url: str, title: str | None = None) -> str:
            """Keep links to the web only; anything else stays as its text."""
            if not url.lower().startswith(("https://", "http://")):
                return text
            return f'<a href="{escape(url)}" rel="noreferrer noopener">{text}</a>'

        def image(self, text: str, url: str, title: str | None = None) -> str:
            """A picture would be fetched from elsewhere: only its words stay."""
            return text

        def table_cell(self, text: str, align: str | None = None, head: bool = False) -> str:
            """A cell without inline style."""
            return f'<th scope="col">{text}</th>\n' if head else f"<td>{text}</td>\n"

    return create_markdown(renderer=_UnitRenderer(), plugins=["table"])


@lru_cache(maxsize=256)
def unit_html(text: str) -> Markup:
    """Return the HTML of a unit or hand-out; every character that HTML could obey is escaped."""
    return Markup(_markdown()(text))  # noqa: S704 - the renderer escapes; tests feed it hostile text
