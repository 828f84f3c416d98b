"""Installing is idempotent, versions stay, and what is on the shelf is what was in the folder."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.builders import Sample
from tests.courses.conftest import COURSE, WriteFolder
from trainhub.courses.models import CoursePack
from trainhub.courses.packs import read_description, read_folder
from trainhub.courses.queries import CatalogueFilter, catalogue, pack_page
from trainhub.courses.rules import Pack
from trainhub.courses.service import PackNotUsable, PackVersionTaken, install_pack
from trainhub.kernel.actor import Scope
from trainhub.kernel.errors import Forbidden, NotFound

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
SCOPE = Scope("d" * 32, None)


def read(folder: WriteFolder, course: str = COURSE) -> Pack:
    pack, problems = read_folder(folder(course))
    assert pack is not None
    assert not problems
    return pack


def rows(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(CoursePack)) or 0


def test_the_same_content_twice_changes_nothing(session: Session, folder: WriteFolder) -> None:
    pack = read(folder)
    before = rows(session)
    first = install_pack(session, None, pack, NOW)
    second = install_pack(session, None, pack, NOW + timedelta(days=1))
    assert (first.change, second.change) == ("installed", "unchanged")
    assert first.digest == second.digest == pack.digest()
    assert rows(session) == before + 1
    assert pack_page(session, SCOPE, pack.id).installed_at == NOW


def test_what_is_read_back_is_what_was_installed(session: Session, folder: WriteFolder) -> None:
    pack = read(folder)
    install_pack(session, None, pack, NOW)
    session.expire_all()
    found = pack_page(session, SCOPE, pack.id)
    assert found.pack == pack
    assert found.pack.digest() == found.digest


def test_changed_content_needs_a_new_version(session: Session, folder: WriteFolder) -> None:
    install_pack(session, None, read(folder), NOW)
    changed = COURSE.replace("只用于测试", "改过了")
    with pytest.raises(PackVersionTaken) as refusal:
        install_pack(session, None, read(folder, changed), NOW)
    assert refusal.value.params == {"version": "1.0"}
    newer = install_pack(session, None, read(folder, changed.replace('"1.0"', '"1.10"')), NOW)
    assert (newer.change, newer.is_current) == ("installed", True)


def test_old_versions_stay_readable_and_only_the_highest_is_current(session: Session, folder: WriteFolder) -> None:
    for version in ("1.9", "1.10", "1.2"):
        install_pack(session, None, read(folder, COURSE.replace('"1.0"', f'"{version}"')), NOW)
    found = pack_page(session, SCOPE, "small-pack")
    assert found.pack.version == "1.10"
    assert [v.version for v in found.versions if v.is_current] == ["1.10"]
    assert pack_page(session, SCOPE, "small-pack", "1.2").pack.version == "1.2"
    with pytest.raises(NotFound):
        pack_page(session, SCOPE, "small-pack", "3")
    with pytest.raises(NotFound):
        pack_page(session, SCOPE, "no-such-pack")


def test_two_current_versions_of_one_pack_are_impossible(session: Session, folder: WriteFolder) -> None:
    for version in ("1.0", "1.1"):
        install_pack(session, None, read(folder, COURSE.replace('"1.0"', f'"{version}"')), NOW)
    with pytest.raises(IntegrityError):
        session.execute(update(CoursePack).where(CoursePack.pack_id == "small-pack").values(is_current=True))
    session.rollback()


def test_a_pack_with_mistakes_or_without_texts_is_not_installed(session: Session, folder: WriteFolder) -> None:
    pack, _ = read_folder(folder(COURSE.replace("class_hours: 1", "class_hours: 2")))
    assert pack is not None
    with pytest.raises(PackNotUsable):
        install_pack(session, None, pack, NOW)
    bare, _ = read_description(COURSE.replace("kind: quiz, file: quiz.yaml, pass_correct: 1", "kind: none"))
    assert bare is not None
    with pytest.raises(PackNotUsable):
        install_pack(session, None, bare, NOW)


@pytest.mark.parametrize(("who", "may"), [("bureau_officer", True), ("training_officer", False), ("teacher", False)])
def test_only_the_bureau_fills_the_shelf(
    session: Session, folder: WriteFolder, district: Sample, who: str, may: bool
) -> None:
    pack = read(folder)
    if may:
        assert install_pack(session, district.actors[who], pack, NOW).change == "installed"
    else:
        with pytest.raises(Forbidden):
            install_pack(session, district.actors[who], pack, NOW)


def test_the_catalogue_filters_by_type_length_and_words(session: Session, folder: WriteFolder) -> None:
    install_pack(session, None, read(folder), NOW)

    def ids(**wanted: str) -> list[str]:
        shelf = catalogue(session, SCOPE, CatalogueFilter(**wanted))
        return [card.id for _, cards in shelf.groups for card in cards]

    assert "small-pack" in ids()
    assert "small-pack" in ids(type_key="staff_training", length="lesson", words="未成年人保护法 小课程")
    assert "small-pack" not in ids(length="long")
    assert "small-pack" not in ids(type_key="pottery")
    assert "small-pack" not in ids(words="陶艺")


def test_the_number_of_statements_does_not_grow_with_packs(
    session: Session, folder: WriteFolder, count_statements: Callable[[], Any]
) -> None:
    def install(number: int) -> None:
        pack, _ = read_folder(folder(COURSE.replace("small-pack", f"pack-{number}"), name=f"pack-{number}"))
        assert pack is not None
        install_pack(session, None, pack, NOW)

    install(1)
    session.commit()
    with count_statements() as few:
        catalogue(session, SCOPE, CatalogueFilter())
        pack_page(session, SCOPE, "pack-1")
    for number in range(2, 12):
        install(number)
    session.commit()
    with count_statements() as many:
        catalogue(session, SCOPE, CatalogueFilter())
        pack_page(session, SCOPE, "pack-1")
    assert few.count == many.count == 3
