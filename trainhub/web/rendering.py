"""Templates, compiled once per language: what is the same on every page is settled before the first one.

``_('Save')`` in a template becomes the finished sentence when the template is compiled for a language, and
so a page with a hundred sentences asks no catalogue. Sentences with variables keep only the filling in.
"""

from typing import Any, cast

from flask import Flask, current_app
from flask.globals import request_ctx
from flask.templating import Environment as FlaskEnvironment
from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context, Macro
from jinja2.visitor import NodeTransformer

from trainhub.web.addresses import LateRule
from trainhub.web.i18n import LOCALES, catalogue, is_chinese

_SENTENCE = {"_", "gettext"}


class _Sentences(NodeTransformer):
    """Puts the sentences of one language into the tree of a template; they are safe text, as Jinja has it."""

    def __init__(self, locale: str) -> None:
        self._gettext = catalogue(locale).gettext

    def visit_Call(self, node: nodes.Call, *args: Any, **kwargs: Any) -> nodes.Node:  # noqa: N802  Jinja's name
        """Replace ``_('…', name=value)``; a call whose sentence is not written out stays as it is."""
        self.generic_visit(node, *args, **kwargs)
        if not (isinstance(node.node, nodes.Name) and node.node.name in _SENTENCE and len(node.args) == 1):
            return node
        message = node.args[0]
        if not isinstance(message, nodes.Const) or node.dyn_args or node.dyn_kwargs:
            return node
        text = self._gettext(message.value)
        if not node.kwargs:
            return nodes.MarkSafeIfAutoescape(nodes.Const(text % {}, lineno=node.lineno), lineno=node.lineno)
        values = [nodes.Pair(nodes.Const(pair.key), pair.value, lineno=node.lineno) for pair in node.kwargs]
        sentence = nodes.MarkSafeIfAutoescape(nodes.Const(text), lineno=node.lineno)
        return nodes.Mod(sentence, nodes.Dict(values), lineno=node.lineno)


class _PageCode(CodeGenerator):
    """Compiles a template for the language of its environment, where it has one."""

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802  Jinja's name
        """Settle the sentences first."""
        locale = getattr(self.environment, "page_locale", None)
        if locale:
            node = _Sentences(locale).visit(node)
            node.set_environment(self.environment)
        super().visit_Template(node, frame)


class _PageContext(Context):
    """Calls macros straight away: Jinja looks at every call anew for what the callee would like to be given."""

    def call(self, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call something from a template."""
        if type(obj) is Macro:
            kwargs.pop("_block_vars", None)
            kwargs.pop("_loop_vars", None)
            return obj(self.eval_ctx, *args, **kwargs)
        return super().call(obj, *args, **kwargs)


class PageEnvironment(FlaskEnvironment):
    """Flask's environment with the two short cuts above."""

    code_generator_class = _PageCode
    context_class = _PageContext


class Site(Flask):
    """The application. Addresses without variables are built once, for every page shows a dozen of them."""

    jinja_environment = PageEnvironment
    url_rule_class = LateRule

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._addresses: dict[tuple[str, str], str] = {}
        self._pages: dict[str, FlaskEnvironment] = {}

    def url_for(self, endpoint: str, **values: Any) -> str:
        """Return the address of an endpoint, as Flask does."""
        adapter = request_ctx.url_adapter if request_ctx else None
        if adapter is None or endpoint[:1] == "." or any(value is not None for value in values.values()):
            return super().url_for(endpoint, **values)
        key = (adapter.script_name, endpoint)
        held = self._addresses.get(key)
        if held is None:
            held = self._addresses[key] = super().url_for(endpoint)
        return held

    def pages(self, locale: str) -> FlaskEnvironment:
        """Return the templates of a language. They share filters, globals and loader with ``jinja_env``."""
        if locale not in self._pages:
            pages = self.jinja_env.overlay()
            pages.extend(page_locale=locale)
            self._pages[locale] = pages
        return self._pages[locale]


def render(template: str, **model: Any) -> str:
    """Render a stored template in the reader's language, with what the page shell provides."""
    site = cast("Site", current_app)
    found = site.pages(LOCALES[0] if is_chinese() else LOCALES[1]).get_template(template)
    site.update_template_context(model)
    return str(found.render(model))
