"""Junk in every address, field and body; what a form does not ask for; markup; other schools' ids."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from tests.app.prober import SLOW, Answer, Prober
from tests.app.world import Form, Page, School, World, addresses, build_world, contents
from tests.builders import Sample
from trainhub.app import shell
from trainhub.kernel.ids import new_id
from trainhub.kernel.orm import Base
from trainhub.roster.models import Department, Person

SignIn = Callable[[FlaskClient, str], None]
ROLES = ("training_officer", "school_administrator", "bureau_officer")
SCHOOL_ROLES = ("training_officer", "school_administrator", "principal")
HOME_GROUND = {"training_officer": ("/training", "/rolls", "/verify", "/activate", "/account/"), "principal": ("/training/closing", "/training/exemptions"),
               "school_administrator": ("/roster", "/accounts"), "bureau_officer": ("/policy", "/courses", "/training/coverage")}
"""Which addresses a role tries in full. Everybody opens every page once, so no page is tried by one role alone."""
ID = re.compile(r"[0-9a-f]{32}")
WHOLE = {"year", "number"}
"""Parts of addresses that must be whole numbers; an address with anything else there cannot be built."""

TEXTS = ("\x00", "a\x00b", "x" * 100_000, "' OR 1=1--", "../../etc/passwd", "%s%n{0}", "\r\nX-Evil: y", "\u202e", "[]", "", "你" * 300)
NUMBERS = ("9" * 5000, "99999999999999999999", "-1", "1e9", "٣", "²", "0", "NaN")
DAYS = ("0001-01-01", "00010101", "9999-12-31", "0001-W01-1", "2026-02-30", "99991231", "10000-01-01", "9" * 30)
YEARS = ("0000", "0001", "9999", "9999-10000", "2026-2027", "2026-", "二〇二六")
BODIES = (b"1", b'"x"', b"[]", b"null", b"{", b'{"marks":[]}', b"\xff\xfe", b"[" * 20_000, b'{"a":' * 5_000, b'{"marks":[[[1]]],"op_id":[],"head_count":{}}',
          b'{"op_id":"\\ud800","department":"\\ud800","head_count":1}', b'{"op_id":"\\u0000","department":"\\u0000","head_count":1}')
QUERY: dict[str, Sequence[str]] = {
    "year": YEARS, "as_of": DAYS, "since": DAYS, "day": DAYS, "month": ("9999-12", "0001-01", "0000-00", "2026-13"),
    "page": NUMBERS, "school": TEXTS, "q": TEXTS, "sort": TEXTS, "show": TEXTS, "department": TEXTS, "post": TEXTS,
    "category": TEXTS, "class": TEXTS, "state": TEXTS, "next": TEXTS, "pack": TEXTS, "missed": TEXTS, "people": TEXTS,
    "code": TEXTS, "training_min_minutes": NUMBERS, "presence_threshold": NUMBERS, "new_hire_grace_days": NUMBERS,
}


@pytest.fixture(autouse=True)
def _remembered_weeks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of pages are asked for; the label of the week is not what is tried."""
    monkeypatch.setattr(shell, "WEEK_SECONDS", 60)


@pytest.fixture
def world(session: Session, district: Sample) -> World:
    made = build_world(session)
    vars(district).update(vars(made.sample))
    return made


Probe = Callable[[str], Prober]


@pytest.fixture
def probe(app: Flask, client: FlaskClient, sign_in: SignIn, world: World) -> Probe:
    return lambda key: Prober(app, client, sign_in, key)


# --- junk -------------------------------------------------------------------------------------------


class Complaints:
    """What was wrong, once per place."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, ...], str] = {}
        self.requests = 0

    def look(self, method: str, path: str, sent: object, answer: Answer) -> None:
        """Judge one answer."""
        self.requests += 1
        where = f"{method} {ID.sub('*', path)[:80]}"
        wrong = ""
        if answer.fault or answer.status >= 500:
            wrong = answer.fault or f"{answer.status}"
        elif answer.seconds > SLOW:
            wrong = f"{answer.seconds:.1f} s of processor time"
        elif b"Traceback" in answer.body or b"sqlalchemy" in answer.body:
            wrong = "shows its insides"
        elif method in ("GET", "HEAD") and answer.wrote:
            wrong = f"wrote {answer.wrote[:2]}"
        if wrong:
            self.found.setdefault((where, wrong), repr(sent)[:80])

    def none(self) -> None:
        """Fail with the whole list."""
        assert not self.found, "\n".join(f"{where}: {wrong} <- {sent}" for (where, wrong), sent in self.found.items())


def own_addresses(app: Flask, school: School) -> list[tuple[str, str, set[str]]]:
    """The addresses of a school, the one that ends the session left out."""
    return [found for found in addresses(app, school) if found[0] != "accounts.sign_out"]


def test_junk_in_addresses(app: Flask, world: World, probe: Probe) -> None:
    """No fault, no trace, nothing slow, and no read writes: the tables are the same afterwards."""
    for role in ROLES:
        prober, seen, turn = probe(role), Complaints(), ROLES.index(role)
        before = contents(prober.connection)
        for endpoint, path in one_each(app, world.home, "GET"):
            plain = prober.send("GET", path)
            seen.look("GET", path, "plain", plain)
            if plain.status == 403 or not path.startswith(HOME_GROUND[role]):
                continue
            turn += 1
            query = {k: v[(turn + n) % len(v)][:4000] for n, (k, v) in enumerate(QUERY.items())}
            seen.look("GET", path, query, prober.send("GET", path, query_string=query))
            for name in [n for n in DATED if endpoint.startswith(DATED[n])]:
                for value in QUERY[name][turn % 2 : 4 : 2]:
                    seen.look("GET", path, (name, value), prober.send("GET", path, query_string={name: value}))
            seen.look("GET", path, "bad utf-8", prober.send("GET", path + "?year=%FF%FE&q=%FF&q=%00&school=%00&as_of=%00"))
            method = ("HEAD", "OPTIONS", "PUT", "DELETE", "PATCH")[turn % 5]
            seen.look(method, path, "method", prober.send(method, path))
        assert contents(prober.connection) == before
        assert seen.requests > 60
        seen.none()


DATED = {"year": ("training.",), "as_of": ("training.standing", "training.coverage", "training.overview", "training.person"),
         "day": ("training.move",), "month": ("roster.calendar",), "page": ("roster.people",), "since": ("attendance.changes",)}


def one_each(app: Flask, school: School, method: str) -> list[tuple[str, str]]:
    """One address of every endpoint that takes the method."""
    found: dict[str, str] = {}
    for endpoint, path, methods in addresses(app, school):
        if method in methods and endpoint != "accounts.sign_out":
            found[endpoint] = path
    return list(found.items())


def test_ids_of_no_shape(app: Flask, world: World, probe: Probe) -> None:
    """Every variable of every address holds what no id looks like."""
    for junk in ("\x00", "x" * 3000, "%ff", "\U0001f600\u202e"):
        prober, seen = probe("training_officer"), Complaints()
        names = {n for rule in app.url_map.iter_rules() for n in rule.arguments}
        for endpoint, path, methods in addresses(app, world.home, strange={n: 10**30 if n in WHOLE else junk for n in names}):
            if endpoint != "accounts.sign_out" and ("%" in path or "x" * 3000 in path or "1" + "0" * 30 in path):
                method = "POST" if "POST" in methods and len(junk) % 2 else min(methods)
                seen.look(method, path, "strange id", prober.send(method, path))
        assert seen.requests > 40
        seen.none()


def test_junk_in_bodies(app: Flask, world: World, probe: Probe) -> None:
    """Every address that takes a body gets bodies that none of our pages sends."""
    for role in ROLES:
        prober, seen, turn = probe(role), Complaints(), ROLES.index(role)
        for _endpoint, path in one_each(app, world.home, "POST"):
            answer = prober.send("POST", path)
            seen.look("POST", path, "empty", answer)
            if answer.status == 403 or not path.startswith(HOME_GROUND[role]):
                continue
            turn += 1
            script = path.endswith(("/marks", "/rest", "/undo"))
            for body in BODIES if script else (BODIES[turn % len(BODIES)], BODIES[(turn + 3) % len(BODIES)]):
                seen.look("POST", path, body[:20], prober.send("POST", path, data=body, content_type="application/json"))
            raw = b"version=%FF&reason=%FF&a=1&a=2&version=%00&op_id=%00&year=%00&decision=%ff"
            seen.look("POST", path, raw, prober.send("POST", path, data=raw, content_type="application/x-www-form-urlencoded"))
            if "import" in path:
                part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="\x00\xff.csv"\r\n\r\n\x00\xff,\r\n\r\n--x--\r\n'
                seen.look("POST", path, "upload", prober.send("POST", path, data=part, content_type="multipart/form-data; boundary=x"))
        assert seen.requests > 40
        seen.none()


def junk_for(value: str, turn: int) -> Iterator[str]:
    """Junk for a field that held ``value``: of its own kind first, then one that takes turns."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        yield ("0001-01-01", "9999-12-31", "0001-1-1", "9999-1-1")[turn % 4]
    elif re.fullmatch(r"\d+", value):
        yield NUMBERS[turn % len(NUMBERS)]
    else:
        yield TEXTS[turn % len(TEXTS)]


def test_junk_in_form_fields(app: Flask, world: World, probe: Probe) -> None:
    """Every form of every page, filled in as a browser would, with one field spoilt at a time."""
    for role in ROLES:
        prober, seen, turn = probe(role), Complaints(), ROLES.index(role)
        for _where, form in forms_of(app, prober, world.home):
            names: set[str] = set()
            for name, value in form.fields:
                if ID.sub("*", name) in names:
                    continue
                names.add(ID.sub("*", name))
                for junk in junk_for(value, turn):
                    turn += 1
                    spoilt = [(k, junk if k == name else v) for k, v in filled(form)]
                    seen.look(form.method, form.action, (name, junk[:20]), submit(prober, form, spoilt))
            twice = filled(form) + [(k, "zwei") for k, _ in form.fields[:3]]
            seen.look(form.method, form.action, "twice", submit(prober, form, twice))
        assert turn > 20
        seen.none()


def forms_of(app: Flask, prober: Prober, school: School) -> list[tuple[str, Form]]:
    """The forms that a role sees on the pages of its home ground."""
    paths = dict.fromkeys(path for _endpoint, path in one_each(app, school, "GET") if path.startswith(HOME_GROUND[prober.key]))
    if prober.key == "training_officer":
        paths |= dict.fromkeys(f"/training/events/{event}{step}" for event in school.ids["event_id"] for step in ("", "/edit"))
    return [(w, f) for w, f in prober.forms(list(paths)) if f.method in ("GET", "POST") and not f.action.startswith("/sign-out")]


def filled(form: Form) -> list[tuple[str, str]]:
    """The fields as a person would leave them: nothing that must be written is empty."""
    return [(k, v or ("理由" if re.search("reason|document|name|note", k) else date.today().isoformat() if re.search("_on$|day", k) else v)) for k, v in form.fields]


def submit(prober: Prober, form: Form, fields: list[tuple[str, str]]) -> Answer:
    """Send a form."""
    sent: dict[str, Any] = {"query_string" if form.method == "GET" else "data": MultiDict(fields)}
    return prober.send(form.method, form.action, **sent)


# --- what a form does not ask for -------------------------------------------------------------------

FLAG, NUMBER = "zz-planted", 7_654_321


def test_a_form_takes_only_its_fields(app: Flask, world: World, probe: Probe) -> None:
    """Every column of every table as an extra field: none of them arrives anywhere."""
    for role in ROLES:
        columns = {c.name: c for table in Base.metadata.sorted_tables for c in table.columns}
        extra = {name: str(NUMBER) if "INT" in str(c.type).upper() else FLAG for name, c in columns.items()}
        prober, wrote = probe(role), 0
        for _where, form in forms_of(app, prober, world.home):
            if form.method != "POST":
                continue
            own = {k for k, _ in form.fields}
            more = [(k, v) for k, v in extra.items() if k not in own and k not in ASKED]
            planted: list[str] = []
            answer = submit_and_look(prober, form, filled(form) + more, planted)
            wrote += bool(answer.wrote)
            assert not planted, (form.action, planted)
        assert wrote > 1


def test_what_is_planted_would_be_found(world: World, probe: Probe) -> None:
    """The search of the test above finds a value that a form does take."""
    prober = probe("training_officer")
    planted: list[str] = []
    path = f"/training/events/{world.home.ids['event_id'][1]}/cancel"
    version = next(dict(f.fields)["version"] for _w, f in prober.forms([path.removesuffix("/cancel") + "/amend"]) if "version" in dict(f.fields))
    answer = submit_and_look(prober, Form(path, "POST"), [("version", version), ("reason", FLAG)], planted)
    assert answer.status == 303
    assert "training_event" in planted


# Names of columns that are also names of fields, on forms whose page shows the field only in some states.
ASKED = frozenset({"name", "reason", "title", "kind", "note", "code", "year", "locale", "theme", "username", "document", "department", "value"})


def submit_and_look(prober: Prober, form: Form, fields: list[tuple[str, str]], planted: list[str]) -> Answer:
    """Send the form and search what it wrote before it is taken back."""
    outer = prober.connection.begin_nested()
    answer = prober.send(form.method, form.action, keep=True, data=MultiDict(fields))
    for table in Base.metadata.sorted_tables if answer.wrote else ():
        for row in prober.connection.execute(select(table)):
            if any(v == NUMBER or FLAG in str(v) for v in row):
                planted.append(table.name)
    outer.rollback()
    return answer


def test_a_mark_takes_only_its_fields(world: World, probe: Probe, session: Session) -> None:
    """JSON likewise: verified_by, minutes, school_id and the like are not read."""
    prober, home = probe("training_officer"), world.home
    extra = {"minutes": NUMBER, "counted_minutes": NUMBER, "version": NUMBER, "verified_by": FLAG, "state": FLAG, "source": FLAG,
             "marked_by": FLAG, "school_id": world.other.school_id, "district_id": FLAG, "serial_no": NUMBER, "staff_no": FLAG}
    mark = {"person": home.ids["person_id"][2], "value": "present", "seen_version": 0} | extra
    form = Form(f"/rolls/{home.ids['sheet_id'][0]}/marks", "POST")
    outer = prober.connection.begin_nested()
    answer = prober.send("POST", form.action, keep=True, json={"op_id": new_id(), "marks": [mark]} | extra)
    assert answer.status == 200, answer.text
    table = Base.metadata.tables["attendance_record"]
    row = prober.connection.execute(select(table).where(table.c.person_id == mark["person"], table.c.sheet_id == home.ids["sheet_id"][0])).one()
    assert (row.status, row.version, row.school_id, row.source, row.revoked_at) == ("present", 1, home.school_id, "manual", None)
    assert not any(v in (NUMBER, FLAG) for v in row)
    outer.rollback()


# --- markup -----------------------------------------------------------------------------------------

MARKUP = '<script>alert(1)</script>"onmouseover="x\'<img src=x onerror=y>甲{{7*7}}乙'


@pytest.mark.files_only
def test_markup_in_names_titles_rooms_and_files_is_shown_as_text(
    app: Flask, client: FlaskClient, sign_in: SignIn, session: Session, district: Sample
) -> None:
    """Every page of every role, parsed: no script, no handler, no javascript address came from data."""
    made = build_world(session, home_word=MARKUP[:64])
    vars(district).update(vars(made.sample))
    done: set[str] = set()
    shown = 0
    for role in (*SCHOOL_ROLES, "teacher", "bureau_officer", "auditor", "system_administrator"):
        prober = Prober(app, client, sign_in, role)
        paths = ["/", *(path for _e, path, methods in own_addresses(app, made.home) if "GET" in methods and path not in done)]
        paths += [] if done else [f"/verify/{made.home.codes[0]}", "/training/standing?show=all", "/roster?q=%3Cscript%3E", "/accounts?q=%22onx",
                  "/training/events?year=%22%3E%3Cscript%3E", "/verify?code=%3Cscript%3E", "/sign-in?next=javascript:alert(1)",
                  "/training/standing?department=%22onmouseover%3D%22x"]
        for path in paths:
            answer = prober.send("GET", path)
            assert not answer.fault, (path, answer.fault)
            if answer.status != 200 or "html" not in answer.headers["Content-Type"]:
                continue
            done.add(path)
            assert b"<script>alert" not in answer.body, (role, path)
            assert b'"onmouseover=' not in answer.body, (role, path)
            assert "甲49乙".encode() not in answer.body, (role, path)
            assert Page(answer.text, path).faults == [], (role, path)
            shown += b"&lt;script&gt;alert" in answer.body
    assert shown > 25, "the pages do not show the hostile words, so this proves nothing"


LEADS = ("=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", "＝1+1", "＋1", "－1", "＠a", '=HYPERLINK("http://x","y")', "http://evil.example/x")


@pytest.mark.files_only
def test_sheets_hold_no_formula_and_no_link(app: Flask, world: World, probe: Probe, session: Session) -> None:
    """Names and departments that a spreadsheet program would run are text in every workbook."""
    for number, person in enumerate(world.home.ids["person_id"]):
        session.execute(update(Person).where(Person.id == person).values(name=LEADS[number], name_key=f"f{number}"))
    session.execute(update(Department).where(Department.school_id == world.home.school_id).values(name=LEADS[10] + Department.id))
    session.commit()
    books = 0
    for role in SCHOOL_ROLES:
        prober = probe(role)
        for _e, path, methods in own_addresses(app, world.home):
            if "GET" not in methods or ".xlsx" not in path:
                continue
            answer = prober.send("GET", path, query_string={"show": "all"})
            assert not answer.fault, answer.fault
            if answer.status == 200:
                books += 1
                inside = unzipped(answer.body)
                assert not re.search(rb"<f[ >/]|<hyperlink|externalLink|ddeLink", inside), (role, path)
    assert books >= 5


def unzipped(body: bytes) -> bytes:
    """Everything inside a workbook."""
    archive = zipfile.ZipFile(io.BytesIO(body))
    return b"\n".join(archive.read(name) for name in archive.namelist())


# --- other schools ----------------------------------------------------------------------------------

WORD = "乙密"


def leaks(answer: Answer) -> bool:
    """Whether an answer holds a word of the other school, spelt in any way."""
    body = unzipped(answer.body) if answer.body[:2] == b"PK" else answer.body
    return any(w in body for w in (WORD.encode(), WORD.encode("unicode_escape"), b"%E4%B9%99%E5%AF%86"))


@pytest.mark.files_only
def test_another_schools_ids_lead_nowhere(app: Flask, world: World, probe: Probe) -> None:
    """Every route with every id of the other school: exactly as if there were no such thing."""
    assert leaks(probe("training_officer@other").send("GET", f"/training/events/{world.other.ids['event_id'][0]}")), "its own people see it"
    for role in SCHOOL_ROLES:
        prober = probe(role)
        nobody = School("", "", {kind: [new_id()] for kind in world.other.ids})
        absent = {(e, m): prober.send(m, path).status for e, path, methods in addresses(app, nobody) for m in methods}
        tried = 0
        for endpoint, path, methods in addresses(app, world.other):
            if not ID.search(path) or endpoint == "accounts.end_session":
                continue
            for method in methods:
                tried += 1
                answer = prober.send(method, path)
                assert answer.status == absent[(endpoint, method)], (method, path, answer.fault)
                assert answer.status in (404, 403) or (method == "POST" and answer.status in (303, 400, 422)), (method, path, answer.status)
                assert not leaks(answer), (method, path)
                assert not [w for w in answer.wrote if "user_session" not in w], (method, path, answer.wrote)
        assert tried > 100


def test_another_schools_ids_in_fields_and_filters(app: Flask, world: World, probe: Probe) -> None:
    """Own forms pointed at the other school, and its ids in own fields: nothing of it is shown or touched."""
    for role in SCHOOL_ROLES:
        prober, home, other = probe(role), world.home, world.other
        swap = {v: other.ids[k][min(n, len(other.ids[k]) - 1)] for k, values in home.ids.items() for n, v in enumerate(values)}

        def swapped(text: str, swap: dict[str, str] = swap) -> str:
            return ID.sub(lambda found: swap.get(found[0], found[0]), text)

        query = {"school": other.school_id, "missed": other.ids["event_id"][0], "people": other.ids["person_id"][0], "class": other.school_id}
        for _endpoint, path in one_each(app, home, "GET"):
            assert not leaks(prober.send("GET", path, query_string=query)), path
        rows = other_rows(prober, other)
        for _w, form in forms_of(app, prober, home):
            fields = [(swapped(k), swapped(v)) for k, v in filled(form)]
            if form.method == "GET":
                continue
            for action, sent in {(form.action, True), (swapped(form.action), False)}:
                outer = prober.connection.begin_nested()
                answer = prober.send(form.method, action, keep=True, data=MultiDict(fields if sent else filled(form)))
                assert not answer.fault, (action, answer.fault)
                assert not leaks(answer), (form.method, action)
                where = answer.headers.get("Location") if answer.status == 303 else None
                if where:
                    assert not leaks(prober.send("GET", where)), (action, where)
                if action != form.action:
                    assert answer.status in (303, 400, 403, 404, 422), (form.method, action, answer.status)
                    assert not answer.wrote, (form.method, action, answer.wrote)
                assert not answer.wrote or other_rows(prober, other) == rows, (form.method, action)
                outer.rollback()


def other_rows(prober: Prober, other: School) -> dict[str, int]:
    """A digest of what belongs to the other school."""
    found = {}
    for table in Base.metadata.sorted_tables:
        if "school_id" in table.c:
            rows = prober.connection.execute(select(table).where(table.c.school_id == other.school_id)).all()
            found[table.name] = hash(tuple(sorted(map(repr, rows))))
    return found
