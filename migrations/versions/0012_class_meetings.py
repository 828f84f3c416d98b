"""class meetings, their records and checks; other activities; conventions of classes; how classes stand in a term"""

import sqlalchemy as sa
from alembic import op

from trainhub.kernel.orm import Json, UtcDateTime
from trainhub.ledger.guards import MEETINGS, postgresql_triggers, sqlite_guards

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('meeting_wave',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('title', sa.String(length=80), nullable=False),
    sa.Column('theme', sa.String(length=32), nullable=False),
    sa.Column('made_by', sa.String(length=32), nullable=False),
    sa.Column('made_at', UtcDateTime(), nullable=False),
    sa.Column('undone_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['district_id', 'school_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_meeting_wave_school_id_org_unit')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_meeting_wave'))
    )
    op.create_index(op.f('ix_meeting_wave_district_id_school_id_made_at'), 'meeting_wave', ['district_id', 'school_id', 'made_at'], unique=False)
    op.create_table('class_meeting',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('class_id', sa.String(length=32), nullable=False),
    sa.Column('school_year', sa.String(length=12), nullable=False),
    sa.Column('season', sa.String(length=8), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('title', sa.String(length=80), nullable=False),
    sa.Column('theme', sa.String(length=32), nullable=False),
    sa.Column('pack_id', sa.String(length=64), nullable=True),
    sa.Column('pack_version', sa.String(length=32), nullable=True),
    sa.Column('starts_at', UtcDateTime(), nullable=True),
    sa.Column('ends_at', UtcDateTime(), nullable=True),
    sa.Column('lesson_no', sa.Integer(), nullable=True),
    sa.Column('room', sa.String(length=60), nullable=False),
    sa.Column('guest', sa.String(length=80), nullable=False),
    sa.Column('responsible_id', sa.String(length=32), nullable=True),
    sa.Column('held_by_id', sa.String(length=32), nullable=True),
    sa.Column('wave_id', sa.String(length=32), nullable=True),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('recorded_at', UtcDateTime(), nullable=True),
    sa.Column('late_recorded', sa.Boolean(), nullable=False),
    sa.Column('times_unsure', sa.Boolean(), nullable=False),
    sa.Column('state_reason', sa.String(length=200), nullable=False),
    sa.Column('override_reason', sa.String(length=200), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('planned_by', sa.String(length=32), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('updated_at', UtcDateTime(), nullable=False),
    sa.CheckConstraint('(starts_at IS NULL) = (ends_at IS NULL)', name=op.f('ck_class_meeting_both_times')),
    sa.CheckConstraint('ends_at > starts_at', name=op.f('ck_class_meeting_meeting_period')),
    sa.ForeignKeyConstraint(['district_id', 'class_id'], ['school_class.district_id', 'school_class.id'], name=op.f('fk_class_meeting_class_id_school_class')),
    sa.ForeignKeyConstraint(['district_id', 'held_by_id'], ['person.district_id', 'person.id'], name=op.f('fk_class_meeting_held_by_id_person')),
    sa.ForeignKeyConstraint(['district_id', 'responsible_id'], ['person.district_id', 'person.id'], name=op.f('fk_class_meeting_responsible_id_person')),
    sa.ForeignKeyConstraint(['district_id', 'school_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_class_meeting_school_id_org_unit')),
    sa.ForeignKeyConstraint(['district_id', 'wave_id'], ['meeting_wave.district_id', 'meeting_wave.id'], name=op.f('fk_class_meeting_wave_id_meeting_wave')),
    sa.ForeignKeyConstraint(['pack_id', 'pack_version'], ['course_pack.pack_id', 'course_pack.version'], name=op.f('fk_class_meeting_pack_version_course_pack')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_class_meeting'))
    )
    op.create_index(op.f('ix_class_meeting_district_id_class_id_starts_at'), 'class_meeting', ['district_id', 'class_id', 'starts_at'], unique=False)
    op.create_index(op.f('ix_class_meeting_district_id_held_by_id'), 'class_meeting', ['district_id', 'held_by_id'], unique=False)
    op.create_index(op.f('ix_class_meeting_district_id_responsible_id'), 'class_meeting', ['district_id', 'responsible_id'], unique=False)
    op.create_index(op.f('ix_class_meeting_district_id_school_id_school_year_season'), 'class_meeting', ['district_id', 'school_id', 'school_year', 'season'], unique=False)
    op.create_index(op.f('ix_class_meeting_district_id_wave_id'), 'class_meeting', ['district_id', 'wave_id'], unique=False)
    op.create_table('meeting_step',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('meeting_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('step', sa.String(length=12), nullable=False),
    sa.Column('from_state', sa.String(length=12), nullable=False),
    sa.Column('to_state', sa.String(length=12), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('changes', Json, nullable=False),
    sa.Column('actor_id', sa.String(length=32), nullable=False),
    sa.Column('acting_role', sa.String(length=32), nullable=False),
    sa.Column('recorded_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'meeting_id'], ['class_meeting.district_id', 'class_meeting.id'], name=op.f('fk_meeting_step_meeting_id_class_meeting')),
    sa.PrimaryKeyConstraint('district_id', 'meeting_id', 'id', name=op.f('pk_meeting_step'))
    )
    op.create_table('meeting_record',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('meeting_id', sa.String(length=32), nullable=False),
    sa.Column('revision', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('op_id', sa.String(length=48), nullable=False),
    sa.Column('held_by_id', sa.String(length=32), nullable=True),
    sa.Column('starts_at', UtcDateTime(), nullable=False),
    sa.Column('ends_at', UtcDateTime(), nullable=False),
    sa.Column('expected_count', sa.Integer(), nullable=False),
    sa.Column('there_count', sa.Integer(), nullable=False),
    sa.Column('steps', Json, nullable=False),
    sa.Column('minutes_held', sa.Integer(), nullable=False),
    sa.Column('engagement', sa.String(length=8), nullable=False),
    sa.Column('worked', sa.Text(), nullable=False),
    sa.Column('again', sa.Text(), nullable=False),
    sa.Column('agreed', sa.Text(), nullable=False),
    sa.Column('recorded_by', sa.String(length=32), nullable=False),
    sa.Column('acting_role', sa.String(length=32), nullable=False),
    sa.Column('recorded_at', UtcDateTime(), nullable=False),
    sa.Column('device_at', UtcDateTime(), nullable=True),
    sa.Column('redacted_at', UtcDateTime(), nullable=True),
    sa.CheckConstraint('minutes_held >= 0', name=op.f('ck_meeting_record_minutes_not_negative')),
    sa.CheckConstraint('there_count >= 0 AND there_count <= expected_count', name=op.f('ck_meeting_record_there_of_expected')),
    sa.ForeignKeyConstraint(['district_id', 'meeting_id'], ['class_meeting.district_id', 'class_meeting.id'], name=op.f('fk_meeting_record_meeting_id_class_meeting')),
    sa.PrimaryKeyConstraint('district_id', 'meeting_id', 'revision', name=op.f('pk_meeting_record')),
    sa.UniqueConstraint('district_id', 'meeting_id', 'op_id', name=op.f('uq_meeting_record_district_id_meeting_id_op_id'))
    )
    op.create_table('meeting_absence',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('meeting_id', sa.String(length=32), nullable=False),
    sa.Column('revision', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('student_id', sa.String(length=32), nullable=False),
    sa.Column('status', sa.String(length=12), nullable=False),
    sa.Column('leave_type', sa.String(length=16), nullable=False),
    sa.Column('caught_up_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['district_id', 'meeting_id', 'revision'], ['meeting_record.district_id', 'meeting_record.meeting_id', 'meeting_record.revision'], name=op.f('fk_meeting_absence_meeting_id_meeting_record')),
    sa.ForeignKeyConstraint(['district_id', 'student_id'], ['student.district_id', 'student.id'], name=op.f('fk_meeting_absence_student_id_student')),
    sa.PrimaryKeyConstraint('district_id', 'meeting_id', 'revision', 'student_id', name=op.f('pk_meeting_absence'))
    )
    op.create_index(op.f('ix_meeting_absence_district_id_student_id'), 'meeting_absence', ['district_id', 'student_id'], unique=False)
    op.create_table('meeting_photo',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('meeting_id', sa.String(length=32), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('original_sha256', sa.String(length=64), nullable=False),
    sa.Column('added_by', sa.String(length=32), nullable=False),
    sa.Column('added_at', UtcDateTime(), nullable=False),
    sa.Column('removed_at', UtcDateTime(), nullable=True),
    sa.Column('explained', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'meeting_id'], ['class_meeting.district_id', 'class_meeting.id'], name=op.f('fk_meeting_photo_meeting_id_class_meeting')),
    sa.ForeignKeyConstraint(['district_id', 'sha256'], ['stored_proof.district_id', 'stored_proof.sha256'], name=op.f('fk_meeting_photo_sha256_stored_proof')),
    sa.PrimaryKeyConstraint('district_id', 'meeting_id', 'sha256', name=op.f('pk_meeting_photo'))
    )
    op.create_index(op.f('ix_meeting_photo_district_id_original_sha256'), 'meeting_photo', ['district_id', 'original_sha256'], unique=False)
    op.create_index(op.f('ix_meeting_photo_district_id_sha256'), 'meeting_photo', ['district_id', 'sha256'], unique=False)
    op.create_table('meeting_reminder',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('class_id', sa.String(length=32), nullable=False),
    sa.Column('meeting_id', sa.String(length=32), nullable=True),
    sa.Column('person_id', sa.String(length=32), nullable=False),
    sa.Column('about', sa.String(length=12), nullable=False),
    sa.Column('sent_by', sa.String(length=32), nullable=False),
    sa.Column('sent_at', UtcDateTime(), nullable=False),
    sa.Column('done_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['district_id', 'class_id'], ['school_class.district_id', 'school_class.id'], name=op.f('fk_meeting_reminder_class_id_school_class')),
    sa.ForeignKeyConstraint(['district_id', 'meeting_id'], ['class_meeting.district_id', 'class_meeting.id'], name=op.f('fk_meeting_reminder_meeting_id_class_meeting')),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['person.district_id', 'person.id'], name=op.f('fk_meeting_reminder_person_id_person')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_meeting_reminder'))
    )
    op.create_index(op.f('ix_meeting_reminder_district_id_class_id'), 'meeting_reminder', ['district_id', 'class_id'], unique=False)
    op.create_index(op.f('ix_meeting_reminder_district_id_person_id_done_at'), 'meeting_reminder', ['district_id', 'person_id', 'done_at'], unique=False)
    op.create_table('school_activity',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('class_id', sa.String(length=32), nullable=True),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('school_year', sa.String(length=12), nullable=False),
    sa.Column('season', sa.String(length=8), nullable=False),
    sa.Column('title', sa.String(length=80), nullable=False),
    sa.Column('grades', Json, nullable=False),
    sa.Column('pack_id', sa.String(length=64), nullable=True),
    sa.Column('pack_version', sa.String(length=32), nullable=True),
    sa.Column('starts_at', UtcDateTime(), nullable=False),
    sa.Column('ends_at', UtcDateTime(), nullable=False),
    sa.Column('place', sa.String(length=60), nullable=False),
    sa.Column('led_by', sa.String(length=80), nullable=False),
    sa.Column('invited_count', sa.Integer(), nullable=True),
    sa.Column('came_count', sa.Integer(), nullable=True),
    sa.Column('took_part_count', sa.Integer(), nullable=True),
    sa.Column('material_given', sa.Boolean(), nullable=False),
    sa.Column('feedback', sa.Text(), nullable=False),
    sa.Column('late_recorded', sa.Boolean(), nullable=False),
    sa.Column('state_reason', sa.String(length=200), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('entered_by', sa.String(length=32), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('recorded_at', UtcDateTime(), nullable=True),
    sa.CheckConstraint('came_count IS NULL OR invited_count IS NULL OR came_count <= invited_count', name=op.f('ck_school_activity_came_of_invited')),
    sa.CheckConstraint('ends_at > starts_at', name=op.f('ck_school_activity_activity_period')),
    sa.ForeignKeyConstraint(['district_id', 'class_id'], ['school_class.district_id', 'school_class.id'], name=op.f('fk_school_activity_class_id_school_class')),
    sa.ForeignKeyConstraint(['district_id', 'school_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_school_activity_school_id_org_unit')),
    sa.ForeignKeyConstraint(['pack_id', 'pack_version'], ['course_pack.pack_id', 'course_pack.version'], name=op.f('fk_school_activity_pack_version_course_pack')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_school_activity'))
    )
    op.create_index(op.f('ix_school_activity_district_id_school_id_school_year_season'), 'school_activity', ['district_id', 'school_id', 'school_year', 'season'], unique=False)
    op.create_table('class_convention',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('class_id', sa.String(length=32), nullable=False),
    sa.Column('revision', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('clauses', Json, nullable=False),
    sa.Column('for_count', sa.Integer(), nullable=True),
    sa.Column('against_count', sa.Integer(), nullable=True),
    sa.Column('abstained_count', sa.Integer(), nullable=True),
    sa.Column('agreed_on', sa.Date(), nullable=True),
    sa.Column('meeting_id', sa.String(length=32), nullable=True),
    sa.Column('entered_by', sa.String(length=32), nullable=False),
    sa.Column('entered_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'class_id'], ['school_class.district_id', 'school_class.id'], name=op.f('fk_class_convention_class_id_school_class')),
    sa.ForeignKeyConstraint(['district_id', 'meeting_id'], ['class_meeting.district_id', 'class_meeting.id'], name=op.f('fk_class_convention_meeting_id_class_meeting')),
    sa.ForeignKeyConstraint(['district_id', 'school_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_class_convention_school_id_org_unit')),
    sa.PrimaryKeyConstraint('district_id', 'class_id', 'revision', name=op.f('pk_class_convention'))
    )
    op.create_index(op.f('ix_class_convention_district_id_school_id'), 'class_convention', ['district_id', 'school_id'], unique=False)
    op.create_table('class_term_standing',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('class_id', sa.String(length=32), nullable=False),
    sa.Column('season', sa.String(length=8), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('school_year', sa.String(length=12), nullable=False),
    sa.Column('standing', sa.String(length=12), nullable=False),
    sa.Column('required', sa.Integer(), nullable=False),
    sa.Column('counted', sa.Integer(), nullable=False),
    sa.Column('recorded', sa.Integer(), nullable=False),
    sa.Column('returned', sa.Integer(), nullable=False),
    sa.Column('scheduled', sa.Integer(), nullable=False),
    sa.Column('missed', sa.Integer(), nullable=False),
    sa.Column('late', sa.Integer(), nullable=False),
    sa.Column('inherited', sa.Integer(), nullable=False),
    sa.Column('policy_version', sa.Integer(), nullable=False),
    sa.Column('updated_at', UtcDateTime(), nullable=False),
    sa.CheckConstraint('required >= 0 AND counted >= 0', name=op.f('ck_class_term_standing_counts_not_negative')),
    sa.ForeignKeyConstraint(['district_id', 'class_id'], ['school_class.district_id', 'school_class.id'], name=op.f('fk_class_term_standing_class_id_school_class'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['district_id', 'school_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_class_term_standing_school_id_org_unit')),
    sa.PrimaryKeyConstraint('district_id', 'class_id', 'season', name=op.f('pk_class_term_standing'))
    )
    op.create_index(op.f('ix_class_term_standing_district_id_school_id_school_year_season'), 'class_term_standing', ['district_id', 'school_id', 'school_year', 'season'], unique=False)
    op.create_table('school_term_total',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('school_year', sa.String(length=12), nullable=False),
    sa.Column('season', sa.String(length=8), nullable=False),
    sa.Column('classes', sa.Integer(), nullable=False),
    sa.Column('met', sa.Integer(), nullable=False),
    sa.Column('none', sa.Integer(), nullable=False),
    sa.Column('required', sa.Integer(), nullable=False),
    sa.Column('counted', sa.Integer(), nullable=False),
    sa.Column('waiting', sa.Integer(), nullable=False),
    sa.Column('late', sa.Integer(), nullable=False),
    sa.Column('apart', Json, nullable=False),
    sa.Column('policy_version', sa.Integer(), nullable=False),
    sa.Column('updated_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'school_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_school_term_total_school_id_org_unit')),
    sa.PrimaryKeyConstraint('district_id', 'school_id', 'school_year', 'season', name=op.f('pk_school_term_total'))
    )

    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in sqlite_guards(MEETINGS) if sqlite else postgresql_triggers(MEETINGS):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table('school_term_total')
    op.drop_table('class_term_standing')
    op.drop_table('class_convention')
    op.drop_table('school_activity')
    op.drop_table('meeting_reminder')
    op.drop_table('meeting_photo')
    op.drop_table('meeting_absence')
    op.drop_table('meeting_record')
    op.drop_table('meeting_step')
    op.drop_table('class_meeting')
    op.drop_table('meeting_wave')
