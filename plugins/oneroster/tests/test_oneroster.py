"""Both versions as exported, then bent: names of columns, order, encodings, statuses, orphans; passwords never read."""

import io
import json
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from trainhub_oneroster import OneRosterImporter
from trainhub_oneroster.files import load
from trainhub_oneroster.load import display_name, put_together

from trainhub.plugin_api import Refused, Upload
from trainhub.plugin_api.limits import LIMITS

pytestmark = pytest.mark.files_only
SAMPLES = Path(__file__).resolve().parents[3] / "tests" / "data" / "samples"
IMPORTER = OneRosterImporter()
FOLDERS = ("32-oneroster-1.1", "33-oneroster-1.2")


def zipped(files: dict[str, bytes], name: str = "导出.zip") -> Upload:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in files.items():
            archive.writestr(member, content)
    return Upload(name, buffer.getvalue())


def files_of(folder: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((SAMPLES / folder).glob("*.csv"))}


def bent(folder: str, file: str, *changes: tuple[str, str], **more: bytes) -> Upload:
    files = files_of(folder)
    text = files[file].decode()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return zipped({**files, file: text.encode(), **more})


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_is_expected_of_the_samples(folder: str) -> None:
    expected = json.loads((SAMPLES / folder / "expected.json").read_text(encoding="utf-8"))
    upload = Upload("oneroster.zip", (SAMPLES / folder / "oneroster.zip").read_bytes())
    found = put_together(load(upload))
    assert f"oneroster.{found.version}" == expected["format"]
    assert [
        {
            "sourcedId": u.sourced_id,
            "display_name": u.name,
            "role": u.role,
            "orgs": list(u.orgs),
            "active": u.active,
            "identifier": u.identifier,
        }
        for u in found.users
    ] == expected["users"]
    assert [
        {"sourcedId": c.sourced_id, "head_teacher": c.head_teacher, "students": list(c.students)} for c in found.classes
    ] == expected["classes"]
    assert [str(b) for b in found.broken] == expected["problems"]


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_lists_that_core_gets(folder: str) -> None:
    upload = zipped(files_of(folder))
    assert IMPORTER.recognise(upload) == 98
    staff = IMPORTER.read(upload, "staff")
    head = "校长" if folder.startswith("33") else ""
    assert staff.columns == ("name", "staff_no", "post", "homeroom_class", "state", "school_code")
    assert staff.rows == (
        ("王芳", "0101", "", "三（1）班", "", "2199000001"),
        ("欧阳若彤", "0104", "", "", "", "2199000001"),
        ("李建国", "0103", head, "", "", "2199000001"),
    )
    assert staff.numbers == (2, 3, 4)
    pupils = IMPORTER.read(upload, "students")
    assert pupils.rows == (("陈一诺", "G990101201709120125", "三（1）班", "2199000001"),)
    assert {(d.row, d.reason) for d in pupils.dropped} == {(6, "inactive"), (5, "orphan")}
    assert IMPORTER.read(upload, "staff") == staff


def test_enrolments_in_a_class_that_the_file_ends_are_over_and_no_broken_references() -> None:
    before = put_together(load(zipped(files_of("32-oneroster-1.1"))))
    found = put_together(load(bent("32-oneroster-1.1", "classes.csv", ("cls-1,active", "cls-1,tobedeleted"))))
    assert (len(before.classes), found.classes) == (1, ())
    assert (len(before.broken), found.broken) == (1, ())


def test_columns_in_another_order_misspelt_and_in_gb18030() -> None:
    files = files_of("32-oneroster-1.1")
    rows = [
        line.split(",")
        for line in files["users.csv"].decode().replace('"org-2199000001,org-bureau"', "org-2199000001").splitlines()
    ]
    text = "\r\n".join(",".join(reversed(row)) for row in rows)
    for right, wrong in (
        ("sourcedId", "SourcedID "),
        ("givenName", "givename"),
        ("familyName", "famliyName"),
        ("enabledUser", "enabled_user"),
    ):
        text = text.replace(right, wrong)
    users = put_together(load(zipped({**files, "users.csv": text.encode("gb18030")}))).users
    plain = put_together(load(zipped(files))).users
    assert [(u.name, u.role, u.active, u.identifier) for u in users] == [
        (u.name, u.role, u.active, u.identifier) for u in plain
    ]


def test_statuses_roles_and_true_in_any_spelling() -> None:
    upload = bent(
        "32-oneroster-1.1",
        "users.csv",
        ("u-t1,active,2026-02-20T02:00:00.000Z,true", "u-t1,tobedeleted,20/02/2026,TRUE"),
        ('org-bureau",teacher', 'org-bureau",Guardian'),
        ("u-p1,active", "u-p1,Inactive"),
    )
    staff = IMPORTER.read(upload, "staff")
    assert [(row[0], row[4]) for row in staff.rows] == [("王芳", "离职"), ("李建国", "离职")]
    assert (3, "not_on_roster") in {(d.row, d.reason) for d in staff.dropped}


def test_a_role_that_the_enrolment_contradicts_stands_and_is_said() -> None:
    upload = bent("32-oneroster-1.1", "enrollments.csv", ("u-s1,student", "u-s1,teacher"))
    staff = IMPORTER.read(upload, "staff")
    assert "陈一诺" not in {row[0] for row in staff.rows}
    assert {p.code for p in staff.warnings} == {"broken_references", "roles_disagree"}
    assert IMPORTER.read(upload, "students").rows[0][2] == ""


def test_a_delta_is_said_and_ids_that_repeat_are_dropped() -> None:
    users = files_of("32-oneroster-1.1")["users.csv"]
    again = users + users.splitlines()[1] + b"\r\n"
    upload = bent("32-oneroster-1.1", "manifest.csv", ("file.users,bulk", "file.users,delta"), **{"users.csv": again})
    staff = IMPORTER.read(upload, "staff")
    assert "delta_file" in {p.code for p in staff.warnings}
    assert (7, "same_id") in {(d.row, d.reason) for d in staff.dropped}
    assert len(staff.rows) == 3


@pytest.mark.parametrize("folder", FOLDERS)
def test_passwords_phones_and_addresses_are_never_read(folder: str) -> None:
    files = files_of(folder)
    header, first, *rest = files["users.csv"].decode().splitlines()
    cells = dict(zip(header.split(","), first.split(","), strict=True))
    secrets = {
        "password": "hunter2",
        "email": "wf@example.cn",
        "sms": "13800000000",
        "phone": "13900000000",
        "username": "wangfang",
    }
    line = ",".join((cells | secrets)[name] for name in header.split(","))
    upload = zipped({**files, "users.csv": "\n".join([header, line, *rest]).encode()})
    said = json.dumps(
        [asdict(IMPORTER.read(upload, kind)) for kind in ("staff", "students")], ensure_ascii=False, default=str
    )
    said += repr(load(upload))
    assert "王芳" in said
    assert not [secret for secret in secrets.values() if secret in said]


def test_users_alone_are_enough_in_1_1_and_not_in_1_2() -> None:
    alone = Upload("users.csv", files_of("32-oneroster-1.1")["users.csv"])
    assert IMPORTER.recognise(alone) == 96
    assert [row[0] for row in IMPORTER.read(alone, "staff").rows] == ["王芳", "欧阳若彤", "李建国"]
    newer = Upload("users.csv", files_of("33-oneroster-1.2")["users.csv"])
    assert IMPORTER.recognise(newer) == 0
    with pytest.raises(Refused, match="no_header"):
        IMPORTER.read(newer, "staff")


@pytest.mark.parametrize(
    ("family", "given", "name"),
    [("欧阳", "若彤", "欧阳若彤"), ("Smith", "Ann", "Ann Smith"), ("", "阿依努尔·买买提", "阿依努尔·买买提")],
)
def test_names(family: str, given: str, name: str) -> None:
    assert display_name(family, given) == name


def test_others_files_are_not_taken_for_it() -> None:
    for content in (b"", "姓名,工号\n王芳,0101\n".encode(), b"PK\x03\x04junk", b"{}", b"\xff\xfe\x00"):
        assert IMPORTER.recognise(Upload("x.csv", content)) == 0
    assert IMPORTER.recognise(zipped({"users.csv": b"a,b\n"})) == 0


def test_hostile_packages_are_refused() -> None:
    cases: dict[str, Upload] = {
        "unsafe_path": zipped({"../users.csv": b"x"}),
        "bad_archive": zipped({"a/users.csv": b"sourcedId", "b/users.csv": b"sourcedId"}),
        "inflated_too_large": zipped({"users.csv": b"sourcedId\n" + b"a" * 3_000_000}),
        "not_a_table": zipped({"orgs.csv": b"sourcedId"}),
        "too_large": Upload("x.zip", b"PK\x03\x04" + b"0" * LIMITS.upload_bytes),
    }
    for code, upload in cases.items():
        with pytest.raises(Refused, match=code):
            IMPORTER.read(upload, "staff")


def _changed(text: bytes, *changes: tuple[str, str]) -> bytes:
    found = text.decode()
    for old, new in changes:
        assert old in found, old
        found = found.replace(old, new)
    return found.encode()


ODD_1_1 = {
    "orgs.csv": (("org-bureau,active", "org-x,active"), ("青禾实验小学,school", "语文组,department")),
    "users.csv": (
        ("u-t2,active,2026-02-20T02:00:00.000Z", "u-t2,,"),
        ("u-p1,active,2026-02-20T02:00:00.000Z", "u-p1,active,7/03/2024"),
        ("administrator,u-p1", "parent,u-p1"),
        ("陈,,G990101201709120125,,,,,03,", "陈,,G990101201709120125,,,,,03,Geheim-1"),
    ),
    "enrollments.csv": (("u-s1,student", "u-t2,student"),),
    "academicSessions.csv": (("sy,active", "sy,tobedeleted"), ("2026\r\n" * 0 + "sourcedId", "sourcedId")),
}
EXPECTED_1_1 = [
    "orgs.csv has org org-2199000001 of type department whose parent org-bureau is not in the file",
    "users.csv carries a password column: never read",
    "u-t2 has empty status and dateLastModified: treated as active",
    "users.csv: dateLastModified 7/03/2024 is not ISO 8601",
    "academicSessions.csv contains statuses tobedeleted in a bulk file",
    "enrollments e4 refers to missing user u-s404",
    "enrollments enrol u-t2 as student although the user is a teacher: the enrolment is kept, the user's role stands",
    "parent u-p1 is not imported",
]


def test_each_deviation_is_said_once_and_none_stops_the_load() -> None:
    files = files_of("32-oneroster-1.1")
    files |= {name: _changed(files[name], *changes) for name, changes in ODD_1_1.items()}
    said = IMPORTER.explain(zipped(files))
    assert said["problems"] == EXPECTED_1_1
    assert said["classes"][0]["students"] == ["u-t2", "u-s2"]
    assert [u["sourcedId"] for u in said["users"] if u.get("imported") is False] == ["u-p1"]
    assert "Geheim-1" not in json.dumps(said)
    told = [p.code for p in IMPORTER.read(zipped(files), "staff").warnings]
    assert told == ["broken_references", "roles_disagree", "org_without_parent", "password_column", "status_empty", "dates_not_iso", "gone_in_bulk"]  # fmt: skip


def test_deviations_of_1_2() -> None:
    files = files_of("33-oneroster-1.2")
    files["roles.csv"] = _changed(
        files["roles.csv"], ("dateLastModified", "dataLastModified"), ("userProfileSourcedId", ","), ("u-p1,primary,principal", "u-p1,secondary,siteAdministrator")
    )  # fmt: skip
    files["users.csv"] = _changed(files["users.csv"], ("preferredGivenName", "preferedGivenName"))
    files["manifest.csv"] += b"file.userProfiles,\r\n"
    files["userprofiles.csv"] = files["roles.csv"]
    said = IMPORTER.explain(zipped(files))
    assert said["problems"] == [
        "users.csv spells preferedGivenName",
        "roles.csv spells dataLastModified",
        "roles.csv ends its header with 2 empty columns",
        "manifest.csv does not say whether userProfiles is whole or changes only",
        "userprofiles.csv holds the data of roles.csv",
        "u-p1 has only a secondary role (siteAdministrator)",
        "enrollments e4 refers to missing user u-s404",
    ]
    head = next(u for u in said["users"] if u["sourcedId"] == "u-p1")
    assert (head["role"], head["imported"]) == ("siteAdministrator", True)
    assert {"sourcedId": "u-p1", "role": "siteAdministrator"} in said["secondary_roles"]


SDS = {
    "orgs.csv": "sourcedId,name,type,parentSourcedId\n1,示例学校,school,\n",
    "users.csv": "sourcedId,username,givenName,familyName,password,email\n11,a,芳,王,Geheim-1,a@x.example\n12,b,一诺,陈,Geheim-1,b@x.example\n13,c,建军,陈,Geheim-1,\n",
    "roles.csv": "userSourcedId,orgSourcedId,role,sessionSourcedId,grade,isPrimary\n11,2,teacher,s,,FALSE\n11,1,teacher,s,,TRUE\n12,1,student,s,3,TRUE\n",
    "classes.csv": "sourcedId,orgSourcedId,title\n21,1,三（1）班\n",
    "enrollments.csv": "classSourcedId,userSourcedId,role\n21,11,teacher\n21,12,student\n",
    "userFlags.csv": "userSourcedId,flag\n12,freeLunch\n",
    "demographics.csv": "userSourcedId,sex\n12,female\n",
}


def test_school_data_sync_is_explained_in_its_own_words() -> None:
    upload = zipped({name: text.encode() for name, text in SDS.items()})
    assert IMPORTER.knows(upload) == 98
    said = IMPORTER.explain(upload)
    assert (said["format"], said["students"], said["not_imported"]) == ("sds.v2.1", ["12"], ["13"])
    assert said["staff"] == [{"sourcedId": "11", "display_name": "王芳", "roles": [["1", "teacher"], ["2", "teacher"]]}]
    assert said["classes"] == [{"sourcedId": "21", "teachers": ["11"], "students": ["12"]}]
    assert said["never_read"] == ["demographics.csv", "userFlags.csv", "users.csv:password"]
    assert said["problems"] == ["13 has no role row: not imported"]
    for secret in ("freeLunch", "Geheim-1", "female", "x.example"):
        assert secret not in json.dumps(said)


def test_one_file_of_a_load_is_half_known() -> None:
    for name, content in files_of("33-oneroster-1.2").items():
        assert IMPORTER.knows(Upload(name, content)) == 60, name
    assert IMPORTER.knows(Upload("orgs.csv", "姓名,工号\n".encode())) == 0


def test_the_manifest_is_sound() -> None:
    from trainhub.plugin_host.manifest import read_file

    found: Any = read_file(
        Path(__file__).resolve().parents[1] / "trainhub_oneroster" / "plugin.toml", "trainhub_oneroster"
    )
    assert found.provides == ("roster_importer:oneroster",)
