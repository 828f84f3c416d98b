"""A file to be saved: under its own name, whatever signs are in it, and never as a page."""

import pytest
from flask import Flask

from trainhub.web.pages import attachment


@pytest.mark.parametrize(("name", "sent"), [
    ("学时 2026.xlsx", "%E5%AD%A6%E6%97%B6%202026.xlsx"),
    ('a"; filename=x.html', "a%22%3B%20filename%3Dx.html"),
    ("a\r\nX-Evil: 1", "a%0D%0AX-Evil%3A%201"),
    ("../a", "..%2Fa"),
])  # fmt: skip
def test_a_name_is_sent_as_it_is_and_adds_no_header(app: Flask, name: str, sent: str) -> None:
    with app.test_request_context():
        answer = attachment(b"x", name, "application/pdf")
    assert answer.headers["Content-Disposition"] == f"attachment; filename*=UTF-8''{sent}"
    assert answer.headers["Content-Type"] == "application/pdf"
    assert "X-Evil" not in answer.headers


def test_text_says_how_it_is_written(app: Flask) -> None:
    with app.test_request_context():
        assert attachment(b"x", "a.csv", "text/csv").headers["Content-Type"] == "text/csv; charset=utf-8"
