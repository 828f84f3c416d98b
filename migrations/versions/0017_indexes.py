"""indexes for what every first page and every step asks"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

MERGED = sa.text("merged_into_id IS NOT NULL")


def upgrade() -> None:
    op.create_index(op.f("ix_case_notice_district_id_matter_id"), "case_notice", ["district_id", "matter_id"])
    op.create_index(op.f("ix_concern_district_id_case_id"), "concern", ["district_id", "case_id"])
    op.create_index("ix_person_merged", "person", ["district_id", "merged_into_id"], sqlite_where=MERGED, postgresql_where=MERGED)


def downgrade() -> None:
    op.drop_index("ix_person_merged", table_name="person")
    op.drop_index(op.f("ix_concern_district_id_case_id"), table_name="concern")
    op.drop_index(op.f("ix_case_notice_district_id_matter_id"), table_name="case_notice")
