"""Installing packs from a page: what lies ready, what it would change, one click, hostile archives."""

import io
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.builders import Sample, build_district
from tests.conftest import SignIn
from tests.courses.conftest import COURSE, QUIZ, WriteFolder
from trainhub.courses import shelf as shelf_module
from trainhub.courses.archives import ArchiveFiles, BadArchive
from trainhub.courses.comparing import UnitChange, compare
from trainhub.courses.models import CoursePack
from trainhub.courses.packs import read_folder
from trainhub.courses.rules import Pack
from trainhub.courses.service import install_pack
from trainhub.kernel.clock import now
from trainhub.ledger.models import LedgerEntry

PATH = "/courses/to_install"


@pytest.fixture(autouse=True)
def data(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder and a shipped folder of their own."""
    monkeypatch.setitem(app.config, "TRAINHUB_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(shelf_module.Shelf.__init__, "__defaults__", (tmp_path,))
    return tmp_path


@pytest.fixture
def bureau(client: FlaskClient, district: Sample, sign_in: SignIn) -> FlaskClient:
    sign_in(client, "bureau_officer")
    return client


def read(path: Path) -> Pack:
    pack, _ = read_folder(path)
    assert pack is not None
    return pack


def digest(text: str) -> str:
    return text.split('name="digest" value="')[1][:64]


def archive(files: dict[str, str | bytes], root: str = "small-pack/") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, body in files.items():
            target.writestr(root + name, body)
    return buffer.getvalue()


GOOD: dict[str, str | bytes] = {
    "course.yaml": COURSE, "quiz.yaml": QUIZ, "units/01-one.md": "# 第一单元\n\n你好。\n", "units/02-two.md": "# 第二单元\n\n再见。\n",
}


def send(client: FlaskClient, content: bytes, name: str = "pack.zip") -> Any:
    return client.post(PATH, data={"archive": (io.BytesIO(content), name)}, content_type="multipart/form-data")


class TestPage:
    def test_an_uninstalled_pack_is_installed_with_one_click(
        self, bureau: FlaskClient, session: Session, district: Sample, folder: WriteFolder
    ) -> None:
        folder()
        text = bureau.get(PATH).text
        assert "未安装" in text
        assert "第一单元" in text
        answer = bureau.post(f"{PATH}/shipped/small-pack", data={"digest": digest(text)})
        assert (answer.status_code, answer.location) == (303, "/courses/small-pack")
        assert session.scalars(select(CoursePack.version).where(CoursePack.pack_id == "small-pack")).all() == ["1.0"]
        entry = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "catalogue.installed")).one()
        assert (entry.object_ref, entry.school_id) == ("small-pack", district.bureau_id)
        again = bureau.get(PATH).text
        assert "已安装" in again
        assert 'name="digest"' not in again

    def test_an_update_says_what_changes_and_the_old_version_stays(
        self, bureau: FlaskClient, session: Session, folder: WriteFolder
    ) -> None:
        install_pack(session, None, read(folder()), now())
        session.commit()
        newer = COURSE.replace('"1.0"', '"1.1"').replace("title: 第二单元\n    minutes: 15", "title: 第二单元新\n    minutes: 20")
        folder(newer.replace("{unit: two, minutes: 15", "{unit: two, minutes: 20"))
        text = bureau.get(PATH).text
        for shown in ("1.0 → 1.1", "45 → 50 分钟", "第二单元新", "15 → 20 分钟", "流程", "更新到 1.1 版"):
            assert shown in text, shown
        assert "第一单元" not in text
        assert bureau.post(f"{PATH}/shipped/small-pack", data={"digest": digest(text)}).status_code == 303
        rows = {row.version: row.is_current for row in session.scalars(select(CoursePack).where(CoursePack.pack_id == "small-pack"))}
        assert rows == {"1.0": False, "1.1": True}

    def test_other_content_under_the_same_version_is_not_offered(self, bureau: FlaskClient, session: Session, folder: WriteFolder) -> None:
        install_pack(session, None, read(folder()), now())
        session.commit()
        folder(COURSE.replace("只用于测试", "改过了"))
        text = bureau.get(PATH).text
        assert "请先在 course.yaml 里提高 version" in text
        assert 'name="digest"' not in text

    def test_a_folder_changed_in_the_meantime_is_shown_again(self, bureau: FlaskClient, session: Session, folder: WriteFolder) -> None:
        folder()
        seen = digest(bureau.get(PATH).text)
        folder(COURSE.replace("只用于测试", "改过了"))
        answer = bureau.post(f"{PATH}/shipped/small-pack", data={"digest": seen})
        assert answer.status_code == 409
        assert "又有改动" in answer.text
        assert not session.scalars(select(CoursePack).where(CoursePack.pack_id == "small-pack")).all()

    def test_a_pack_with_mistakes_is_shown_with_them(self, bureau: FlaskClient, folder: WriteFolder) -> None:
        folder(COURSE.replace("class_hours: 1", "class_hours: 2"))
        text = bureau.get(PATH).text
        assert "不能安装" in text
        assert "2 学时需要 90 分钟" in text
        assert bureau.post(f"{PATH}/shipped/small-pack", data={"digest": "0" * 64}).status_code in (409, 422)

    @pytest.mark.parametrize("path", ["shipped/no-such", "elsewhere/small-pack", "shipped/..", "uploaded/small-pack"])
    def test_what_does_not_lie_there_is_not_found(self, bureau: FlaskClient, folder: WriteFolder, path: str) -> None:
        folder()
        assert bureau.post(f"{PATH}/{path}", data={"digest": "0" * 64}).status_code in (404, 405)

    @pytest.mark.parametrize("role", ["training_officer", "teacher", "principal", "auditor", "system_administrator"])
    def test_only_the_bureau_installs(self, client: FlaskClient, district: Sample, sign_in: SignIn, folder: WriteFolder, role: str) -> None:
        folder()
        sign_in(client, role)
        assert client.get(PATH).status_code == 403
        assert client.post(f"{PATH}/shipped/small-pack", data={"digest": "0" * 64}).status_code == 403
        assert send(client, archive(GOOD)).status_code == 403

    def test_the_catalogue_leads_there_for_the_bureau_only(self, client: FlaskClient, district: Sample, sign_in: SignIn) -> None:
        sign_in(client, "bureau_officer")
        assert PATH in client.get("/courses").text
        sign_in(client, "training_officer")
        assert PATH not in client.get("/courses").text


class TestSeveralBureaus:
    """Packs are the same in every district: where there are several, no one of them changes them for the others."""

    def test_nothing_is_uploaded_or_installed_from_the_page(
        self, bureau: FlaskClient, session: Session, folder: WriteFolder, data: Path
    ) -> None:
        folder()
        seen = digest(bureau.get(PATH).text)
        build_district(session)
        session.commit()
        text = bureau.get(PATH).text
        assert "平台运维人员" in text
        assert 'name="digest"' not in text
        assert 'type="file"' not in text
        assert PATH not in bureau.get("/courses").text
        for answer in (bureau.post(f"{PATH}/shipped/small-pack", data={"digest": seen}), send(bureau, archive(GOOD))):
            assert answer.status_code == 409
            assert "平台运维人员" in answer.text
        assert not session.scalars(select(CoursePack).where(CoursePack.pack_id == "small-pack")).all()
        assert not (data / "data").exists()

    def test_the_command_still_installs(self, session: Session, district: Sample, folder: WriteFolder) -> None:
        build_district(session)
        assert install_pack(session, None, read(folder()), now()).change == "installed"


class TestUpload:
    def test_an_archive_lies_ready_and_is_installed_by_the_same_click(self, bureau: FlaskClient, session: Session, data: Path) -> None:
        answer = send(bureau, archive(GOOD | {"notes/secret.txt": "nicht dazu"}))
        assert answer.status_code == 303
        kept = {str(p.relative_to(data / "data" / "packs")) for p in (data / "data").rglob("*") if p.is_file()}
        assert kept == {"small-pack/course.yaml", "small-pack/quiz.yaml", "small-pack/units/01-one.md", "small-pack/units/02-two.md"}
        assert not session.scalars(select(CoursePack).where(CoursePack.pack_id == "small-pack")).all()
        text = bureau.get(PATH).text
        assert "上传的" in text
        assert bureau.post(f"{PATH}/uploaded/small-pack", data={"digest": digest(text)}).status_code == 303

    def test_without_a_folder_inside_and_replacing_what_lay_there(self, bureau: FlaskClient, data: Path) -> None:
        assert send(bureau, archive(GOOD, root="")).status_code == 303
        assert send(bureau, archive(GOOD | {"course.yaml": COURSE.replace('"1.0"', '"1.1"')})).status_code == 303
        assert "1.1" in (data / "data/packs/small-pack/course.yaml").read_text("utf-8")
        assert [p.name for p in (data / "data/packs").iterdir()] == ["small-pack"]

    def test_the_old_pack_is_put_back_where_the_new_one_cannot_take_its_place(
        self, bureau: FlaskClient, data: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert send(bureau, archive(GOOD)).status_code == 303
        replace = Path.replace

        def failing(self: Path, target: Path) -> Path:
            if self.name.startswith(".new-"):
                raise OSError
            return replace(self, target)

        monkeypatch.setattr(Path, "replace", failing)
        answer = send(bureau, archive(GOOD | {"course.yaml": COURSE.replace('"1.0"', '"1.1"')}))
        assert answer.status_code == 409
        assert "再上传一次" in answer.text
        assert '"1.0"' in (data / "data/packs/small-pack/course.yaml").read_text("utf-8")
        assert [p.name for p in (data / "data/packs").iterdir()] == ["small-pack"]

    def test_a_second_upload_at_the_same_moment_ends_in_a_sentence(
        self, bureau: FlaskClient, data: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        replace = Path.replace

        def overtaken(self: Path, target: Path) -> Path:
            if self.name.startswith(".new-"):
                target.mkdir()
                (target / "course.yaml").write_text("theirs", "utf-8")
            return replace(self, target)

        monkeypatch.setattr(Path, "replace", overtaken)
        assert send(bureau, archive(GOOD)).status_code == 409
        assert (data / "data/packs/small-pack/course.yaml").read_text("utf-8") == "theirs"
        assert [p.name for p in (data / "data/packs").iterdir()] == ["small-pack"]

    def test_a_pack_with_mistakes_is_refused_with_their_place(self, bureau: FlaskClient, data: Path) -> None:
        answer = send(bureau, archive(GOOD | {"course.yaml": COURSE.replace("minutes: 30\n", "minutes: 三十\n", 1)}))
        assert answer.status_code == 422
        assert "course.yaml:14 units.1.minutes" in answer.text
        assert not (data / "data/packs").exists()

    def test_no_file_is_an_error_beside_the_field(self, bureau: FlaskClient) -> None:
        answer = bureau.post(PATH, data={}, content_type="multipart/form-data")
        assert answer.status_code == 422
        assert "请选择课程包的 ZIP 压缩包。" in answer.text

    @pytest.mark.parametrize(
        ("content", "why"),
        [
            (b"", "unreadable"), (b"PK\x03\x04 broken", "unreadable"), (b"x" * (2 * 1024 * 1024 + 1), "too_large"),
            (archive({"readme.md": "x"}), "no_pack"), (archive({"a/course.yaml": COURSE, "b/course.yaml": COURSE}, root=""), "several"),
            (archive({"course.yaml": COURSE}, root="a/b/c/"), "several"), (archive(GOOD | {"../../evil.md": "x"}), "unsafe"),
            (archive({"course.yaml": COURSE, "/etc/passwd": "x"}, root=""), "unsafe"), (archive(GOOD | {"c:\\evil.md": "x"}), "unsafe"),
            (archive({**GOOD, **{f"units/{n}.md": "x" for n in range(200)}}), "too_many"),
            (archive(GOOD | {"units/big.md": b"0" * (5 * 1024 * 1024)}), "too_large"),
            (archive(GOOD | {"COURSE.YAML": COURSE}), "unsafe"),
        ],
    )
    def test_hostile_and_broken_archives_are_refused_with_a_sentence(self, bureau: FlaskClient, data: Path, content: bytes, why: str) -> None:
        with pytest.raises(BadArchive) as refusal:
            ArchiveFiles(content)
        assert refusal.value.params["why"] == why
        answer = send(bureau, content)
        assert answer.status_code == 422
        assert not (data / "data").exists()

    def test_a_link_in_the_archive_is_refused(self) -> None:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as target:
            target.writestr("small-pack/course.yaml", COURSE)
            link = zipfile.ZipInfo("small-pack/units/01-one.md")
            link.external_attr = (stat.S_IFLNK | 0o777) << 16
            target.writestr(link, "/etc/passwd")
        with pytest.raises(BadArchive) as refusal:
            ArchiveFiles(buffer.getvalue())
        assert refusal.value.params["why"] == "unsafe"

    def test_a_file_that_inflates_beyond_its_header_is_cut_and_refused(self) -> None:
        files = ArchiveFiles(archive(GOOD | {"units/01-one.md": b"a" * (300 * 1024)}))
        assert files.text("units/01-one.md", 256 * 1024) is None
        assert [p.code for p in files.problems] == ["file_too_large"]


def test_a_folder_is_read_again_only_after_a_change(folder: WriteFolder, tmp_path: Path) -> None:
    path = folder()
    shelf = shelf_module.Shelf(tmp_path / "data", {"staff_training"}, tmp_path)
    first = shelf.packs()[0].pack
    assert shelf.packs()[0].pack is first
    (path / "units/01-one.md").write_text("# 第一单元\n\n## 讲\n\n再好。\n", "utf-8")
    changed = shelf.pack("shipped", "small-pack")
    assert changed is not None
    assert changed.pack is not None
    assert first is not None
    assert changed.pack.digest() != first.digest(), "one character, the same length"
    assert not shelf_module.Shelf(tmp_path / "data", {"pottery"}, tmp_path).packs()[0].usable


class TestComparing:
    def test_new_same_older_and_taken(self, folder: WriteFolder) -> None:
        pack = read(folder())
        assert compare(pack, None, {}).change == "new"
        assert compare(pack, pack, {"1.0": pack.digest()}).change == "same"
        assert compare(pack, pack, {"1.0": "0" * 64}).change == "taken"
        assert compare(pack, pack, {"1.10": "0" * 64}).change == "older"
        assert compare(pack, pack, {"0.9": "0" * 64}).change == "update"

    def test_units_added_removed_and_changed(self, folder: WriteFolder) -> None:
        old = read(folder())
        new = read(folder(COURSE.replace("id: two", "id: three").replace("unit: two", "unit: three").replace('"1.0"', '"2"')))
        assert compare(new, old, {"1.0": old.digest()}).units == (UnitChange("第二单元", "added", 15), UnitChange("第二单元", "removed", 0, 15))
        assert compare(new, old, {"1.0": old.digest()}).parts == ("run_of_show",)
