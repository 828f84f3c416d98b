"""timetables, lesson times, changes and exceptions of classes"""

import sqlalchemy as sa
from alembic import op

from trainhub.kernel.orm import Json, UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def _key(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=32), nullable=nullable)


def _foreign(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["district_id", column], [f"{target}.district_id", f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}")
    )


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns), unique=False)


def upgrade() -> None:
    with op.batch_alter_table("school_day") as batch_op:
        batch_op.add_column(sa.Column("follows_weekday", sa.Integer(), nullable=True))
        batch_op.create_check_constraint(
            op.f("ck_school_day_follows_weekday"), "follows_weekday IS NULL OR follows_weekday BETWEEN 1 AND 7"
        )
    _lesson_time()
    _class_change()
    _class_exception()
    _timetable_lesson()


def _lesson_time() -> None:
    op.create_table(
        "lesson_time",
        _key("district_id"),
        _key("school_id"),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("stage", sa.String(length=12), nullable=False),
        sa.Column("lesson_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("starts_at_minute", sa.Integer(), nullable=False),
        sa.Column("ends_at_minute", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "starts_at_minute >= 0 AND ends_at_minute > starts_at_minute AND ends_at_minute <= 1440",
            name=op.f("ck_lesson_time_lesson_period"),
        ),
        _foreign("lesson_time", "school_id", "org_unit"),
        sa.PrimaryKeyConstraint("district_id", "school_id", "from_on", "stage", "lesson_no", name=op.f("pk_lesson_time")),
    )


def _class_change() -> None:
    op.create_table(
        "class_change",
        _key("district_id"),
        _key("id"),
        _key("from_class_id"),
        _key("to_class_id"),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("moved", Json, nullable=False),
        _key("entered_by"),
        sa.Column("entered_at", UtcDateTime(), nullable=False),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("from_class_id <> to_class_id", name=op.f("ck_class_change_two_classes")),
        _foreign("class_change", "from_class_id", "school_class"),
        _foreign("class_change", "to_class_id", "school_class"),
        sa.PrimaryKeyConstraint("district_id", "id", name=op.f("pk_class_change")),
    )
    _index("class_change", "district_id", "from_class_id")
    _index("class_change", "district_id", "to_class_id")


def _class_exception() -> None:
    op.create_table(
        "class_exception",
        _key("district_id"),
        _key("id"),
        _key("class_id"),
        sa.Column("school_year", sa.String(length=12), nullable=False),
        sa.Column("season", sa.String(length=8), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("document", sa.String(length=120), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=False),
        _key("entered_by"),
        sa.Column("entered_at", UtcDateTime(), nullable=False),
        _key("revoked_by", nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_reason", sa.String(length=200), nullable=False),
        sa.CheckConstraint("to_on >= from_on", name=op.f("ck_class_exception_exception_period")),
        _foreign("class_exception", "class_id", "school_class"),
        sa.PrimaryKeyConstraint("district_id", "id", name=op.f("pk_class_exception")),
    )
    _index("class_exception", "district_id", "class_id")


def _timetable_lesson() -> None:
    op.create_table(
        "timetable_lesson",
        _key("district_id"),
        _key("id"),
        _key("school_id"),
        _key("class_id"),
        sa.Column("school_year", sa.String(length=12), nullable=False),
        sa.Column("season", sa.String(length=8), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("lesson_no", sa.Integer(), nullable=False),
        sa.Column("weeks", sa.String(length=4), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        _key("teacher_id", nullable=True),
        sa.Column("teacher_name", sa.String(length=80), nullable=False),
        sa.Column("room", sa.String(length=40), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "weekday BETWEEN 1 AND 7 AND lesson_no BETWEEN 1 AND 20", name=op.f("ck_timetable_lesson_lesson_place")
        ),
        sa.CheckConstraint("to_on IS NULL OR to_on >= from_on", name=op.f("ck_timetable_lesson_lesson_span")),
        _foreign("timetable_lesson", "school_id", "org_unit"),
        _foreign("timetable_lesson", "class_id", "school_class"),
        _foreign("timetable_lesson", "teacher_id", "person"),
        sa.PrimaryKeyConstraint("district_id", "id", name=op.f("pk_timetable_lesson")),
    )
    _index("timetable_lesson", "district_id", "school_id", "school_year")
    _index("timetable_lesson", "district_id", "class_id")
    _index("timetable_lesson", "district_id", "teacher_id")


def downgrade() -> None:
    for table in ("timetable_lesson", "class_exception", "class_change", "lesson_time"):
        op.drop_table(table)
    with op.batch_alter_table("school_day") as batch_op:
        batch_op.drop_constraint(op.f("ck_school_day_follows_weekday"), type_="check")
        batch_op.drop_column("follows_weekday")
