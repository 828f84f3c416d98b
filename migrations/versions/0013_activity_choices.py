"""what an activity was about and who spoke; how many pupils a class had when it voted"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("school_activity", sa.Column("topic", sa.String(length=40), nullable=False, server_default=""))
    op.add_column("school_activity", sa.Column("speaker", sa.String(length=40), nullable=False, server_default=""))
    op.add_column("class_convention", sa.Column("pupil_count", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("class_convention", "pupil_count")
    op.drop_column("school_activity", "speaker")
    op.drop_column("school_activity", "topic")
