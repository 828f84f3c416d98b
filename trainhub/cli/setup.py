"""init, serve, demo, seed."""

import gc
import json
import os
import secrets
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
from flask import Flask

from trainhub.cli.answers import answer, as_json, build_app, refuse, with_app

SEED_PROFILES = ("demo", "acceptance", "load")


def register(cli: click.Group) -> None:
    """Add the commands of this module."""
    for command in (init, serve, demo, seed):
        cli.add_command(command)


def prepare_folder(folder: Path) -> None:
    """Make the data folder and, once, its secret key (readable by the owner only)."""
    from trainhub.app.settings import key_file

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = key_file(folder)
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(secrets.token_urlsafe(48))


def prepare_database() -> Flask:
    """Make folder and key, build the application, bring the schema to its newest state."""
    from trainhub.app.schema import upgrade
    from trainhub.app.settings import data_folder

    prepare_folder(data_folder())
    app = build_app()
    upgrade(app)
    install_calendar_and_packs(app)
    return app


def install_calendar_and_packs(app: Flask) -> None:
    """Put in what every district shares: national holidays and the course packs of this release."""
    from trainhub.cli.data import COURSES, install_folder
    from trainhub.kernel.clock import now
    from trainhub.roster.refusals import NotKnownYet
    from trainhub.roster.service.calendar import seed_calendar
    from trainhub.web.database import transaction

    with app.app_context():
        moment = now()
        with transaction() as session:
            for year in (moment.year - 1, moment.year, moment.year + 1):
                with suppress(NotKnownYet):  # next year's notice appears in autumn; a bureau loads it then
                    seed_calendar(session, year)
        if COURSES.is_dir():
            install_folder(app, COURSES)


@click.command()
@click.option("--bureau", help="Name of the bureau to create with an empty database.")
@click.option("--admin", "username", help="Sign-in name of its first administrator.")
@as_json
def init(bureau: str | None, username: str | None, json_wanted: bool) -> None:
    """Prepare the data folder, the key and the database; create the first bureau and administrator."""
    app = prepare_database()
    result: dict[str, Any] = {"database": "ready", "data": app.config["TRAINHUB_DATA"]}
    if bureau and username:
        from trainhub.app.first import create_first_district
        from trainhub.kernel.errors import InvalidState

        with app.app_context():
            try:
                result |= create_first_district(bureau, username)
            except InvalidState:
                refuse("exists", "数据库里已经有机构，没有再建。要重新开始，请换一个空的数据文件夹。", json_wanted)
    lines = [f"数据库已就绪：{result['data']}"]
    if "codes" in result:
        lines += [f"机构“{bureau}”已建立。一次性激活码（72 小时内有效，各用一次）："]
        lines += [f"  {row['username']}（{row['role']}）：{row['code']}" for row in result["codes"]]
        lines += ["启动：trainhub serve，然后打开 http://127.0.0.1:8000/activate"]
    answer(result, json_wanted, "\n".join(lines))


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--threads", default=8, show_default=True, type=click.IntRange(1, 64))
def serve(host: str, port: int, threads: int) -> None:
    """Serve TrainHub on this machine; background work runs in the same process."""
    gc.disable()  # what is built while starting stays; memory.settle() turns the collector on again
    serve_app(build_app(), host, port, threads)


def serve_app(app: Flask, host: str, port: int, threads: int = 8) -> None:
    """Serve with waitress until stopped."""
    from waitress import serve as run

    from trainhub.app import memory
    from trainhub.app.work import start_in_background

    with app.app_context():
        from trainhub.app.schema import current_heads, expected_heads
        from trainhub.web.database import db, set_read_only

        set_read_only(True)
        with db.engine.connect() as connection:
            if current_heads(connection) != expected_heads():
                refuse("schema", "数据库结构不是最新：请先运行 trainhub init。", json_wanted=False)
        set_read_only(False)
    memory.settle(app)
    start_in_background(app)
    click.echo(f"TrainHub: http://{host}:{port}  （按 Ctrl+C 停止）")
    run(app, host=host, port=port, threads=threads, ident=None, channel_timeout=60, max_request_body_size=13 * 1024 * 1024)


@click.group(invoke_without_command=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--seed", "number", default=2026, show_default=True, help="Seed of the invented district.")
@click.option("--no-serve", is_flag=True, help="Build the district and print the accounts only.")
@click.option("--fresh", is_flag=True, help="Throw the earlier demo district away and build a new one.")
@click.pass_context
def demo(context: click.Context, port: int, number: int, no_serve: bool, fresh: bool) -> None:
    """Build a fictional district and serve it: one bureau, twelve schools, a year of history."""
    folder = _demo_folder()
    if context.invoked_subcommand:
        return
    os.environ["TRAINHUB_DATA"] = str(folder)
    os.environ.setdefault("TRAINHUB_LOG", "human")
    accounts = folder / "accounts.json"
    if fresh:
        _remove_demo(folder)
    if not accounts.exists():
        app = prepare_database()
        click.echo("正在建立虚构的云岭区（1 个教育局、12 所学校），约需一分钟……")
        started = time.perf_counter()
        rows = _seed(app, "demo", number, None, {})["accounts"]
        _write_private(accounts, json.dumps(rows, ensure_ascii=False, indent=1))
        click.echo(f"已建立，用时 {time.perf_counter() - started:.0f} 秒。")
    else:
        app = prepare_database()
    click.echo(accounts_table(json.loads(accounts.read_text(encoding="utf-8"))))
    if not no_serve:
        serve_app(app, "127.0.0.1", port)


def _demo_folder() -> Path:
    return Path(os.environ.get("TRAINHUB_DATA", "data/demo")).absolute()


@demo.command()
@click.argument("username")
def code(username: str) -> None:
    """Print the present code of an account of the demo district, in place of a phone."""
    from trainhub.accounts.totp import STEP_SECONDS, code_at, step_of
    from trainhub.kernel.clock import now

    path = _demo_folder() / "accounts.json"
    if not path.exists():
        refuse("no_demo", f"{path.parent} 里没有演示数据：请先运行 trainhub demo。真实账号的验证码只在本人手机上。", json_wanted=False)
    rows = json.loads(path.read_text(encoding="utf-8"))
    row = next((row for row in rows if row["username"] == username.strip().casefold()), None)
    if row is None or not row.get("totp_secret"):
        names = "、".join(row["username"] for row in rows if row.get("totp_secret"))
        refuse("no_code", f"{username} 不用验证码，或者不是演示账号。要验证码的演示账号：{names}", json_wanted=False)
        return
    moment = now()
    left = STEP_SECONDS - int(moment.timestamp()) % STEP_SECONDS
    click.echo(f"{code_at(row['totp_secret'], step_of(moment))}  （{left} 秒后换新码；每个码只能用一次）")


def _remove_demo(folder: Path) -> None:
    if (folder / "accounts.json").exists():
        for path in folder.iterdir():
            if path.name.startswith(("trainhub.sqlite3", "accounts.json", "secret.key", "jobs")) and path.is_file():
                path.unlink()


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)


def accounts_table(rows: list[dict[str, Any]]) -> str:
    """Return who can sign in as what, as a table in the terminal."""
    lines = ["", "可以这样登录（密码是刚刚随机生成的，只在这台电脑上有效）：", ""]
    for row in rows:
        star = " *" if row.get("totp_secret") else ""
        lines.append(f"  {_pad(row['role'], 16)}{_pad(row['name'], 12)}{_pad(row['org'], 22)}{row['username']:<16} {row['password']}{star}")
    if any(row.get("totp_secret") for row in rows):
        lines += ["", "带 * 的账号登录后还要输验证码：不用手机，另开一个终端运行 " + f"{sys.argv[0]} demo code 用户名"]
    return "\n".join([*lines, ""])


def _pad(text: str, width: int) -> str:
    shown = sum(2 if ord(c) > 0x2E7F else 1 for c in text)
    return text + " " * max(1, width - shown)


@click.command()
@click.option("--profile", type=click.Choice(SEED_PROFILES), required=True)
@click.option("--seed", "number", default=1, show_default=True)
@click.option("--schools", type=click.IntRange(1, 10000), help="Number of schools (profile load).")
@click.option("--manifest", type=click.Path(dir_okay=False, path_type=Path), help="Write ids, accounts and codes here (mode 0600).")
@as_json
@with_app
def seed(profile: str, number: int, schools: int | None, manifest: Path | None, json_wanted: bool) -> None:
    """Fill an empty database with invented data for showing, testing or measuring."""
    from flask import current_app

    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    from trainhub.app.schema import upgrade

    upgrade(app)
    install_calendar_and_packs(app)
    report = _seed(app, profile, number, manifest, {"schools": schools} if schools else {})
    answer({k: v for k, v in report.items() if k != "accounts"}, json_wanted, accounts_table(report["accounts"]))


def _seed(app: Flask, profile: str, number: int, manifest: Path | None, options: Mapping[str, Any]) -> dict[str, Any]:
    from trainhub.demo import seed_database

    with app.app_context():
        report: dict[str, Any] = seed_database(profile, number, **options)
    if manifest:
        _write_private(manifest, json.dumps(report, ensure_ascii=False, indent=1, default=str))
    return report
