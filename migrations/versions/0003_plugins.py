"""plugins: what is switched on where, settings, failures"""

import sqlalchemy as sa
from alembic import op

from trainhub.kernel.orm import Json, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plugin_choice",
        sa.Column("district_id", sa.String(length=32), nullable=False),
        sa.Column("plugin_key", sa.String(length=31), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("changed_by", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("district_id", "plugin_key", name=op.f("pk_plugin_choice")),
    )
    op.create_table(
        "plugin_setting",
        sa.Column("district_id", sa.String(length=32), nullable=False),
        sa.Column("plugin_key", sa.String(length=31), nullable=False),
        sa.Column("scope", sa.String(length=8), nullable=False),
        sa.Column("scope_id", sa.String(length=64), nullable=False),
        sa.Column("values", Json, nullable=False),
        sa.Column("secrets", Json, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("changed_by", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("district_id", "plugin_key", "scope", "scope_id", name=op.f("pk_plugin_setting")),
    )
    op.create_table(
        "plugin_failure",
        sa.Column("plugin_key", sa.String(length=31), nullable=False),
        sa.Column("call", sa.String(length=80), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=12), nullable=False),
        sa.Column("error", sa.String(length=240), nullable=False),
        sa.Column("first_at", UtcDateTime(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.Column("broken_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("plugin_key", "call", name=op.f("pk_plugin_failure")),
    )


def downgrade() -> None:
    for table in ("plugin_failure", "plugin_setting", "plugin_choice"):
        op.drop_table(table)
