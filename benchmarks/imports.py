"""Times roster imports inside one process, start-up left out; prints JSON.

Run by ``benchmarks.run`` with a user name and files; the environment names the data folder and key. What is
told are seconds of processor time, the reading child's included: on a machine that others use too, the
clock on the wall tells mostly of them.
"""

import csv
import io
import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import python_calamine

from trainhub.app import create_app, memory
from trainhub.app.imports import import_roster
from trainhub.cli.answers import actor_named
from trainhub.kernel.clock import now
from trainhub.plugin_api import Upload
from trainhub.web.database import db


def spent_so_far() -> float:
    """Seconds of processor time of this process and of the children it has waited for."""
    times = os.times()
    return time.process_time() + times.children_user + times.children_system


def read_alone(path: Path) -> float:
    """Seconds that the bare reader takes."""
    content, began = path.read_bytes(), spent_so_far()
    if path.suffix == ".xlsx":
        python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    else:
        list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    return spent_so_far() - began


def main() -> None:
    """Time a dry run, a written import and the same file once more."""
    username, *files = sys.argv[1:]
    found = {}
    app = create_app()
    memory.settle(app)  # as in the process that serves the pages
    with app.app_context():
        actor = actor_named(db.session(), username)
        for path in map(Path, files):
            spent = {"alone": read_alone(path)}
            for mode in ("dry run", "written", "again"):
                began = spent_so_far()
                report = import_roster(
                    actor, "staff", Upload(path.name, path.read_bytes()), now(), dry_run=mode == "dry run"
                )
                spent[mode] = spent_so_far() - began
                if report["questions"] or report["applied"] != (mode == "written"):
                    raise SystemExit(f"{path.name}: {report['counts']}")
            found[path.suffix[1:]] = spent
    print(json.dumps(found))


if __name__ == "__main__":
    main()
