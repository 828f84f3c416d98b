"""An hour is logged from the first page of a phone in four taps and one sentence; its photo is one more page, and never in the way."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Server, Visit
from tests.e2e.school import writing
from tests.education_plans.hour_scenery import build_hours, lesson, plan_of
from trainhub.education_plans.models import HourEntry
from trainhub.kernel.clock import local_day, now
from trainhub.web.keys import key_ring

pytestmark = pytest.mark.e2e


def no_wider_than_the_screen(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_an_hour_is_logged_in_four_taps_and_a_sentence(server: Server, visit: Visit) -> None:
    yesterday = local_day(now()) - timedelta(days=1)
    with writing(server) as session:
        scene = build_hours(session, server.sample, ring=key_ring(), number=61)
        plan = plan_of(session, scene)
        plan.starts_on, plan.due_on = local_day(now()) - timedelta(days=30), local_day(now()) + timedelta(days=30)
        lesson(session, scene, yesterday, "15:30")
    page, taps = visit("/", "plan_instructor", width=390), 0
    no_wider_than_the_screen(page)
    page.get_by_role("link", name="登记", exact=True).first.tap()
    page.wait_for_url("**/log?lesson=*")
    taps += 1
    no_wider_than_the_screen(page)
    page.get_by_role("radio", name="达成", exact=True).tap()
    taps += 1
    words = page.get_by_label("做了什么")
    words.tap()
    taps += 1
    words.fill("说清规则，写下三条承诺")
    send = page.get_by_role("button", name="登记", exact=True)
    expect(send).to_be_in_viewport()
    send.tap()
    taps += 1
    expect(page.get_by_text("已登记")).to_be_visible()
    assert taps == 4
    with writing(server) as session:
        assert session.scalar(sa.select(HourEntry.minutes).where(HourEntry.plan_id == scene.plan_id)) == 45
    page.goto(f"/my-lessons/{scene.plan_id}")
    page.get_by_role("link", name="添加照片").tap()
    page.wait_for_url("**/lines/1")
    no_wider_than_the_screen(page)
    page.get_by_label("照片或扫描件").set_input_files({"name": "IMG_1.png", "mimeType": "image/png", "buffer": _picture()})
    page.get_by_role("button", name="封存").tap()
    expect(page.get_by_role("link", name="签到表")).to_be_visible()


def _picture() -> bytes:
    import struct
    import zlib

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
