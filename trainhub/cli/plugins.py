"""plugins list, new, check, enable, disable."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask import current_app

from trainhub.cli.answers import actor_named, answer, as_json, refuse, with_app

if TYPE_CHECKING:
    from trainhub.plugin_host.skeleton import Kind


def register(cli: click.Group) -> None:
    """Add the commands of this module."""
    cli.add_command(plugins)


@click.group()
def plugins() -> None:
    """Plugins: what is here, whether it is sound, switching it on and off."""


@plugins.command("list")
@as_json
@with_app
def list_(json_wanted: bool) -> None:
    """List every plugin with its state, what it gives, what it collects, and its failures."""
    from trainhub.plugin_host import queries
    from trainhub.web.database import read_session

    host, forced = current_app.extensions["trainhub.plugins"], current_app.extensions["trainhub.plugins_forced"]
    session = read_session()
    on, notes = queries.districts_on(session, host, forced), queries.failures(session)
    rows = [_row(card, on[key], forced, notes.get(key, [])) for key, card in host.cards.items()]
    answer({"safe_mode": current_app.config["TRAINHUB_SAFE_MODE"], "plugins": rows}, json_wanted, _lines(rows))


def _row(card: Any, districts: int, forced: Any, notes: list[Any]) -> dict[str, Any]:
    manifest = card.found.manifest
    return {
        "key": manifest.key,
        "version": manifest.version,
        "label": manifest.label,
        "origin": card.found.origin,
        "core": manifest.core,
        "loaded": card.on,
        "districts_on": districts,
        "forced": "on" if manifest.key in forced.on else "off" if manifest.key in forced.off else "",
        "provides": list(manifest.provides),
        "collects": list(manifest.collects),
        "cannot_see": list(manifest.cannot_see),
        "stores_personal_data": manifest.privacy.stores_personal_data,
        "fault": card.fault,
        "failures": [
            {
                "call": n.call,
                "failures": n.failures,
                "reason": n.reason,
                "error": n.error,
                "last_at": n.last_at,
                "broken_at": n.broken_at,
            }
            for n in notes
        ],
    }


def _lines(rows: list[dict[str, Any]]) -> str:
    def state(row: dict[str, Any]) -> str:
        if row["fault"] or any(n["broken_at"] for n in row["failures"]):
            return "自动停用"
        if row["core"]:
            return "内置"
        return f"启用（{row['districts_on']} 个区县）" if row["districts_on"] else "未启用"

    lines = []
    for row in rows:
        lines.append(f"{row['key']:<16} {row['version']:<8} {state(row)}  {row['label']}：{', '.join(row['provides'])}")
        lines += [f"{'':<16} {row['fault']}"] if row["fault"] else []
        lines += [f"{'':<16} {n['call']} 失败 {n['failures']} 次：{n['error']}" for n in row["failures"]]
    return "\n".join(lines) or "没有插件。"


@plugins.command()
@click.argument("keys", nargs=-1)
@as_json
def check(keys: tuple[str, ...], json_wanted: bool) -> None:
    """Judge plugins (all, or KEYS) without a database: plugin.toml, import, hooks, promises, clashes. Exit 1 where one fails."""
    from trainhub.plugin_host.discovery import discover
    from trainhub.plugin_host.host import PluginHost
    from trainhub.plugin_host.manifest import PluginFault

    try:
        host = PluginHost(
            discover(os.environ.get("TRAINHUB_PLUGIN_PATH", ""), outside=os.environ.get("TRAINHUB_SAFE_MODE") != "1")
        )
    except PluginFault as fault:
        refuse("plugins", f"插件不能使用，TrainHub 不会启动：{fault}", json_wanted)
        return
    if unknown := [key for key in keys if key not in host.cards]:
        raise click.UsageError(f"no plugin is called {', '.join(unknown)}; here are: {', '.join(host.cards)}")
    faults = {key: fault for key, fault in _judged(host).items() if not keys or key in keys}
    bad = [f"{key}: {fault}" for key, fault in faults.items() if fault]
    rows = [{"key": key, "fault": fault} for key, fault in faults.items()]
    if bad:
        refuse("plugins", "\n".join([*bad, f"{len(bad)} 个插件有问题，请先改正或卸载。"]), json_wanted, plugins=rows)
    answer({"plugins": rows}, json_wanted, f"{len(rows)} 个插件都可以启用。")


def _judged(host: Any) -> dict[str, str]:
    """Judge one after the other, each beside those that were found good, so that two of one key are noticed."""
    from trainhub.plugin_host.manifest import FILE_NAME, PluginFault, read_file

    faults: dict[str, str] = {}
    good: set[str] = set()
    for key, card in host.cards.items():
        try:
            if card.found.folder is not None:  # those that came with TrainHub are not read strictly at a start
                read_file(card.found.folder / FILE_NAME, card.found.manifest.module)
            faults[key] = host.judge(key)
        except PluginFault as fault:
            faults[key] = str(fault)
        if not faults[key]:
            good.add(key)
            host.apply(good)
    return faults


@plugins.command()
@click.argument("key")
@click.option("--as", "username", required=True, help="Sign-in name of a system administrator; the district is theirs.")
@as_json
@with_app
def enable(key: str, username: str, json_wanted: bool) -> None:
    """Switch a plugin on, as the plugin page does."""
    _switch(key, username, json_wanted, on=True)


@plugins.command()
@click.argument("key")
@click.option("--as", "username", required=True, help="Sign-in name of a system administrator; the district is theirs.")
@as_json
@with_app
def disable(key: str, username: str, json_wanted: bool) -> None:
    """Switch a plugin off; what it recorded stays."""
    _switch(key, username, json_wanted, on=False)


def _switch(key: str, username: str, json_wanted: bool, *, on: bool) -> None:
    from trainhub.kernel.clock import now
    from trainhub.kernel.permissions import Role
    from trainhub.plugin_host import service
    from trainhub.web.database import transaction

    host, forced = current_app.extensions["trainhub.plugins"], current_app.extensions["trainhub.plugins_forced"]
    if key not in host.cards:
        refuse("not_found", f"没有叫 {key} 的插件。这里有：{'、'.join(host.cards)}。", json_wanted)
    with transaction() as session:
        try:
            actor = actor_named(session, username, Role.SYSTEM_ADMINISTRATOR)
        except click.UsageError:
            refuse(
                "forbidden", f"{username} 不是系统管理员，或账号已停用。请用 --as 写系统管理员的登录名。", json_wanted
            )
            raise
        changed = service.switch(session, actor, host, forced, key, on, now())
    word = "启用" if on else "停用"
    text = f"已{word} {key}。正在运行的 TrainHub 会在几秒内跟上。" if changed else f"{key} 本来就已{word}，没有改动。"
    answer({"plugin": key, "on": on, "changed": changed}, json_wanted, text)


@plugins.command()
@click.argument("key")
@click.option("--label", required=True, help="Name on the plugin page, in Chinese.")
@click.option("--kind", type=click.Choice(("source", "course_type")), default="source", show_default=True)
@click.option("--in", "folder", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Where to make the folder.")
@as_json
def new(key: str, label: str, kind: "Kind", folder: Path, json_wanted: bool) -> None:
    """Write a new plugin: a distribution that passes its own tests at once."""
    from trainhub.plugin_host.manifest import PluginFault
    from trainhub.plugin_host.skeleton import skeleton

    home = folder / key
    try:
        files = skeleton(key, label, kind)
    except PluginFault as fault:
        refuse("plugin_name", str(fault), json_wanted)
        return
    if home.exists():
        refuse("folder_exists", f"{home} 已存在：换一个名字，或先移走它。", json_wanted)
    for name, text in files.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    answer({"folder": str(home), "files": sorted(files)}, json_wanted, f"{home}：{len(files)} 个文件。进入该目录运行 python -m pytest。")
