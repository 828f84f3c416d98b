"""the history of marks lies in the order in which it is read: by sheet and operation

SQLite kept every row twice, in the table and in its key; without row numbers the key is the table. The
index by time served no question.
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INDEX = "ix_attendance_mark_district_id_sheet_id_recorded_at"


def _recreate() -> str:
    return "always" if op.get_bind().dialect.name == "sqlite" else "never"


def upgrade() -> None:
    with op.batch_alter_table("attendance_mark", recreate=_recreate(), table_kwargs={"sqlite_with_rowid": False}) as batch_op:
        batch_op.drop_index(op.f(INDEX))


def downgrade() -> None:
    with op.batch_alter_table("attendance_mark", recreate=_recreate(), table_kwargs={"sqlite_with_rowid": True}) as batch_op:
        batch_op.create_index(op.f(INDEX), ["district_id", "sheet_id", "recorded_at"], unique=False)
