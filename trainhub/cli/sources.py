"""sources explain: what each row of a file would become, without touching the database."""

import json
import sys
from pathlib import Path

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
@click.option("--roster", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--session", "session_file", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json
def explain(key: str, roster: Path, session_file: Path, files: tuple[Path, ...], json_wanted: bool) -> None:
    """Print, per person, status and minutes that FILES would give, and why."""
    from trainhub.attendance.explain import explain_files
    from trainhub.plugin_api import Refused
    from trainhub.plugin_host.discovery import discover
    from trainhub.plugin_host.host import PluginHost

    try:
        frame = json.loads(session_file.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise click.UsageError(f"--session is not JSON: {error}") from error
    frame = frame.get("session", frame)
    host = PluginHost(discover())
    host.start(host.cards.keys())
    if key != "auto" and key not in host.sources:
        raise click.UsageError(f"unknown source {key!r}; known: {', '.join(host.sources)}")
    try:
        result = explain_files(key, roster, frame, list(files), host.sources)
    except Refused as error:
        from trainhub.evidence.messages import refusal_sentence
        from trainhub.web.i18n import chinese

        refuse(error.code, refusal_sentence(error, chinese), json_wanted)
        return
    answer(result, json_wanted=True)
    outcomes = result.get("outcomes")
    if outcomes and all(str(text).startswith("refused") for text in outcomes.values()):
        sys.exit(1)
