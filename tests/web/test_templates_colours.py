"""Contrast of the design tokens in both themes, and what the style sheets may use."""

import gzip
import re
from pathlib import Path

import pytest

CSS = Path(__file__).parents[2] / "trainhub/web/static/css"
TOKENS = (CSS / "tokens.css").read_text(encoding="utf-8")
SHEETS = {path.name: path.read_text(encoding="utf-8") for path in CSS.glob("*.css")}

# foreground, background, least ratio (WCAG 2.x: 4.5 for text, 3 for the edge of a control; ink aims at 7)
PAIRS = [
    ("ink", "paper", 7.0), ("ink", "surface", 7.0), ("ink", "brand-soft", 7.0), ("ink", "unset", 7.0),
    ("ink-2", "paper", 7.0), ("ink-2", "sunken", 4.5), ("ink-3", "paper", 4.5), ("ink-3", "sunken", 4.5),
    ("ink-3", "surface", 4.5), ("ink-3", "brand-soft", 4.5), ("ink-3", "unset", 4.5),
    ("edge", "surface", 3.0), ("edge", "paper", 3.0), ("focus", "surface", 3.0), ("focus", "paper", 3.0),
    ("chalk", "board", 7.0), ("chalk", "board-2", 7.0), ("chalk-2", "board", 4.5), ("chalk-2", "board-2", 4.5),
    ("chalk-y", "board", 4.5), ("chalk-r", "board", 4.5), ("chalk-b", "board", 4.5), ("avatar-ink", "avatar", 4.5),
    ("brand", "surface", 4.5), ("brand", "paper", 4.5), ("brand", "brand-soft", 4.5), ("brand", "sunken", 4.5),
    ("pressed", "brand-soft", 4.5), ("on-brand", "brand", 4.5), ("on-brand", "brand-2", 4.5), ("bar", "surface", 3.0),
    ("ok", "ok-bg", 4.5), ("ok", "surface", 4.5), ("late", "late-bg", 4.5), ("late", "surface", 4.5),
    ("late-mark", "surface", 2.9),  # a mark only, and always beside its word
    ("leave", "leave-bg", 4.5), ("leave", "surface", 4.5), ("gap", "gap-bg", 4.5), ("gap", "surface", 4.5),
    ("gap", "paper", 4.5), ("surface", "gap", 4.5), ("hold", "hold-bg", 4.5), ("hold", "surface", 4.5),
    ("seal", "surface", 4.5), ("ink", "late-bg", 7.0), ("ink", "ok-bg", 7.0), ("ink", "gap-bg", 7.0),
    ("ink", "leave-bg", 7.0), ("surface", "ink", 7.0), ("t1-fg", "t1-bg", 4.5), ("t2-fg", "t2-bg", 4.5),
    ("t3-fg", "t3-bg", 4.5), ("t4-fg", "t4-bg", 4.5), ("h-ink", "h1", 4.5), ("h-ink", "h2", 4.5),
    ("h-ink", "h3", 4.5), ("h4-ink", "h4", 4.5),
]


def _block(start: str) -> str:
    begin = TOKENS.index("{", TOKENS.index(start))
    return TOKENS[begin + 1 : TOKENS.index("}", begin)]


def _colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9A-Fa-f]{6})\b", block))


LIGHT = _colours(_block(":root {"))
DARK = LIGHT | _colours(_block(':root[data-theme="dark"]'))


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _contrast(first: str, second: str) -> float:
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_counted_as_the_standard_says() -> None:
    assert _contrast("#FFFFFF", "#000000") == pytest.approx(21.0)
    assert _contrast("#777777", "#FFFFFF") == pytest.approx(4.478, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS)
def test_pair_of_tokens_has_enough_contrast(theme: str, ink: str, ground: str, least: float) -> None:
    colours = LIGHT if theme == "light" else DARK
    assert _contrast(colours[ink], colours[ground]) >= least


def test_the_two_dark_blocks_are_the_same() -> None:
    assert _block(':root[data-theme="dark"]').split() == _block(':root[data-theme="auto"]').split()


@pytest.mark.parametrize("name", sorted(SHEETS))
def test_sheet_keeps_to_what_old_school_browsers_know(name: str) -> None:
    text = re.sub(r"/\*.*?\*/", "", SHEETS[name], flags=re.DOTALL)
    for unknown in (":has(", "light-dark(", "color-mix(", "@container", "@layer", ":is(", ":where(", "inset:", "@import", "url("):
        assert unknown not in text, unknown
    assert "&" not in text, "nesting"
    assert text.count("{") == text.count("}")


def test_every_custom_property_that_is_used_is_defined() -> None:
    defined = set(re.findall(r"(--[\w-]+)\s*:", "".join(SHEETS.values())))
    used = set(re.findall(r"var\((--[\w-]+)", "".join(SHEETS.values())))
    assert used - defined == set()


def test_styles_stay_within_the_weight_of_a_page() -> None:
    """The three sheets travel once and are kept for a year; 20 KB is what they may cost on the first visit."""
    shell = "".join(SHEETS[name] for name in ("tokens.css", "app.css", "screens.css"))
    assert len(gzip.compress(shell.encode(), 9)) < 20_000
