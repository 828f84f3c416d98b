"""Times roster imports inside one process, start-up left out; prints JSON.

Run by ``benchmarks.run`` with a user name and files; the environment names the data folder and key.
"""

import csv
import io
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import python_calamine

from trainhub.app import create_app
from trainhub.app.imports import import_roster
from trainhub.cli.answers import actor_named
from trainhub.kernel.clock import now
from trainhub.plugin_api import Upload
from trainhub.web.database import db


def read_alone(path: Path) -> float:
    """Seconds that the bare reader takes."""
    content, began = path.read_bytes(), time.perf_counter()
    if path.suffix == ".xlsx":
        python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    else:
        list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    return time.perf_counter() - began


def main() -> None:
    """Time a dry run and a written import of every file."""
    username, *files = sys.argv[1:]
    found = {}
    with create_app().app_context():
        actor = actor_named(db.session(), username)
        for path in map(Path, files):
            spent = {"alone": read_alone(path)}
            for mode in ("dry run", "written"):
                began = time.perf_counter()
                report = import_roster(
                    actor, "staff", Upload(path.name, path.read_bytes()), now(), dry_run=mode == "dry run"
                )
                spent[mode] = time.perf_counter() - began
                if report["questions"] or (mode == "written" and not report["applied"]):
                    raise SystemExit(f"{path.name}: {report['counts']}")
            found[path.suffix[1:]] = spent
    print(json.dumps(found))


if __name__ == "__main__":
    main()
