"""What became of notices, and what happened."""

import sqlalchemy as sa
from alembic import op

revision = "robot_0001"
down_revision = None
branch_labels = ("plugin_robot",)
depends_on = None


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "px_robot_delivery",
        sa.Column("district_id", sa.String(32), primary_key=True),
        sa.Column("key", sa.String(120), primary_key=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("error", sa.String(60), nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
    )
    op.create_table(
        "px_robot_happening",
        sa.Column("district_id", sa.String(32), primary_key=True),
        sa.Column("key", sa.String(120), primary_key=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
    )
