"""the access log with its own chain per school, reviews of it, sealed files"""

import sqlalchemy as sa
from alembic import op

from trainhub.kernel.orm import UtcDateTime
from trainhub.ledger.guards import ACCESS, postgresql_triggers, sqlite_guards

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('access_log_entry',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('seq', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('account_id', sa.String(length=32), nullable=False),
    sa.Column('person_id', sa.String(length=32), nullable=True),
    sa.Column('acting_role', sa.String(length=32), nullable=False),
    sa.Column('grant_id', sa.String(length=32), nullable=False),
    sa.Column('permission', sa.String(length=48), nullable=False),
    sa.Column('object_kind', sa.String(length=24), nullable=False),
    sa.Column('object_ref', sa.String(length=64), nullable=False),
    sa.Column('about_ref', sa.String(length=64), nullable=False),
    sa.Column('purpose', sa.String(length=32), nullable=False),
    sa.Column('words', sa.String(length=120), nullable=False),
    sa.Column('via', sa.String(length=8), nullable=False),
    sa.Column('month', sa.String(length=7), nullable=False),
    sa.Column('recorded_at', UtcDateTime(), nullable=False),
    sa.Column('schema_version', sa.Integer(), nullable=False),
    sa.Column('alg', sa.String(length=8), nullable=False),
    sa.Column('prev_hash', sa.String(length=64), nullable=False),
    sa.Column('entry_hash', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('district_id', 'school_id', 'seq', name=op.f('pk_access_log_entry'))
    )
    op.create_index(op.f('ix_access_log_entry_district_id_object_ref'), 'access_log_entry', ['district_id', 'object_ref'], unique=False)
    op.create_index(op.f('ix_access_log_entry_district_id_about_ref'), 'access_log_entry', ['district_id', 'about_ref'], unique=False)
    op.create_index(op.f('ix_access_log_entry_district_id_school_id_month_account_id'), 'access_log_entry', ['district_id', 'school_id', 'month', 'account_id'], unique=False)
    op.create_table('access_log_head',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('entry_hash', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('district_id', 'school_id', name=op.f('pk_access_log_head'))
    )
    op.create_table('access_review',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('month', sa.String(length=7), nullable=False),
    sa.Column('account_id', sa.String(length=32), nullable=False),
    sa.Column('through_seq', sa.Integer(), nullable=False),
    sa.Column('reads', sa.Integer(), nullable=False),
    sa.Column('reviewed_by', sa.String(length=32), nullable=False),
    sa.Column('acting_role', sa.String(length=32), nullable=False),
    sa.Column('reviewed_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('district_id', 'school_id', 'id', name=op.f('pk_access_review'))
    )
    op.create_index(op.f('ix_access_review_district_id_school_id_month_account_id'), 'access_review', ['district_id', 'school_id', 'month', 'account_id'], unique=False)
    op.create_table('sealed_file',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('content_mark', sa.String(length=64), nullable=False),
    sa.Column('media_type', sa.String(length=40), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('sealed_content', sa.Text(), nullable=False),
    sa.Column('stored_by', sa.String(length=32), nullable=False),
    sa.Column('stored_at', UtcDateTime(), nullable=False),
    sa.CheckConstraint('size > 0', name=op.f('ck_sealed_file_file_not_empty')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_sealed_file'))
    )
    op.create_index(op.f('ix_sealed_file_district_id_content_mark'), 'sealed_file', ['district_id', 'content_mark'], unique=False)
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in sqlite_guards(ACCESS) if sqlite else postgresql_triggers(ACCESS):
        op.execute(statement)


def downgrade() -> None:
    for table in ('sealed_file', 'access_review', 'access_log_head', 'access_log_entry'):
        op.drop_table(table)
