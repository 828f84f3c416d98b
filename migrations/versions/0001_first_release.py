"""first release"""

import sqlalchemy as sa
from alembic import op

from trainhub.kernel.orm import Json, UtcDateTime
from trainhub.ledger.guards import FIRST, postgresql_guards, sqlite_guards

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('account',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('person_id', sa.String(length=32), nullable=True),
    sa.Column('username', sa.String(length=64), nullable=False),
    sa.Column('display_name', sa.String(length=80), nullable=False),
    sa.Column('password_hash', sa.String(length=255), nullable=True),
    sa.Column('password_changed_at', UtcDateTime(), nullable=True),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('disabled_at', UtcDateTime(), nullable=True),
    sa.Column('locale', sa.String(length=16), nullable=True),
    sa.Column('theme', sa.String(length=8), nullable=True),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_account')),
    sa.UniqueConstraint('district_id', 'username', name=op.f('uq_account_district_id_username'))
    )
    with op.batch_alter_table('account', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_account_district_id_person_id'), ['district_id', 'person_id'], unique=False)

    op.create_table('calendar_day',
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('source', sa.String(length=80), nullable=False),
    sa.PrimaryKeyConstraint('day', name=op.f('pk_calendar_day'))
    )
    op.create_table('column_mapping',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('header_digest', sa.String(length=64), nullable=False),
    sa.Column('mapping', Json, nullable=False),
    sa.Column('updated_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('district_id', 'school_id', 'kind', 'header_digest', name=op.f('pk_column_mapping'))
    )
    op.create_table('course_pack',
    sa.Column('pack_id', sa.String(length=64), nullable=False),
    sa.Column('version', sa.String(length=32), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('type_key', sa.String(length=48), nullable=False),
    sa.Column('topic', sa.String(length=64), nullable=False),
    sa.Column('title', sa.String(length=160), nullable=False),
    sa.Column('summary', sa.String(length=600), nullable=False),
    sa.Column('delivery_mode', sa.String(length=20), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('class_hours', sa.Integer(), nullable=False),
    sa.Column('content', Json, nullable=False),
    sa.Column('installed_at', UtcDateTime(), nullable=False),
    sa.Column('is_current', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('pack_id', 'version', name=op.f('pk_course_pack'))
    )
    op.create_table('ledger_entry',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('seq', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('kind', sa.String(length=48), nullable=False),
    sa.Column('subject_ref', sa.String(length=64), nullable=False),
    sa.Column('object_ref', sa.String(length=64), nullable=False),
    sa.Column('payload_commitment', sa.String(length=64), nullable=False),
    sa.Column('occurred_at', UtcDateTime(), nullable=False),
    sa.Column('recorded_at', UtcDateTime(), nullable=False),
    sa.Column('actor_ref', sa.String(length=64), nullable=False),
    sa.Column('acting_role', sa.String(length=32), nullable=False),
    sa.Column('source', sa.String(length=48), nullable=False),
    sa.Column('evidence_sha256', sa.String(length=64), nullable=False),
    sa.Column('corrects_seq', sa.Integer(), nullable=True),
    sa.Column('reason', sa.String(length=300), nullable=False),
    sa.Column('schema_version', sa.Integer(), nullable=False),
    sa.Column('alg', sa.String(length=8), nullable=False),
    sa.Column('prev_hash', sa.String(length=64), nullable=False),
    sa.Column('entry_hash', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('district_id', 'school_id', 'seq', name=op.f('pk_ledger_entry'))
    )
    op.create_table('ledger_head',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('entry_hash', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('district_id', 'school_id', name=op.f('pk_ledger_head'))
    )
    op.create_table('login_name',
    sa.Column('username', sa.String(length=64), nullable=False),
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('account_id', sa.String(length=32), nullable=False),
    sa.PrimaryKeyConstraint('username', name=op.f('pk_login_name'))
    )
    op.create_table('org_unit',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('parent_id', sa.String(length=32), nullable=True),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('short_name', sa.String(length=40), nullable=False),
    sa.Column('code', sa.String(length=16), nullable=False),
    sa.Column('stages', Json, nullable=False),
    sa.Column('opened_on', sa.Date(), nullable=True),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.Column('sort_key', sa.String(length=160), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'parent_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_org_unit_parent_id_org_unit')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_org_unit'))
    )
    with op.batch_alter_table('org_unit', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_org_unit_district_id_parent_id'), ['district_id', 'parent_id'], unique=False)

    op.create_table('outbox_job',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('dedup', sa.String(length=120), nullable=False),
    sa.Column('kind', sa.String(length=48), nullable=False),
    sa.Column('payload', Json, nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('run_at', UtcDateTime(), nullable=False),
    sa.Column('lease_until', UtcDateTime(), nullable=True),
    sa.Column('owner', sa.String(length=64), nullable=True),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('error', sa.Text(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('done_at', UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('district_id', 'dedup', name=op.f('pk_outbox_job'))
    )
    with op.batch_alter_table('outbox_job', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_outbox_job_state_run_at'), ['state', 'run_at'], unique=False)

    op.create_table('person',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('name_key', sa.String(length=80), nullable=False),
    sa.Column('sort_key', sa.String(length=160), nullable=False),
    sa.Column('initials', sa.String(length=40), nullable=False),
    sa.Column('phone_tail', sa.String(length=4), nullable=False),
    sa.Column('merged_into_id', sa.String(length=32), nullable=True),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_person'))
    )
    with op.batch_alter_table('person', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_person_district_id_initials'), ['district_id', 'initials'], unique=False)
        batch_op.create_index(batch_op.f('ix_person_district_id_name_key'), ['district_id', 'name_key'], unique=False)

    op.create_table('sign_in_throttle',
    sa.Column('key_hash', sa.String(length=64), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('window_started_at', UtcDateTime(), nullable=False),
    sa.Column('blocked_until', UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('key_hash', name=op.f('pk_sign_in_throttle'))
    )
    op.create_table('account_grant',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('account_id', sa.String(length=32), nullable=False),
    sa.Column('role', sa.String(length=32), nullable=False),
    sa.Column('org_id', sa.String(length=32), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('to_on', sa.Date(), nullable=True),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('granted_by', sa.String(length=32), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.CheckConstraint('to_on IS NULL OR to_on >= from_on', name=op.f('ck_account_grant_grant_period')),
    sa.ForeignKeyConstraint(['district_id', 'account_id'], ['account.district_id', 'account.id'], name=op.f('fk_account_grant_account_id_account')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_account_grant'))
    )
    with op.batch_alter_table('account_grant', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_account_grant_district_id_account_id'), ['district_id', 'account_id'], unique=False)

    op.create_table('activation_code',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('account_id', sa.String(length=32), nullable=False),
    sa.Column('code_hash', sa.String(length=64), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=False),
    sa.Column('used_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['district_id', 'account_id'], ['account.district_id', 'account.id'], name=op.f('fk_activation_code_account_id_account')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_activation_code'))
    )
    with op.batch_alter_table('activation_code', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_activation_code_district_id_account_id'), ['district_id', 'account_id'], unique=False)

    op.create_table('attendance_sheet',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('subject_kind', sa.String(length=24), nullable=False),
    sa.Column('subject_id', sa.String(length=32), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('starts_at', UtcDateTime(), nullable=False),
    sa.Column('ends_at', UtcDateTime(), nullable=False),
    sa.Column('default_roll', sa.String(length=12), nullable=False),
    sa.Column('grace_minutes', sa.Integer(), nullable=False),
    sa.Column('early_leave_grace_minutes', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('head_count', sa.Integer(), nullable=True),
    sa.Column('submitted_by', sa.String(length=32), nullable=True),
    sa.Column('submitted_at', UtcDateTime(), nullable=True),
    sa.Column('verified_by', sa.String(length=32), nullable=True),
    sa.Column('verified_at', UtcDateTime(), nullable=True),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.CheckConstraint('ends_at > starts_at', name=op.f('ck_attendance_sheet_sheet_period')),
    sa.ForeignKeyConstraint(['district_id', 'school_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_attendance_sheet_school_id_org_unit')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_attendance_sheet')),
    sa.UniqueConstraint('district_id', 'subject_kind', 'subject_id', name=op.f('uq_attendance_sheet_district_id_subject_kind_subject_id'))
    )
    with op.batch_alter_table('attendance_sheet', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_attendance_sheet_district_id_school_id_starts_at'), ['district_id', 'school_id', 'starts_at'], unique=False)

    op.create_table('department',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('sort_key', sa.String(length=120), nullable=False),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['district_id', 'school_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_department_school_id_org_unit')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_department')),
    sa.UniqueConstraint('district_id', 'school_id', 'name', name=op.f('uq_department_district_id_school_id_name'))
    )
    op.create_table('employment',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('person_id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('staff_no', sa.String(length=40), nullable=False),
    sa.Column('category', sa.String(length=24), nullable=False),
    sa.Column('contract', sa.String(length=24), nullable=False),
    sa.Column('is_home', sa.Boolean(), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('to_on', sa.Date(), nullable=True),
    sa.Column('left_reason', sa.String(length=24), nullable=False),
    sa.Column('ce_opt_out', sa.Boolean(), nullable=False),
    sa.Column('hired_on', sa.Date(), nullable=True),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('batch_id', sa.String(length=32), nullable=True),
    sa.CheckConstraint('to_on IS NULL OR to_on >= from_on', name=op.f('ck_employment_employment_period')),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['person.district_id', 'person.id'], name=op.f('fk_employment_person_id_person')),
    sa.ForeignKeyConstraint(['district_id', 'school_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_employment_school_id_org_unit')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_employment'))
    )
    with op.batch_alter_table('employment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_employment_district_id_person_id'), ['district_id', 'person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_employment_district_id_school_id_staff_no'), ['district_id', 'school_id', 'staff_no'], unique=False)
        batch_op.create_index(batch_op.f('ix_employment_district_id_school_id_to_on'), ['district_id', 'school_id', 'to_on'], unique=False)

    op.create_table('hours_statement',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('code_hash', sa.String(length=64), nullable=False),
    sa.Column('person_id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('year_key', sa.String(length=12), nullable=False),
    sa.Column('printed', Json, nullable=False),
    sa.Column('issued_by', sa.String(length=32), nullable=False),
    sa.Column('issued_at', UtcDateTime(), nullable=False),
    sa.Column('revoked_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['person.district_id', 'person.id'], name=op.f('fk_hours_statement_person_id_person')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_hours_statement')),
    sa.UniqueConstraint('district_id', 'code_hash', name=op.f('uq_hours_statement_district_id_code_hash'))
    )
    with op.batch_alter_table('hours_statement', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_hours_statement_code_hash'), ['code_hash'], unique=False)

    op.create_table('import_batch',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('target_id', sa.String(length=32), nullable=True),
    sa.Column('file_name', sa.String(length=200), nullable=False),
    sa.Column('file_sha256', sa.String(length=64), nullable=False),
    sa.Column('source_key', sa.String(length=48), nullable=False),
    sa.Column('mapping', Json, nullable=False),
    sa.Column('staged', Json, nullable=False),
    sa.Column('decisions', Json, nullable=False),
    sa.Column('report', Json, nullable=False),
    sa.Column('uploaded_by', sa.String(length=32), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('applied_at', UtcDateTime(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'school_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_import_batch_school_id_org_unit')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_import_batch'))
    )
    with op.batch_alter_table('import_batch', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_import_batch_district_id_school_id_kind'), ['district_id', 'school_id', 'kind'], unique=False)

    op.create_table('ledger_payload',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('seq', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('salt', sa.String(length=32), nullable=False),
    sa.Column('payload', Json, nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'school_id', 'seq'], ['ledger_entry.district_id', 'ledger_entry.school_id', 'ledger_entry.seq'], name=op.f('fk_ledger_payload_school_id_ledger_entry')),
    sa.PrimaryKeyConstraint('district_id', 'school_id', 'seq', name=op.f('pk_ledger_payload'))
    )
    op.create_table('person_merge',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('kept_id', sa.String(length=32), nullable=False),
    sa.Column('merged_id', sa.String(length=32), nullable=False),
    sa.Column('moved', Json, nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('merged_by', sa.String(length=32), nullable=False),
    sa.Column('merged_at', UtcDateTime(), nullable=False),
    sa.Column('undone_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['district_id', 'kept_id'], ['person.district_id', 'person.id'], name=op.f('fk_person_merge_kept_id_person')),
    sa.ForeignKeyConstraint(['district_id', 'merged_id'], ['person.district_id', 'person.id'], name=op.f('fk_person_merge_merged_id_person')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_person_merge'))
    )
    op.create_table('policy_setting',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('org_id', sa.String(length=32), nullable=False),
    sa.Column('key', sa.String(length=48), nullable=False),
    sa.Column('value', Json, nullable=False),
    sa.Column('effective_on', sa.Date(), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('set_by', sa.String(length=32), nullable=False),
    sa.Column('set_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'org_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_policy_setting_org_id_org_unit')),
    sa.PrimaryKeyConstraint('district_id', 'number', name=op.f('pk_policy_setting'))
    )
    op.create_table('school_class',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('school_year', sa.String(length=12), nullable=False),
    sa.Column('grade', sa.Integer(), nullable=False),
    sa.Column('class_no', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('previous_id', sa.String(length=32), nullable=True),
    sa.Column('opened_on', sa.Date(), nullable=False),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['district_id', 'school_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_school_class_school_id_org_unit')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_school_class')),
    sa.UniqueConstraint('district_id', 'school_id', 'school_year', 'grade', 'class_no', name=op.f('uq_school_class_district_id_school_id_school_year_grade_class_no'))
    )
    op.create_table('school_day',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('reason', sa.String(length=80), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'school_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_school_day_school_id_org_unit')),
    sa.PrimaryKeyConstraint('district_id', 'school_id', 'day', name=op.f('pk_school_day'))
    )
    op.create_table('school_term',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('school_year', sa.String(length=12), nullable=False),
    sa.Column('season', sa.String(length=8), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.CheckConstraint('ends_on > starts_on', name=op.f('ck_school_term_term_period')),
    sa.ForeignKeyConstraint(['district_id', 'school_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_school_term_school_id_org_unit')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_school_term')),
    sa.UniqueConstraint('district_id', 'school_id', 'school_year', 'season', name=op.f('uq_school_term_district_id_school_id_school_year_season'))
    )
    op.create_table('student',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('name_key', sa.String(length=80), nullable=False),
    sa.Column('sort_key', sa.String(length=160), nullable=False),
    sa.Column('sex', sa.String(length=8), nullable=False),
    sa.Column('number_hash', sa.String(length=64), nullable=False),
    sa.Column('number_tail', sa.String(length=4), nullable=False),
    sa.Column('number_kind', sa.String(length=1), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('to_on', sa.Date(), nullable=True),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'school_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_student_school_id_org_unit')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_student')),
    sa.UniqueConstraint('district_id', 'school_id', 'number_hash', name=op.f('uq_student_district_id_school_id_number_hash'))
    )
    op.create_table('training_requirement',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('org_id', sa.String(length=32), nullable=False),
    sa.Column('title', sa.String(length=160), nullable=False),
    sa.Column('topic', sa.String(length=64), nullable=False),
    sa.Column('audience', Json, nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('to_on', sa.Date(), nullable=True),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'org_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_training_requirement_org_id_org_unit')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_training_requirement'))
    )
    op.create_table('user_session',
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('account_id', sa.String(length=32), nullable=False),
    sa.Column('grant_id', sa.String(length=32), nullable=True),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('used_at', UtcDateTime(), nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=False),
    sa.Column('revoked_at', UtcDateTime(), nullable=True),
    sa.Column('agent', sa.String(length=120), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'account_id'], ['account.district_id', 'account.id'], name=op.f('fk_user_session_account_id_account')),
    sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_user_session'))
    )
    with op.batch_alter_table('user_session', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_user_session_district_id_account_id'), ['district_id', 'account_id'], unique=False)

    op.create_table('attendance_evidence',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('sheet_id', sa.String(length=32), nullable=False),
    sa.Column('source', sa.String(length=48), nullable=False),
    sa.Column('external_id', sa.String(length=96), nullable=False),
    sa.Column('batch_id', sa.String(length=32), nullable=False),
    sa.Column('row', sa.Integer(), nullable=False),
    sa.Column('row_sha256', sa.String(length=64), nullable=False),
    sa.Column('person_id', sa.String(length=32), nullable=True),
    sa.Column('reading', Json, nullable=False),
    sa.Column('outcome', sa.String(length=24), nullable=False),
    sa.Column('review', Json, nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'batch_id'], ['import_batch.district_id', 'import_batch.id'], name=op.f('fk_attendance_evidence_batch_id_import_batch')),
    sa.ForeignKeyConstraint(['district_id', 'sheet_id'], ['attendance_sheet.district_id', 'attendance_sheet.id'], name=op.f('fk_attendance_evidence_sheet_id_attendance_sheet')),
    sa.PrimaryKeyConstraint('district_id', 'sheet_id', 'source', 'external_id', name=op.f('pk_attendance_evidence'))
    )
    op.create_table('attendance_mark',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('sheet_id', sa.String(length=32), nullable=False),
    sa.Column('op_id', sa.String(length=48), nullable=False),
    sa.Column('person_id', sa.String(length=32), nullable=False),
    sa.Column('before', Json, nullable=False),
    sa.Column('after', Json, nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('source', sa.String(length=48), nullable=False),
    sa.Column('actor_id', sa.String(length=32), nullable=False),
    sa.Column('recorded_at', UtcDateTime(), nullable=False),
    sa.Column('device_at', UtcDateTime(), nullable=True),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'sheet_id'], ['attendance_sheet.district_id', 'attendance_sheet.id'], name=op.f('fk_attendance_mark_sheet_id_attendance_sheet')),
    sa.PrimaryKeyConstraint('district_id', 'sheet_id', 'op_id', 'person_id', name=op.f('pk_attendance_mark'))
    )
    with op.batch_alter_table('attendance_mark', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_attendance_mark_district_id_sheet_id_recorded_at'), ['district_id', 'sheet_id', 'recorded_at'], unique=False)

    op.create_table('attendance_record',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('sheet_id', sa.String(length=32), nullable=False),
    sa.Column('person_id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('serial_no', sa.Integer(), nullable=False),
    sa.Column('department', sa.String(length=60), nullable=False),
    sa.Column('staff_no', sa.String(length=40), nullable=False),
    sa.Column('expected', sa.Boolean(), nullable=False),
    sa.Column('status', sa.String(length=12), nullable=True),
    sa.Column('leave_type', sa.String(length=16), nullable=False),
    sa.Column('arrived_at', UtcDateTime(), nullable=True),
    sa.Column('left_at', UtcDateTime(), nullable=True),
    sa.Column('late_minutes', sa.Integer(), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('source', sa.String(length=48), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=False),
    sa.Column('review', Json, nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('marked_by', sa.String(length=32), nullable=True),
    sa.Column('marked_at', UtcDateTime(), nullable=True),
    sa.Column('revoked_at', UtcDateTime(), nullable=True),
    sa.Column('revoked_reason', sa.String(length=200), nullable=False),
    sa.CheckConstraint('minutes >= 0 AND late_minutes >= 0', name=op.f('ck_attendance_record_minutes_not_negative')),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['person.district_id', 'person.id'], name=op.f('fk_attendance_record_person_id_person')),
    sa.ForeignKeyConstraint(['district_id', 'sheet_id'], ['attendance_sheet.district_id', 'attendance_sheet.id'], name=op.f('fk_attendance_record_sheet_id_attendance_sheet')),
    sa.PrimaryKeyConstraint('district_id', 'sheet_id', 'person_id', name=op.f('pk_attendance_record'))
    )
    with op.batch_alter_table('attendance_record', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_attendance_record_district_id_person_id'), ['district_id', 'person_id'], unique=False)

    op.create_table('attendance_step',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('sheet_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('step', sa.String(length=12), nullable=False),
    sa.Column('to_state', sa.String(length=12), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('details', Json, nullable=False),
    sa.Column('actor_id', sa.String(length=32), nullable=False),
    sa.Column('acting_role', sa.String(length=32), nullable=False),
    sa.Column('recorded_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'sheet_id'], ['attendance_sheet.district_id', 'attendance_sheet.id'], name=op.f('fk_attendance_step_sheet_id_attendance_sheet')),
    sa.PrimaryKeyConstraint('district_id', 'sheet_id', 'id', name=op.f('pk_attendance_step'))
    )
    op.create_table('class_membership',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('student_id', sa.String(length=32), nullable=False),
    sa.Column('class_id', sa.String(length=32), nullable=False),
    sa.Column('number_in_class', sa.String(length=8), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('to_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['district_id', 'class_id'], ['school_class.district_id', 'school_class.id'], name=op.f('fk_class_membership_class_id_school_class')),
    sa.ForeignKeyConstraint(['district_id', 'student_id'], ['student.district_id', 'student.id'], name=op.f('fk_class_membership_student_id_student')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_class_membership'))
    )
    with op.batch_alter_table('class_membership', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_class_membership_district_id_class_id'), ['district_id', 'class_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_class_membership_district_id_student_id'), ['district_id', 'student_id'], unique=False)

    op.create_table('department_membership',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('employment_id', sa.String(length=32), nullable=False),
    sa.Column('department_id', sa.String(length=32), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('to_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['district_id', 'department_id'], ['department.district_id', 'department.id'], name=op.f('fk_department_membership_department_id_department')),
    sa.ForeignKeyConstraint(['district_id', 'employment_id'], ['employment.district_id', 'employment.id'], name=op.f('fk_department_membership_employment_id_employment')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_department_membership'))
    )
    with op.batch_alter_table('department_membership', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_department_membership_district_id_employment_id'), ['district_id', 'employment_id'], unique=False)

    op.create_table('post_assignment',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('person_id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('post', sa.String(length=40), nullable=False),
    sa.Column('class_id', sa.String(length=32), nullable=True),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('to_on', sa.Date(), nullable=True),
    sa.Column('batch_id', sa.String(length=32), nullable=True),
    sa.CheckConstraint('to_on IS NULL OR to_on >= from_on', name=op.f('ck_post_assignment_post_period')),
    sa.ForeignKeyConstraint(['district_id', 'class_id'], ['school_class.district_id', 'school_class.id'], name=op.f('fk_post_assignment_class_id_school_class')),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['person.district_id', 'person.id'], name=op.f('fk_post_assignment_person_id_person')),
    sa.ForeignKeyConstraint(['district_id', 'school_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_post_assignment_school_id_org_unit')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_post_assignment'))
    )
    with op.batch_alter_table('post_assignment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_post_assignment_district_id_person_id'), ['district_id', 'person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_post_assignment_district_id_school_id'), ['district_id', 'school_id'], unique=False)

    op.create_table('school_year_total',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('requirement_id', sa.String(length=32), nullable=False),
    sa.Column('year_key', sa.String(length=12), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('in_scope', sa.Integer(), nullable=False),
    sa.Column('met', sa.Integer(), nullable=False),
    sa.Column('in_progress', sa.Integer(), nullable=False),
    sa.Column('open', sa.Integer(), nullable=False),
    sa.Column('unmet', sa.Integer(), nullable=False),
    sa.Column('made_up', sa.Integer(), nullable=False),
    sa.Column('exempt', sa.Integer(), nullable=False),
    sa.Column('grace', sa.Integer(), nullable=False),
    sa.Column('void', sa.Integer(), nullable=False),
    sa.Column('counted_minutes', sa.Integer(), nullable=False),
    sa.Column('owed_minutes', sa.Integer(), nullable=False),
    sa.Column('homeroom_in_scope', sa.Integer(), nullable=False),
    sa.Column('homeroom_met', sa.Integer(), nullable=False),
    sa.Column('policy_version', sa.Integer(), nullable=False),
    sa.Column('updated_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'requirement_id'], ['training_requirement.district_id', 'training_requirement.id'], name=op.f('fk_school_year_total_requirement_id_training_requirement')),
    sa.ForeignKeyConstraint(['district_id', 'school_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_school_year_total_school_id_org_unit')),
    sa.PrimaryKeyConstraint('district_id', 'requirement_id', 'year_key', 'school_id', name=op.f('pk_school_year_total'))
    )
    op.create_table('training_event',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('requirement_id', sa.String(length=32), nullable=True),
    sa.Column('year_key', sa.String(length=12), nullable=False),
    sa.Column('title', sa.String(length=160), nullable=False),
    sa.Column('pack_id', sa.String(length=64), nullable=True),
    sa.Column('pack_version', sa.String(length=32), nullable=True),
    sa.Column('type_key', sa.String(length=48), nullable=False),
    sa.Column('topic', sa.String(length=64), nullable=False),
    sa.Column('delivery_mode', sa.String(length=20), nullable=False),
    sa.Column('venue_kind', sa.String(length=20), nullable=False),
    sa.Column('is_make_up', sa.Boolean(), nullable=False),
    sa.Column('make_up_year_key', sa.String(length=12), nullable=True),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('state_reason', sa.String(length=200), nullable=False),
    sa.Column('details', Json, nullable=False),
    sa.Column('starts_at', UtcDateTime(), nullable=False),
    sa.Column('ends_at', UtcDateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by', sa.String(length=32), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('updated_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'requirement_id'], ['training_requirement.district_id', 'training_requirement.id'], name=op.f('fk_training_event_requirement_id_training_requirement')),
    sa.ForeignKeyConstraint(['district_id', 'school_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_training_event_school_id_org_unit')),
    sa.ForeignKeyConstraint(['pack_id', 'pack_version'], ['course_pack.pack_id', 'course_pack.version'], name=op.f('fk_training_event_pack_version_course_pack')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_training_event'))
    )
    with op.batch_alter_table('training_event', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_training_event_district_id_school_id_starts_at'), ['district_id', 'school_id', 'starts_at'], unique=False)

    op.create_table('training_exemption',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('requirement_id', sa.String(length=32), nullable=False),
    sa.Column('year_key', sa.String(length=12), nullable=False),
    sa.Column('person_id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=24), nullable=False),
    sa.Column('document', sa.String(length=160), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('to_on', sa.Date(), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('requested_by', sa.String(length=32), nullable=False),
    sa.Column('requested_at', UtcDateTime(), nullable=False),
    sa.Column('decided_by', sa.String(length=32), nullable=True),
    sa.Column('decided_at', UtcDateTime(), nullable=True),
    sa.Column('withdrawn_at', UtcDateTime(), nullable=True),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['person.district_id', 'person.id'], name=op.f('fk_training_exemption_person_id_person')),
    sa.ForeignKeyConstraint(['district_id', 'requirement_id'], ['training_requirement.district_id', 'training_requirement.id'], name=op.f('fk_training_exemption_requirement_id_training_requirement')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_training_exemption'))
    )
    with op.batch_alter_table('training_exemption', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_training_exemption_district_id_school_id_year_key'), ['district_id', 'school_id', 'year_key'], unique=False)

    op.create_table('training_obligation',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('requirement_id', sa.String(length=32), nullable=False),
    sa.Column('year_key', sa.String(length=12), nullable=False),
    sa.Column('person_id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('required_minutes', sa.Integer(), nullable=False),
    sa.Column('counted_minutes', sa.Integer(), nullable=False),
    sa.Column('other_minutes', sa.Integer(), nullable=False),
    sa.Column('made_up_minutes', sa.Integer(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('reason', sa.String(length=48), nullable=False),
    sa.Column('department', sa.String(length=60), nullable=False),
    sa.Column('posts', Json, nullable=False),
    sa.Column('is_new', sa.Boolean(), nullable=False),
    sa.Column('updated_at', UtcDateTime(), nullable=False),
    sa.CheckConstraint('counted_minutes >= 0', name=op.f('ck_training_obligation_counted_not_negative')),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['person.district_id', 'person.id'], name=op.f('fk_training_obligation_person_id_person')),
    sa.ForeignKeyConstraint(['district_id', 'requirement_id'], ['training_requirement.district_id', 'training_requirement.id'], name=op.f('fk_training_obligation_requirement_id_training_requirement')),
    sa.PrimaryKeyConstraint('district_id', 'requirement_id', 'year_key', 'person_id', name=op.f('pk_training_obligation'))
    )
    with op.batch_alter_table('training_obligation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_training_obligation_district_id_school_id_year_key_state'), ['district_id', 'school_id', 'year_key', 'state'], unique=False)

    op.create_table('year_snapshot',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('requirement_id', sa.String(length=32), nullable=False),
    sa.Column('year_key', sa.String(length=12), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('amends_id', sa.String(length=32), nullable=True),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('closed_by', sa.String(length=32), nullable=False),
    sa.Column('approved_by', sa.String(length=32), nullable=True),
    sa.Column('closed_at', UtcDateTime(), nullable=False),
    sa.Column('roster_on', sa.Date(), nullable=False),
    sa.Column('policy_version', sa.Integer(), nullable=False),
    sa.Column('totals', Json, nullable=False),
    sa.Column('people', Json, nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'requirement_id'], ['training_requirement.district_id', 'training_requirement.id'], name=op.f('fk_year_snapshot_requirement_id_training_requirement')),
    sa.ForeignKeyConstraint(['district_id', 'school_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_year_snapshot_school_id_org_unit')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_year_snapshot')),
    sa.UniqueConstraint('district_id', 'requirement_id', 'year_key', 'school_id', 'number', name=op.f('uq_year_snapshot_district_id_requirement_id_year_key_school_id_number'))
    )
    op.create_table('event_history',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('event_id', sa.String(length=32), nullable=False),
    sa.Column('from_state', sa.String(length=12), nullable=False),
    sa.Column('to_state', sa.String(length=12), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('changes', Json, nullable=False),
    sa.Column('actor_id', sa.String(length=32), nullable=False),
    sa.Column('acting_role', sa.String(length=32), nullable=False),
    sa.Column('recorded_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'event_id'], ['training_event.district_id', 'training_event.id'], name=op.f('fk_event_history_event_id_training_event')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_event_history'))
    )
    with op.batch_alter_table('event_history', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_event_history_district_id_event_id'), ['district_id', 'event_id'], unique=False)

    op.create_table('event_part',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('event_id', sa.String(length=32), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('starts_at', UtcDateTime(), nullable=False),
    sa.Column('ends_at', UtcDateTime(), nullable=False),
    sa.Column('room', sa.String(length=80), nullable=False),
    sa.Column('delivery_mode', sa.String(length=20), nullable=False),
    sa.Column('sheet_id', sa.String(length=32), nullable=True),
    sa.CheckConstraint('ends_at > starts_at', name=op.f('ck_event_part_part_period')),
    sa.ForeignKeyConstraint(['district_id', 'event_id'], ['training_event.district_id', 'training_event.id'], name=op.f('fk_event_part_event_id_training_event')),
    sa.ForeignKeyConstraint(['district_id', 'sheet_id'], ['attendance_sheet.district_id', 'attendance_sheet.id'], name=op.f('fk_event_part_sheet_id_attendance_sheet')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_event_part'))
    )
    with op.batch_alter_table('event_part', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_event_part_district_id_event_id'), ['district_id', 'event_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_event_part_district_id_sheet_id'), ['district_id', 'sheet_id'], unique=False)

    op.create_table('event_participant',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('event_id', sa.String(length=32), nullable=False),
    sa.Column('person_id', sa.String(length=32), nullable=False),
    sa.Column('serial_no', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(length=48), nullable=False),
    sa.Column('added_by_hand', sa.Boolean(), nullable=False),
    sa.Column('excluded_reason', sa.String(length=120), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'event_id'], ['training_event.district_id', 'training_event.id'], name=op.f('fk_event_participant_event_id_training_event')),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['person.district_id', 'person.id'], name=op.f('fk_event_participant_person_id_person')),
    sa.PrimaryKeyConstraint('district_id', 'event_id', 'person_id', name=op.f('pk_event_participant'))
    )
    op.create_table('event_trainer',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('event_id', sa.String(length=32), nullable=False),
    sa.Column('person_id', sa.String(length=32), nullable=True),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('affiliation', sa.String(length=120), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'event_id'], ['training_event.district_id', 'training_event.id'], name=op.f('fk_event_trainer_event_id_training_event')),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['person.district_id', 'person.id'], name=op.f('fk_event_trainer_person_id_person')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_event_trainer'))
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in sqlite_guards() if sqlite else postgresql_guards():
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        for table in FIRST:
            op.execute(f"DROP TRIGGER {table}_no_change ON {table}")
            op.execute(f"DROP TRIGGER {table}_no_truncate ON {table}")
        op.execute("DROP FUNCTION trainhub_append_only")
    op.drop_table('event_trainer')
    op.drop_table('event_participant')
    with op.batch_alter_table('event_part', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_event_part_district_id_sheet_id'))
        batch_op.drop_index(batch_op.f('ix_event_part_district_id_event_id'))

    op.drop_table('event_part')
    with op.batch_alter_table('event_history', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_event_history_district_id_event_id'))

    op.drop_table('event_history')
    op.drop_table('year_snapshot')
    with op.batch_alter_table('training_obligation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_training_obligation_district_id_school_id_year_key_state'))

    op.drop_table('training_obligation')
    with op.batch_alter_table('training_exemption', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_training_exemption_district_id_school_id_year_key'))

    op.drop_table('training_exemption')
    with op.batch_alter_table('training_event', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_training_event_district_id_school_id_starts_at'))

    op.drop_table('training_event')
    op.drop_table('school_year_total')
    with op.batch_alter_table('post_assignment', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_post_assignment_district_id_school_id'))
        batch_op.drop_index(batch_op.f('ix_post_assignment_district_id_person_id'))

    op.drop_table('post_assignment')
    with op.batch_alter_table('department_membership', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_department_membership_district_id_employment_id'))

    op.drop_table('department_membership')
    with op.batch_alter_table('class_membership', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_class_membership_district_id_student_id'))
        batch_op.drop_index(batch_op.f('ix_class_membership_district_id_class_id'))

    op.drop_table('class_membership')
    op.drop_table('attendance_step')
    with op.batch_alter_table('attendance_record', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_attendance_record_district_id_person_id'))

    op.drop_table('attendance_record')
    with op.batch_alter_table('attendance_mark', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_attendance_mark_district_id_sheet_id_recorded_at'))

    op.drop_table('attendance_mark')
    op.drop_table('attendance_evidence')
    with op.batch_alter_table('user_session', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_user_session_district_id_account_id'))

    op.drop_table('user_session')
    op.drop_table('training_requirement')
    op.drop_table('student')
    op.drop_table('school_term')
    op.drop_table('school_day')
    op.drop_table('school_class')
    op.drop_table('policy_setting')
    op.drop_table('person_merge')
    op.drop_table('ledger_payload')
    with op.batch_alter_table('import_batch', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_import_batch_district_id_school_id_kind'))

    op.drop_table('import_batch')
    with op.batch_alter_table('hours_statement', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_hours_statement_code_hash'))

    op.drop_table('hours_statement')
    with op.batch_alter_table('employment', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_employment_district_id_school_id_to_on'))
        batch_op.drop_index(batch_op.f('ix_employment_district_id_school_id_staff_no'))
        batch_op.drop_index(batch_op.f('ix_employment_district_id_person_id'))

    op.drop_table('employment')
    op.drop_table('department')
    with op.batch_alter_table('attendance_sheet', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_attendance_sheet_district_id_school_id_starts_at'))

    op.drop_table('attendance_sheet')
    with op.batch_alter_table('activation_code', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_activation_code_district_id_account_id'))

    op.drop_table('activation_code')
    with op.batch_alter_table('account_grant', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_account_grant_district_id_account_id'))

    op.drop_table('account_grant')
    op.drop_table('sign_in_throttle')
    with op.batch_alter_table('person', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_person_district_id_name_key'))
        batch_op.drop_index(batch_op.f('ix_person_district_id_initials'))

    op.drop_table('person')
    with op.batch_alter_table('outbox_job', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_outbox_job_state_run_at'))

    op.drop_table('outbox_job')
    with op.batch_alter_table('org_unit', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_org_unit_district_id_parent_id'))

    op.drop_table('org_unit')
    op.drop_table('login_name')
    op.drop_table('ledger_head')
    op.drop_table('ledger_entry')
    op.drop_table('course_pack')
    op.drop_table('column_mapping')
    op.drop_table('calendar_day')
    with op.batch_alter_table('account', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_account_district_id_person_id'))

    op.drop_table('account')
