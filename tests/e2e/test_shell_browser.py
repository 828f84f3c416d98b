"""The page shell in a real browser: accessible, no sideways scrolling, strict policy, useful without scripts."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Server, Visit, violations

pytestmark = pytest.mark.e2e

PAGES = [("/sign-in", None), ("/activate", None), ("/account", "training_officer"), ("/accounts", "security_administrator"),
         ("/no-such-page", "training_officer"), ("/parts", "principal")]
CHANGED, ENDED = "principal@other", "training_officer@other"
"""Accounts of no other file: one is left with another theme and language, one is signed out for good."""


@pytest.mark.parametrize(("width", "dark"), [(390, False), (390, True), (768, False), (1100, False), (1440, True)])
@pytest.mark.parametrize(("path", "who"), PAGES)
def test_page_is_accessible_and_fits(look: Visit, path: str, who: str | None, width: int, dark: bool) -> None:
    page = look(path, who, width=width, dark=dark)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_theme_changes_without_reload_and_is_kept(visit: Visit) -> None:
    page = visit("/account", CHANGED)
    page.evaluate("window.sameDocument = true")
    page.click(".menu summary")
    with page.expect_response(lambda r: r.request.method == "POST") as saved:
        page.click(".menu [data-theme-set=dark]")
    assert saved.value.status in {200, 204, 303}
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("window.sameDocument") is True
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(15, 21, 19)"


def test_automatic_theme_follows_the_system(visit: Visit) -> None:
    assert visit("/sign-in", dark=True).evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(15, 21, 19)"
    assert visit("/sign-in").evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(244, 246, 242)"


def test_paper_is_light_even_in_the_dark(visit: Visit) -> None:
    page = visit("/account", "auditor", dark=True)
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("header.bar").is_hidden()


def test_language_and_role_menu_work_without_scripts(visit: Visit) -> None:
    page = visit("/account", CHANGED, scripts=False)
    page.click(".menu summary")
    page.click(".menu-s button[value=en]")
    expect(page.locator("h1")).to_have_text("My account")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_signing_out_ends_the_session_on_the_server(visit: Visit, server: Server) -> None:
    page = visit("/account", ENDED)
    page.click(".menu summary")
    page.click(".menu-g:last-child button")
    page.wait_for_url("**/sign-in*")
    again = visit("/account", ENDED)
    assert "/sign-in" in again.url


def test_confirmation_can_be_refused_and_the_focus_returns(visit: Visit) -> None:
    page = visit("/account", "school_administrator")
    page.evaluate("""() => { const form = document.createElement('form'); form.method = 'post'; form.action = '/nowhere';
        form.setAttribute('data-confirm', 'Really?'); const button = document.createElement('button');
        button.className = 'btn'; button.id = 'risky'; button.textContent = 'Do it'; form.append(button);
        document.querySelector('main').append(form); }""")
    page.click("#risky")
    expect(page.locator("dialog[open]")).to_contain_text("Really?")
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    assert page.evaluate("document.activeElement.id") == "risky"
    assert page.url.endswith("/account")


def test_a_form_is_sent_once(visit: Visit) -> None:
    page = visit("/sign-in")
    page.fill("#username", "nobody")
    page.fill("#password", "not the password")
    sent: list[str] = []
    page.on("request", lambda r: sent.append(r.url) if r.method == "POST" else None)
    page.dblclick("button.pri")
    expect(page.locator("#password-err")).to_be_visible()
    assert len(sent) == 1
    expect(page.locator("#password")).to_have_attribute("aria-invalid", "true")


def test_list_narrows_while_typing(visit: Visit) -> None:
    page = visit("/parts", "principal")
    rows = page.locator("#people tr[data-find]:visible")
    expect(rows).to_have_count(2)
    page.keyboard.press("/")
    page.keyboard.type("TYT")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("汤雨桐")
    page.keyboard.press("Escape")
    expect(rows).to_have_count(2)


def test_dialog_opens_with_and_without_scripts(visit: Visit) -> None:
    page = visit("/parts", "principal")
    page.click("[data-dialog=dialog-b]")
    expect(page.locator("#dialog-b")).to_have_attribute("open", "")
    page.click("#dialog-b [data-close]")
    expect(page.locator("#dialog-b")).to_be_hidden()
    plain = visit("/parts", "principal", scripts=False)
    expect(plain.locator("#dialog-b")).to_be_hidden()
    plain.click("[data-dialog=dialog-b]")
    expect(plain.locator("#dialog-b")).to_be_visible()


def test_password_can_be_shown(visit: Visit) -> None:
    page = visit("/sign-in")
    page.fill("#password", "secret words")
    page.click("[data-reveal=password]")
    expect(page.locator("#password")).to_have_attribute("type", "text")
    without = visit("/sign-in", scripts=False)
    assert without.locator("[data-reveal]").is_hidden()


def test_keyboard_reaches_the_content_first(visit: Visit) -> None:
    page = visit("/account", "bureau_officer")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
