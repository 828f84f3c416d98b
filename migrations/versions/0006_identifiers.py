"""by what platforms and devices name people"""

import sqlalchemy as sa
from alembic import op

from trainhub.kernel.orm import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "person_identifier",
        sa.Column("district_id", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("value", sa.String(length=120), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("origin", sa.String(length=8), nullable=False),
        sa.Column("set_by", sa.String(length=32), nullable=False),
        sa.Column("set_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["district_id", "person_id"], ["person.district_id", "person.id"], name=op.f("fk_person_identifier_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["district_id", "school_id"], ["org_unit.district_id", "org_unit.id"],
            name=op.f("fk_person_identifier_school_id_org_unit"),
        ),
        sa.PrimaryKeyConstraint("district_id", "school_id", "kind", "value", name=op.f("pk_person_identifier")),
    )
    with op.batch_alter_table("person_identifier", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_identifier_district_id_person_id"), ["district_id", "person_id"], unique=False)


def downgrade() -> None:
    op.drop_table("person_identifier")
