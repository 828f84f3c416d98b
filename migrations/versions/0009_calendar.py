"""addresses of personal calendars"""

import sqlalchemy as sa
from alembic import op

from trainhub.kernel.orm import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def _foreign(column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["district_id", column], [f"{target}.district_id", f"{target}.id"], name=op.f(f"fk_calendar_subscription_{column}_{target}")
    )


def upgrade() -> None:
    op.create_table(
        "calendar_subscription",
        sa.Column("district_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        _foreign("person_id", "person"),
        _foreign("account_id", "account"),
        sa.PrimaryKeyConstraint("district_id", "person_id", name=op.f("pk_calendar_subscription")),
    )
    op.create_index(op.f("ix_calendar_subscription_token_hash"), "calendar_subscription", ["token_hash"], unique=True)


def downgrade() -> None:
    op.drop_index(op.f("ix_calendar_subscription_token_hash"), table_name="calendar_subscription")
    op.drop_table("calendar_subscription")
