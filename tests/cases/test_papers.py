"""Numbered papers: one number for one object, one child's name at most, every print in the log (security.md #12, #15)."""

import io
import zipfile

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from tests.cases.hall import NOW, Hall, open_hall
from trainhub.cases.letters import export_letter, letter_of, tables_of, watermark
from trainhub.cases.models import CaseParty, IssuedDocument
from trainhub.cases.queries.identity import unsealed_identity
from trainhub.cases.queries.papers import exported, open_paper, papers_of
from trainhub.cases.rules.parties import CaseRefused
from trainhub.cases.service import outcomes, reports, second
from trainhub.cases.service.documents import issue_paper, number_text
from trainhub.documents.letters import letter_docx, letter_pdf, printable
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import Forbidden, NotFound
from trainhub.kernel.ids import new_id
from trainhub.ledger.models import AccessLogEntry


@pytest.fixture
def hall(session: Session) -> Hall:
    return open_hall(session)


@pytest.fixture
def language(app: Flask, session: Session) -> object:
    with app.test_request_context("/"):
        yield


def name_of(hall: Hall, party_id: str) -> str:
    return str(unsealed_identity(hall.world.ring, hall.session.get_one(CaseParty, (hall.world.sample.district_id, party_id)))["name"])


def text_of(letter: object) -> str:
    return str(printable(letter))  # type: ignore[arg-type]


def printed(hall: Hall, case_id: str, kind: str, object_id: str, reader: str | None = None) -> object:
    paper = issue_paper(hall.session, hall.officer, case_id, kind, object_id, NOW)
    return letter_of(open_paper(hall.session, hall.world.ring, hall.officer, case_id, paper.document_id, NOW, reader=reader))


@pytest.mark.usefixtures("language")
def test_a_determination_names_the_readers_own_child_and_nobody_elses(hall: Hall, session: Session) -> None:
    case, actor, target, found = hall.determined()
    names = {key: name_of(hall, key) for key in (actor, target)}
    assert names[actor] != names[target]
    for reader, other in ((actor, target), (target, actor)):
        text = text_of(printed(hall, case.id, "determination", found, reader))
        assert names[reader] in text
        assert names[other] not in text
        assert hall.row(found).number in text
        assert "A1 多次推搡 B1" in text
        assert "15" in text  # the days to appeal
    logged = session.scalars(sa.select(AccessLogEntry).where(AccessLogEntry.via == "print")).all()
    assert len(logged) == 6  # paper, version and child, twice
    assert {entry.about_ref for entry in logged} == {case.id}
    with pytest.raises(NotFound):
        printed(hall, case.id, "determination", found, new_id())


@pytest.mark.usefixtures("language")
def test_the_same_object_keeps_its_number_and_its_paper(hall: Hall, session: Session) -> None:
    case, actor, _target, found = hall.determined()
    first, second_print = printed(hall, case.id, "determination", found, actor), printed(hall, case.id, "determination", found, actor)
    assert first == second_print
    assert session.scalar(sa.select(sa.func.count()).select_from(IssuedDocument).where(IssuedDocument.kind == "determination")) == 1
    for kind in ("acceptance_notice", "investigation_notice"):
        numbers = [issue_paper(session, hall.officer, case.id, kind, key, NOW).number for key in (actor, _target, actor)]
        assert numbers[0] == numbers[2] != numbers[1]
    row = session.scalars(sa.select(IssuedDocument).where(IssuedDocument.kind == "acceptance_notice", IssuedDocument.object_id == actor)).one()
    assert (row.number, row.version) == (1, 1)


@pytest.mark.usefixtures("language")
def test_every_kind_of_paper_prints_as_pdf_and_word(hall: Hall, session: Session) -> None:
    case, actor, target, found = hall.determined("serious", tier="serious", measures=("apology",), plan_minutes=540)
    hall.serve_all(actor, target)
    facts = dict.fromkeys(("time", "place", "cause", "course", "persons", "measures"), "A1 B1")
    report = reports.record_report(session, hall.world.ring, hall.officer, reports.RecordReport(case.id, "first", "written", "bureau", NOW, facts), NOW)
    outcomes.overturn(session, hall.officer, found, new_id(), NOW)
    owed = [one.object_id for one in serving_owed(hall)]
    letters = [
        printed(hall, case.id, "acceptance_notice", actor), printed(hall, case.id, "investigation_notice", target),
        printed(hall, case.id, "determination", found, target), printed(hall, case.id, "incident_report", report),
        printed(hall, case.id, "correction_notice", owed[0]),
    ]
    for letter in letters:
        assert letter.number  # type: ignore[attr-defined]
    text = letter_docx(letters[2])  # type: ignore[arg-type]
    document = zipfile.ZipFile(io.BytesIO(text)).read("word/document.xml").decode()
    assert name_of(hall, target) in document
    assert name_of(hall, actor) not in document
    assert letter_pdf(letters[2]).startswith(b"%PDF")  # type: ignore[arg-type]
    report_text = text_of(letters[3])
    assert not any(name_of(hall, key) in report_text for key in (actor, target))
    assert hall.row(found).number in text_of(letters[4])


def serving_owed(hall: Hall) -> list[object]:
    from trainhub.cases.queries.determinations import owed_corrections

    return list(owed_corrections(hall.session, hall.officer, NOW))


def test_only_the_school_that_leads_prints_and_issues(hall: Hall, session: Session) -> None:
    case, actor, _target, found = hall.determined()
    for key, error in (("case_officer@other", NotFound), ("principal@other", NotFound), ("teacher", Forbidden), ("committee_member", Forbidden)):
        who = hall.world.sample.actors.get(key)
        if who is None:
            continue
        with pytest.raises(error):
            papers_of(session, who, case.id, NOW)
        with pytest.raises((NotFound, Forbidden)):
            issue_paper(session, who, case.id, "acceptance_notice", actor, NOW)
    with pytest.raises(CaseRefused):
        issue_paper(session, hall.officer, case.id, "appeal_decision", found, NOW)
    with pytest.raises(NotFound):
        issue_paper(session, hall.officer, case.id, "acceptance_notice", new_id(), NOW)
    found_papers = papers_of(session, hall.world.actor("principal"), case.id, NOW)
    assert [row.kind for row in found_papers.issued] == ["determination"]
    assert {code for _key, code in found_papers.issued[0].readers} == {"A1", "B1"}


def test_a_number_holds_no_brackets_of_a_short_name() -> None:
    assert number_text("determination", 2026, 3, "云岭（一）中") == "云岭一中〔2026〕认 3 号"


@pytest.mark.usefixtures("language")
def test_abuse_15_an_export_with_names_carries_reason_user_and_time_on_every_page(hall: Hall, session: Session) -> None:
    case, actor, target, _found = hall.determined()
    key = second.ask(session, hall.world.ring, hall.officer, second.Ask("identified_export", case.id, "official_request", "公安来函"), NOW)
    second.grant(session, hall.secretary, key, NOW)
    opening = second.use(session, hall.officer, key, NOW, via="export")
    file = exported(session, hall.world.ring, opening, case.id)
    mark = watermark("official_request", hall.officer.display_name, NOW)
    letter = export_letter(file, mark, local_day(NOW))
    assert hall.officer.display_name in letter.watermark
    assert "2026" in letter.watermark
    assert letter_pdf(letter).startswith(b"%PDF")
    text = str(tables_of(file))
    assert all(name_of(hall, party) in text for party in (actor, target))
    assert session.scalars(sa.select(AccessLogEntry.purpose).where(AccessLogEntry.via == "export")).all() == ["identified_export"]
