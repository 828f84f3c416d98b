"""``trainhub plugins``: list, check, enable, disable; and starting without plugins from outside."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests import warm_command
from tests.app.estate import Estate, make_estate
from tests.plugin_host.cages import put, source
from tests.plugin_host.stage import furnish

pytestmark = pytest.mark.files_only


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Estate:
    return make_estate(tmp_path_factory.mktemp("cli") / "data")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return furnish(tmp_path_factory.mktemp("plugins"))


def run(estate: Estate, folder: Path | str, *words: str) -> subprocess.CompletedProcess[str]:
    environ = estate.environ | {"TRAINHUB_PLUGIN_PATH": str(folder)}
    return warm_command.run([*words], environ)


def listed(estate: Estate, folder: Path, *before: str) -> dict[str, dict[str, object]]:
    done = run(estate, folder, *before, "plugins", "list", "--json")
    assert done.returncode == 0, done.stderr
    return {row["key"]: row for row in json.loads(done.stdout)["plugins"]}


def test_enable_list_and_disable(estate: Estate, folder: Path) -> None:
    admin = estate.sample.usernames["system_administrator"]
    done = run(estate, folder, "plugins", "enable", "rooms", "--as", admin, "--json")
    assert json.loads(done.stdout) == {"plugin": "rooms", "on": True, "changed": True}, done.stderr
    rows = listed(estate, folder)
    assert (rows["rooms"]["loaded"], rows["rooms"]["districts_on"]) == (True, 1)
    assert rows["rooms"]["provides"] == ["routes", "tables", "notifier:rooms"]
    assert rows["tabular"]["core"] is True
    assert "rooms" not in listed(estate, folder, "--safe-mode")
    done = run(estate, folder, "plugins", "disable", "rooms", "--as", admin)
    assert done.returncode == 0
    assert "已停用 rooms" in done.stdout
    assert listed(estate, folder)["rooms"]["loaded"] is False


@pytest.mark.parametrize(("words", "sentence"), [
    (("enable", "nonesuch", "--as", "{admin}"), "没有叫 nonesuch 的插件"),
    (("enable", "rooms", "--as", "{teacher}"), "不是系统管理员"),
    (("disable", "tabular", "--as", "{admin}"), "不能停用"),
    (("enable", "silent", "--as", "{admin}"), "插件没有启用，什么都没有改动"),
])  # fmt: skip
def test_refusals_say_what_to_do(estate: Estate, folder: Path, words: tuple[str, ...], sentence: str) -> None:
    names = {"admin": estate.sample.usernames["system_administrator"], "teacher": estate.sample.usernames["teacher"]}
    done = run(estate, folder, "plugins", *(word.format(**names) for word in words))
    assert done.returncode == 1
    assert sentence in done.stderr


def check(path: Path | str, *words: str) -> subprocess.CompletedProcess[str]:
    """``plugins check`` needs no data folder and no key."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("TRAINHUB_")} | {
        "TRAINHUB_PLUGIN_PATH": str(path)
    }
    return warm_command.run([*words, "plugins", "check", "--json"], environ)


def test_check_passes_what_comes_along() -> None:
    done = check("")
    assert done.returncode == 0, done.stdout
    assert {row["fault"] for row in json.loads(done.stdout)["plugins"]} == {""}


def test_check_names_what_cannot_be_switched_on(folder: Path) -> None:
    done = check(folder)
    assert done.returncode == 1
    faults = {row["key"]: row["fault"] for row in json.loads(done.stdout)["plugins"] if row["fault"]}
    assert set(faults) == {"silent", "wide_open"}
    assert "[privacy]" in faults["silent"]


def test_check_notices_two_of_one_key_and_a_bad_manifest(tmp_path: Path) -> None:
    one, two = tmp_path / "clash", tmp_path / "bad"
    put(one, "first", source("same"), ["attendance_source:same"])
    put(one, "second", source("same"), ["attendance_source:same"])
    done = check(one)
    assert done.returncode == 1
    assert "same" in json.loads(done.stdout)["message"]
    put(two, "new", source("new"), api=">=9")
    done = check(two)
    assert done.returncode == 1
    assert "TrainHub 不会启动" in json.loads(done.stdout)["message"]
    assert check(two, "--safe-mode").returncode == 0


def test_a_new_plugin_is_written_once_and_a_bad_name_is_refused(estate: Estate, tmp_path: Path) -> None:
    done = run(estate, "", "plugins", "new", "gate", "--label", "校门闸机", "--in", str(tmp_path), "--json")
    assert done.returncode == 0, done.stderr
    assert "trainhub_gate/plugin.toml" in json.loads(done.stdout)["files"]
    assert (tmp_path / "gate" / "trainhub_gate" / "source.py").is_file()
    assert run(estate, "", "plugins", "new", "gate", "--label", "校门闸机", "--in", str(tmp_path)).returncode == 1
    assert run(estate, "", "plugins", "new", "My-Gate", "--label", "x", "--in", str(tmp_path)).returncode == 1
    assert run(estate, "", "plugins", "new", "gate2").returncode == 2
