"""evidence of training at other units, and the scans that prove it"""

import sqlalchemy as sa
from alembic import op

from trainhub.kernel.orm import Json, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stored_proof",
        sa.Column("district_id", sa.String(length=32), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("stored_by", sa.String(length=32), nullable=False),
        sa.Column("stored_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_stored_proof_proof_not_empty")),
        sa.PrimaryKeyConstraint("district_id", "sha256", name=op.f("pk_stored_proof")),
    )
    op.create_table(
        "host_evidence",
        sa.Column("district_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("host_unit", sa.String(length=120), nullable=False),
        sa.Column("title", sa.String(length=160), nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("days", Json, nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("proof_kind", sa.String(length=24), nullable=False),
        sa.Column("proof_reference", sa.String(length=160), nullable=False),
        sa.Column("proof_sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("corrects_id", sa.String(length=32), nullable=True),
        sa.Column("entered_by", sa.String(length=32), nullable=False),
        sa.Column("entered_at", UtcDateTime(), nullable=False),
        sa.Column("accepted_by", sa.String(length=32), nullable=True),
        sa.Column("accepted_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.String(length=32), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("ledger_seq", sa.Integer(), nullable=False),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_host_evidence_evidence_minutes")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_host_evidence_evidence_period")),
        sa.ForeignKeyConstraint(
            ["district_id", "corrects_id"], ["host_evidence.district_id", "host_evidence.id"],
            name=op.f("fk_host_evidence_corrects_id_host_evidence"),
        ),
        sa.ForeignKeyConstraint(
            ["district_id", "person_id"], ["person.district_id", "person.id"],
            name=op.f("fk_host_evidence_person_id_person"),
        ),
        sa.ForeignKeyConstraint(
            ["district_id", "school_id"], ["org_unit.district_id", "org_unit.id"],
            name=op.f("fk_host_evidence_school_id_org_unit"),
        ),
        sa.PrimaryKeyConstraint("district_id", "id", name=op.f("pk_host_evidence")),
    )
    with op.batch_alter_table("host_evidence", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_host_evidence_district_id_person_id"), ["district_id", "person_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_host_evidence_district_id_school_id_state"), ["district_id", "school_id", "state"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("host_evidence", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_host_evidence_district_id_school_id_state"))
        batch_op.drop_index(batch_op.f("ix_host_evidence_district_id_person_id"))
    op.drop_table("host_evidence")
    op.drop_table("stored_proof")
