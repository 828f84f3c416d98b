"""guardian-request answer."""

from pathlib import Path

import click

from trainhub.cli.answers import actor_named, answer, as_json, with_app


def register(cli: click.Group) -> None:
    """Add the commands of this module."""
    cli.add_command(guardian_request)


@click.group("guardian-request")
def guardian_request() -> None:
    """Requests of guardians about what is held on their child."""


@guardian_request.command("answer")
@click.argument("request_id", metavar="ID")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File to write: .pdf or .docx.")
@click.option("--as", "username", required=True, help="Sign-in name of a case officer or committee secretary; the opening is logged under it.")
@as_json
@with_app
def answer_request(request_id: str, out: Path, username: str, json_wanted: bool) -> None:
    """Answer request ID whole and write its letter: everything that is held on the pupil, other children masked.

    An open request is answered with "given"; one that was decided on keeps its decision and its number.
    """
    from trainhub.cases.guardian_letters import answer_letter, letter_number
    from trainhub.cases.queries.held import REQUEST, known_of
    from trainhub.cases.service import requests
    from trainhub.documents.letters import letter_docx, letter_pdf
    from trainhub.kernel.clock import now
    from trainhub.kernel.permissions import Permission
    from trainhub.ledger.access import Reading, open_record
    from trainhub.roster.queries import org
    from trainhub.web.database import read_session, transaction
    from trainhub.web.keys import key_ring

    if out.suffix not in {".pdf", ".docx"}:
        raise click.UsageError("--out takes a .pdf or .docx file")
    actor, ring = actor_named(read_session(), username), key_ring()
    read_session().rollback()
    with transaction() as session:
        moment, right = now(), Permission.GUARDIAN_REQUEST_READ
        row = requests.seen_request(session, actor, request_id)
        if row.state == "open":
            requests.answer(session, ring, actor, requests.Answer(request_id, "given"), moment)
        held = requests.read_held(session, ring, actor, request_id, "export", moment) if row.decision == "given" else None
        if held is None:
            open_record(session, actor, Reading(row.school_id, REQUEST, row.id, right, "guardian_request", "export"), moment)
        school = org(session, actor.scope(right), row.school_id)
        letter = answer_letter(row, ring, known_of(ring, row), held, school.name, school.short_name)
        number = letter_number(row, school.short_name)
        state, late = row.state, row.answered_at is not None and row.answered_at > row.due_at
    content = letter_pdf(letter) if out.suffix == ".pdf" else letter_docx(letter)
    out.touch(mode=0o600, exist_ok=True)
    out.chmod(0o600)
    out.write_bytes(content)
    sections = {key: len(rows) for key, rows in held.sections} if held is not None else {}
    answer({"request": request_id, "state": state, "number": number, "late": late, "file": str(out), "rows": sum(sections.values()), "sections": sections},
           json_wanted, f"{number}：已写入 {out}，共 {sum(sections.values())} 项。")
