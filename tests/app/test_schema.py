"""The server reads which migrations there are from the files; Alembic must agree. A start loads nothing it does not need."""

import json
import os
import secrets
import subprocess
import sys

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.orm import Session

from trainhub.app.schema import FOLDER, current_heads, expected_heads


def test_heads_are_those_that_alembic_finds() -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    assert expected_heads() == frozenset(ScriptDirectory.from_config(config).get_heads())


def test_a_migrated_database_is_at_the_heads(session: Session) -> None:
    assert current_heads(session.connection()) == expected_heads()


SERVED = """
import json, sys
from trainhub.cli.main import main
from trainhub.app import create_app
import trainhub.app.work, waitress
from pathlib import Path
from trainhub.jobs.worker import make_bell
app = create_app()
make_bell(Path(app.config["TRAINHUB_DATA"]), None)
assert app.test_client().get("/sign-in").status_code == 200
print(json.dumps(sorted(sys.modules)))
"""


@pytest.mark.files_only
def test_a_start_loads_no_library_that_the_first_page_does_not_need(tmp_path: object) -> None:
    """Each of these costs 20 to 500 ms and up to 20 MB."""
    env = os.environ | {
        "TRAINHUB_DATA": str(tmp_path),
        "TRAINHUB_SECRET_KEY": secrets.token_urlsafe(48),
        "TRAINHUB_LOG": "off",
        "TRAINHUB_DATABASE_URL": "",
    }
    done = subprocess.run([sys.executable, "-c", SERVED], env=env, capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    needless = {
        "alembic",
        "mako",
        "flask_migrate",
        "rich",
        "pygments",
        "redis",
        "psycopg",
        "openpyxl",
        "python_calamine",
        "xlsxwriter",
        "pypinyin",
        "lxml",
        "typst",
        "mistune",
        "numpy",
    }
    assert not loaded & needless
