"""claims, decisions about conflicts, and leave known beforehand"""

import sqlalchemy as sa
from alembic import op

from trainhub.kernel.orm import Json, UtcDateTime

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('attendance_claim',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('sheet_id', sa.String(length=32), nullable=False),
    sa.Column('person_id', sa.String(length=32), nullable=False),
    sa.Column('source', sa.String(length=48), nullable=False),
    sa.Column('external_id', sa.String(length=96), nullable=False),
    sa.Column('raw_sha256', sa.String(length=64), nullable=False),
    sa.Column('trust', sa.String(length=12), nullable=False),
    sa.Column('status', sa.String(length=12), nullable=False),
    sa.Column('leave_type', sa.String(length=16), nullable=False),
    sa.Column('arrived_at', UtcDateTime(), nullable=True),
    sa.Column('left_at', UtcDateTime(), nullable=True),
    sa.Column('late_minutes', sa.Integer(), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=True),
    sa.Column('face_to_face', sa.Boolean(), nullable=False),
    sa.Column('stated', sa.Boolean(), nullable=False),
    sa.Column('batch_id', sa.String(length=32), nullable=True),
    sa.Column('file_name', sa.String(length=200), nullable=False),
    sa.Column('row', sa.Integer(), nullable=False),
    sa.Column('cells', Json, nullable=False),
    sa.Column('said_at', UtcDateTime(), nullable=False),
    sa.Column('filed_by', sa.String(length=32), nullable=True),
    sa.Column('withdrawn_at', UtcDateTime(), nullable=True),
    sa.CheckConstraint('late_minutes >= 0 AND (minutes IS NULL OR minutes >= 0)', name=op.f('ck_attendance_claim_claim_minutes_not_negative')),
    sa.ForeignKeyConstraint(['district_id', 'batch_id'], ['import_batch.district_id', 'import_batch.id'], name=op.f('fk_attendance_claim_batch_id_import_batch')),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['person.district_id', 'person.id'], name=op.f('fk_attendance_claim_person_id_person')),
    sa.ForeignKeyConstraint(['district_id', 'sheet_id'], ['attendance_sheet.district_id', 'attendance_sheet.id'], name=op.f('fk_attendance_claim_sheet_id_attendance_sheet')),
    sa.PrimaryKeyConstraint('district_id', 'sheet_id', 'person_id', 'source', 'external_id', 'raw_sha256', name=op.f('pk_attendance_claim'))
    )
    op.create_table('attendance_decision',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('sheet_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('person_id', sa.String(length=32), nullable=False),
    sa.Column('conflict_sha256', sa.String(length=64), nullable=False),
    sa.Column('code', sa.String(length=24), nullable=False),
    sa.Column('side', sa.String(length=80), nullable=False),
    sa.Column('source', sa.String(length=48), nullable=False),
    sa.Column('raw_sha256', sa.String(length=64), nullable=False),
    sa.Column('status', sa.String(length=12), nullable=False),
    sa.Column('sides', Json, nullable=False),
    sa.Column('how', sa.String(length=12), nullable=False),
    sa.Column('decided_by', sa.String(length=32), nullable=False),
    sa.Column('acting_role', sa.String(length=32), nullable=False),
    sa.Column('decided_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['person.district_id', 'person.id'], name=op.f('fk_attendance_decision_person_id_person')),
    sa.ForeignKeyConstraint(['district_id', 'sheet_id'], ['attendance_sheet.district_id', 'attendance_sheet.id'], name=op.f('fk_attendance_decision_sheet_id_attendance_sheet')),
    sa.PrimaryKeyConstraint('district_id', 'sheet_id', 'id', name=op.f('pk_attendance_decision'))
    )
    with op.batch_alter_table('attendance_decision', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_attendance_decision_district_id_sheet_id_person_id'), ['district_id', 'sheet_id', 'person_id'], unique=False)

    op.create_table('known_leave',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('person_id', sa.String(length=32), nullable=False),
    sa.Column('leave_type', sa.String(length=16), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('to_on', sa.Date(), nullable=False),
    sa.Column('note', sa.String(length=80), nullable=False),
    sa.Column('entered_by', sa.String(length=32), nullable=False),
    sa.Column('entered_at', UtcDateTime(), nullable=False),
    sa.Column('revoked_by', sa.String(length=32), nullable=True),
    sa.Column('revoked_at', UtcDateTime(), nullable=True),
    sa.Column('revoked_reason', sa.String(length=200), nullable=False),
    sa.CheckConstraint('to_on >= from_on', name=op.f('ck_known_leave_leave_period')),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['person.district_id', 'person.id'], name=op.f('fk_known_leave_person_id_person')),
    sa.ForeignKeyConstraint(['district_id', 'school_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_known_leave_school_id_org_unit')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_known_leave'))
    )
    with op.batch_alter_table('known_leave', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_known_leave_district_id_person_id'), ['district_id', 'person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_known_leave_district_id_school_id_from_on'), ['district_id', 'school_id', 'from_on'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('known_leave', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_known_leave_district_id_school_id_from_on'))
        batch_op.drop_index(batch_op.f('ix_known_leave_district_id_person_id'))

    op.drop_table('known_leave')
    with op.batch_alter_table('attendance_decision', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_attendance_decision_district_id_sheet_id_person_id'))

    op.drop_table('attendance_decision')
    op.drop_table('attendance_claim')
