"""The catalogue and the page of a pack, as a browser without scripts sees them."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import Sample
from tests.conftest import SignIn
from tests.courses.conftest import COURSE, WriteFolder
from trainhub.courses.packs import pack_folders, read_folder
from trainhub.courses.service import install_pack
from trainhub.kernel.clock import now

COURSES = Path(__file__).parents[2] / "courses"


@pytest.fixture
def shelf(session: Session, district: Sample) -> list[str]:
    """The shipped packs for the staff, installed; their ids."""
    ids = []
    for path in pack_folders(COURSES):
        if not path.name.startswith("staff-"):
            continue
        pack, _ = read_folder(path)
        assert pack is not None
        install_pack(session, None, pack, now())
        ids.append(pack.id)
    session.commit()
    return ids


def test_the_catalogue_shows_every_pack_with_length_and_law(client: FlaskClient, sign_in: SignIn, shelf: list[str]) -> None:
    sign_in(client, "training_officer")
    answer = client.get("/courses")
    assert answer.status_code == 200
    for pack_id in shelf:
        assert f'href="/courses/{pack_id}"' in answer.text
        assert f'href="/training/new?pack={pack_id}"' in answer.text
    assert "《中华人民共和国未成年人保护法》" in answer.text
    assert "style=" not in answer.text


def test_filters_live_in_the_address(client: FlaskClient, sign_in: SignIn, shelf: list[str]) -> None:
    sign_in(client, "training_officer")
    text = client.get("/courses?length=medium&q=认定").text
    assert "staff-report-to-determination" in text
    assert "/courses/staff-law-and-duties" not in text
    assert "length=medium" in text
    nothing = client.get("/courses?q=陶艺").text
    assert 'class="nothing"' in nothing
    assert client.get("/courses?type=x&length=%00&q=%ff").status_code == 400


def test_an_empty_shelf_says_what_to_do(client: FlaskClient, sign_in: SignIn) -> None:
    sign_in(client, "teacher")
    answer = client.get("/courses")
    assert answer.status_code == 200
    assert "trainhub courses install" in answer.text


def test_a_pack_page_holds_everything_a_trainer_needs(client: FlaskClient, sign_in: SignIn, shelf: list[str]) -> None:
    sign_in(client, "training_officer")
    for pack_id in shelf:
        text = client.get(f"/courses/{pack_id}").text
        assert len(re.findall(r"<h1[ >]", text)) == 1
        assert len(re.findall(r"<details>", text)) == 10
        assert "<td>0–5</td>" in text or "<td>0–6</td>" in text
        assert f'href="/training/new?pack={pack_id}"' in text
        assert "style=" not in text
        assert "<script>" not in text
        levels = [int(n) for n in re.findall(r"<h([1-6])[ >]", text)]
        assert all(b - a <= 1 for a, b in pairwise(levels)), levels


def test_answers_unfold_for_printing(client: FlaskClient, sign_in: SignIn, shelf: list[str]) -> None:
    sign_in(client, "teacher")
    assert client.get(f"/courses/{shelf[0]}?answers=1").text.count("<details open>") == 10


def test_who_may_not_plan_is_not_offered_to(client: FlaskClient, sign_in: SignIn, shelf: list[str]) -> None:
    sign_in(client, "teacher")
    assert "/training/new" not in client.get("/courses").text
    assert "/training/new" not in client.get(f"/courses/{shelf[0]}").text


def test_an_unknown_pack_or_version_is_not_found(client: FlaskClient, sign_in: SignIn, shelf: list[str]) -> None:
    sign_in(client, "teacher")
    assert client.get("/courses/no-such-pack").status_code == 404
    assert client.get(f"/courses/{shelf[0]}?version=9").status_code == 404
    assert client.get(f"/courses/{shelf[0]}/course.jsonld?version=9").status_code == 200


def test_who_is_signed_out_is_sent_to_sign_in(client: FlaskClient, shelf: list[str]) -> None:
    answer = client.get(f"/courses/{shelf[0]}")
    assert (answer.status_code, answer.location) == (302, f"/sign-in?next=/courses/{shelf[0]}")


def test_desk_roles_stay_outside(client: FlaskClient, sign_in: SignIn, shelf: list[str]) -> None:
    sign_in(client, "system_administrator")
    assert client.get("/courses").status_code == 403
    assert client.get(f"/courses/{shelf[0]}").status_code == 403


def test_an_old_version_says_so_and_leads_to_the_current_one(
    client: FlaskClient, sign_in: SignIn, session: Session, district: Sample, folder: WriteFolder
) -> None:
    for version in ("1.0", "2.0"):
        pack, _ = read_folder(folder(COURSE.replace('"1.0"', f'"{version}"')))
        assert pack is not None
        install_pack(session, None, pack, now())
    session.commit()
    sign_in(client, "training_officer")
    old = client.get("/courses/small-pack?version=1.0").text
    assert 'class="note note-warn"' in old
    assert "/training/new" not in old
    assert 'class="note note-warn"' not in client.get("/courses/small-pack").text


def test_hostile_words_of_a_pack_are_shown_not_obeyed(
    client: FlaskClient, sign_in: SignIn, session: Session, district: Sample, folder: WriteFolder
) -> None:
    path = folder(COURSE.replace("title: 小课程包", 'title: "<script>alert(1)</script>"'))
    (path / "units/01-one.md").write_text("# <img src=x onerror=alert(1)>\n\n<script>alert(2)</script>\n", "utf-8")
    pack, _ = read_folder(path)
    assert pack is not None
    install_pack(session, None, pack, now())
    session.commit()
    sign_in(client, "training_officer")
    for address in ("/courses", "/courses/small-pack"):
        text = client.get(address).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "&lt;script&gt;alert" in text


def test_json_ld_is_served_as_such(client: FlaskClient, sign_in: SignIn, shelf: list[str]) -> None:
    sign_in(client, "training_officer")
    answer = client.get("/courses/staff-law-and-duties/course.jsonld")
    assert answer.mimetype == "application/ld+json"
    assert answer.json is not None
    assert (answer.json["timeRequired"], answer.json["numberOfCredits"]) == ("PT90M", 2)
