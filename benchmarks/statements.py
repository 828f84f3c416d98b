"""Counts SQL statements and commits of the main pages inside one process; prints JSON.

Run by ``benchmarks.run`` with the path of a manifest; the environment names the data folder and key.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from flask.testing import FlaskClient
from sqlalchemy import event

from benchmarks.client import form_of
from trainhub.app import create_app
from trainhub.web.database import db


class Counter:
    """Statements and commits since the last reset."""

    def __init__(self, engine: Any) -> None:
        self.statements = self.commits = 0
        event.listen(engine, "before_cursor_execute", self._statement)
        event.listen(engine, "commit", self._commit)

    def _statement(self, _connection: Any, _cursor: Any, text: str, *_: Any) -> None:
        if not text.startswith(("BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE")):
            self.statements += 1

    def _commit(self, _: Any) -> None:
        self.commits += 1

    def of(self, action: Callable[[], Any]) -> dict[str, int]:
        """Count what an action takes; it ran once before, so that caches are warm."""
        self.statements = self.commits = 0
        action()
        return {"statements": self.statements, "commits": self.commits}


def sign_in(client: FlaskClient, account: dict[str, str]) -> None:
    """Sign in by the form."""
    import re

    page = client.get("/sign-in").get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    fields = {"csrf_token": token[1] if token else "", "username": account["username"], "password": account["password"]}
    answer = client.post("/sign-in", data=fields)
    if answer.status_code not in {302, 303}:
        raise SystemExit(f"sign-in: {answer.status_code}")


def main() -> None:
    """Count and print."""
    manifest = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    accounts = {a["key"]: a for a in manifest["accounts"]}
    sheets = manifest["districts"][0]["sheets"]
    app = create_app()
    with app.app_context():
        counter = Counter(db.engine)
    officer, bureau = app.test_client(), app.test_client()
    sign_in(officer, accounts["first.officer"])
    sign_in(bureau, accounts["bureau.bureau"])
    found: dict[str, dict[str, int]] = {}

    def page(client: FlaskClient, path: str) -> bytes:
        answer = client.get(path)
        if answer.status_code != 200:
            raise SystemExit(f"{path}: {answer.status_code}")
        return answer.data

    for size in (45, 130):
        path = f"/rolls/{sheets[f'roll-{size}-1']}"
        page(officer, path)
        found[f"roll open {size}"] = counter.of(lambda p=path: page(officer, p))
        for value in ("present", "absent"):
            fields = form_of(page(officer, path), lambda _, v=value: v)
            found[f"roll save {size}"] = counter.of(lambda p=path, f=fields: officer.post(p, data=f))
    for name, client, path in (
        ("standing of one school", officer, "/training/standing"), ("coverage", bureau, "/training/coverage"), ("home", officer, "/"),
    ):
        page(client, path)
        found[name] = counter.of(lambda c=client, p=path: page(c, p))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
