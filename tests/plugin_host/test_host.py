"""The life of plugins: what stops the start, what only sets a plugin aside, switching on and off."""

import re
from pathlib import Path

import pytest

from tests.plugin_host.cages import found, host_of, put, source
from trainhub.plugin_api import Happening
from trainhub.plugin_host.discovery import OURS, discover
from trainhub.plugin_host.guard import PluginUnavailable
from trainhub.plugin_host.host import PluginHost
from trainhub.plugin_host.manifest import PluginFault, read
from trainhub.plugin_host.registry import DuplicateKey

EVENT = "from trainhub.plugin_api import hookimpl\n@hookimpl\ndef trainhub_event(event):\n    {body}\n"


def test_every_plugin_that_comes_along_has_a_manifest_that_holds() -> None:
    plugins = Path(__file__).parents[2] / "plugins"
    manifests = sorted(plugins.glob("*/trainhub_*/plugin.toml"))
    assert manifests
    for manifest in manifests:
        assert read(manifest.read_text(encoding="utf-8"), str(manifest), manifest.parent.name).module == manifest.parent.name


def test_the_built_in_plugins_start_and_give_what_they_promise() -> None:
    host = PluginHost(discover())
    host.start(host.cards.keys())
    assert {card.fault for card in host.cards.values()} == {""}
    for card in host.cards.values():
        promised = {word.partition(":")[2] for word in card.found.manifest.provides if ":" in word}
        given = {one.key for items in card.provided.values() for one in items}
        assert given == promised, card.key


def test_nothing_of_a_plugin_is_imported_before_it_is_wanted(tmp_path: Path) -> None:
    put(tmp_path, "loud", "raise SystemExit('imported')")
    host = PluginHost(found(tmp_path))
    host.start(())
    assert not host.cards["loud"].on
    assert host.cards["loud"].fault == ""


@pytest.mark.parametrize("code", ["raise SystemExit(3)", "import no_such_module", "1/0", "def broken(:"])
def test_a_plugin_that_cannot_be_imported_is_set_aside_by_name(tmp_path: Path, code: str) -> None:
    put(tmp_path, "bad", code)
    put(tmp_path, "good", source("good"))
    host = host_of(tmp_path)
    assert host.cards["bad"].fault.startswith("import: ")
    assert list(host.sources) == ["good"]


def test_a_misspelt_hook_stops_the_start_with_the_name_and_the_mend(tmp_path: Path) -> None:
    put(tmp_path, "typo", "from trainhub.plugin_api import hookimpl\n@hookimpl\ndef trainhub_attendance_source():\n    return []")
    with pytest.raises(PluginFault, match=r"plugin typo: .*trainhub_attendance_source.*compare"):
        host_of(tmp_path)


def test_two_plugins_with_one_key_of_a_source_stop_the_start(tmp_path: Path) -> None:
    put(tmp_path, "one", source("same"), ["attendance_source:same"])
    put(tmp_path, "two", source("same"), ["attendance_source:same"])
    with pytest.raises(DuplicateKey, match="'same' is provided by one and by two"):
        host_of(tmp_path)


def test_two_plugins_of_one_name_stop_the_start(tmp_path: Path) -> None:
    put(tmp_path, "twin", source("twin"), module="twin_a")
    put(tmp_path, "twin", source("twin"), module="twin_b")
    with pytest.raises(PluginFault, match="two plugins are called twin"):
        found(tmp_path)


def test_a_wrong_api_range_stops_the_start_with_the_mend(tmp_path: Path) -> None:
    put(tmp_path, "old", source("old"), api="<1")
    with pytest.raises(PluginFault, match=r"plugin old 0.1 is written for plugin API <1.*safe-mode"):
        found(tmp_path)


def test_safe_mode_leaves_plugins_from_outside_alone(tmp_path: Path) -> None:
    put(tmp_path, "old", source("old"), api="<1")
    assert "old" not in {plugin.manifest.key for plugin in discover(str(tmp_path), outside=False)}


def test_a_key_that_the_manifest_does_not_name_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "sly", source("other"))
    host = host_of(tmp_path)
    assert "gives 'other', which its plugin.toml does not name" in host.cards["sly"].fault
    assert list(host.sources) == []


def test_a_plugin_that_keeps_personal_data_must_say_what_becomes_of_it(tmp_path: Path) -> None:
    put(tmp_path, "keeper", source("keeper"), more="[privacy]\nstores_personal_data = true\n")
    host = PluginHost(found(tmp_path))
    host.start(())
    assert "how it is shown, corrected and erased" in host.judge("keeper")


@pytest.mark.parametrize(
    ("permission", "method", "why"),
    [("public.read", "GET", "open to everybody"), ("", "GET", "no permission"), ("roll.write", "GET", "wrong kind")],
)
def test_an_open_route_keeps_a_plugin_out(tmp_path: Path, permission: str, method: str, why: str) -> None:
    put(tmp_path, "open", f"""
        from trainhub.plugin_api import PluginBlueprint, Route, hookimpl
        @hookimpl
        def trainhub_blueprints():
            return [PluginBlueprint((Route("/all", "{permission}", lambda request: None, "{method}"),))]
    """, ["routes"])
    host = PluginHost(found(tmp_path))
    host.start(())
    assert why in host.judge("open")


def test_switching_on_and_off_changes_what_is_offered_at_once(tmp_path: Path) -> None:
    put(tmp_path, "one", source("one"))
    put(tmp_path, "two", source("two"))
    host = PluginHost(found(tmp_path))
    host.start({"one"})
    assert list(host.sources) == ["one"]
    assert host.judge("two") == ""
    assert list(host.sources) == ["one"]
    host.apply({"two"})
    assert list(host.sources) == ["two"]
    host.apply({"one", "two"})
    assert sorted(host.sources) == ["one", "two"]


def test_judging_a_clash_leaves_what_runs_alone(tmp_path: Path) -> None:
    put(tmp_path, "one", source("same"), ["attendance_source:same"])
    put(tmp_path, "two", source("same"), ["attendance_source:same"])
    host = PluginHost(found(tmp_path))
    host.start({"one"})
    assert "is provided by one and by two" in host.judge("two")
    assert host.sources.owner("same") == "one"


def test_a_failure_costs_its_own_call_and_three_break_it_off(tmp_path: Path) -> None:
    put(tmp_path, "weak", source("weak", recognise="raise KeyError('王小明')"))
    host = host_of(tmp_path)
    for _ in range(3):
        with pytest.raises(PluginUnavailable):
            host.sources["weak"].recognise(None)  # type: ignore[arg-type]
    record = host.cards["weak"].guard.records["weak.recognise"]
    assert record.broken
    assert record.calls == 3
    with pytest.raises(PluginUnavailable) as broken:
        host.sources["weak"].recognise(None)  # type: ignore[arg-type]
    assert broken.value.reason == "broken_off"
    assert record.calls == 3
    faults = host.faults()
    assert [fault.broken for fault in faults] == [False, False, True]
    assert all("王小明" not in fault.error and "KeyError in recognise" in fault.error for fault in faults)


def test_trying_again_forgets_failures(tmp_path: Path) -> None:
    put(tmp_path, "bad", "1/0")
    host = host_of(tmp_path)
    assert host.cards["bad"].fault
    next(tmp_path.glob("*/__init__.py")).write_text(source("bad"), encoding="utf-8")
    host.retry("bad", {"bad"})
    assert host.cards["bad"].fault == ""
    assert list(host.sources) == ["bad"]


def test_events_reach_each_plugin_alone(tmp_path: Path) -> None:
    from trainhub.kernel.clock import now

    put(tmp_path, "deaf", EVENT.format(body="raise RuntimeError"), ["events"])
    put(tmp_path, "hears", EVENT.format(body="seen.append(event.kind)") + "seen = []\n", ["events"])
    host = host_of(tmp_path)
    failed = host.tell(Happening("1", "roll.verified", "d", "s", now()), frozenset({"deaf", "hears"}))
    assert [error.plugin for error in failed] == ["deaf"]
    assert host.cards["hears"].module.seen == ["roll.verified"]
    assert host.tell(Happening("2", "roll.verified", "d", "s", now()), frozenset()) == []


def test_a_hook_that_the_manifest_does_not_name_sets_the_plugin_aside(tmp_path: Path) -> None:
    put(tmp_path, "two_faced", source("two_faced") + "\n@hookimpl\ndef trainhub_event(event):\n    pass\n")
    host = host_of(tmp_path)
    assert "has the hook trainhub_event" in host.cards["two_faced"].fault
    assert list(host.sources) == []


def test_a_plugin_from_outside_cannot_call_itself_core(tmp_path: Path) -> None:
    put(tmp_path, "proud", source("proud"), more="core = true\non_by_default = true\n")
    host = PluginHost(found(tmp_path))
    assert host.defaults == frozenset()


def test_two_keys_that_begin_alike_are_refused(tmp_path: Path) -> None:
    put(tmp_path, "door", source("door"))
    put(tmp_path, "door_extra", source("door_extra"))
    with pytest.raises(PluginFault, match="begin alike"):
        found(tmp_path)


def test_the_list_of_our_own_is_the_folder_of_plugins() -> None:
    folder = Path(__file__).parents[2] / "plugins"
    names = {re.search(r'^name = "(.+)"', p.read_text(encoding="utf-8"), re.MULTILINE)[1] for p in folder.glob("*/pyproject.toml")}
    assert names == OURS


def test_a_call_broken_off_is_tried_again_once_its_note_is_gone(tmp_path: Path) -> None:
    put(tmp_path, "weak", source("weak", recognise="raise KeyError"))
    host = host_of(tmp_path)
    for _ in range(3):
        with pytest.raises(PluginUnavailable):
            host.sources["weak"].recognise(None)  # type: ignore[arg-type]
    host.forgive(frozenset())
    assert host.cards["weak"].guard.records["weak.recognise"].broken  # not written down yet
    host.faults()
    host.forgive(frozenset({("weak", "weak.recognise")}))
    assert host.cards["weak"].guard.records["weak.recognise"].broken
    host.forgive(frozenset())
    assert "weak.recognise" not in host.cards["weak"].guard.records
