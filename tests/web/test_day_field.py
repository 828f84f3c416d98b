"""A day of another age is a slip of the hand: told beside its field, in words, and kept there to be mended."""

from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from wtforms import Form

from tests.conftest import SignIn
from trainhub.web.fields import DayField, plausible_day


class OneDay(Form):
    day = DayField("Day")


@pytest.mark.parametrize("text", ["1001-02-03", "0001-01-01", "1899-12-31", "2101-01-01", "9999-12-31"])
def test_a_day_outside_the_years_of_people_is_refused_beside_the_field(app: Flask, text: str) -> None:
    with app.test_request_context():
        form = OneDay(MultiDict({"day": text}))
        assert not form.validate()
        assert "1900" in str(form.day.errors[0])
        assert f'value="{text}"' in str(form.day())


@pytest.mark.parametrize("text", ["1900-01-01", "2026-03-05", "2100-12-31"])
def test_a_day_inside_is_taken(app: Flask, text: str) -> None:
    with app.test_request_context():
        form = OneDay(MultiDict({"day": text}))
        assert form.validate()
        assert form.day.data == date.fromisoformat(text)


def test_days_in_addresses_and_buttons() -> None:
    assert plausible_day("2026-03-05") == date(2026, 3, 5)
    assert plausible_day("1001-02-03") is plausible_day("x") is plausible_day("") is None


def test_the_roster_says_so_in_chinese(client: FlaskClient, sign_in: SignIn) -> None:
    sign_in(client, "school_administrator")
    data = {"name": "周明", "post": "legal_vice_principal", "from_on": "1001-02-03"}
    answer = client.post("/roster/people/external", data=data)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "1900 到 2100" in text
    assert "1001-02-03" in text


def test_free_text_that_reads_like_an_old_day_is_no_damaged_request(client: FlaskClient, sign_in: SignIn) -> None:
    sign_in(client, "school_administrator")
    data = {"name": "周明", "staff_no": "1001-02-03", "category": "full_time_teacher", "contract": "permanent", "from_on": "2026-09-01"}
    assert client.post("/roster/people/new", data=data).status_code != 400
