"""A second factor in a real browser: set up from the key in words, asked for at the next sign-in; and the covered screen."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Server, Visit, violations
from tests.e2e.school import found_school
from trainhub.accounts import service
from trainhub.accounts.models import Account
from trainhub.accounts.totp import code_at, step_of
from trainhub.kernel.clock import now

pytestmark = [pytest.mark.e2e, pytest.mark.files_only]
GOOD = "青山绿水 herons by the mill 47"


def sign_in(page: Page, username: str) -> None:
    page.locator("#username").fill(username)
    page.locator("#password").fill(GOOD)
    page.get_by_role("button", name="登录").click()


def test_set_up_by_hand_then_sign_in_with_the_code(server: Server, visit: Visit) -> None:
    school = found_school(server, visit, staff=6)
    with school.writing() as session:
        account = session.get_one(Account, (school.sample.district_id, school.sample.accounts["principal"]))
        account.password_hash = service.hash_password(GOOD)
        username = account.username
    page = visit("/sign-in?next=/account")
    sign_in(page, username)
    page.get_by_role("link", name="设置二次验证").click()
    page.get_by_role("button", name="开始设置").click()
    expect(page.locator("svg.qr")).to_be_visible()
    assert violations(page) == []
    secret = page.locator("dd.num").inner_text().replace(" ", "")
    page.get_by_label("验证码").fill(code_at(secret, step_of(now())))
    page.get_by_role("button", name="启用").click()
    expect(page.locator(".key-list li")).to_have_count(10)
    page.get_by_role("link", name="已收好，继续").click()
    page.wait_for_url("**/account")
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_url("**/sign-in*")
    page.goto("/sign-in?next=/account/second-factor")
    sign_in(page, username)
    page.wait_for_url(re.compile("/sign-in/code"))
    assert violations(page) == []
    code = code_at(secret, step_of(now()) + 1)
    page.get_by_label("验证码").fill(f"{code[:3]} {code[3:]}")
    page.get_by_role("button", name="继续").click()
    page.wait_for_url("**/account/second-factor")
    expect(page.locator("main")).to_contain_text("已设置")


def test_escape_twice_covers_a_protected_page_until_somebody_shows_it_again(visit: Visit) -> None:
    page = visit("/account/second-factor", "teacher")
    title = page.title()
    page.keyboard.press("Escape")
    expect(page.locator("dialog.cover")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator("dialog.cover")).to_be_visible()
    assert page.title() == "TrainHub"
    assert page.evaluate("document.elementFromPoint(innerWidth / 2, innerHeight / 3).closest('dialog') !== null")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("dialog.cover")).to_be_visible()
    page.get_by_role("button", name="显示页面").click()
    expect(page.locator("dialog.cover")).to_have_count(0)
    assert page.title() == title
    page.get_by_role("button", name=re.compile("遮住屏幕")).click()
    expect(page.locator("dialog.cover")).to_be_visible()
    plain = visit("/account", "teacher")
    plain.keyboard.press("Escape")
    plain.keyboard.press("Escape")
    expect(plain.locator("dialog.cover")).to_have_count(0)
