"""second factor of accounts, their recovery codes and wrong proofs; what a session has shown"""

import sqlalchemy as sa
from alembic import op

from trainhub.kernel.orm import UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in ("proved_at", "second_factor_at", "rested_at"):
        op.add_column("user_session", sa.Column(column, UtcDateTime(), nullable=True))
    op.create_table(
        "second_factor",
        sa.Column("district_id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("secret_sealed", sa.Text(), nullable=True),
        sa.Column("confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("pending_sealed", sa.Text(), nullable=True),
        sa.Column("pending_at", UtcDateTime(), nullable=True),
        sa.Column("pending_session_id", sa.String(length=32), nullable=True),
        sa.CheckConstraint("(secret_sealed IS NULL) = (confirmed_at IS NULL)", name=op.f("ck_second_factor_confirmed_secret")),
        sa.ForeignKeyConstraint(["district_id", "account_id"], ["account.district_id", "account.id"], name=op.f("fk_second_factor_account_id_account")),
        sa.PrimaryKeyConstraint("district_id", "account_id", name=op.f("pk_second_factor")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("district_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["district_id", "account_id"], ["account.district_id", "account.id"], name=op.f("fk_recovery_code_account_id_account")),
        sa.PrimaryKeyConstraint("district_id", "id", name=op.f("pk_recovery_code")),
    )
    op.create_index(op.f("ix_recovery_code_district_id_account_id"), "recovery_code", ["district_id", "account_id"], unique=False)
    op.create_table(
        "proof_failure",
        sa.Column("district_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("failed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["district_id", "account_id"], ["account.district_id", "account.id"], name=op.f("fk_proof_failure_account_id_account")),
        sa.PrimaryKeyConstraint("district_id", "id", name=op.f("pk_proof_failure")),
    )
    op.create_index(op.f("ix_proof_failure_district_id_account_id"), "proof_failure", ["district_id", "account_id"], unique=False)


def downgrade() -> None:
    op.drop_table("proof_failure")
    op.drop_table("recovery_code")
    op.drop_table("second_factor")
    for column in ("rested_at", "second_factor_at", "proved_at"):
        op.drop_column("user_session", column)
