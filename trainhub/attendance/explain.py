"""``sources explain``: what files would become, without touching any database.

The answer has the shape of the samples' expected.json, so that a format can be checked by comparing.
"""

import csv
import gettext
import io
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from trainhub.attendance import file_messages
from trainhub.attendance.choosing import choose
from trainhub.attendance.matching import Directory, RosterPerson
from trainhub.attendance.outcomes import Outcome, PersonOutcome, UnmatchedRow, weigh
from trainhub.evidence import intake
from trainhub.evidence.messages import refusal_sentence
from trainhub.evidence.rules import NO_TABLE, SURE
from trainhub.kernel.clock import at, local
from trainhub.kernel.minutes import PeriodRule
from trainhub.plugin_api.contracts import (
    AttendanceReading,
    AttendanceSource,
    Problem,
    ReadResult,
    Refused,
    SessionFrame,
    Upload,
)
from trainhub.plugin_api.documents import looks_like_json
from trainhub.plugin_api.tables import Tables
from trainhub.plugin_api.texts import decode
from trainhub.roster import readers

Translate = Callable[[str], str]
Left = Sequence[tuple[Upload, Refused | None]]
"""Files that no source is sure of, and why none took them; None where one takes them if nobody knows better."""
_LEFT_OVER = frozenset({*NO_TABLE, "no_header", "no_data"})
"""Refusals after which a file may still be something else than attendance."""
_FALLBACK_DAY = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class RosterFile:
    """The people of a roster file; ``student_keys`` is pupil number -> key where the file has pupils."""

    people: tuple[RosterPerson, ...] = ()
    by_staff_no: Mapping[str, str] = field(default_factory=dict)
    student_keys: Mapping[str, str] = field(default_factory=dict)


Others = Callable[[Left, RosterFile], tuple[list[dict[str, Any]], dict[str, str]]]
"""Explains files that are no attendance: what they say, one answer a format, and a line on each file."""


class MoreWanted(Exception):
    """A file is attendance, and the people or the session it is about were not named. ``key`` is its source."""

    def __init__(self, name: str, key: str) -> None:
        super().__init__(name, key)
        self.name, self.key = name, key


def read_roster(content: bytes) -> RosterFile:
    """Read the roster of ``--roster``: CSV with person_key, name, staff_no, dept and ids by header."""
    text = decode(content).text
    people: list[RosterPerson] = []
    students: dict[str, str] = {}
    for row in csv.DictReader(io.StringIO(text, newline="")):
        values = {(k or "").strip(): (v or "").strip() for k, v in row.items() if isinstance(v, str)}
        number = values.get("student_no") or values.get("学号") or ""
        key = values.get("person_key") or values.get("student_key") or values.get("staff_no") or number
        if number:
            students[number] = key
        people.append(
            RosterPerson(
                person_key=key,
                name=values.get("name") or values.get("姓名", ""),
                staff_no=values.get("staff_no") or values.get("工号", "") or number,
                department=values.get("dept") or values.get("department", ""),
                device_pin=values.get("device_pin", ""),
                card_no=values.get("card_no", ""),
                platform_ids=tuple(v for k, v in values.items() if k.endswith("_userid") and v),
                email=values.get("email", ""),
                phone_tail=values.get("phone_tail4") or values.get("phone_tail", ""),
            )
        )
    return RosterFile(tuple(people), {p.staff_no: p.person_key for p in people if p.staff_no}, students)


def frame_of(session: Mapping[str, Any]) -> SessionFrame:
    """Return the frame of a ``session`` object; without a date every day is another day."""
    day = date.fromisoformat(session["date"]) if session.get("date") else _FALLBACK_DAY
    start, end = time.fromisoformat(session.get("start", "00:00")), time.fromisoformat(session.get("end", "23:59"))
    starts_at, ends_at = at(day, start), at(day, end)
    if ends_at <= starts_at:  # past midnight
        ends_at = at(date.fromordinal(day.toordinal() + 1), end)
    policy = session.get("single_punch_policy", "review")
    return SessionFrame(
        starts_at=starts_at,
        ends_at=ends_at,
        day=day,
        window_before=int(session.get("window_before_minutes", 60)),
        window_after=int(session.get("window_after_minutes", 60)),
        grace=int(session.get("grace_minutes", 5)),
        early_leave_grace=int(session.get("early_leave_grace_minutes", 5)),
        min_gap=int(session.get("min_gap_minutes", 10)),
        single_punch="credit_to_end" if policy == "credit_to_end" else "review",
        place=str(session.get("venue_place", "")),
    )


def explain_files(
    key: str,
    roster_csv: Path | None,
    session: Mapping[str, Any] | None,
    files: Sequence[Path],
    sources: Mapping[str, AttendanceSource],
    translate: Translate | None = None,
    others: Others | None = None,
) -> dict[str, Any]:
    """Return what files would become, in the shape of expected.json.

    ``key`` is ``auto``, a source key, ``roster.staff`` or ``roster.students``; ``session`` is the
    ``session`` object of expected.json (may be empty). ``translate`` turns an English msgid into the
    reader's language (default: Chinese, where the catalogue is built). ``others`` is asked about what is no attendance.
    A refused file does not stop the others: ``outcomes`` has one line per file, ``refused: code: sentence`` or
    ``accepted: ...``, and ``format`` is then ``hostile``. Raises :class:`MoreWanted` for attendance without a roster, or
    without a session where it does not name its days itself.
    """
    roster = RosterFile() if roster_csv is None else read_roster(roster_csv.read_bytes())
    work = _Files(key, session, roster, roster_csv is not None, sources, translate or chinese(), others)
    work.outcomes = dict.fromkeys((f.name for f in files), "")
    for path in files:
        work.sort(Upload(path.name, path.read_bytes()))
    told = work.ask_others()
    answer: dict[str, Any] = {"files": [f.name for f in files], **work.answer}
    for taken, results in work.read.items():
        answer = _with_result(answer, put_together(results), roster, session or {}, sources[taken], work.translate)
    answer = _beside(answer, told)
    if any(o.startswith("refused") and not o.startswith("refused: unknown_file") for o in work.outcomes.values()):
        answer["format"] = "hostile"
    return {"format": answer.get("format", "unknown"), **answer, "outcomes": work.outcomes, "session": dict(session or {})}


@dataclass
class _Files:
    """What is known about the files so far."""

    key: str
    session: Mapping[str, Any] | None
    roster: RosterFile
    has_roster: bool
    sources: Mapping[str, AttendanceSource]
    translate: Translate
    others: Others | None
    outcomes: dict[str, str] = field(default_factory=dict)
    answer: dict[str, Any] = field(default_factory=dict)
    read: dict[str, list[ReadResult]] = field(default_factory=dict)
    left: list[tuple[Upload, Refused | None, str]] = field(default_factory=list)

    def sort(self, upload: Upload) -> None:
        """Read a file, or lay it aside for the others where no source is sure of it."""
        asks = self.others is not None and self.key == "auto"
        try:
            found = _recognised(self.key, upload, self.sources, self.roster, self.translate)
            if isinstance(found, dict):
                self.answer |= found
                self.outcomes[upload.name] = f"accepted: {found['format']}"
            elif asks and not found[1]:
                self.left.append((upload, None, found[0]))
            else:
                self.take(upload, found[0])
        except Refused as refused:
            if asks and refused.code in _LEFT_OVER:
                self.left.append((upload, refused, ""))
            self.refuse(upload, refused)

    def take(self, upload: Upload, taken: str) -> None:
        """Read a file as attendance. Raises :class:`Refused` and :class:`MoreWanted`."""
        result = intake.read_attendance(upload, self.sources[taken], frame_of(self.session or {}))
        if not self.has_roster or (self.session is None and not _names_its_days(result)):
            raise MoreWanted(upload.name, taken)
        self.read.setdefault(taken, []).append(result)
        self.outcomes[upload.name] = f"accepted: {result.format}, {len(result.readings)} rows"

    def refuse(self, upload: Upload, refused: Refused) -> None:
        """Say why a file was not read."""
        self.outcomes[upload.name] = f"refused: {refused.code}: {refusal_sentence(refused, self.translate)}"

    def ask_others(self) -> list[dict[str, Any]]:
        """Return what the others say; what they do not know is attendance after all, where a source takes it."""
        told: list[dict[str, Any]] = []
        if self.left and self.others is not None:
            told, lines = self.others([(upload, refused) for upload, refused, _taken in self.left], self.roster)
            self.outcomes |= lines
        for upload, refused, taken in self.left:
            if refused is None and not self.outcomes[upload.name]:
                try:
                    self.take(upload, taken)
                except Refused as late:
                    self.refuse(upload, late)
        return told


def _names_its_days(result: ReadResult) -> bool:
    """Whether a file is about days or totals of its own, so that no session need be named."""
    return any("date" in r.raw or "online_minutes" in r.raw for r in result.readings)


def _beside(answer: dict[str, Any], told: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The first thing that files are is the answer itself; what else they are stands under ``besides``."""
    first, *more = (told if "format" not in answer else [{}, *told]) or [{}]
    return answer | first | ({"besides": more} if more else {})


def put_together(results: Sequence[ReadResult]) -> ReadResult:
    """Return the files of one source (pages of an answer, a list beside its export) as one result.

    A row that stands in two files under the same natural key and says the same is one row (R11).
    """
    if len(results) == 1:
        return results[0]
    held: dict[str, AttendanceReading] = {}
    readings: list[AttendanceReading] = []
    repeats = 0
    for result in results:
        for reading in result.readings:
            other = held.get(reading.external_id)
            if other is None:
                readings.append(reading)
                if reading.external_id:
                    held[reading.external_id] = reading
            elif _evidence(other) == _evidence(reading):
                repeats += 1
            else:
                readings.append(replace(reading, external_id=f"{reading.external_id}#{len(readings)}"))
    said = tuple(w for r in results for w in r.warnings)
    return replace(
        results[0],
        readings=tuple(readings),
        dropped=tuple(d for r in results for d in r.dropped),
        warnings=(*said, Problem("rows_in_several_files", params={"count": repeats})) if repeats else said,
    )


def _evidence(reading: AttendanceReading) -> tuple[object, ...]:
    return (reading.punches, reading.stays, reading.stated, reading.flags, reading.other_days)


def chinese() -> Translate:
    """Return the translation into Chinese where no application was built; English where its catalogue is not there."""
    catalogues = Path(__file__).parent.parent / "translations"
    return gettext.translation("messages", catalogues, ["zh_Hans_CN"], fallback=True).gettext


def _recognised(
    key: str, upload: Upload, sources: Mapping[str, AttendanceSource], roster: RosterFile, translate: Translate
) -> tuple[str, bool] | dict[str, Any]:
    """Return the source that takes a file and whether it is sure, or what a sheet of staff or pupils says."""
    scores: Mapping[str, int] = {}
    if key == "auto":
        scores = intake.recognise(upload, [s for s in sources.values() if s.spec.kind == "file"])
    # A source that is sure has recognised a layout of its own: the file is no roster.
    if key not in sources and max(scores.values(), default=0) < SURE and not looks_like_json(upload.content):
        tables = intake.read_tables(upload)
        kind = _roster_kind(key, tables)
        if kind == "staff":
            return _staff(tables, roster)
        if kind == "students":
            return _students(tables)
    if key in sources:
        return key, True
    taken = choose(scores, sources, translate)
    return taken, scores[taken] >= SURE


def _roster_kind(key: str, tables: Tables) -> readers.Kind | None:
    if key == "auto":
        return readers.recognise_kind(tables)
    return "staff" if key in ("roster.staff", "roster.teachers") else "students"


# --- attendance ---------------------------------------------------------------------------------


def _with_result(
    answer: dict[str, Any],
    result: ReadResult,
    roster: RosterFile,
    session: Mapping[str, Any],
    source: AttendanceSource,
    translate: Translate,
) -> dict[str, Any]:
    answer = answer | {"format": result.format, "encoding": result.encoding}
    if any("date" in r.raw for r in result.readings):
        answer |= _grid(result, roster)
    answer["warnings"] = [*answer.get("warnings", []), *(file_messages.sentence(w, translate) for w in result.warnings)]
    answer["dropped_rows"] = [{"row": d.row, "reason": d.reason} for d in result.dropped]
    if not session.get("date"):
        return answer | _online(result, roster)
    outcome = weigh(
        result,
        roster.people,
        frame_of(session),
        session.get("expected_people") or [p.person_key for p in roster.people],
        face_to_face=session.get("mode", "face_to_face") == "face_to_face" and source.spec.face_to_face,
        trust=source.spec.trust,
    )
    return answer | {
        "people": [*answer.get("people", []), *map(_person, outcome.people)],
        "unmatched": [*answer.get("unmatched", []), *map(_unmatched, outcome.unmatched)],
    }


def _person(person: PersonOutcome) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "person_key": person.person_key,
        "name": person.name,
        "status": person.status,
        "minutes": person.minutes,
        "class_hours": None if person.minutes is None else PeriodRule().periods(person.minutes),
        "late_minutes": person.late_minutes,
        "left_early": person.left_early,
        "check_in": _stamp(person.check_in),
        "check_out": _stamp(person.check_out),
        "counts_face_to_face": person.counts_face_to_face,
        "review": list(person.review),
    }
    return shown if person.expected else shown | {"expected": False}


def _stamp(moment: datetime | None) -> str | None:
    return local(moment).strftime("%Y-%m-%d %H:%M:%S") if moment else None


def _unmatched(row: UnmatchedRow) -> dict[str, Any]:
    shown: dict[str, Any] = {"row": row.row, "raw_name": row.raw_name, "raw_id": row.raw_id, "reason": row.reason}
    return shown | {"candidates": list(row.candidates)} if row.candidates else shown


def _grid(result: ReadResult, roster: RosterFile) -> dict[str, Any]:
    readings = [r for r in result.readings if "date" in r.raw]
    years = [int(r.raw["date"][:4]) for r in readings]
    name = readings[0].raw.get("class_name", "").translate({ord("("): "（", ord(")"): "）"})
    return {
        "class_name": name,
        "year_hint": max(years, default=None),
        "records": [_record(r, roster) for r in readings],
    }


def _online(result: ReadResult, roster: RosterFile) -> dict[str, Any]:
    """What people spent online where no session was named: totals over all days, which count nothing face to face."""
    readings = [r for r in result.readings if "online_minutes" in r.raw]
    if not readings:
        return {}
    directory = Directory(roster.people)
    matched = [(directory.match(r), r) for r in readings]
    people = [
        {"person_key": m.person_key, "name": directory.by_key[m.person_key].name, "satisfied": r.raw.get("satisfied") == "yes",
         "online_minutes": int(r.raw["online_minutes"]), "counts_face_to_face": False, "review": list(dict.fromkeys((*r.flags, *m.review)))}
        for m, r in matched if m.person_key is not None
    ]
    lost = [_unmatched(UnmatchedRow(r.row, r.name, r.staff_no, m.reason, m.candidates)) for m, r in matched if m.person_key is None]
    return {"move_on": readings[0].raw.get("move_on", ""), "people": people, "unmatched": lost}


def _record(reading: AttendanceReading, roster: RosterFile) -> dict[str, Any]:
    number = unicodedata.normalize("NFKC", reading.raw.get("student_no", ""))
    return {
        "student_key": roster.student_keys.get(number, ""),
        "student_no": number,
        "name": reading.name,
        "date": reading.raw["date"],
        "status": "present" if reading.stated == "left_early" else reading.stated,
        "review": list(reading.flags),
    }


# --- rosters ------------------------------------------------------------------------------------


def problem_code(problem: Problem) -> str:
    """Return a problem as the samples write it: the row it points at becomes part of the code."""
    return f"{problem.code}_as_row_{problem.params['row']}" if problem.code.startswith("same_") else problem.code


def _staff(tables: Tables, roster: RosterFile) -> dict[str, Any]:
    sheet = readers.read_staff(tables)
    # A row that repeats another is shown with its problem, but one person is one entry in the count.
    counted = [r for r in sheet.rows if r.verdict == "accepted" and r.stays]
    return {
        "format": "roster.teachers",
        "encoding": sheet.encoding,
        "header_row": sheet.header_row,
        "staff": [
            {
                "row": r.row,
                "person_key": roster.by_staff_no.get(r.staff_no, "" if roster.people else None),
                "name": r.name,
                "staff_no": r.staff_no,
                "category": r.category,
                "state": r.state,
                "counts_in_annual_training": r.stays and r.verdict == "accepted",
                "is_head_teacher": r.is_homeroom_teacher,
                "verdict": r.verdict,
                "problems": [problem_code(p) for p in r.problems],
            }
            for r in sheet.rows
        ],
        "denominator": len(counted),
        "stored_columns": [t + "(last 4)" if f == "phone" else t for f, t in sheet.columns.items()],
        "discarded_columns": list(sheet.unmapped),
        "problems": [p.code for p in sheet.problems],
    }


def _students(tables: Tables) -> dict[str, Any]:
    sheet = readers.read_students(tables)
    codes = [r.school_code for r in sheet.rows if r.school_code]
    return {
        "format": "roster.xueji",
        "encoding": sheet.encoding,
        "header_row": sheet.header_row,
        "school_code": max(set(codes), key=codes.count, default=""),
        "stored_columns": list(sheet.columns.values()),
        "discarded_columns": list(sheet.unmapped),
        "students": [
            {
                "row": r.row,
                "student_no": r.student_no,
                "name": r.name,
                "verdict": r.verdict,
                "problems": [problem_code(p) for p in r.problems],
                "grade": r.grade,
                "class_no": r.class_no,
            }
            for r in sheet.rows
        ],
        "problems": [p.code for p in sheet.problems],
    }


__all__ = ["MoreWanted", "Outcome", "PersonOutcome", "UnmatchedRow", "chinese", "explain_files", "frame_of", "read_roster", "weigh"]
