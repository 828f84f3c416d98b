"""Opening and saving a roll costs the same few statements and one commit, whatever the class size."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.attendance.sheets import build_sheet
from tests.builders import Sample
from tests.conftest import SignIn

SIZES = (6, 45, 130)
LIMIT = 12

Counter = Callable[[], Any]


@pytest.fixture
def opened(
    session: Session, district: Sample, client: FlaskClient, sign_in: SignIn, count_statements: Counter
) -> Callable[[int], Any]:
    """Open, save by script and save by form a roll of ``size`` people; return the three counts."""

    def measure(size: int) -> dict[str, Any]:
        sheet = build_sheet(session, district, extra=size - len(district.people))
        sign_in(client, "training_officer")
        client.get(f"/rolls/{sheet.sheet_id}")  # templates compiled, policy read
        seen = {}
        with count_statements() as seen["open"]:
            assert client.get(f"/rolls/{sheet.sheet_id}").status_code == 200
        marks = [{"person": p, "value": "present", "seen_version": 0} for p in sheet.people]
        with count_statements() as seen["save"]:
            answer = client.post(f"/rolls/{sheet.sheet_id}/marks", json={"op_id": f"op-{size}", "marks": marks})
        assert answer.status_code == 200
        assert len(answer.get_json()["rows"]) == size
        form = {f"mark-{place}": "absent" for place in range(1, size + 1)}
        form["seen"] = " ".join(f"{p}.1p" for p in sheet.people)
        with count_statements() as seen["form"]:
            assert client.post(f"/rolls/{sheet.sheet_id}", data=form).status_code == 303
        return seen

    return measure


@pytest.mark.parametrize("job", ["open", "save", "form"])
def test_statements_do_not_grow_with_the_class(opened: Callable[[int], Any], job: str) -> None:
    counts = [opened(size)[job] for size in SIZES]
    assert [c.count for c in counts] == [counts[0].count] * len(SIZES), "\n".join(counts[-1].texts)
    assert counts[0].count <= LIMIT, "\n".join(counts[0].texts)


def test_a_save_commits_exactly_once(opened: Callable[[int], Any]) -> None:
    seen = opened(45)
    assert (seen["open"].commits, seen["save"].commits, seen["form"].commits) == (0, 1, 1)
