"""What the content security policy and the escaping forbid is in no template of the project."""

import re
from pathlib import Path

import pytest

TRAINHUB = Path(__file__).parents[2] / "trainhub"
TEMPLATES = sorted(TRAINHUB.glob("**/templates/**/*.html"))
COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)

FORBIDDEN = {
    "an inline style": re.compile(r"\sstyle\s*=", re.IGNORECASE),
    "an inline handler": re.compile(r"<[^>]*\son[a-z]+\s*=\s*[\"']", re.IGNORECASE),
    "text marked as safe": re.compile(r"\|\s*safe\b|autoescape\s+false|Markup\(", re.IGNORECASE),
    "an inline script": re.compile(r"<script(?![^>]*\bsrc=)[^>]*>", re.IGNORECASE),
    "a style block": re.compile(r"<style\b", re.IGNORECASE),
    "a javascript address": re.compile(r"javascript:", re.IGNORECASE),
    "an address of another site": re.compile(r"(?:src|href|action)\s*=\s*[\"'](?:https?:)?//", re.IGNORECASE),
}


def _text(path: Path) -> str:
    return COMMENT.sub("", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(TRAINHUB)))
def test_template_holds_nothing_inline(path: Path) -> None:
    text = _text(path)
    found = [what for what, pattern in FORBIDDEN.items() if pattern.search(text)]
    assert not found, f"{path.relative_to(TRAINHUB)} holds {', '.join(found)}"


@pytest.mark.parametrize(
    ("sample", "what"),
    [
        ('<p style="color:red">', "an inline style"),
        ('<a onclick="go()">', "an inline handler"),
        ("{{ text | safe }}", "text marked as safe"),
        ("<script>alert(1)</script>", "an inline script"),
        ('<img src="//elsewhere.example/x.png">', "an address of another site"),
    ],
)
def test_the_check_itself_notices(sample: str, what: str) -> None:
    assert FORBIDDEN[what].search(sample)


def test_every_icon_named_in_a_template_exists() -> None:
    macros = (TRAINHUB / "web/templates/web/_m.html").read_text(encoding="utf-8")
    known = set(re.findall(r"^  '(\w+)': '", macros, re.MULTILINE))
    assert len(known) > 40
    used = {
        (path.name, name)
        for path in TEMPLATES
        for name in re.findall(r"(?:m\.)?\bic\('(\w+)'", _text(path))
    }
    assert {pair for pair in used if pair[1] not in known} == set()


def test_every_post_form_carries_the_token() -> None:
    missing = []
    for path in TEMPLATES:
        for form in re.findall(r"<form\b[^>]*method=\"post\"[^>]*>.*?</form>", _text(path), re.DOTALL | re.IGNORECASE):
            if "csrf" not in form and "hidden_tag" not in form:
                missing.append(path.name)
    assert missing == []


def test_every_post_form_of_the_pages_is_closed_and_static_files_are_versioned() -> None:
    for path in TEMPLATES:
        text = _text(path)
        assert text.count("<form") == text.count("</form>"), path.name
        for address in re.findall(r"<(?:script|link)\b[^>]*(?:src|href)=\"([^\"]*)\"", text):
            assert "static_url(" in address or not address.endswith((".js", ".css")), f"{path.name}: {address}"
