"""one current version of a course pack"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_pack = sa.table(
    "course_pack", sa.column("pack_id", sa.String), sa.column("version", sa.String), sa.column("installed_at"),
    sa.column("is_current", sa.Boolean),
)


def upgrade() -> None:
    later = _pack.alias("later")
    newer = (later.c.installed_at > _pack.c.installed_at) | (
        (later.c.installed_at == _pack.c.installed_at) & (later.c.version > _pack.c.version)
    )
    op.execute(  # where two installations at once left two, the one that came last stays
        _pack.update().values(is_current=sa.false())
        .where(_pack.c.is_current, sa.exists().where(later.c.pack_id == _pack.c.pack_id, later.c.is_current, newer))
    )
    op.create_index(
        "uq_course_pack_pack_id_current", "course_pack", ["pack_id"], unique=True,
        sqlite_where=sa.text("is_current"), postgresql_where=sa.text("is_current"),
    )


def downgrade() -> None:
    op.drop_index("uq_course_pack_pack_id_current", table_name="course_pack")
