"""What is written for authors is true: the hooks' page and the tutorial are run."""

import inspect
import re
import types
from pathlib import Path

import pytest

from tests.plugin_host.test_skeleton import suite, write
from trainhub.plugin_api.hookspecs import HookSpecs
from trainhub.plugin_host.discovery import discover
from trainhub.plugin_host.host import PluginHost
from trainhub.plugin_host.manifest import HOOK_OF
from trainhub.plugin_host.skeleton import skeleton
from trainhub.testing import given

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
HOOKS = {name: function for name, function in vars(HookSpecs).items() if name.startswith("trainhub_")}
SECTIONS = dict(re.findall(r"^## (trainhub_\w+)\n(.*?)(?=^## |\Z)", (PLUGINS / "HOOKS.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL))


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_every_hook_has_a_heading_and_no_heading_is_left_over() -> None:
    assert set(SECTIONS) == set(HOOKS) == set(HOOK_OF.values())


@pytest.mark.parametrize("hook", sorted(HOOKS))
def test_the_signature_on_the_page_is_the_hooks(hook: str) -> None:
    signature = re.sub(r"(?:[a-z_]+\.)+(?=[A-Z])", "", str(inspect.signature(HOOKS[hook])))
    assert f"`{hook}{signature}`" in SECTIONS[hook]


@pytest.mark.parametrize("hook", sorted(HOOKS))
def test_the_example_runs_as_a_plugin(hook: str) -> None:
    (code,) = blocks(SECTIONS[hook], "python")
    module = types.ModuleType(f"example_{hook}")
    exec(compile(code, hook, "exec"), module.__dict__)
    word = next(word for word, name in HOOK_OF.items() if name == hook)
    items = getattr(module, hook)() if hook != "trainhub_event" else []
    keys = [getattr(getattr(item, "spec", item), "key", "") for item in items]
    host = PluginHost([given("example", module, *(f"{word}:{key}" if key else word for key in keys or [""]))])
    host.start({"example"})
    assert host.cards["example"].fault == ""
    if hook in host.registries:
        assert list(host.registries[hook]) == keys


@pytest.mark.parametrize("hook", sorted(HOOKS))
def test_every_hook_has_a_user_in_the_tree(hook: str) -> None:
    named = re.search(r"In-tree users?: `(\w+)`", SECTIONS[hook])
    assert named is not None
    folder = PLUGINS / named[1]
    assert any(f"def {hook}(" in path.read_text(encoding="utf-8") for path in folder.rglob("*.py")), f"{named[1]} does not use {hook}"


def test_the_tutorial_works_as_written(tmp_path: Path) -> None:
    tutorial = (PLUGINS / "README.md").read_text(encoding="utf-8")
    (manifest,), (code, test) = blocks(tutorial, "toml"), blocks(tutorial, "python")
    own = [line for line in code.splitlines() if line.strip() and not line.startswith(("import", "from", '"""', "@hookimpl"))]
    assert len(own) <= 30
    folder = write(tmp_path / "door", skeleton("door", "侧门刷卡", "source"))
    (folder / "trainhub_door" / "source.py").unlink()
    write(folder, {"trainhub_door/plugin.toml": manifest, "trainhub_door/__init__.py": code, "tests/test_door.py": test})
    done = suite(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    host = PluginHost(discover(str(folder), points=()))
    host.start({"door"})
    assert list(host.sources) == ["door"]
