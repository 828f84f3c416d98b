"""devices that push: who they are, what they sent, nonces they used"""

import sqlalchemy as sa
from alembic import op

from trainhub.kernel.orm import Json, UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _id(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.String(length=32), nullable=nullable)


def _text(name: str, length: int, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.String(length=length), nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, UtcDateTime(), nullable=nullable)


def _foreign(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["district_id", column], [f"{target}.district_id", f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}")
    )


def upgrade() -> None:
    op.create_table(
        "attendance_device",
        _id("district_id"), _id("id"), _id("school_id"), _text("name", 60), _text("place", 80), _text("source_key", 40),
        _text("serial_no", 40, nullable=True), _text("sealed_key", 255), sa.Column("enabled", sa.Boolean(), nullable=False),
        _moment("last_seen_at", nullable=True), _moment("last_refused_at", nullable=True), _text("refused_code", 24),
        sa.Column("skew_seconds", sa.Integer(), nullable=False), _moment("window_started_at", nullable=True),
        sa.Column("window_requests", sa.Integer(), nullable=False), _id("added_by"), _moment("added_at"),
        _foreign("attendance_device", "school_id", "org_unit"),
        sa.PrimaryKeyConstraint("district_id", "id", name=op.f("pk_attendance_device")),
        sa.UniqueConstraint("district_id", "serial_no", name=op.f("uq_attendance_device_district_id_serial_no")),
    )
    with op.batch_alter_table("attendance_device", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attendance_device_id"), ["id"], unique=False)
        batch_op.create_index(batch_op.f("ix_attendance_device_serial_no"), ["serial_no"], unique=False)
        batch_op.create_index(batch_op.f("ix_attendance_device_district_id_school_id"), ["district_id", "school_id"], unique=False)
    op.create_table(
        "device_event",
        _id("district_id"), _id("device_id"), _text("event_id", 64), _id("school_id"), _text("source_key", 40), _moment("device_at"),
        _moment("received_at"), _moment("at"), _text("state", 12), _text("reason", 24), _text("staff_no", 40),
        _text("device_pin", 24), _text("card_no", 40), sa.Column("flags", Json, nullable=False), _id("sheet_id", nullable=True),
        _id("person_id", nullable=True), _id("decided_by", nullable=True), _moment("decided_at", nullable=True),
        _text("decided_reason", 200),
        _foreign("device_event", "device_id", "attendance_device"),
        _foreign("device_event", "person_id", "person"),
        _foreign("device_event", "sheet_id", "attendance_sheet"),
        sa.PrimaryKeyConstraint("district_id", "device_id", "event_id", name=op.f("pk_device_event")),
    )
    with op.batch_alter_table("device_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_device_event_district_id_school_id_at"), ["district_id", "school_id", "at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_device_event_district_id_device_id_state"), ["district_id", "device_id", "state"], unique=False
        )
    op.create_table(
        "device_nonce",
        _id("district_id"), _id("device_id"), _text("nonce", 64), _moment("used_at"),
        _foreign("device_nonce", "device_id", "attendance_device"),
        sa.PrimaryKeyConstraint("district_id", "device_id", "nonce", name=op.f("pk_device_nonce")),
    )
    with op.batch_alter_table("device_nonce", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_device_nonce_district_id_used_at"), ["district_id", "used_at"], unique=False)


def downgrade() -> None:
    op.drop_table("device_nonce")
    op.drop_table("device_event")
    op.drop_table("attendance_device")
