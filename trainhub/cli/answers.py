"""How a command answers: text for people, JSON for scripts, exit codes for both."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import wraps
from typing import Any

import click
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import DomainError
from trainhub.kernel.permissions import Role

as_json = click.option("--json", "json_wanted", is_flag=True, help="Answer with JSON.")


def plain(value: Any) -> Any:
    """Return what JSON can hold: dates as ISO text, sets as lists, dataclasses as objects."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if hasattr(value, "__dataclass_fields__"):
        return {name: getattr(value, name) for name in value.__dataclass_fields__}
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    return str(value)


def answer(value: Any, json_wanted: bool, text: str | Callable[[Any], str] | None = None) -> None:
    """Print a result."""
    if json_wanted:
        click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=plain))
    elif callable(text):
        click.echo(text(value))
    else:
        click.echo(text if text is not None else json.dumps(value, ensure_ascii=False, indent=2, default=plain))


def refuse(code: str, message: str, json_wanted: bool, **extra: Any) -> None:
    """Print a refusal and exit with 1."""
    if json_wanted:
        click.echo(json.dumps({"error": code, "message": message, **extra}, ensure_ascii=False, default=plain))
    else:
        click.echo(message, err=True)
    sys.exit(1)


def build_app(**config: Any) -> Flask:
    """Build the application, turning a refused start into a sentence."""
    from trainhub.app import create_app
    from trainhub.app.settings import WeakKey
    from trainhub.plugin_host.manifest import PluginFault
    from trainhub.web.gate import UndeclaredPermission

    try:
        return create_app(config)
    except (WeakKey, PluginFault, UndeclaredPermission) as error:
        refuse(type(error).__name__, str(error), json_wanted="--json" in sys.argv)
        raise


@contextmanager
def application(**config: Any) -> Iterator[Flask]:
    """Build the application and enter its context, in Chinese."""
    from flask_babel import force_locale

    app = build_app(**config)
    with app.test_request_context("/"), force_locale("zh_Hans_CN"):
        from trainhub.web.database import set_read_only

        set_read_only(False)
        yield app


def with_app(command: Callable[..., Any]) -> Callable[..., Any]:
    """Run a command inside the application; refusals become sentences and exit code 1."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> Any:
        from trainhub.web.errors import sentence

        wanted = bool(options.get("json_wanted"))
        with application():
            try:
                return command(*args, **options)
            except DomainError as error:
                refuse(error.code, sentence(error), wanted)
            except OperationalError as error:
                kind = type(error.orig).__name__
                refuse("database", f"数据库暂时不可用（{kind}）：什么都没有写入，请稍后再试。", wanted)

    return run


def actor_named(session: Session, username: str, role: Role | None = None) -> Actor:
    """Return the actor of an account by sign-in name (``--as``)."""
    from trainhub.accounts.models import Account
    from trainhub.accounts.queries import actor_of_account
    from trainhub.accounts.service import normal_username
    from trainhub.kernel.clock import now

    account = session.scalars(select(Account).where(Account.username == normal_username(username))).first()
    actor = actor_of_account(session, account, now(), role) if account and account.disabled_at is None else None
    if actor is None:
        raise click.UsageError(f"nobody signs in as {username!r} with a valid right")
    return actor
