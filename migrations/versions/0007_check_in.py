"""check-in by codes and badges: the desk of a sheet, and who checked in"""

import sqlalchemy as sa
from alembic import op

from trainhub.kernel.orm import Json, UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "check_in_desk",
        sa.Column("district_id", sa.String(length=32), nullable=False),
        sa.Column("sheet_id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("source_key", sa.String(length=40), nullable=False),
        sa.Column("rotation", sa.Integer(), nullable=False),
        sa.Column("opened_by", sa.String(length=32), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["district_id", "sheet_id"], ["attendance_sheet.district_id", "attendance_sheet.id"],
            name=op.f("fk_check_in_desk_sheet_id_attendance_sheet"),
        ),
        sa.PrimaryKeyConstraint("district_id", "sheet_id", name=op.f("pk_check_in_desk")),
    )
    with op.batch_alter_table("check_in_desk", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_check_in_desk_code"), ["code"], unique=False)
    op.create_table(
        "check_in",
        sa.Column("district_id", sa.String(length=32), nullable=False),
        sa.Column("sheet_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("how", sa.String(length=8), nullable=False),
        sa.Column("scanned_at", UtcDateTime(), nullable=False),
        sa.Column("redeemed_at", UtcDateTime(), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("ticket", sa.String(length=48), nullable=True),
        sa.Column("device_mark", sa.String(length=32), nullable=False),
        sa.Column("review", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["district_id", "person_id"], ["person.district_id", "person.id"], name=op.f("fk_check_in_person_id_person"),
        ),
        sa.ForeignKeyConstraint(
            ["district_id", "sheet_id"], ["attendance_sheet.district_id", "attendance_sheet.id"],
            name=op.f("fk_check_in_sheet_id_attendance_sheet"),
        ),
        sa.PrimaryKeyConstraint("district_id", "sheet_id", "person_id", "source", name=op.f("pk_check_in")),
        sa.UniqueConstraint("district_id", "sheet_id", "ticket", name=op.f("uq_check_in_district_id_sheet_id_ticket")),
    )


def downgrade() -> None:
    op.drop_table("check_in")
    with op.batch_alter_table("check_in_desk", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_check_in_desk_code"))
    op.drop_table("check_in_desk")
