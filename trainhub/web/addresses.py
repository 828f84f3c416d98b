"""Routes whose builders are made when an address is first asked for.

Werkzeug compiles two functions per route while routes are registered: with some hundred routes that is half of the
start of every command, and most commands never build an address.
"""

from collections.abc import Callable

from werkzeug.routing import Rule


class LateRule(Rule):
    """A route as Werkzeug has it; should Werkzeug one day compile otherwise, this class changes nothing."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compiled = super()._compile_builder
        made: list[Callable[..., tuple[str, str]]] = []

        def build(rule: Rule, /, **values: object) -> tuple[str, str]:
            if not made:
                made.append(compiled(append_unknown))
            return made[0](rule, **values)

        return build
