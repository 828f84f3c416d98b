"""The page of all parts renders with nothing but Flask, Jinja and Babel, and so do the error pages."""

import re
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, flash, render_template, render_template_string
from flask_babel import Babel
from jinja2 import StrictUndefined

WEB = Path(__file__).parents[2] / "trainhub/web"
MACROS = "{% import 'web/_m.html' as m %}"


@pytest.fixture
def bare() -> Flask:
    """An application with the templates and no room, database or signed-in person."""
    app = Flask("bare", template_folder=str(WEB / "templates"), static_folder=str(WEB / "static"))
    app.config.update(SECRET_KEY="only-for-this-test", TESTING=True)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(static_url=lambda name: f"/static/{name}", csrf_token=lambda: "token")
    Babel(app, default_locale="en")
    return app


class Page(HTMLParser):
    """Collects what a page consists of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def ids(self) -> list[str]:
        return [str(a["id"]) for _, a in self.tags if a.get("id")]


def _render(app: Flask, source: str, **model: Any) -> str:
    with app.test_request_context("/"):
        return render_template_string(MACROS + source, **model).strip()


def _components(app: Flask, **model: Any) -> str:
    with app.test_request_context("/components"):
        return render_template("web/components.html", **model)


def test_all_parts_render_without_anything_inline(bare: Flask) -> None:
    text = _components(bare)
    for tag, attributes in Page(text).tags:
        assert "style" not in attributes, tag
        assert not [name for name in attributes if name.startswith("on")], tag
        assert tag != "style"
        assert tag != "script" or attributes.get("src")
    assert text.count("<h1") == 1


def test_ids_are_unique_and_what_names_them_exists(bare: Flask) -> None:
    page = Page(_components(bare))
    ids = page.ids()
    assert len(ids) == len(set(ids))
    for tag, attributes in page.tags:
        for key in ("for", "aria-describedby", "aria-labelledby"):
            for target in str(attributes.get(key) or "").split():
                assert target in ids, f"{tag} {key}={target}"


def test_every_class_of_the_page_of_parts_is_styled(bare: Flask) -> None:
    styles = "".join(path.read_text(encoding="utf-8") for path in (WEB / "static/css").glob("*.css"))
    known = set(re.findall(r"\.([a-zA-Z][\w-]*)", styles))
    used = {name for _, a in Page(_components(bare)).tags for name in str(a.get("class") or "").split()}
    without_rule = {"seg-4", "seg-5", "note-info", "ribbon-event"}
    assert used - known - without_rule == set()


def test_shell_shows_navigation_roles_and_messages(bare: Flask) -> None:
    item = SimpleNamespace(key="train", label="<培训>", href="/t", icon="people", badge=2)
    actor = SimpleNamespace(display_name="周蕾", role_label="培训负责人", org_name="晨曦第一中学")
    model = {
        "actor": actor, "nav_items": [item] * 6, "theme": "dark", "html_lang": "zh-Hans-CN", "today_label": "11月20日 周五",
        "week_label": "第12周", "search_url": "/q", "account_url": "/me", "sign_out_url": "/out", "preferences_url": "/look",
        "acting_url": "/as", "acting_choices": [{"id": "1", "label": "甲", "current": True}, {"id": "2", "label": "乙", "current": False}],
    }
    with bare.test_request_context("/"):
        flash("已保存", "done")
        flash({"text": "已安排", "undo_url": "/undo"}, "done")  # type: ignore[arg-type]
        text = render_template("web/components.html", **model)
    assert 'data-theme="dark"' in text
    assert "&lt;培训&gt;" in text
    assert "<培训>" not in text
    assert text.count('<a href="/t">') == 6 + 4, "six above, four in the bar of the phone"
    assert 'name="grant_id" value="2"' in text
    assert 'action="/undo"' in text
    assert text.count("toast-ok") == 2 + 1, "two messages, one on the page of parts"


@pytest.mark.parametrize("code", [400, 401, 403, 404, 409, 413, 422, 429, 500, 503])
def test_error_page_needs_nobody_signed_in(bare: Flask, code: int) -> None:
    with bare.test_request_context("/gone"):
        text = render_template(
            "web/error.html", code=code, title="标题", what_happened="发生了<什么>", what_is_safe="没有丢。",
            what_to_do="再试一次。", request_id="abc123",
        )
    assert "发生了&lt;什么&gt;" in text
    assert "abc123" in text
    assert text.count("btn pri") == 1
    assert "menu-pop" not in text


def _widths(text: str, name: str) -> list[str]:
    return re.findall(rf'class="{name}"[^>]*?\bwidth="([\d.]+%)"', text)


def test_hours_bar_never_draws_more_than_the_whole(bare: Flask) -> None:
    text = _render(bare, "{{ m.hours(160, 200, 40, 40, tick=40) }}")
    assert _widths(text, "bar-d") == ["100.0%"]
    assert "url(#hatch)" not in text
    text = _render(bare, "{{ m.hours(160, 40, 80, 80, due=80, tick=40) }}")
    assert _widths(text, "bar-d") == ["25.0%"]
    assert 'x="25.0%" y="5" width="50.0%" height="10" fill="url(#hatch)"' in text
    assert '<svg x="75.0%" y="5" width="25.0%"' in text, "booked is cut where the bar ends"
    assert 'class="hb-due" x="50.0%"' in text
    assert text.count("bar-tick") == 3


@pytest.mark.parametrize("source", ["{{ m.cov(0, 0) }}", "{{ m.hours(0, 0) }}"])
def test_nobody_in_scope_is_not_applicable(bare: Flask, source: str) -> None:
    text = _render(bare, source)
    assert "not applicable" in text
    assert "%" not in text


def test_coverage_bar_says_its_numbers(bare: Flask) -> None:
    text = _render(bare, "{{ m.cov(13, 16, '英语组') }}")
    assert 'aria-label="英语组 13 / 16"' in text
    assert _widths(text, "bar-d") == ["81.25%"]


def test_roll_control_has_one_answer_and_its_own_name(bare: Flask) -> None:
    text = _render(bare, "{{ m.seg('mark-7', 'late', '<李敏>') }}")
    radios = [a for tag, a in Page(text).tags if tag == "input"]
    assert [a["name"] for a in radios] == ["mark-7"] * 4
    assert [a["value"] for a in radios if "checked" in a] == ["late"]
    assert "Attendance of &lt;李敏&gt;" in text
    unset = _render(bare, "{{ m.seg('mark-8') }}")
    assert "checked" not in unset
    assert "has" not in re.findall(r'class="(seg[^"]*)"', unset)[0].split()


def test_tally_bar_is_measured_in_people(bare: Flask) -> None:
    text = _render(bare, "{{ m.tally_bar([('p', 96, 'in'), ('l', 3, 'late')], 130, 'open') }}")
    assert 'viewBox="0 0 130 5"' in text
    assert 'data-kind="l" x="96" width="3"' in text
    assert 'aria-label="in 96, late 3, open 31"' in text


def test_field_ties_its_hint_and_error_to_the_control(bare: Flask) -> None:
    from wtforms import Form, StringField
    from wtforms.validators import InputRequired

    class Small(Form):  # type: ignore[misc]
        room = StringField("Room", [InputRequired("Say where.")])

    form = Small(data={})
    form.validate()
    text = _render(bare, "{{ m.field(form.room, hint='Name of the hall', maxlength=20) }}{{ m.form_errors(form) }}", form=form)
    control = next(a for tag, a in Page(text).tags if tag == "input")
    assert control["aria-describedby"] == "room-hint room-err"
    assert control["aria-invalid"] == "true"
    assert control["maxlength"] == "20"
    assert 'id="room-err"' in text
    assert '<a href="#room">Room</a>: Say where.' in text


def test_values_are_escaped_everywhere(bare: Flask) -> None:
    nasty = '"><script>alert(1)</script>'
    source = (
        "{{ m.st('ok', x) }}{{ m.notice('warn', x) }}{{ m.toast('ok', x) }}{{ m.stat(x, x, x, x) }}{{ m.raw(x) }}"
        "{{ m.page_head(x, x, [(x, x)]) }}{{ m.empty(x, x, '/', x) }}{{ m.chips([(x, 1, x, true)], x) }}"
        "{{ m.input('n', x, x, hint=x, errors=[x]) }}{{ m.post('/', x, {x: x}, confirm=x) }}{{ m.find(x, value=x) }}"
        "{{ m.blocks(1, 3, x, x) }}{{ m.tally([('ok', x, x, '')], x) }}{{ m.steps([x], 1) }}{{ m.cov(1, 2, x) }}"
    )
    assert "<script>" not in _render(bare, source, x=nasty)
