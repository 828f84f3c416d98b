"""Lists of members (LTI Names and Roles): the sample as expected, roles in every spelling, and what is none."""

import json
from pathlib import Path

import pytest
from trainhub_lms import LmsSource
from trainhub_lms.members import role_of

from trainhub.plugin_api import Refused, Upload

pytestmark = pytest.mark.files_only
SAMPLE = Path(__file__).resolve().parents[3] / "tests" / "data" / "samples" / "41-lti-nrps-membership"
CONTENT = (SAMPLE / "memberships.json").read_bytes()
SOURCE = LmsSource()


def test_the_sample_says_what_is_expected_and_is_no_attendance() -> None:
    expected = json.loads((SAMPLE / "expected.json").read_text("utf-8"))
    upload = Upload("memberships.json", CONTENT)
    assert (SOURCE.recognise(upload), SOURCE.knows(upload)) == (0, 97)
    said = SOURCE.explain(upload)
    for name in ("format", "media_type", "next_page"):
        assert said[name] == expected[name]
    for member, wanted in zip(said["members"], expected["members"], strict=True):
        assert {k: v for k, v in member.items() if k != "person_key"} == {
            k: v for k, v in wanted.items() if k != "person_key"
        }
    assert [m["person_key"] and m["person_key"]["staff_no"] for m in said["members"]] == ["0101", None, "0104"]


@pytest.mark.parametrize(("roles", "role"), [
    (["Learner"], "learner"), (["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner", "Instructor"], "instructor"),
    (["http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant"], "instructor"),
    (["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Student"], ""), ([], ""), (["Sonderrolle"], "sonderrolle"),
])  # fmt: skip
def test_roles(roles: list[str], role: str) -> None:
    assert role_of(roles) == role


def test_status_defaults_to_active_and_names_are_put_together() -> None:
    document = json.loads(CONTENT)
    document["members"] = [{"user_id": "1", "roles": ["Learner"], "family_name": "王", "given_name": "芳"}]
    [member] = SOURCE.explain(Upload("x.json", json.dumps(document).encode()))["members"]
    assert member["active"]
    assert member["person_key"]["name"] == "王芳"


def test_pages_in_one_file_are_one_list() -> None:
    assert len(SOURCE.explain(Upload("x.json", CONTENT + b"\n" + CONTENT))["members"]) == 6


def test_other_files_are_no_list_of_members() -> None:
    for content in (
        b"",
        b"{}",
        b'{"members":[]}',
        b'{"members":[{"user_id":1}],"context":{}}',
        b'{"context":{},"members":{}}',
        b'{"mem',
        b"\x00",
    ):
        assert SOURCE.knows(Upload("x.json", content)) == 0
    with pytest.raises(Refused):
        SOURCE.explain(Upload("x.json", b"{}"))
