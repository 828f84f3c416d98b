"""case who-saw."""

from typing import Any

import click

from trainhub.cli.answers import answer, as_json, with_app


def register(cli: click.Group) -> None:
    """Add the commands of this module."""
    cli.add_command(case)


@click.group()
def case() -> None:
    """Cases: what the access log says of them."""


@case.command("who-saw")
@click.argument("ref")
@as_json
@with_app
def who_saw(ref: str, json_wanted: bool) -> None:
    """List who opened the object REF (id of a case, plan, file, ...) and what belongs to it: account, times, right, how."""
    from trainhub.accounts.access_log import names_of
    from trainhub.kernel.actor import Scope
    from trainhub.kernel.clock import local
    from trainhub.ledger.access import districts_of
    from trainhub.ledger.access import who_saw as found
    from trainhub.web.database import read_session

    session = read_session()
    rows: list[dict[str, Any]] = []
    for district_id in districts_of(session, ref):
        seen = found(session, Scope(district_id, None), [ref])
        names = names_of(session, district_id, {row.account_id for row in seen})
        rows += [{
            "at": row.at, "name": names.get(row.account_id, ""), "account": row.account_id, "role": row.acting_role,
            "permission": row.permission, "kind": row.object_kind, "ref": row.object_ref, "purpose": row.purpose,
            "via": row.via, "school": row.school_id, "seq": row.seq,
        } for row in seen]
    text = "\n".join(
        f"{local(r['at']):%Y-%m-%d %H:%M:%S}  {r['name']}  {r['role']}  {r['permission']}  {r['kind']}  {r['purpose']}  {r['via']}" for r in rows
    )
    answer({"ref": ref, "reads": len(rows), "people": len({r["account"] for r in rows}), "rows": rows}, json_wanted,
           f"{text}\n共 {len({r['account'] for r in rows})} 人、{len(rows)} 次。" if rows else "没有人打开过，或没有这个编号。")
