"""sources explain: what a file is and what its rows would become, without touching the database."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from trainhub.cli.answers import answer, as_json, refuse


def register(cli: click.Group) -> None:
    """Add the commands of this module."""
    cli.add_command(sources)


@click.group()
def sources() -> None:
    """Attendance sources."""


@sources.command()
@click.option("--key", default="auto", show_default=True, help="Source key, or auto to recognise it.")
@click.option(
    "--roster",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV of the people; wanted for attendance.",
)
@click.option(
    "--session",
    "session_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON with date, start, end of the session; wanted for attendance.",
)
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json
def explain(
    key: str, roster: Path | None, session_file: Path | None, files: tuple[Path, ...], json_wanted: bool
) -> None:
    """Say what FILES are and what they would become; nothing is written.

    Attendance: status and minutes per person, and why. Rosters, calendars, certificates, lists of members and course
    descriptions: what they say. Files that belong together (the CSV files of one roster, pages of an answer) are given at once.
    """
    from trainhub.attendance.explain import MoreWanted, chinese, explain_files
    from trainhub.cli.explaining import Explaining
    from trainhub.plugin_api import Refused
    from trainhub.plugin_host.discovery import discover
    from trainhub.plugin_host.host import PluginHost

    host = PluginHost(discover())
    host.start(host.cards.keys())
    if key not in {"auto", "roster.staff", "roster.teachers", "roster.students", *host.sources}:
        raise click.UsageError(f"unknown source {key!r}; known: {', '.join(host.sources)}")
    others = Explaining(host, chinese())
    try:
        result = explain_files(key, roster, _frame(session_file), list(files), host.sources, others=others)
    except MoreWanted as wanted:
        missing = " and ".join(
            name for name, given in (("--roster", roster), ("--session", session_file)) if given is None
        )
        raise click.UsageError(f"{wanted.name} is attendance ({wanted.key}): name {missing} as well") from wanted
    except Refused as error:
        from trainhub.evidence.messages import refusal_sentence

        refuse(error.code, refusal_sentence(error, chinese()), json_wanted)
        return
    answer(result, json_wanted=True)
    outcomes = result.get("outcomes")
    if outcomes and all(str(text).startswith("refused") for text in outcomes.values()):
        sys.exit(1)


def _frame(session_file: Path | None) -> dict[str, Any] | None:
    """Return the ``session`` object of a file, which may stand alone or inside an expected.json; None where there is no file."""
    if session_file is None:
        return None
    try:
        frame = json.loads(session_file.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise click.UsageError(f"--session is not JSON: {error}") from error
    if not isinstance(frame, dict):
        raise click.UsageError("--session is no JSON object")
    found: dict[str, Any] = frame.get("session", frame)
    return found
