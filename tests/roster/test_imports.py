"""Importing lists: nothing guessed, nothing twice, all or nothing (cases 99, 101, 102; R1, R5)."""

import random
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.builders import Sample, person_name
from tests.roster.conftest import KEY, NOW, Desk, csv_upload, xlsx_upload
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import NotFound, StaleVersion
from trainhub.ledger.models import LedgerEntry
from trainhub.plugin_api import Upload
from trainhub.roster import service
from trainhub.roster.models import Employment, ImportBatch, Person, Student
from trainhub.roster.queries import classes, staff_on, students
from trainhub.roster.refusals import AlreadyApplied, BuiltUpon, NothingToWrite, OpenQuestions, TooLateToWithdraw
from trainhub.roster.service import importing, writing
from trainhub.training.models import TrainingObligation
from trainhub.training.queries.facts import year_of
from trainhub.training.service.standing import rebuild

SAMPLES = Path(__file__).parent.parent / "data" / "samples"
HEAD = ["姓名", "工号", "部门", "教职工类别", "是否班主任", "所带班级"]
ROWS = [
    ["林若兰", "S001", "英语组", "专任教师", "是", "三（1）班"],
    ["阿不都·克里木", "S002", "体育组", "专任教师", "否", ""],
    ["张䶮", "S003", "总务处", "工勤人员", "否", ""],
    ["欧阳若彤", "S004", "英语组", "专任教师", "否", ""],
]
STAFF_COUNT = 6


def staff(desk: Desk) -> dict[str, Any]:
    """Present staff of the desk's school by name."""
    scope = desk.scopes["staff"]
    return {s.name: s for s in staff_on(desk.session, scope, desk.school_id, NOW.date())}


def rows_of(session: Session, table: Any) -> int:
    """How many rows a table holds."""
    return session.scalar(select(func.count()).select_from(table)) or 0


def test_nothing_is_saved_before_the_clerk_confirms(desk: Desk, session: Session) -> None:
    """The preview stages; people, jobs and ledger stay as they were."""
    before = [rows_of(session, t) for t in (Person, Employment, LedgerEntry)]
    page = desk.stage(csv_upload([HEAD, *ROWS]))
    assert page.plan.counts["new"] == len(ROWS)
    assert page.plan.counts["gone"] == STAFF_COUNT
    assert [rows_of(session, t) for t in (Person, Employment, LedgerEntry)] == before


def test_a_confirmed_list_is_written_with_posts_and_classes(desk: Desk) -> None:
    """Departments, categories, the homeroom post with its class; who is missing in the file stays."""
    report = desk.bring_in(csv_upload([HEAD, *ROWS]))
    assert report.written == len(ROWS)
    people = staff(desk)
    assert len(people) == STAFF_COUNT + len(ROWS)
    assert people["林若兰"].posts == ("homeroom_teacher",)
    assert people["林若兰"].class_name == "三年级（1）班"
    assert people["张䶮"].category == "logistics"
    assert people["欧阳若彤"].initials == "oyrt"
    assert people["阿不都·克里木"].department == "体育组"


@pytest.mark.parametrize("again", [
    lambda rows: csv_upload([HEAD, *rows], name="改名.csv"),
    lambda rows: csv_upload([HEAD, *random.Random(3).sample(rows, len(rows))]),
    lambda rows: xlsx_upload([HEAD, *rows]),
    lambda rows: csv_upload([HEAD, *rows], encoding="gb18030"),
    lambda rows: csv_upload([[f" {h} " for h in HEAD], *rows]),
], ids=["renamed", "shuffled", "xlsx", "gb18030", "header spaces"])  # fmt: skip
def test_case_102_the_same_list_again_changes_nothing(desk: Desk, session: Session, again: Any) -> None:
    """R5: renamed, shuffled, other container, other encoding, spaces: 0 changes, and it says so."""
    rows = [r for r in ROWS if r[0] != "张䶮"] + [["张䶮", "S003", "总务处", "工勤人员", "否", ""]]
    desk.bring_in(csv_upload([HEAD, *rows]))
    entries = rows_of(session, LedgerEntry)
    page = desk.stage(again(rows))
    assert page.plan.write_count == 0
    assert page.plan.counts["unchanged"] == len(rows)
    assert page.seen_before == "名单.csv"
    with pytest.raises(NothingToWrite):
        desk.apply(page.id)
    assert rows_of(session, LedgerEntry) == entries


def test_case_102_applying_a_batch_twice_writes_once(desk: Desk, session: Session) -> None:
    """A double click finds the batch written and adds nothing."""
    page = desk.stage(csv_upload([HEAD, *ROWS]))
    desk.apply(page.id)
    count = rows_of(session, Employment)
    assert desk.apply(page.id).applied
    assert rows_of(session, Employment) == count


def test_case_99_namesakes_are_asked_about_never_guessed(desk: Desk) -> None:
    """Two 王伟 without numbers in the file: both wait; with candidates each decision is the clerk's."""
    desk.bring_in(csv_upload([HEAD, ["王伟", "W1", "语文组", "", "", ""], ["王伟", "W2", "数学组", "", "", ""]]))
    page = desk.stage(csv_upload([["姓名", "部门"], ["王伟", "物理组"]]))
    (line,) = page.plan.lines
    assert line.outcome == "question"
    assert {(k.group, k.number) for k in line.candidates} == {("语文组", "W1"), ("数学组", "W2")}
    with pytest.raises(OpenQuestions):
        desk.apply(page.id)
    second = next(k for k in line.candidates if k.number == "W2")
    page = desk.decide(page.id, {str(line.entry.row): {"do": "same", "id": second.id}})
    assert page.plan.lines[0].outcome == "changed"
    desk.apply(page.id)
    numbers = {s.staff_no: s.department for s in staff_on(desk.session, desk.scopes["staff"], desk.school_id, NOW.date())}
    assert numbers["W1"] == "语文组"
    assert numbers["W2"] == "物理组"


def test_case_99_name_and_department_of_one_person_is_no_guess(desk: Desk) -> None:
    """R9: name with the exact department decides between namesakes."""
    desk.bring_in(csv_upload([HEAD, ["王伟", "W1", "语文组", "", "", ""], ["王伟", "W2", "数学组", "", "", ""]]))
    page = desk.stage(csv_upload([["姓名", "部门"], ["王伟", "数学组"]]))
    assert page.plan.lines[0].outcome == "unchanged"
    assert page.plan.lines[0].known.number == "W2"


def test_case_99_two_new_namesakes_without_number_wait(desk: Desk, session: Session) -> None:
    """Decided once as two people; the same file later asks nothing and changes nothing."""
    upload = csv_upload([["姓名", "部门"], ["王伟", "语文组"], ["王伟", "数学组"]])
    page = desk.stage(upload)
    assert [line.outcome for line in page.plan.lines] == ["question", "question"]
    page = desk.decide(page.id, {str(line.entry.row): {"do": "new"} for line in page.plan.lines})
    desk.apply(page.id)
    again = desk.stage(upload)
    assert again.plan.counts["unchanged"] == 2
    assert again.plan.write_count == 0


def test_case_99_the_number_wins_and_another_name_is_asked_about(desk: Desk, district: Sample) -> None:
    """A known number with another name: the same person renamed, or skip; never a silent change."""
    page = desk.stage(csv_upload([HEAD, ["周小改", "T0001", "", "", "", ""]]))
    (line,) = page.plan.lines
    assert (line.outcome, line.choices) == ("question", ("same", "skip"))
    page = desk.decide(page.id, {"2": {"do": "new"}})
    assert page.plan.open_count == 1, "a choice the row does not offer must not slip in"


def test_case_99_a_new_number_for_a_known_name_is_asked_about(desk: Desk) -> None:
    """Somebody of that name is there under another number that the file does not hold."""
    name = person_name(1)
    page = desk.stage(csv_upload([HEAD, [name, "X900", "", "", "", ""]]))
    (line,) = page.plan.lines
    assert line.outcome == "question"
    assert line.choices == ("same", "new", "skip")
    both = desk.stage(csv_upload([HEAD, [name, "X900", "", "", "", ""], [name, "T0001", "", "", "", ""]]))
    assert [line.outcome for line in both.plan.lines] == ["new", "unchanged"]


def test_case_101_hostile_rows_are_said_row_by_row(desk: Desk) -> None:
    """Title, totals, full-width digits, a damaged number, a missing name: preview with reasons."""
    page = desk.stage(xlsx_upload([
        ["晨曦第一中学教职工名册", "", ""],
        ["姓 名", "教职工号★", "部门"],
        ["周　强", "Ｔ２０１", "总务处"],
        ["", "T202", "语文组"],
        ["陈晓东", "1.23E+17", "语文组"],
        ["买买提•艾力", "T203", "体育组"],
        ["合计", "4", ""],
    ]))  # fmt: skip
    lines = {line.entry.row: line for line in page.plan.lines}
    assert (lines[3].outcome, lines[3].entry.name, lines[3].entry.number) == ("new", "周强", "T201")
    assert (lines[4].outcome, lines[4].notes[0].code) == ("problem", "name_missing")
    assert (lines[5].outcome, lines[5].notes[0].code) == ("problem", "staff_no_damaged")
    assert lines[6].entry.name == "买买提·艾力"
    assert 7 not in lines


def test_case_101_a_problem_row_is_fixed_in_place(desk: Desk) -> None:
    """The clerk types what was missing; only then the row is written."""
    page = desk.stage(csv_upload([HEAD, ["", "S009", "语文组", "", "", ""]]))
    assert page.plan.lines[0].outcome == "problem"
    page = desk.decide(page.id, {"2": {"fix": {"name": "高晓云"}}})
    assert page.plan.lines[0].outcome == "new"
    desk.apply(page.id)
    assert staff(desk)["高晓云"].staff_no == "S009"


def test_rows_left_open_are_left_out_only_when_the_clerk_says_so(desk: Desk) -> None:
    """写入 n 行 with open rows writes the others."""
    page = desk.stage(csv_upload([HEAD, ROWS[0], ["", "S009", "", "", "", ""]]))
    with pytest.raises(OpenQuestions):
        desk.apply(page.id)
    assert desk.apply(page.id, leave_open=True).written == 1
    assert "林若兰" in staff(desk)


def test_changes_are_shown_and_history_is_kept(desk: Desk, session: Session) -> None:
    """A new department closes the old membership the day before; the number stays."""
    desk.bring_in(csv_upload([HEAD, *ROWS]))
    later = csv_upload([HEAD, ["林若兰", "S001", "教务处", "行政人员", "否", ""]])
    page = desk.stage(later)
    desk.decide(page.id, first_day=date(2026, 12, 1))
    page = desk.page(page.id)
    changes = {c.field: (c.old, c.new) for c in page.plan.lines[0].changes}
    assert changes["group"] == ("英语组", "教务处")
    assert changes["category"] == ("full_time_teacher", "administrator")
    assert changes["homeroom"] == ("3-1", "")
    desk.apply(page.id)
    scope = desk.scopes["staff"]
    november = {s.name: s for s in staff_on(session, scope, desk.school_id, date(2026, 11, 30))}["林若兰"]
    december = {s.name: s for s in staff_on(session, scope, desk.school_id, date(2026, 12, 1))}["林若兰"]
    assert (november.department, november.posts) == ("英语组", ("homeroom_teacher",))
    assert (december.department, december.posts) == ("教务处", ())


def test_who_is_missing_leaves_only_when_the_clerk_says_so(desk: Desk, district: Sample) -> None:
    """The default keeps everybody; one person is let go with a reason and a date."""
    page = desk.stage(csv_upload([HEAD, *ROWS]))
    first = page.plan.gone[0]
    page = desk.decide(page.id, gone={first.id: {"do": "leave", "why": "retired"}})
    assert page.plan.counts["leaving"] == 1
    desk.apply(page.id)
    people = staff(desk)
    assert first.name not in people
    assert len(people) == STAFF_COUNT - 1 + len(ROWS)


def test_retired_in_the_sheet_ends_the_employment(desk: Desk) -> None:
    """人员状态 退休: the known person leaves, an unknown one is not added."""
    head = ["姓名", "工号", "人员状态"]
    page = desk.stage(csv_upload([head, [person_name(1), "T0001", "退休"], ["徐退休", "T900", "退休"]]))
    assert [line.outcome for line in page.plan.lines] == ["changed", "skip"]
    desk.apply(page.id)
    assert person_name(1) not in staff(desk)


def test_exception_in_the_middle_leaves_nothing(desk: Desk, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """R1: a fault after the rows were written takes all of them back; the second try finishes."""
    page = desk.stage(csv_upload([HEAD, *ROWS]))
    session.commit()
    count = rows_of(session, Employment)

    def fail(*args: Any, **more: Any) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(importing, "record", fail)
        with pytest.raises(RuntimeError):
            desk.apply(page.id)
        session.rollback()
    assert rows_of(session, Employment) == count
    assert desk.page(page.id).state == "staged"
    desk.apply(page.id)
    assert rows_of(session, Employment) == count + len(ROWS)


def test_a_stale_page_does_not_write(desk: Desk) -> None:
    """Two clerks on one batch: the one who saw the older version is refused."""
    page = desk.stage(csv_upload([HEAD, *ROWS]))
    desk.decide(page.id)
    with pytest.raises(StaleVersion):
        service.apply(desk.session, desk.actor, page.id, page.version, NOW)


def test_a_batch_is_withdrawn_whole(desk: Desk, session: Session) -> None:
    """Within 24 hours every row returns to what it was, and the ledger keeps both entries."""
    desk.bring_in(csv_upload([HEAD, *ROWS]))
    before = {name: (s.department, s.posts) for name, s in staff(desk).items()}
    report = desk.bring_in(csv_upload([HEAD, ["林若兰", "S001", "教务处", "", "否", ""], ["新来的", "S010", "", "", "", ""]]))
    service.withdraw(session, desk.actor, report.batch_id, "传错了文件", NOW)
    assert {name: (s.department, s.posts) for name, s in staff(desk).items()} == before
    kinds = set(session.scalars(select(LedgerEntry.kind)))
    assert {"roster.import.staff", "roster.import.withdrawn"} <= kinds


def test_a_batch_is_not_withdrawn_late_or_twice_or_when_built_upon(desk: Desk, session: Session) -> None:
    """24 hours, once, and not where somebody changed what it wrote."""
    from datetime import timedelta

    first = desk.bring_in(csv_upload([HEAD, *ROWS]))
    with pytest.raises(TooLateToWithdraw):
        service.withdraw(session, desk.actor, first.batch_id, "", NOW + timedelta(hours=25))
    second = desk.bring_in(csv_upload([HEAD, ["林若兰", "S001", "", "行政人员", "", ""]]))
    person = staff(desk)["林若兰"]
    service.correct(session, desk.actor, service.CorrectDetails(
        person.person_id, desk.school_id, "林若兰", "S001", "support", "staffed", None, ce_opt_out=False), NOW)
    with pytest.raises(BuiltUpon):
        service.withdraw(session, desk.actor, second.batch_id, "", NOW)
    service.change_department(session, desk.actor, service.ChangeDepartment(
        person.person_id, desk.school_id, "德育处", date(2026, 12, 5)), NOW)
    with pytest.raises(BuiltUpon):
        service.withdraw(session, desk.actor, first.batch_id, "", NOW)


def test_statements_do_not_grow_with_rows(desk: Desk, count_statements: Any) -> None:
    """The same number of statements for 5 and for 200 rows, staged and written."""
    def cost(count: int, prefix: str) -> tuple[int, int]:
        rows = [[f"测{chr(0x4E00 + i)}{prefix}", f"{prefix}{i}", f"第{i % 7}组", "专任教师", "", ""] for i in range(count)]
        reading = desk.read(csv_upload([HEAD, *rows]))
        with count_statements() as staging:
            batch_id = service.stage(desk.session, desk.actor, desk.school_id, reading, NOW)
        with count_statements() as writing:
            desk.apply(batch_id)
        return staging.count, writing.count

    small = cost(5, "甲")
    large = cost(200, "乙")
    assert large[0] == small[0]
    assert large[1] <= small[1] + 1  # the departments of the first round are there in the second


def test_a_large_file_is_written_in_batches(
    desk: Desk, count_statements: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """100 and 2,000 rows: the same statements but for the batches of a thousand, and never more rows in memory."""
    held: list[int] = []
    real = writing.insert_many
    monkeypatch.setattr(writing, "insert_many", lambda s, q, rows: (held.append(len(rows)), real(s, q, rows)))

    def cost(count: int, prefix: str) -> tuple[int, int]:
        rows = [[f"测{chr(0x4E00 + i)}{prefix}", f"{prefix}{i}", "语文组", "专任教师", "", ""] for i in range(count)]
        reading = desk.read(csv_upload([HEAD, *rows]))
        with count_statements() as seen:
            report = importing.import_file(desk.session, desk.actor, "staff", reading, NOW, key=KEY)
        assert report.written == count
        texts = [text for text in seen.texts if not text.startswith("ANALYZE")]
        return len(texts), sum(text.startswith("INSERT INTO employment") for text in texts)

    few, one_batch = cost(100, "甲")
    many, two_batches = cost(2_000, "乙")
    assert (one_batch, two_batches) == (1, 2)
    assert many <= few + 3  # a second batch of people, employments and departments
    assert max(held) <= writing.BATCH


def test_people_of_a_list_owe_at_once_what_a_rebuild_says(desk: Desk, session: Session) -> None:
    """New people are judged from their employment alone, known ones from everything; both as the rebuild judges."""
    year = year_of(session, desk.actor.district_id, local_day(now()))

    def owed() -> dict[str, tuple[Any, ...]]:
        session.expire_all()
        query = select(TrainingObligation).where(
            TrainingObligation.district_id == desk.actor.district_id, TrainingObligation.year_key == year.key
        )
        return {o.person_id: (o.school_id, o.state, o.required_minutes, o.due_on, o.department, o.posts, o.is_new)
                for o in session.scalars(query)}

    desk.bring_in(csv_upload([HEAD, *ROWS]))
    changed = [[*row[:2], "新的部门", *row[3:]] for row in ROWS]
    desk.bring_in(csv_upload([HEAD, *changed, ["柏知远", "N001", "语文组", "专任教师", "", ""]]))
    live = owed()
    assert "柏知远" in set(session.scalars(select(Person.name).where(Person.id.in_(live))))
    rebuild(session, desk.actor.district_id, year, now())
    rebuilt = owed()
    assert {k: rebuilt[k] for k in live} == live


def test_a_clerks_own_columns_are_mapped_once_and_remembered(desk: Desk, session: Session) -> None:
    """Headers nobody knows: the dialog asks; the next file with these headers needs no dialog."""
    rows = [["谁", "胸牌", "哪个组"], ["罗文博", "B7", "音乐组"], ["邓静怡", "B8", "音乐组"]]
    page = desk.stage(csv_upload(rows))
    assert page.staged["needs_mapping"]
    assert page.staged["headers"] == ["谁", "胸牌", "哪个组"]
    mapping = {"name": "谁", "staff_no": "胸牌", "department": "哪个组"}
    facts = service.school_facts(session, desk.actor.district_id, desk.school_id, NOW)
    reading = service.read_again("staff", page.staged["kept"], facts, KEY, mapping, page.file_name, "0" * 64)
    service.restage(session, desk.actor, page.id, reading, NOW)
    assert desk.page(page.id).plan.counts["new"] == 2
    assert desk.page(page.id).staged["kept"] is None
    again = desk.stage(csv_upload(rows))
    assert not again.staged["needs_mapping"]
    assert again.plan.counts["new"] == 2


def test_other_schools_cannot_see_or_write_a_batch(desk: Desk, district: Sample, session: Session) -> None:
    """Outside the scope a batch is not there."""
    page = desk.stage(csv_upload([HEAD, *ROWS]))
    from dataclasses import replace

    stranger: Actor = replace(district.actors["school_administrator"], org_id=district.other_school_id)
    with pytest.raises(NotFound):
        service.apply(session, stranger, page.id, None, NOW)
    with pytest.raises(NotFound):
        Desk(session, stranger, district.other_school_id).page(page.id)


def test_a_discarded_batch_is_erased(desk: Desk, session: Session) -> None:
    """The staged rows go with it."""
    page = desk.stage(csv_upload([HEAD, *ROWS]))
    service.discard(session, desk.actor, page.id)
    assert "entries" not in session.get_one(ImportBatch, (desk.actor.district_id, page.id)).staged
    with pytest.raises(AlreadyApplied):
        desk.apply(page.id)


def test_import_file_refuses_with_open_questions_and_lists_them(desk: Desk, session: Session) -> None:
    """The command line: questions stop it, a dry run writes nothing, a clean file goes in."""
    reading = desk.read(csv_upload([HEAD, ROWS[0], ["", "S009", "", "", "", ""]]))
    report = service.import_file(session, desk.actor, "staff", reading, NOW)
    assert (report.applied, len(report.open_rows)) == (False, 1)
    clean = desk.read(csv_upload([HEAD, *ROWS]))
    assert not service.import_file(session, desk.actor, "staff", clean, NOW, dry_run=True).applied
    assert "林若兰" not in staff(desk)
    assert service.import_file(session, desk.actor, "staff", clean, NOW).applied
    assert service.import_file(session, desk.actor, "staff", clean, NOW).written == 0


def test_sample_of_a_teachers_roster(desk: Desk) -> None:
    """The national layout: who is retired is not added, everybody else is."""
    path = next((SAMPLES / "31-roster-teachers").glob("*.xlsx"))
    page = desk.stage(Upload(path.name, path.read_bytes()))
    assert not page.staged["needs_mapping"]
    outcomes = {line.entry.number: line.outcome for line in page.plan.lines}
    assert outcomes["0108"] == "skip"
    assert sum(o == "new" for o in outcomes.values()) == 11


def test_sample_of_a_pupils_roster_keeps_no_number(desk: Desk, session: Session) -> None:
    """Numbers only as keyed hash and tail, anywhere in the database; a second time changes nothing."""
    path = next((SAMPLES / "30-roster-xueji-students").glob("*.xlsx"))
    upload = Upload(path.name, path.read_bytes())
    page = desk.stage(upload, "students")
    counts = page.plan.counts
    assert (counts["new"], counts["problem"], counts["skip"]) == (6, 1, 1)
    desk.apply(page.id, leave_open=True)
    batch = session.get_one(ImportBatch, (desk.actor.district_id, page.id))
    everything = repr([batch.staged, batch.decisions, batch.report, batch.mapping])
    pupils = list(session.scalars(select(Student)))
    everything += repr([(p.number_hash, p.number_tail, p.name) for p in pupils])
    assert "990101" not in everything
    assert {p.number_tail for p in pupils} >= {"0125", "034X"}
    rows, total = students(session, desk.scopes["students"], desk.school_id, NOW.date())
    assert total == 6
    assert rows[0].number.startswith(("G…", "L…"))
    assert desk.stage(upload, "students").plan.write_count == 0
    found = classes(session, desk.scopes["staff"], desk.school_id, "2026-2027", NOW.date())
    assert {(c.grade, c.class_no, c.student_count) for c in found} >= {(3, 1, 5), (3, 2, 1)}


def test_a_kept_pupil_table_holds_stand_ins_only(desk: Desk) -> None:
    """While columns are being mapped no real number is stored, and mapping leads to the same pupils."""
    number = "G990101201709120125"
    rows = [["谁", "哪个号", "班号", "家庭住址"], ["陈一诺", number, "三（1）班", "某路1号"]]
    page = desk.stage(csv_upload(rows), "students")
    assert page.staged["needs_mapping"]
    assert "990101201709120125" not in repr(page.staged)
    assert "某路" not in repr(page.staged)
    facts = service.school_facts(desk.session, desk.actor.district_id, desk.school_id, NOW)
    mapping = {"name": "谁", "student_no": "哪个号", "class": "班号"}
    reading = service.read_again("students", page.staged["kept"], facts, KEY, mapping, "a.csv", "0" * 64)
    (entry,) = reading.entries
    assert entry.verdict == "accepted"
    assert entry.number == service.NumberKey(KEY, desk.actor.district_id).hashed(number)
    assert entry.shown_number == "G…0125"
