"""routes, ledger verify/anchor, backup, restore, work."""

import json
import sys
from pathlib import Path
from typing import Any

import click
from flask import current_app

from trainhub.cli.answers import answer, as_json, refuse, with_app


def register(cli: click.Group) -> None:
    """Add the commands of this module."""
    for command in (routes, ledger, backup, restore, work):
        cli.add_command(command)


@click.command()
@as_json
@with_app
def routes(json_wanted: bool) -> None:
    """List every route with methods, permission and what its variables name."""
    from trainhub.web.gate import declared

    rows = []
    for rule in sorted(current_app.url_map.iter_rules(), key=lambda r: r.rule):
        needs = declared(current_app._get_current_object(), rule.endpoint)  # type: ignore[attr-defined]
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            rows.append({
                "rule": rule.rule, "endpoint": rule.endpoint, "method": method,
                "permission": needs.for_method(method) if needs else None,
                "variables": {name: name.removesuffix("_id") for name in sorted(rule.arguments)},
            })
    answer(rows, json_wanted, lambda found: "\n".join(
        f"{r['method']:5} {r['rule']:50} {r['permission']}" for r in found
    ))


@click.group()
def ledger() -> None:
    """The tamper-evident ledger."""


@ledger.command()
@click.option("--school", "school_id", help="Check one chain only.")
@click.option("--anchors", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Compare with kept anchors (JSON lines).")
@as_json
def verify(school_id: str | None, anchors: Path | None, json_wanted: bool) -> None:
    """Re-hash every chain. Exit 0 sound, 1 broken, 2 could not check."""
    from trainhub.cli.answers import application
    from trainhub.ledger import queries
    from trainhub.web.database import read_session

    try:
        known = _read_anchors(anchors) if anchors else {}
        with application():
            result = queries.verify(
                read_session(), school_id=school_id, anchors=known.get("ledger"), access_anchors=known.get("access")
            )
    except SystemExit:
        sys.exit(2)
    except Exception as error:
        answer({"status": "unchecked", "reason": type(error).__name__}, json_wanted, f"无法核对：{type(error).__name__}")
        sys.exit(2)
    if result.fault:
        fault = result.fault
        answer({"status": "broken", "school": fault.school_id, "seq": fault.seq, "kind": fault.kind, "chain": fault.chain}, json_wanted,
               f"{'查阅记录' if fault.chain == 'access' else '台账'}有问题：机构 {fault.school_id} 第 {fault.seq} 条（{fault.kind}）。请保留现场，用最近的备份和锚点比对。")
        sys.exit(1)
    answer({"status": "sound", "chains": result.chains, "entries": result.entries,
            "access_chains": result.access_chains, "access_entries": result.access_entries}, json_wanted,
           f"台账完好：{result.chains} 条链，{result.entries} 条记录；查阅记录完好：{result.access_chains} 条链，{result.access_entries} 条。")


def _read_anchors(path: Path) -> dict[str, dict[tuple[str, str], dict[int, str]]]:
    """Anchors by kind of chain; lines of older files know the ledger only."""
    anchors: dict[str, dict[tuple[str, str], dict[int, str]]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            row = json.loads(line)
            chain = anchors.setdefault(row.get("chain", "ledger"), {})
            chain.setdefault((row["district_id"], row["school_id"]), {})[int(row["seq"])] = str(row["entry_hash"])
    return anchors


@ledger.command()
@click.option("--file", "path", type=click.Path(dir_okay=False, path_type=Path), help="Append the heads to this file (keep it on another machine).")
@as_json
@with_app
def anchor(path: Path | None, json_wanted: bool) -> None:
    """Write every school's head into the district's chain, and to a file kept elsewhere."""
    from trainhub.kernel.clock import now
    from trainhub.ledger.anchors import anchor_all
    from trainhub.web.database import transaction

    moment = now()
    with transaction() as session:
        rows = anchor_all(session, moment)
    if path:
        with path.open("a", encoding="utf-8") as stream:
            for row in rows:
                stream.write(json.dumps(row, sort_keys=True) + "\n")
    answer(rows, json_wanted, f"已锚定 {len(rows)} 条链。")


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@as_json
@with_app
def backup(folder: Path, json_wanted: bool) -> None:
    """Copy the database, consistently and while it is in use, into an empty FOLDER."""
    from trainhub.cli.backup import BackupFault
    from trainhub.cli.backup import backup as run

    _guarded(run, BackupFault, folder, json_wanted, "备份完成")


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@as_json
@with_app
def restore(folder: Path, json_wanted: bool) -> None:
    """Restore a backup into an empty database and verify its ledger."""
    from trainhub.cli.backup import BackupFault
    from trainhub.cli.backup import restore as run

    _guarded(lambda app, source: run(source, app), BackupFault, folder, json_wanted, "恢复完成，台账已核对")


def _guarded(run: Any, fault: type[Exception], folder: Path, json_wanted: bool, done: str) -> None:
    try:
        report = run(current_app._get_current_object(), folder)  # type: ignore[attr-defined]
    except fault as error:
        refuse(type(error).__name__, str(error), json_wanted)
    else:
        answer(report, json_wanted, f"{done}：{folder}")


@click.command()
@click.option("--once", is_flag=True, help="Do what is due now, then stop.")
@as_json
@with_app
def work(once: bool, json_wanted: bool) -> None:
    """Run background work (anchors, clean-up) until stopped."""
    from trainhub.app.work import run_forever, run_once

    app = current_app._get_current_object()  # type: ignore[attr-defined]
    if once:
        answer({"done": run_once(app)}, json_wanted)
    else:
        run_forever(app)
