"""Templates compiled per language say what the catalogue says, escape what they are given, and stay per reader."""

import re
from collections.abc import Callable

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from flask_babel import force_locale
from jinja2 import DictLoader
from markupsafe import Markup
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from tests.builders import Sample
from trainhub.accounts import browser
from trainhub.web.i18n import catalogue
from trainhub.web.rendering import PageEnvironment, Site, render

SignIn = Callable[[FlaskClient, str], None]


def compiled(source: str, locale: str = "zh_Hans_CN") -> PageEnvironment:
    """An environment of one language with one template, ``page.html``."""
    site = Site("trainhub")
    environment = site.jinja_env
    environment.add_extension("jinja2.ext.i18n")
    environment.loader = DictLoader({"page.html": source})
    environment.install_gettext_callables(lambda text: f"asked:{text}", lambda *a: "", newstyle=True)
    environment.extend(page_locale=locale)
    return environment


def shown(source: str, locale: str = "zh_Hans_CN", **model: object) -> str:
    with Site("trainhub").app_context():
        return compiled(source, locale).get_template("page.html").render(**model)


def test_a_sentence_is_settled_when_the_template_is_compiled() -> None:
    source = "{{ _('Sign out') }}|{{ _('Account menu of %(name)s', name=who) }}"
    chinese = catalogue("zh_Hans_CN").gettext("Sign out")
    assert chinese != "Sign out"
    assert (
        shown(source, who="甲")
        == f"{chinese}|{catalogue('zh_Hans_CN').gettext('Account menu of %(name)s') % {'name': '甲'}}"
    )
    assert shown(source, "en", who="A") == "Sign out|Account menu of A"


def test_sentences_are_safe_and_what_is_put_in_is_escaped() -> None:
    assert shown("{{ _('Account menu of %(name)s', name=who) }}", "en", who="<b>") == "Account menu of &lt;b&gt;"
    assert shown("{{ _('Account menu of %(name)s', name=who) }}", "en", who=Markup("<b>")) == "Account menu of <b>"
    assert shown("{% set word = _('Rock & roll') %}{{ word }}", "en") == "Rock & roll"
    assert shown("{{ _('100%% <em>') }}", "en") == "100% <em>"


def test_a_sentence_that_is_not_written_out_is_still_looked_up() -> None:
    assert shown("{{ _(word) }}", word="Sign out") == "asked:Sign out"
    assert shown("{{ _(word, name='x') }}", word="%(name)s") == "asked:x"


def test_macros_take_defaults_callers_and_loops_as_jinja_has_it() -> None:
    source = (
        "{% macro box(word, kind='a') %}<{{ kind }}>{{ word }}{% if caller is defined %}{{ caller() }}{% endif %}{% endmacro %}"
        "{% for n in [1, 2] %}{{ box(n, kind='b') }}{% endfor %}{% call box('<') %}!{% endcall %}"
    )
    assert shown(source) == "<b>1<b>2<a>&lt;!"


def test_both_languages_in_one_process(app: Flask, client: FlaskClient, district: Sample) -> None:
    for lang, word in (("zh_Hans_CN", "登录"), ("en", "Sign in"), ("zh_Hans_CN", "登录")):
        assert word in client.get(f"/sign-in?lang={lang}").get_data(as_text=True)
    with app.test_request_context("/"), force_locale("en"):
        assert "There is nothing here" in render("web/error.html", code=404, title="There is nothing here")


def test_navigation_follows_role_and_language(app: Flask, session: Session, district: Sample, sign_in: SignIn) -> None:
    officer, teacher = app.test_client(), app.test_client()
    sign_in(officer, "training_officer")
    sign_in(teacher, "teacher")
    for _ in range(2):
        assert 'href="/rolls"' in officer.get("/account").get_data(as_text=True)
        assert 'href="/rolls"' not in teacher.get("/account").get_data(as_text=True)
    officer.post("/account/preferences", data={"locale": "en"})
    assert ">Rolls</a>" in officer.get("/account").get_data(as_text=True)
    assert ">My hours</a>" not in teacher.get("/account").get_data(as_text=True)


def test_every_browser_has_its_own_token(app: Flask, session: Session, district: Sample, sign_in: SignIn) -> None:
    tokens = []
    for _ in range(2):
        client = app.test_client()
        sign_in(client, "teacher")
        found = set(
            re.findall(
                r'(?:name="csrf_token" value|name="csrf-token" content)="([^"]+)"',
                client.get("/account").get_data(as_text=True),
            )
        )
        assert len(found) == 1
        tokens.append(found.pop())
    assert tokens[0] != tokens[1]


def test_addresses_know_where_the_site_is_mounted(app: Flask) -> None:
    for root in ("", "/school", ""):
        with app.test_request_context("/", environ_overrides={"SCRIPT_NAME": root}):
            assert url_for("accounts.account") == f"{root}/account"
    with app.test_request_context("/"):
        assert url_for("accounts.account", _external=True) == "http://localhost/account"
        assert url_for("accounts.account", q="1") == "/account?q=1"


def test_a_page_that_cannot_read_who_asks_still_answers(
    app: Flask, session: Session, district: Sample, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = app.test_client()
    sign_in(client, "teacher")

    def broken(*_: object) -> None:
        raise OperationalError("select", {}, Exception("gone"))

    monkeypatch.setattr(browser, "actor_of_token", broken)
    answer = client.get("/account")
    assert answer.status_code == 503
    assert "</html>" in answer.get_data(as_text=True)


def test_an_address_is_compiled_when_it_is_first_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []

    def note(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compiled.append(rule.rule)
        return usual(rule, append_unknown)

    usual = Rule._compile_builder
    monkeypatch.setattr(Rule, "_compile_builder", note)
    site = Site("trainhub")
    site.add_url_rule("/of/<rule>/<int:number>", "one")
    assert compiled == [], "nothing at the start"
    with site.test_request_context():
        assert [url_for("one", rule="a b", number=n, more="x") for n in (1, 2)] == ["/of/a%20b/1?more=x", "/of/a%20b/2?more=x"]
    assert compiled == ["/of/<rule>/<int:number>"], "and once"
