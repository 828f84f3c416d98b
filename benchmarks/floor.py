"""The floor: the smallest application of the same stack that opens and saves a roll.

Flask, flask-login, flask-sqlalchemy, flask-wtf, Jinja, SQLite in WAL, waitress: signed in, owner checked, one
upsert. No scopes, ledger, history, hooks, translations. What the stack can reach on this machine, not
what a product will; budgets are multiples of it.

Run as ``python -m benchmarks.floor DATABASE PORT`` after ``fill``.
"""

import sys
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, redirect, render_template, request
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from jinja2 import DictLoader
from sqlalchemy import event, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

PAGE = """<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>{{ roll.title }}</title></head><body>
<nav>{{ current_user.name }}</nav><h1>{{ roll.title }}</h1><form method="post">
<input type="hidden" name="csrf_token" value="{{ csrf_token() }}"><table>
{% for p in people %}<tr><td>{{ p.serial }}</td><td>{{ p.name }}</td><td>{% for value, label in statuses %}<label>
<input type="radio" name="mark-{{ p.id }}" value="{{ value }}"{% if marks.get(p.id) == value %} checked{% endif %}>{{ label }}
</label>{% endfor %}</td></tr>
{% endfor %}</table><button>保存</button></form></body></html>"""
STATUSES = (("present", "到"), ("late", "迟到"), ("excused", "请假"), ("absent", "缺席"))


class Base(DeclarativeBase):
    """Base of the floor's tables."""


db = SQLAlchemy(model_class=Base)


class User(UserMixin, Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Roll(Base):
    __tablename__ = "roll"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    owner_id: Mapped[int]


class Person(Base):
    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    roll_id: Mapped[int] = mapped_column(index=True)
    serial: Mapped[int]
    name: Mapped[str]


class Mark(Base):
    __tablename__ = "mark"
    roll_id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[str]
    by: Mapped[int]


def make(path: Path) -> Flask:
    """Return the floor application on a SQLite file."""
    app = Flask("floor")
    app.config.update(SECRET_KEY="floor" * 10, SQLALCHEMY_DATABASE_URI=f"sqlite:///{path}", WTF_CSRF_TIME_LIMIT=None)
    app.jinja_loader = DictLoader({"roll": PAGE})
    db.init_app(app)
    CSRFProtect(app)
    login = LoginManager(app)
    login.user_loader(lambda key: db.session.get(User, int(key)))
    with app.app_context():

        @event.listens_for(db.engine, "connect")
        def pragmas(raw: Any, _: Any) -> None:
            for pragma in ("journal_mode=wal", "synchronous=full", "busy_timeout=10000", "foreign_keys=on"):
                raw.execute(f"PRAGMA {pragma}")

    app.add_url_rule("/healthz", "healthz", lambda: "ok")
    app.add_url_rule("/in", "enter", _enter)
    app.add_url_rule("/roll/<int:roll_id>", "roll", login_required(_roll), methods=["GET", "POST"])
    return app


def _enter() -> str:
    login_user(db.session.get(User, 1))
    return "ok"


def _roll(roll_id: int) -> str | Response:
    roll = db.session.get(Roll, roll_id) or abort(404)
    if roll.owner_id != current_user.id:
        abort(403)
    people = db.session.execute(
        select(Person.id, Person.serial, Person.name).where(Person.roll_id == roll_id).order_by(Person.serial)
    ).all()
    if request.method == "POST":
        known = {value for value, _ in STATUSES}
        rows = [
            {"roll_id": roll_id, "person_id": p.id, "value": value, "by": current_user.id}
            for p in people if (value := request.form.get(f"mark-{p.id}")) in known
        ]
        upsert = insert(Mark)
        db.session.execute(upsert.on_conflict_do_update(
            index_elements=["roll_id", "person_id"], set_={"value": upsert.excluded.value, "by": upsert.excluded.by}
        ), rows)
        db.session.commit()
        return redirect(request.path, 303)  # type: ignore[return-value]
    marks = dict(db.session.execute(select(Mark.person_id, Mark.value).where(Mark.roll_id == roll_id)).tuples().all())
    return render_template("roll", roll=roll, people=people, marks=marks, statuses=STATUSES)


def fill(app: Flask, sizes: tuple[int, ...], copies: int) -> list[list[int]]:
    """Create ``copies`` rolls of each size; returns their ids by size."""
    found: list[list[int]] = []
    with app.app_context():
        db.create_all()
        db.session.add(User(id=1, name="王老师"))
        roll_id = 0
        for size in sizes:
            ids = []
            for _ in range(copies):
                roll_id += 1
                ids.append(roll_id)
                db.session.add(Roll(id=roll_id, title=f"点名 {roll_id}", owner_id=1))
                db.session.add_all(
                    Person(id=roll_id * 1000 + n, roll_id=roll_id, serial=n, name=f"教师{n}") for n in range(1, size + 1)
                )
            found.append(ids)
        db.session.commit()
        db.engine.dispose()
    return found


if __name__ == "__main__":
    from waitress import serve

    serve(make(Path(sys.argv[1])), host="127.0.0.1", port=int(sys.argv[2]), threads=8, ident=None)
