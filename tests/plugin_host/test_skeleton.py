"""A new plugin passes its own suite as it is written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from trainhub.plugin_host.discovery import discover
from trainhub.plugin_host.host import PluginHost
from trainhub.plugin_host.manifest import PluginFault
from trainhub.plugin_host.skeleton import Kind, skeleton

ROOT = Path(__file__).resolve().parents[2]


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def suite(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a distribution's own tests, away from this project's settings."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", ".", "tests"],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join((str(folder), str(ROOT)))},
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["source", "course_type"])
def test_a_new_plugin_passes_its_suite_and_starts(tmp_path: Path, kind: Kind) -> None:
    folder = write(tmp_path / "new", skeleton(f"my_{kind}", "门口签到", kind))
    done = suite(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    host = PluginHost(discover(str(folder), points=()))
    host.start(host.cards.keys())
    assert host.cards[f"my_{kind}"].fault == ""
    assert f"my_{kind}" in (host.sources if kind == "source" else host.course_types)


@pytest.mark.parametrize(("key", "label"), [("a", "x"), ("Door", "x"), ("class", "x"), ("my-door", "x"), ("door", ""), ("door", 'a"b')])
def test_a_key_or_label_that_would_break_files_is_refused(key: str, label: str) -> None:
    with pytest.raises(PluginFault):
        skeleton(key, label, "source")
