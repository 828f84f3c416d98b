"""keys status, keys rotate."""

import sys

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.cli.answers import answer, as_json, refuse, with_app


def register(cli: click.Group) -> None:
    """Add the commands of this module."""
    cli.add_command(keys)


@click.group()
def keys() -> None:
    """The keys that seal texts and files in the database. Never shows a key or a value."""


@keys.command("status")
@as_json
@with_app
def status_(json_wanted: bool) -> None:
    """How many sealed values are under which key, per column. Exit 1 where one is under no key that is here, or marks do not fit."""
    from trainhub.app.rotation import status
    from trainhub.evidence.sealed_files import marks_fit
    from trainhub.web.database import read_session
    from trainhub.web.keys import key_ring

    ring, session = key_ring(), read_session()
    columns, marks = status(session, ring), marks_fit(session, ring)
    former, unknown = sum(c.former for c in columns), sum(c.unknown for c in columns)
    report = {
        "current": ring.current_id, "former_keys": list(ring.key_ids[1:]), "to_rotate": former, "needs_re_entry": unknown,
        "marks": {True: "sound", False: "other_key", None: "nothing_to_check"}[marks],
        "columns": [{"column": c.column, "keys": dict(c.values)} for c in columns if c.values],
    }
    lines = [f"当前密钥 {ring.current_id}；以前的密钥：{'、'.join(ring.key_ids[1:]) or '无'}。"]
    lines += [f"{c.column:<40} " + "  ".join(f"{key} {number}" for key, number in c.values.items()) for c in columns if c.values]
    lines += [f"还有 {former} 个值用以前的密钥封存：请运行 trainhub keys rotate。"] if former else []
    lines += [f"有 {unknown} 个值的密钥不在这里：请配置那把密钥，否则只能重新填写。"] if unknown else []
    lines += ["检索标记与现有密钥不符：请恢复原来的 TRAINHUB_MARK_KEY 或最早的密钥。"] if marks is False else []
    answer(report, json_wanted, "\n".join(lines))
    if unknown or marks is False:
        sys.exit(1)


@keys.command("rotate")
@as_json
@with_app
def rotate_(json_wanted: bool) -> None:
    """Seal everything anew under the current key. May be stopped at any point and run again."""
    from trainhub.app.rotation import rotate
    from trainhub.evidence.sealed_files import marks_fit
    from trainhub.kernel.clock import now
    from trainhub.web.database import read_session, transaction
    from trainhub.web.keys import key_ring

    ring, session = key_ring(), read_session()
    if marks_fit(session, ring) is False:
        refuse("mark_key", "检索标记与现有密钥不符，没有改动。请先恢复原来的 TRAINHUB_MARK_KEY 或最早的密钥。", json_wanted)
    done = rotate(transaction, ring, _districts(session), now)
    _forget_old_pages(session)
    unreadable = sum(done.unreadable.values())
    report = {"key": ring.current_id, "districts": done.districts, "resealed": dict(done.resealed), "unreadable": dict(done.unreadable)}
    if unreadable:
        refuse("unreadable", f"已重新封存 {done.resealed.total()} 个值；{unreadable} 个值打不开，保持原样。用 trainhub keys status 查看缺哪把密钥。",
               json_wanted, **report)
    answer(report, json_wanted, f"已用密钥 {ring.current_id} 重新封存 {done.resealed.total()} 个值。")


def _districts(session: Session) -> list[str]:
    from trainhub.roster.models import OrgUnit

    return list(session.scalars(select(OrgUnit.district_id).where(OrgUnit.kind == "bureau").order_by(OrgUnit.district_id)))


def _forget_old_pages(session: Session) -> None:
    """Empty SQLite's log of changes: what was sealed under the former key does not stay behind there."""
    if session.get_bind().dialect.name == "sqlite":
        session.rollback()
        with session.get_bind().engine.connect() as connection:
            raw = connection.connection.dbapi_connection
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]  # outside a transaction, which a checkpoint needs
