"""import staff|students|attendance, courses check|install."""

import secrets
from pathlib import Path
from typing import Any

import click
from flask import Flask, current_app

from trainhub.cli.answers import actor_named, answer, application, as_json, refuse, with_app

COURSES = Path(__file__).resolve().parents[2] / "courses"


def register(cli: click.Group) -> None:
    """Add the commands of this module."""
    cli.add_command(import_)
    cli.add_command(courses)


@click.command("import")
@click.argument("kind", type=click.Choice(("staff", "students", "attendance")))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as", "username", required=True, help="Sign-in name under which the import is recorded.")
@click.option("--event", "event_id", help="Roll (or training with one part) that an attendance file belongs to.")
@click.option("--key", default="auto", show_default=True, help="Attendance source.")
@click.option("--dry-run", is_flag=True, help="Show what would change; write nothing.")
@as_json
@with_app
def import_(
    kind: str, file: Path, username: str, event_id: str | None, key: str, dry_run: bool, json_wanted: bool
) -> None:
    """Import a roster or an attendance file: the same steps as in the browser."""
    from trainhub.plugin_api import Refused, Upload

    upload = Upload(file.name, file.read_bytes())
    try:
        report = _run_import(kind, upload, username, event_id, key, dry_run=dry_run)
    except Refused as error:
        from trainhub.evidence.messages import refusal_sentence
        from trainhub.web.i18n import chinese

        refuse(error.code, refusal_sentence(error, chinese), json_wanted)
        return
    questions = report.get("questions") or []
    if questions and not dry_run:
        refuse("questions", f"还有 {len(questions)} 个问题要先决定，什么都没有写入。", json_wanted, report=report)
    answer(report, json_wanted)


def _run_import(
    kind: str, upload: Any, username: str, event_id: str | None, key: str, *, dry_run: bool
) -> dict[str, Any]:
    from trainhub.app import imports
    from trainhub.kernel.clock import now
    from trainhub.web.database import read_session

    actor = actor_named(read_session(), username)
    if kind == "attendance":
        if not event_id:
            raise click.UsageError("--event is needed for attendance")
        return imports.import_attendance(actor, event_id, upload, now(), key=key, dry_run=dry_run)
    return imports.import_roster(actor, "staff" if kind == "staff" else "students", upload, now(), dry_run=dry_run)


@click.group()
def courses() -> None:
    """Course packs."""


@courses.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=COURSES)
@as_json
def check(folder: Path, json_wanted: bool) -> None:
    """Check the course packs in FOLDER; exit 1 where one is not usable."""
    from trainhub.courses.messages import place, sentence
    from trainhub.courses.packs import check_folder, pack_folders
    from trainhub.courses.rules import usable
    found = {path.name: check_folder(path) for path in pack_folders(folder)}
    if not found:
        raise click.UsageError(f"no course pack in {folder}")
    with application(SECRET_KEY=secrets.token_urlsafe(48), SQLALCHEMY_DATABASE_URI="sqlite://"):
        rows = [
            {"pack": name, "place": place(p), "code": p.code, "message": sentence(p)}
            for name, problems in found.items() for p in problems
        ]
    good = all(usable(problems) for problems in found.values())
    lines = [f"{r['pack']} {r['place']}: {r['message']}" for r in rows]
    text = "\n".join([*lines, f"{len(found)} 个课程包，{'可用' if good else '有问题，请先改正'}。"])
    if not good:
        refuse("packs", text, json_wanted, problems=rows)
    answer({"packs": sorted(found), "problems": rows}, json_wanted, text)


@courses.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=COURSES)
@as_json
@with_app
def install(folder: Path, json_wanted: bool) -> None:
    """Install the course packs in FOLDER; the same pack again changes nothing."""
    rows = install_folder(current_app._get_current_object(), folder)  # type: ignore[attr-defined]
    answer(rows, json_wanted, lambda found: "\n".join(f"{r['pack']} {r['version']}: {r['result']}" for r in found))


def install_folder(app: Flask, folder: Path) -> list[dict[str, Any]]:
    """Install every usable pack of a folder in one transaction; refuse all if one is unusable."""
    from trainhub.courses.packs import pack_folders, read_folder
    from trainhub.courses.rules import usable
    from trainhub.courses.service import PackNotUsable, install_pack
    from trainhub.kernel.clock import now
    from trainhub.web.database import transaction

    known = frozenset(app.extensions["trainhub.course_types"])
    rows = []
    with transaction() as session:
        for path in pack_folders(folder):
            pack, problems = read_folder(path, known)
            if pack is None or not usable(problems):
                raise PackNotUsable(count=len(problems), first=f"{path.name}: {problems[0].code}")
            done = install_pack(session, None, pack, now(), known)
            rows.append({"pack": path.name, "version": done.version, "result": done.change})
    return rows
