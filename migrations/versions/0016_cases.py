"""the committee, cases, education plans by hours, appeals"""

import sqlalchemy as sa
from alembic import op

from trainhub.kernel.orm import Json, UtcDateTime
from trainhub.ledger.guards import CASES, postgresql_triggers, sqlite_guards

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('case_counter',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=24), nullable=False),
    sa.Column('year', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('last', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('district_id', 'school_id', 'kind', 'year', name=op.f('pk_case_counter'))
    )
    op.create_table('case_file',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=24), nullable=False),
    sa.Column('scale', sa.String(length=24), nullable=False),
    sa.Column('severity', sa.String(length=12), nullable=False),
    sa.Column('happened_on', sa.Date(), nullable=True),
    sa.Column('place_kind', sa.String(length=16), nullable=False),
    sa.Column('means', Json, nullable=False),
    sa.Column('sealed_narrative', sa.Text(), nullable=False),
    sa.Column('discovered_at', UtcDateTime(), nullable=False),
    sa.Column('accepted_at', UtcDateTime(), nullable=False),
    sa.Column('procedure_at', UtcDateTime(), nullable=True),
    sa.Column('police_since', UtcDateTime(), nullable=True),
    sa.Column('police_document', sa.String(length=120), nullable=False),
    sa.Column('joint', sa.Boolean(), nullable=False),
    sa.Column('high_attention', sa.Boolean(), nullable=False),
    sa.Column('county_review', sa.Boolean(), nullable=False),
    sa.Column('policy_version', sa.Integer(), nullable=False),
    sa.Column('relapse_of', sa.String(length=32), nullable=True),
    sa.Column('ended_reason', sa.String(length=24), nullable=False),
    sa.Column('double_of', sa.String(length=32), nullable=True),
    sa.Column('closed_at', UtcDateTime(), nullable=True),
    sa.Column('seal_due_on', sa.Date(), nullable=True),
    sa.Column('sealed_at', UtcDateTime(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('opened_by', sa.String(length=32), nullable=False),
    sa.Column('updated_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'double_of'], ['case_file.district_id', 'case_file.id'], name=op.f('fk_case_file_double_of_case_file')),
    sa.ForeignKeyConstraint(['district_id', 'relapse_of'], ['case_file.district_id', 'case_file.id'], name=op.f('fk_case_file_relapse_of_case_file')),
    sa.ForeignKeyConstraint(['district_id', 'school_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_case_file_school_id_org_unit')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_case_file')),
    sa.UniqueConstraint('district_id', 'school_id', 'year', 'number', name=op.f('uq_case_file_district_id_school_id_year_number'))
    )
    op.create_index(op.f('ix_case_file_district_id_school_id_state'), 'case_file', ['district_id', 'school_id', 'state'], unique=False)
    op.create_index(op.f('ix_case_file_district_id_sealed_at'), 'case_file', ['district_id', 'sealed_at'], unique=False)
    op.create_table('case_notice',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('org_id', sa.String(length=32), nullable=False),
    sa.Column('role', sa.String(length=32), nullable=False),
    sa.Column('account_id', sa.String(length=32), nullable=True),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('matter_id', sa.String(length=32), nullable=False),
    sa.Column('link', sa.String(length=120), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('done_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['district_id', 'org_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_case_notice_org_id_org_unit')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_case_notice'))
    )
    op.create_index(op.f('ix_case_notice_district_id_account_id_done_at'), 'case_notice', ['district_id', 'account_id', 'done_at'], unique=False)
    op.create_index(op.f('ix_case_notice_district_id_org_id_role_done_at'), 'case_notice', ['district_id', 'org_id', 'role', 'done_at'], unique=False)
    op.create_table('committee',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('to_on', sa.Date(), nullable=True),
    sa.Column('entered_by', sa.String(length=32), nullable=False),
    sa.Column('entered_at', UtcDateTime(), nullable=False),
    sa.CheckConstraint('to_on IS NULL OR to_on >= from_on', name=op.f('ck_committee_committee_period')),
    sa.ForeignKeyConstraint(['district_id', 'school_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_committee_school_id_org_unit')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_committee'))
    )
    op.create_index(op.f('ix_committee_district_id_school_id'), 'committee', ['district_id', 'school_id'], unique=False)
    op.create_table('guardian_request',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('student_mark', sa.String(length=64), nullable=False),
    sa.Column('sealed_identity', sa.Text(), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('sealed_words', sa.Text(), nullable=False),
    sa.Column('received_at', UtcDateTime(), nullable=False),
    sa.Column('due_at', UtcDateTime(), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('sealed_answer', sa.Text(), nullable=False),
    sa.Column('answered_at', UtcDateTime(), nullable=True),
    sa.Column('answered_by', sa.String(length=32), nullable=True),
    sa.Column('decision', sa.String(length=24), nullable=False),
    sa.Column('letter_year', sa.Integer(), nullable=True),
    sa.Column('letter_number', sa.Integer(), nullable=True),
    sa.Column('entered_by', sa.String(length=32), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'school_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_guardian_request_school_id_org_unit')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_guardian_request'))
    )
    op.create_index(op.f('ix_guardian_request_district_id_school_id_state'), 'guardian_request', ['district_id', 'school_id', 'state'], unique=False)
    op.create_table('second_person',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=True),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('object_id', sa.String(length=32), nullable=False),
    sa.Column('reason', sa.String(length=24), nullable=False),
    sa.Column('sealed_words', sa.Text(), nullable=False),
    sa.Column('parameters', Json, nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('asked_by', sa.String(length=32), nullable=False),
    sa.Column('asked_by_person', sa.String(length=32), nullable=True),
    sa.Column('asked_at', UtcDateTime(), nullable=False),
    sa.Column('decided_by', sa.String(length=32), nullable=True),
    sa.Column('decided_at', UtcDateTime(), nullable=True),
    sa.Column('expires_at', UtcDateTime(), nullable=True),
    sa.Column('used_at', UtcDateTime(), nullable=True),
    sa.CheckConstraint('decided_by IS NULL OR decided_by <> asked_by', name=op.f('ck_second_person_second_is_another')),
    sa.ForeignKeyConstraint(['district_id', 'school_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_second_person_school_id_org_unit')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_second_person'))
    )
    op.create_index(op.f('ix_second_person_district_id_object_id'), 'second_person', ['district_id', 'object_id'], unique=False)
    op.create_index(op.f('ix_second_person_district_id_school_id_state'), 'second_person', ['district_id', 'school_id', 'state'], unique=False)
    op.create_table('case_clock',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=24), nullable=False),
    sa.Column('object_id', sa.String(length=32), nullable=False),
    sa.Column('started_at', UtcDateTime(), nullable=False),
    sa.Column('due_at', UtcDateTime(), nullable=False),
    sa.Column('paused_at', UtcDateTime(), nullable=True),
    sa.Column('extended_days', sa.Integer(), nullable=False),
    sa.Column('met_at', UtcDateTime(), nullable=True),
    sa.Column('dropped_at', UtcDateTime(), nullable=True),
    sa.Column('rule', Json, nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'case_id'], ['case_file.district_id', 'case_file.id'], name=op.f('fk_case_clock_case_id_case_file')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_case_clock'))
    )
    op.create_index(op.f('ix_case_clock_district_id_case_id'), 'case_clock', ['district_id', 'case_id'], unique=False)
    op.create_index(op.f('ix_case_clock_district_id_school_id_met_at_due_at'), 'case_clock', ['district_id', 'school_id', 'met_at', 'due_at'], unique=False)
    op.create_table('case_evidence',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('file_id', sa.String(length=32), nullable=True),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('sealed_title', sa.Text(), nullable=False),
    sa.Column('received_from', sa.String(length=16), nullable=False),
    sa.Column('added_by', sa.String(length=32), nullable=False),
    sa.Column('added_at', UtcDateTime(), nullable=False),
    sa.Column('withdrawn_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['district_id', 'case_id'], ['case_file.district_id', 'case_file.id'], name=op.f('fk_case_evidence_case_id_case_file')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_case_evidence'))
    )
    op.create_index(op.f('ix_case_evidence_district_id_case_id'), 'case_evidence', ['district_id', 'case_id'], unique=False)
    op.create_table('case_narrative',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('sealed_text', sa.Text(), nullable=False),
    sa.Column('written_by', sa.String(length=32), nullable=False),
    sa.Column('written_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'case_id'], ['case_file.district_id', 'case_file.id'], name=op.f('fk_case_narrative_case_id_case_file')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_case_narrative'))
    )
    op.create_index(op.f('ix_case_narrative_district_id_case_id'), 'case_narrative', ['district_id', 'case_id'], unique=False)
    op.create_table('case_party',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('code', sa.String(length=8), nullable=False),
    sa.Column('roles', Json, nullable=False),
    sa.Column('sealed_identity', sa.Text(), nullable=False),
    sa.Column('student_mark', sa.String(length=64), nullable=False),
    sa.Column('grade', sa.Integer(), nullable=True),
    sa.Column('stage', sa.String(length=12), nullable=False),
    sa.Column('born_on_known_minor', sa.Boolean(), nullable=False),
    sa.Column('left_on', sa.Date(), nullable=True),
    sa.Column('added_by', sa.String(length=32), nullable=False),
    sa.Column('added_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'case_id'], ['case_file.district_id', 'case_file.id'], name=op.f('fk_case_party_case_id_case_file')),
    sa.ForeignKeyConstraint(['district_id', 'school_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_case_party_school_id_org_unit')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_case_party')),
    sa.UniqueConstraint('district_id', 'case_id', 'code', name=op.f('uq_case_party_district_id_case_id_code')),
    sa.UniqueConstraint('district_id', 'case_id', 'student_mark', name=op.f('uq_case_party_district_id_case_id_student_mark'))
    )
    op.create_index(op.f('ix_case_party_district_id_student_mark'), 'case_party', ['district_id', 'student_mark'], unique=False)
    op.create_table('case_report',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('form', sa.String(length=8), nullable=False),
    sa.Column('to_whom', sa.String(length=12), nullable=False),
    sa.Column('sealed_facts', sa.Text(), nullable=False),
    sa.Column('counts', Json, nullable=False),
    sa.Column('receiver', sa.String(length=80), nullable=False),
    sa.Column('receipt_no', sa.String(length=60), nullable=False),
    sa.Column('reported_at', UtcDateTime(), nullable=False),
    sa.Column('reported_by', sa.String(length=32), nullable=False),
    sa.Column('recorded_at', UtcDateTime(), nullable=False),
    sa.Column('late', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'case_id'], ['case_file.district_id', 'case_file.id'], name=op.f('fk_case_report_case_id_case_file')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_case_report')),
    sa.UniqueConstraint('district_id', 'case_id', 'number', name=op.f('uq_case_report_district_id_case_id_number'))
    )
    op.create_table('case_step',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('step', sa.String(length=32), nullable=False),
    sa.Column('object_id', sa.String(length=32), nullable=False),
    sa.Column('from_state', sa.String(length=24), nullable=False),
    sa.Column('to_state', sa.String(length=24), nullable=False),
    sa.Column('changes', Json, nullable=False),
    sa.Column('actor_id', sa.String(length=32), nullable=False),
    sa.Column('acting_role', sa.String(length=32), nullable=False),
    sa.Column('policy_version', sa.Integer(), nullable=False),
    sa.Column('recorded_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'case_id'], ['case_file.district_id', 'case_file.id'], name=op.f('fk_case_step_case_id_case_file')),
    sa.PrimaryKeyConstraint('district_id', 'case_id', 'id', name=op.f('pk_case_step'))
    )
    op.create_table('committee_seat',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('committee_id', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('is_chair', sa.Boolean(), nullable=False),
    sa.Column('is_substitute', sa.Boolean(), nullable=False),
    sa.Column('votes', sa.Boolean(), nullable=False),
    sa.Column('sort_no', sa.Integer(), nullable=False),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['district_id', 'committee_id'], ['committee.district_id', 'committee.id'], name=op.f('fk_committee_seat_committee_id_committee')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_committee_seat'))
    )
    op.create_index(op.f('ix_committee_seat_district_id_committee_id'), 'committee_seat', ['district_id', 'committee_id'], unique=False)
    op.create_table('concern',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('receipt_mark', sa.String(length=64), nullable=False),
    sa.Column('channel', sa.String(length=12), nullable=False),
    sa.Column('anonymous', sa.Boolean(), nullable=False),
    sa.Column('urgent', sa.Boolean(), nullable=False),
    sa.Column('about_staff', sa.Boolean(), nullable=False),
    sa.Column('happened_on', sa.Date(), nullable=True),
    sa.Column('place_kind', sa.String(length=16), nullable=False),
    sa.Column('means', Json, nullable=False),
    sa.Column('sealed_text', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('decision_reason', sa.String(length=24), nullable=False),
    sa.Column('sealed_decision', sa.Text(), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=True),
    sa.Column('op_id', sa.String(length=48), nullable=False),
    sa.Column('received_at', UtcDateTime(), nullable=False),
    sa.Column('received_by', sa.String(length=32), nullable=False),
    sa.Column('decided_at', UtcDateTime(), nullable=True),
    sa.Column('decided_by', sa.String(length=32), nullable=True),
    sa.Column('told_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['district_id', 'case_id'], ['case_file.district_id', 'case_file.id'], name=op.f('fk_concern_case_id_case_file')),
    sa.ForeignKeyConstraint(['district_id', 'school_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_concern_school_id_org_unit')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_concern')),
    sa.UniqueConstraint('district_id', 'receipt_mark', name=op.f('uq_concern_district_id_receipt_mark')),
    sa.UniqueConstraint('district_id', 'received_by', 'op_id', name=op.f('uq_concern_district_id_received_by_op_id')),
    sa.UniqueConstraint('district_id', 'school_id', 'year', 'number', name=op.f('uq_concern_district_id_school_id_year_number'))
    )
    op.create_index(op.f('ix_concern_district_id_school_id_state'), 'concern', ['district_id', 'school_id', 'state'], unique=False)
    op.create_index(op.f('ix_concern_receipt_mark'), 'concern', ['receipt_mark'], unique=False)
    op.create_table('issued_document',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=24), nullable=False),
    sa.Column('object_id', sa.String(length=32), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('issued_by', sa.String(length=32), nullable=False),
    sa.Column('issued_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'case_id'], ['case_file.district_id', 'case_file.id'], name=op.f('fk_issued_document_case_id_case_file')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_issued_document')),
    sa.UniqueConstraint('district_id', 'kind', 'object_id', 'version', name=op.f('uq_issued_document_district_id_kind_object_id_version')),
    sa.UniqueConstraint('district_id', 'school_id', 'kind', 'year', 'number', name=op.f('uq_issued_document_district_id_school_id_kind_year_number'))
    )
    op.create_index(op.f('ix_issued_document_district_id_case_id'), 'issued_document', ['district_id', 'case_id'], unique=False)
    op.create_table('re_examination',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('track', sa.String(length=16), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('formed_at', UtcDateTime(), nullable=True),
    sa.Column('due_at', UtcDateTime(), nullable=True),
    sa.Column('decided_at', UtcDateTime(), nullable=True),
    sa.Column('opened_by', sa.String(length=32), nullable=False),
    sa.Column('opened_at', UtcDateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'case_id'], ['case_file.district_id', 'case_file.id'], name=op.f('fk_re_examination_case_id_case_file')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_re_examination'))
    )
    op.create_index(op.f('ix_re_examination_district_id_case_id'), 're_examination', ['district_id', 'case_id'], unique=False)
    op.create_table('case_duty',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('account_id', sa.String(length=32), nullable=False),
    sa.Column('person_id', sa.String(length=32), nullable=True),
    sa.Column('duty', sa.String(length=16), nullable=False),
    sa.Column('party_id', sa.String(length=32), nullable=True),
    sa.Column('from_at', UtcDateTime(), nullable=False),
    sa.Column('to_at', UtcDateTime(), nullable=True),
    sa.Column('reason', sa.String(length=24), nullable=False),
    sa.Column('given_by', sa.String(length=32), nullable=False),
    sa.Column('ended_by', sa.String(length=32), nullable=True),
    sa.CheckConstraint('given_by <> account_id', name=op.f('ck_case_duty_duty_not_self_given')),
    sa.ForeignKeyConstraint(['district_id', 'account_id'], ['account.district_id', 'account.id'], name=op.f('fk_case_duty_account_id_account')),
    sa.ForeignKeyConstraint(['district_id', 'case_id'], ['case_file.district_id', 'case_file.id'], name=op.f('fk_case_duty_case_id_case_file')),
    sa.ForeignKeyConstraint(['district_id', 'party_id'], ['case_party.district_id', 'case_party.id'], name=op.f('fk_case_duty_party_id_case_party')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_case_duty'))
    )
    op.create_index(op.f('ix_case_duty_district_id_account_id'), 'case_duty', ['district_id', 'account_id'], unique=False)
    op.create_index(op.f('ix_case_duty_district_id_case_id'), 'case_duty', ['district_id', 'case_id'], unique=False)
    op.create_table('case_guardian',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('party_id', sa.String(length=32), nullable=False),
    sa.Column('sealed_identity', sa.Text(), nullable=False),
    sa.Column('contact_mark', sa.String(length=64), nullable=False),
    sa.Column('person_mark', sa.String(length=64), nullable=False),
    sa.Column('restricted', sa.Boolean(), nullable=False),
    sa.Column('added_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'party_id'], ['case_party.district_id', 'case_party.id'], name=op.f('fk_case_guardian_party_id_case_party')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_case_guardian'))
    )
    op.create_index(op.f('ix_case_guardian_district_id_party_id'), 'case_guardian', ['district_id', 'party_id'], unique=False)
    op.create_table('case_interview',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('party_id', sa.String(length=32), nullable=True),
    sa.Column('witness_code', sa.String(length=8), nullable=False),
    sa.Column('starts_at', UtcDateTime(), nullable=False),
    sa.Column('ends_at', UtcDateTime(), nullable=False),
    sa.Column('place_kind', sa.String(length=16), nullable=False),
    sa.Column('asked_by', Json, nullable=False),
    sa.Column('adult_present', sa.String(length=16), nullable=False),
    sa.Column('no_adult_reason', sa.String(length=24), nullable=False),
    sa.Column('sealed_text', sa.Text(), nullable=False),
    sa.Column('read_back', sa.Boolean(), nullable=False),
    sa.Column('corrects_id', sa.String(length=32), nullable=True),
    sa.Column('recorded_by', sa.String(length=32), nullable=False),
    sa.Column('recorded_at', UtcDateTime(), nullable=False),
    sa.CheckConstraint('ends_at > starts_at', name=op.f('ck_case_interview_interview_period')),
    sa.ForeignKeyConstraint(['district_id', 'case_id'], ['case_file.district_id', 'case_file.id'], name=op.f('fk_case_interview_case_id_case_file')),
    sa.ForeignKeyConstraint(['district_id', 'party_id'], ['case_party.district_id', 'case_party.id'], name=op.f('fk_case_interview_party_id_case_party')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_case_interview'))
    )
    op.create_index(op.f('ix_case_interview_district_id_case_id'), 'case_interview', ['district_id', 'case_id'], unique=False)
    op.create_table('case_recipient',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('party_id', sa.String(length=32), nullable=False),
    sa.Column('determination_id', sa.String(length=32), nullable=True),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('sealed_who', sa.Text(), nullable=False),
    sa.Column('document_no', sa.String(length=40), nullable=False),
    sa.Column('told_at', UtcDateTime(), nullable=False),
    sa.Column('correction_due_at', UtcDateTime(), nullable=True),
    sa.Column('corrected_at', UtcDateTime(), nullable=True),
    sa.Column('correction_no', sa.String(length=40), nullable=False),
    sa.Column('corrected_by', sa.String(length=32), nullable=True),
    sa.ForeignKeyConstraint(['district_id', 'case_id'], ['case_file.district_id', 'case_file.id'], name=op.f('fk_case_recipient_case_id_case_file')),
    sa.ForeignKeyConstraint(['district_id', 'party_id'], ['case_party.district_id', 'case_party.id'], name=op.f('fk_case_recipient_party_id_case_party')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_case_recipient'))
    )
    op.create_index(op.f('ix_case_recipient_district_id_case_id'), 'case_recipient', ['district_id', 'case_id'], unique=False)
    op.create_table('committee_member',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('seat_id', sa.String(length=32), nullable=False),
    sa.Column('person_id', sa.String(length=32), nullable=True),
    sa.Column('account_id', sa.String(length=32), nullable=True),
    sa.Column('sealed_name', sa.Text(), nullable=False),
    sa.Column('contact_mark', sa.String(length=64), nullable=False),
    sa.Column('shown_as', sa.String(length=60), nullable=False),
    sa.Column('organisation', sa.String(length=80), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('to_on', sa.Date(), nullable=True),
    sa.Column('end_reason', sa.String(length=24), nullable=False),
    sa.Column('declared_at', UtcDateTime(), nullable=True),
    sa.Column('entered_by', sa.String(length=32), nullable=False),
    sa.Column('entered_at', UtcDateTime(), nullable=False),
    sa.CheckConstraint('to_on IS NULL OR to_on >= from_on', name=op.f('ck_committee_member_member_period')),
    sa.ForeignKeyConstraint(['district_id', 'account_id'], ['account.district_id', 'account.id'], name=op.f('fk_committee_member_account_id_account')),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['person.district_id', 'person.id'], name=op.f('fk_committee_member_person_id_person')),
    sa.ForeignKeyConstraint(['district_id', 'school_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_committee_member_school_id_org_unit')),
    sa.ForeignKeyConstraint(['district_id', 'seat_id'], ['committee_seat.district_id', 'committee_seat.id'], name=op.f('fk_committee_member_seat_id_committee_seat')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_committee_member'))
    )
    op.create_index(op.f('ix_committee_member_district_id_account_id'), 'committee_member', ['district_id', 'account_id'], unique=False)
    op.create_index(op.f('ix_committee_member_district_id_person_id'), 'committee_member', ['district_id', 'person_id'], unique=False)
    op.create_index(op.f('ix_committee_member_district_id_school_id'), 'committee_member', ['district_id', 'school_id'], unique=False)
    op.create_index(op.f('ix_committee_member_district_id_seat_id'), 'committee_member', ['district_id', 'seat_id'], unique=False)
    op.create_table('concern_reporter',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('concern_id', sa.String(length=32), nullable=False),
    sa.Column('sealed_identity', sa.Text(), nullable=False),
    sa.Column('account_mark', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'concern_id'], ['concern.district_id', 'concern.id'], name=op.f('fk_concern_reporter_concern_id_concern')),
    sa.PrimaryKeyConstraint('district_id', 'concern_id', name=op.f('pk_concern_reporter'))
    )
    op.create_index(op.f('ix_concern_reporter_district_id_account_mark'), 'concern_reporter', ['district_id', 'account_mark'], unique=False)
    op.create_table('determination',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('party_id', sa.String(length=32), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.String(length=32), nullable=True),
    sa.Column('appeal_id', sa.String(length=32), nullable=True),
    sa.Column('number', sa.String(length=40), nullable=False),
    sa.Column('outcome', sa.String(length=16), nullable=False),
    sa.Column('tier', sa.String(length=12), nullable=False),
    sa.Column('measures', Json, nullable=False),
    sa.Column('plan_minutes', sa.Integer(), nullable=False),
    sa.Column('sealed_facts', sa.Text(), nullable=False),
    sa.Column('sealed_grounds', sa.Text(), nullable=False),
    sa.Column('basis', Json, nullable=False),
    sa.Column('defects', Json, nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('adopted_at', UtcDateTime(), nullable=True),
    sa.Column('effective_at', UtcDateTime(), nullable=True),
    sa.Column('appeal_until', sa.Date(), nullable=True),
    sa.Column('ended_at', UtcDateTime(), nullable=True),
    sa.Column('entered_by', sa.String(length=32), nullable=False),
    sa.Column('entered_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'case_id'], ['case_file.district_id', 'case_file.id'], name=op.f('fk_determination_case_id_case_file')),
    sa.ForeignKeyConstraint(['district_id', 'party_id'], ['case_party.district_id', 'case_party.id'], name=op.f('fk_determination_party_id_case_party')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_determination')),
    sa.UniqueConstraint('district_id', 'party_id', 'version', name=op.f('uq_determination_district_id_party_id_version'))
    )
    op.create_index(op.f('ix_determination_district_id_case_id'), 'determination', ['district_id', 'case_id'], unique=False)
    op.create_index(op.f('ix_determination_district_id_school_id_state'), 'determination', ['district_id', 'school_id', 'state'], unique=False)
    op.create_table('follow_up',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('party_id', sa.String(length=32), nullable=False),
    sa.Column('side', sa.String(length=8), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('finding', sa.String(length=12), nullable=False),
    sa.Column('sealed_note', sa.Text(), nullable=False),
    sa.Column('new_case_id', sa.String(length=32), nullable=True),
    sa.Column('done_at', UtcDateTime(), nullable=True),
    sa.Column('done_by', sa.String(length=32), nullable=True),
    sa.ForeignKeyConstraint(['district_id', 'case_id'], ['case_file.district_id', 'case_file.id'], name=op.f('fk_follow_up_case_id_case_file')),
    sa.ForeignKeyConstraint(['district_id', 'party_id'], ['case_party.district_id', 'case_party.id'], name=op.f('fk_follow_up_party_id_case_party')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_follow_up')),
    sa.UniqueConstraint('district_id', 'party_id', 'side', 'due_on', name=op.f('uq_follow_up_district_id_party_id_side_due_on'))
    )
    op.create_index(op.f('ix_follow_up_district_id_school_id_state_due_on'), 'follow_up', ['district_id', 'school_id', 'state', 'due_on'], unique=False)
    op.create_table('guardian_notice',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('party_id', sa.String(length=32), nullable=False),
    sa.Column('guardian_id', sa.String(length=32), nullable=True),
    sa.Column('about', sa.String(length=16), nullable=False),
    sa.Column('object_id', sa.String(length=32), nullable=False),
    sa.Column('channel', sa.String(length=12), nullable=False),
    sa.Column('outcome', sa.String(length=16), nullable=False),
    sa.Column('sealed_note', sa.Text(), nullable=False),
    sa.Column('witnesses', Json, nullable=False),
    sa.Column('document_no', sa.String(length=40), nullable=False),
    sa.Column('happened_at', UtcDateTime(), nullable=False),
    sa.Column('recorded_by', sa.String(length=32), nullable=False),
    sa.Column('recorded_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'case_id'], ['case_file.district_id', 'case_file.id'], name=op.f('fk_guardian_notice_case_id_case_file')),
    sa.ForeignKeyConstraint(['district_id', 'party_id'], ['case_party.district_id', 'case_party.id'], name=op.f('fk_guardian_notice_party_id_case_party')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_guardian_notice'))
    )
    op.create_index(op.f('ix_guardian_notice_district_id_case_id'), 'guardian_notice', ['district_id', 'case_id'], unique=False)
    op.create_table('re_examination_reviewer',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('re_examination_id', sa.String(length=32), nullable=False),
    sa.Column('account_id', sa.String(length=32), nullable=True),
    sa.Column('person_id', sa.String(length=32), nullable=True),
    sa.Column('shown_as', sa.String(length=60), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('is_lead', sa.Boolean(), nullable=False),
    sa.Column('recused_at', UtcDateTime(), nullable=True),
    sa.Column('added_by', sa.String(length=32), nullable=False),
    sa.Column('added_at', UtcDateTime(), nullable=False),
    sa.CheckConstraint('account_id IS NULL OR account_id <> added_by', name=op.f('ck_re_examination_reviewer_reviewer_not_self_named')),
    sa.ForeignKeyConstraint(['district_id', 're_examination_id'], ['re_examination.district_id', 're_examination.id'], name=op.f('fk_re_examination_reviewer_re_examination_id_re_examination')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_re_examination_reviewer')),
    sa.UniqueConstraint('district_id', 're_examination_id', 'account_id', name=op.f('uq_re_examination_reviewer_district_id_re_examination_id_account_id'))
    )
    op.create_index(op.f('ix_re_examination_reviewer_district_id_re_examination_id'), 're_examination_reviewer', ['district_id', 're_examination_id'], unique=False)
    op.create_table('support_plan',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('party_id', sa.String(length=32), nullable=False),
    sa.Column('code', sa.String(length=12), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('lead_account_id', sa.String(length=32), nullable=False),
    sa.Column('sealed_needs', sa.Text(), nullable=False),
    sa.Column('opened_at', UtcDateTime(), nullable=False),
    sa.Column('opened_by', sa.String(length=32), nullable=False),
    sa.Column('closed_at', UtcDateTime(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'lead_account_id'], ['account.district_id', 'account.id'], name=op.f('fk_support_plan_lead_account_id_account')),
    sa.ForeignKeyConstraint(['district_id', 'party_id'], ['case_party.district_id', 'case_party.id'], name=op.f('fk_support_plan_party_id_case_party')),
    sa.ForeignKeyConstraint(['district_id', 'school_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_support_plan_school_id_org_unit')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_support_plan')),
    sa.UniqueConstraint('district_id', 'school_id', 'code', name=op.f('uq_support_plan_district_id_school_id_code')),
    sa.UniqueConstraint('district_id', 'school_id', 'party_id', name=op.f('uq_support_plan_district_id_school_id_party_id'))
    )
    op.create_table('appeal',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('determination_id', sa.String(length=32), nullable=False),
    sa.Column('party_id', sa.String(length=32), nullable=False),
    sa.Column('track', sa.String(length=16), nullable=False),
    sa.Column('side', sa.String(length=8), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=24), nullable=False),
    sa.Column('channel', sa.String(length=12), nullable=False),
    sa.Column('sealed_grounds', sa.Text(), nullable=False),
    sa.Column('filed_at', UtcDateTime(), nullable=False),
    sa.Column('in_time', sa.Boolean(), nullable=False),
    sa.Column('re_examination_id', sa.String(length=32), nullable=True),
    sa.Column('reject_reason', sa.String(length=24), nullable=False),
    sa.Column('late_reason', sa.String(length=24), nullable=False),
    sa.Column('school_due_on', sa.Date(), nullable=True),
    sa.Column('school_outcome', sa.String(length=12), nullable=False),
    sa.Column('school_document', sa.String(length=80), nullable=False),
    sa.Column('school_heard_at', UtcDateTime(), nullable=True),
    sa.Column('school_heard_by', sa.String(length=32), nullable=True),
    sa.Column('procedure_proper', sa.Boolean(), nullable=True),
    sa.Column('facts_clear', sa.Boolean(), nullable=True),
    sa.Column('screen_due_at', UtcDateTime(), nullable=True),
    sa.Column('stayed_at', UtcDateTime(), nullable=True),
    sa.Column('stay_ended_at', UtcDateTime(), nullable=True),
    sa.Column('decision', sa.String(length=12), nullable=False),
    sa.Column('sealed_reply', sa.Text(), nullable=False),
    sa.Column('decided_at', UtcDateTime(), nullable=True),
    sa.Column('served_at', UtcDateTime(), nullable=True),
    sa.Column('executed_at', UtcDateTime(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('entered_by', sa.String(length=32), nullable=False),
    sa.Column('updated_at', UtcDateTime(), nullable=False),
    sa.CheckConstraint('school_heard_by IS NULL OR school_heard_by <> entered_by', name=op.f('ck_appeal_school_word_by_another')),
    sa.ForeignKeyConstraint(['district_id', 'case_id'], ['case_file.district_id', 'case_file.id'], name=op.f('fk_appeal_case_id_case_file')),
    sa.ForeignKeyConstraint(['district_id', 'determination_id'], ['determination.district_id', 'determination.id'], name=op.f('fk_appeal_determination_id_determination')),
    sa.ForeignKeyConstraint(['district_id', 'party_id'], ['case_party.district_id', 'case_party.id'], name=op.f('fk_appeal_party_id_case_party')),
    sa.ForeignKeyConstraint(['district_id', 're_examination_id'], ['re_examination.district_id', 're_examination.id'], name=op.f('fk_appeal_re_examination_id_re_examination')),
    sa.ForeignKeyConstraint(['district_id', 'school_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_appeal_school_id_org_unit')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_appeal')),
    sa.UniqueConstraint('district_id', 'track', 'year', 'number', name=op.f('uq_appeal_district_id_track_year_number'))
    )
    op.create_index(op.f('ix_appeal_district_id_case_id'), 'appeal', ['district_id', 'case_id'], unique=False)
    op.create_index(op.f('ix_appeal_district_id_state'), 'appeal', ['district_id', 'state'], unique=False)
    op.create_table('committee_meeting',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('committee_id', sa.String(length=32), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('starts_at', UtcDateTime(), nullable=False),
    sa.Column('ends_at', UtcDateTime(), nullable=True),
    sa.Column('place', sa.String(length=60), nullable=False),
    sa.Column('chaired_by', sa.String(length=32), nullable=True),
    sa.Column('sealed_minutes', sa.Text(), nullable=False),
    sa.Column('state_reason', sa.String(length=24), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('entered_by', sa.String(length=32), nullable=False),
    sa.Column('entered_at', UtcDateTime(), nullable=False),
    sa.Column('held_recorded_at', UtcDateTime(), nullable=True),
    sa.CheckConstraint('ends_at IS NULL OR ends_at > starts_at', name=op.f('ck_committee_meeting_sitting_period')),
    sa.ForeignKeyConstraint(['district_id', 'chaired_by'], ['committee_member.district_id', 'committee_member.id'], name=op.f('fk_committee_meeting_chaired_by_committee_member')),
    sa.ForeignKeyConstraint(['district_id', 'committee_id'], ['committee.district_id', 'committee.id'], name=op.f('fk_committee_meeting_committee_id_committee')),
    sa.ForeignKeyConstraint(['district_id', 'school_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_committee_meeting_school_id_org_unit')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_committee_meeting')),
    sa.UniqueConstraint('district_id', 'school_id', 'year', 'number', name=op.f('uq_committee_meeting_district_id_school_id_year_number'))
    )
    op.create_index(op.f('ix_committee_meeting_district_id_committee_id'), 'committee_meeting', ['district_id', 'committee_id'], unique=False)
    op.create_table('education_plan',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('party_id', sa.String(length=32), nullable=False),
    sa.Column('determination_id', sa.String(length=32), nullable=False),
    sa.Column('student_mark', sa.String(length=64), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('grade', sa.Integer(), nullable=True),
    sa.Column('stage', sa.String(length=12), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('resume_state', sa.String(length=20), nullable=False),
    sa.Column('total_minutes', sa.Integer(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('per_week', sa.Integer(), nullable=False),
    sa.Column('lesson_minutes', sa.Integer(), nullable=False),
    sa.Column('sealed_goals', sa.Text(), nullable=False),
    sa.Column('sealed_protection', sa.Text(), nullable=False),
    sa.Column('assessment', sa.String(length=24), nullable=False),
    sa.Column('lead_person_id', sa.String(length=32), nullable=True),
    sa.Column('psychologist_id', sa.String(length=32), nullable=True),
    sa.Column('approval_item_id', sa.String(length=32), nullable=True),
    sa.Column('approved_at', UtcDateTime(), nullable=True),
    sa.Column('notified_at', UtcDateTime(), nullable=True),
    sa.Column('active_since', UtcDateTime(), nullable=True),
    sa.Column('hours_reached_at', UtcDateTime(), nullable=True),
    sa.Column('review_due_on', sa.Date(), nullable=True),
    sa.Column('extended_count', sa.Integer(), nullable=False),
    sa.Column('ended_at', UtcDateTime(), nullable=True),
    sa.Column('erratum_at', UtcDateTime(), nullable=True),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('last_entry', sa.Integer(), nullable=False),
    sa.Column('policy_version', sa.Integer(), nullable=False),
    sa.Column('made_by', sa.String(length=32), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('updated_at', UtcDateTime(), nullable=False),
    sa.CheckConstraint('due_on >= starts_on', name=op.f('ck_education_plan_plan_period')),
    sa.CheckConstraint('total_minutes > 0', name=op.f('ck_education_plan_minutes_owed')),
    sa.ForeignKeyConstraint(['district_id', 'case_id'], ['case_file.district_id', 'case_file.id'], name=op.f('fk_education_plan_case_id_case_file')),
    sa.ForeignKeyConstraint(['district_id', 'determination_id'], ['determination.district_id', 'determination.id'], name=op.f('fk_education_plan_determination_id_determination')),
    sa.ForeignKeyConstraint(['district_id', 'party_id'], ['case_party.district_id', 'case_party.id'], name=op.f('fk_education_plan_party_id_case_party')),
    sa.ForeignKeyConstraint(['district_id', 'school_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_education_plan_school_id_org_unit')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_education_plan')),
    sa.UniqueConstraint('district_id', 'school_id', 'year', 'number', name=op.f('uq_education_plan_district_id_school_id_year_number'))
    )
    op.create_index(op.f('ix_education_plan_district_id_case_id'), 'education_plan', ['district_id', 'case_id'], unique=False)
    op.create_index(op.f('ix_education_plan_district_id_school_id_state'), 'education_plan', ['district_id', 'school_id', 'state'], unique=False)
    op.create_index(op.f('ix_education_plan_district_id_student_mark'), 'education_plan', ['district_id', 'student_mark'], unique=False)
    op.create_table('evaluation_entry',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('party_id', sa.String(length=32), nullable=False),
    sa.Column('determination_id', sa.String(length=32), nullable=False),
    sa.Column('entered_at', UtcDateTime(), nullable=False),
    sa.Column('entered_by', sa.String(length=32), nullable=False),
    sa.Column('recall_due_at', UtcDateTime(), nullable=True),
    sa.Column('recalled_at', UtcDateTime(), nullable=True),
    sa.Column('recalled_by', sa.String(length=32), nullable=True),
    sa.Column('recall_proof', sa.String(length=120), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'case_id'], ['case_file.district_id', 'case_file.id'], name=op.f('fk_evaluation_entry_case_id_case_file')),
    sa.ForeignKeyConstraint(['district_id', 'determination_id'], ['determination.district_id', 'determination.id'], name=op.f('fk_evaluation_entry_determination_id_determination')),
    sa.ForeignKeyConstraint(['district_id', 'party_id'], ['case_party.district_id', 'case_party.id'], name=op.f('fk_evaluation_entry_party_id_case_party')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_evaluation_entry'))
    )
    op.create_table('recusal',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('matter_id', sa.String(length=32), nullable=False),
    sa.Column('person_id', sa.String(length=32), nullable=True),
    sa.Column('account_id', sa.String(length=32), nullable=True),
    sa.Column('member_id', sa.String(length=32), nullable=True),
    sa.Column('ground', sa.String(length=24), nullable=False),
    sa.Column('found_by', sa.String(length=12), nullable=False),
    sa.Column('is_principal', sa.Boolean(), nullable=False),
    sa.Column('substitute_id', sa.String(length=32), nullable=True),
    sa.Column('entered_by', sa.String(length=32), nullable=False),
    sa.Column('entered_at', UtcDateTime(), nullable=False),
    sa.Column('lift_asked_by', sa.String(length=32), nullable=True),
    sa.Column('lifted_by', sa.String(length=32), nullable=True),
    sa.Column('lifted_at', UtcDateTime(), nullable=True),
    sa.Column('lift_reason', sa.String(length=24), nullable=False),
    sa.CheckConstraint('lifted_by IS NULL OR (lift_asked_by IS NOT NULL AND lifted_by <> lift_asked_by)', name=op.f('ck_recusal_recusal_lifted_by_second')),
    sa.CheckConstraint('person_id IS NOT NULL OR account_id IS NOT NULL OR member_id IS NOT NULL', name=op.f('ck_recusal_recusal_of_somebody')),
    sa.ForeignKeyConstraint(['district_id', 'member_id'], ['committee_member.district_id', 'committee_member.id'], name=op.f('fk_recusal_member_id_committee_member')),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['person.district_id', 'person.id'], name=op.f('fk_recusal_person_id_person')),
    sa.ForeignKeyConstraint(['district_id', 'school_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_recusal_school_id_org_unit')),
    sa.ForeignKeyConstraint(['district_id', 'substitute_id'], ['committee_member.district_id', 'committee_member.id'], name=op.f('fk_recusal_substitute_id_committee_member')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_recusal'))
    )
    op.create_index(op.f('ix_recusal_district_id_account_id'), 'recusal', ['district_id', 'account_id'], unique=False)
    op.create_index(op.f('ix_recusal_district_id_matter_id'), 'recusal', ['district_id', 'matter_id'], unique=False)
    op.create_index(op.f('ix_recusal_district_id_person_id'), 'recusal', ['district_id', 'person_id'], unique=False)
    op.create_table('support_step',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('support_id', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=24), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('done_at', UtcDateTime(), nullable=True),
    sa.Column('sealed_note', sa.Text(), nullable=False),
    sa.Column('entered_by', sa.String(length=32), nullable=False),
    sa.Column('entered_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'support_id'], ['support_plan.district_id', 'support_plan.id'], name=op.f('fk_support_step_support_id_support_plan')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_support_step'))
    )
    op.create_index(op.f('ix_support_step_district_id_support_id'), 'support_step', ['district_id', 'support_id'], unique=False)
    op.create_table('appeal_decision',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('re_examination_id', sa.String(length=32), nullable=True),
    sa.Column('appeal_id', sa.String(length=32), nullable=False),
    sa.Column('determination_id', sa.String(length=32), nullable=False),
    sa.Column('instance', sa.String(length=8), nullable=False),
    sa.Column('outcome', sa.String(length=12), nullable=False),
    sa.Column('fresh_id', sa.String(length=32), nullable=True),
    sa.Column('tier', sa.String(length=12), nullable=False),
    sa.Column('measures', Json, nullable=False),
    sa.Column('plan_minutes', sa.Integer(), nullable=True),
    sa.Column('for_count', sa.Integer(), nullable=True),
    sa.Column('against_count', sa.Integer(), nullable=True),
    sa.Column('sealed_reasons', sa.Text(), nullable=False),
    sa.Column('basis', Json, nullable=False),
    sa.Column('decided_at', UtcDateTime(), nullable=False),
    sa.Column('decided_by', sa.String(length=32), nullable=False),
    sa.Column('filed_by', sa.String(length=32), nullable=False),
    sa.Column('named_by', sa.String(length=32), nullable=False),
    sa.Column('determined_by', sa.String(length=32), nullable=False),
    sa.CheckConstraint('decided_by <> determined_by', name=op.f('ck_appeal_decision_decided_by_who_did_not_determine')),
    sa.CheckConstraint('decided_by <> filed_by', name=op.f('ck_appeal_decision_decided_by_another')),
    sa.CheckConstraint('decided_by <> named_by', name=op.f('ck_appeal_decision_decided_by_who_was_named')),
    sa.ForeignKeyConstraint(['district_id', 'appeal_id'], ['appeal.district_id', 'appeal.id'], name=op.f('fk_appeal_decision_appeal_id_appeal')),
    sa.ForeignKeyConstraint(['district_id', 'determination_id'], ['determination.district_id', 'determination.id'], name=op.f('fk_appeal_decision_determination_id_determination')),
    sa.ForeignKeyConstraint(['district_id', 're_examination_id'], ['re_examination.district_id', 're_examination.id'], name=op.f('fk_appeal_decision_re_examination_id_re_examination')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_appeal_decision')),
    sa.UniqueConstraint('district_id', 'appeal_id', 'determination_id', 'instance', name=op.f('uq_appeal_decision_district_id_appeal_id_determination_id_instance'))
    )
    op.create_table('appeal_step',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('appeal_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('step', sa.String(length=32), nullable=False),
    sa.Column('from_state', sa.String(length=24), nullable=False),
    sa.Column('to_state', sa.String(length=24), nullable=False),
    sa.Column('changes', Json, nullable=False),
    sa.Column('actor_id', sa.String(length=32), nullable=False),
    sa.Column('acting_role', sa.String(length=32), nullable=False),
    sa.Column('recorded_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'appeal_id'], ['appeal.district_id', 'appeal.id'], name=op.f('fk_appeal_step_appeal_id_appeal')),
    sa.PrimaryKeyConstraint('district_id', 'appeal_id', 'id', name=op.f('pk_appeal_step'))
    )
    op.create_table('committee_item',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('school_id', sa.String(length=32), nullable=False),
    sa.Column('meeting_id', sa.String(length=32), nullable=False),
    sa.Column('matter_id', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('object_id', sa.String(length=32), nullable=True),
    sa.Column('label', sa.String(length=40), nullable=False),
    sa.Column('entitled_count', sa.Integer(), nullable=True),
    sa.Column('present_count', sa.Integer(), nullable=True),
    sa.Column('recused_count', sa.Integer(), nullable=True),
    sa.Column('for_count', sa.Integer(), nullable=True),
    sa.Column('against_count', sa.Integer(), nullable=True),
    sa.Column('abstained_count', sa.Integer(), nullable=True),
    sa.Column('outcome', sa.String(length=12), nullable=True),
    sa.Column('sealed_grounds', sa.Text(), nullable=False),
    sa.Column('basis', Json, nullable=False),
    sa.Column('composition', Json, nullable=False),
    sa.Column('guardians', Json, nullable=False),
    sa.Column('resolved_at', UtcDateTime(), nullable=True),
    sa.Column('resolved_by', sa.String(length=32), nullable=True),
    sa.Column('sealed_at', UtcDateTime(), nullable=True),
    sa.Column('used_at', UtcDateTime(), nullable=True),
    sa.Column('lapsed_at', UtcDateTime(), nullable=True),
    sa.CheckConstraint('for_count IS NULL OR for_count + against_count + abstained_count <= present_count', name=op.f('ck_committee_item_votes_of_those_present')),
    sa.ForeignKeyConstraint(['district_id', 'meeting_id'], ['committee_meeting.district_id', 'committee_meeting.id'], name=op.f('fk_committee_item_meeting_id_committee_meeting')),
    sa.ForeignKeyConstraint(['district_id', 'school_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_committee_item_school_id_org_unit')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_committee_item'))
    )
    op.create_index(op.f('ix_committee_item_district_id_matter_id'), 'committee_item', ['district_id', 'matter_id'], unique=False)
    op.create_index(op.f('ix_committee_item_district_id_meeting_id'), 'committee_item', ['district_id', 'meeting_id'], unique=False)
    op.create_table('committee_presence',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('meeting_id', sa.String(length=32), nullable=False),
    sa.Column('member_id', sa.String(length=32), nullable=False),
    sa.Column('status', sa.String(length=12), nullable=False),
    sa.Column('stands_in_for', sa.String(length=32), nullable=True),
    sa.ForeignKeyConstraint(['district_id', 'meeting_id'], ['committee_meeting.district_id', 'committee_meeting.id'], name=op.f('fk_committee_presence_meeting_id_committee_meeting')),
    sa.ForeignKeyConstraint(['district_id', 'member_id'], ['committee_member.district_id', 'committee_member.id'], name=op.f('fk_committee_presence_member_id_committee_member')),
    sa.PrimaryKeyConstraint('district_id', 'meeting_id', 'member_id', name=op.f('pk_committee_presence'))
    )
    op.create_table('completion_review',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('plan_id', sa.String(length=32), nullable=False),
    sa.Column('item_id', sa.String(length=32), nullable=False),
    sa.Column('aims', Json, nullable=False),
    sa.Column('other_side', sa.String(length=12), nullable=False),
    sa.Column('outcome', sa.String(length=16), nullable=False),
    sa.Column('extra_minutes', sa.Integer(), nullable=False),
    sa.Column('new_due_on', sa.Date(), nullable=True),
    sa.Column('sealed_reasons', sa.Text(), nullable=False),
    sa.Column('decided_at', UtcDateTime(), nullable=False),
    sa.Column('entered_by', sa.String(length=32), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'plan_id'], ['education_plan.district_id', 'education_plan.id'], name=op.f('fk_completion_review_plan_id_education_plan')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_completion_review'))
    )
    op.create_index(op.f('ix_completion_review_district_id_plan_id'), 'completion_review', ['district_id', 'plan_id'], unique=False)
    op.create_table('plan_avoid',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('plan_id', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=8), nullable=False),
    sa.Column('weekday', sa.Integer(), nullable=True),
    sa.Column('from_minute', sa.Integer(), nullable=True),
    sa.Column('to_minute', sa.Integer(), nullable=True),
    sa.Column('from_at', UtcDateTime(), nullable=True),
    sa.Column('to_at', UtcDateTime(), nullable=True),
    sa.Column('room', sa.String(length=60), nullable=False),
    sa.Column('person_id', sa.String(length=32), nullable=True),
    sa.Column('entered_by', sa.String(length=32), nullable=False),
    sa.Column('entered_at', UtcDateTime(), nullable=False),
    sa.Column('dropped_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['district_id', 'person_id'], ['person.district_id', 'person.id'], name=op.f('fk_plan_avoid_person_id_person')),
    sa.ForeignKeyConstraint(['district_id', 'plan_id'], ['education_plan.district_id', 'education_plan.id'], name=op.f('fk_plan_avoid_plan_id_education_plan')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_plan_avoid'))
    )
    op.create_index(op.f('ix_plan_avoid_district_id_plan_id'), 'plan_avoid', ['district_id', 'plan_id'], unique=False)
    op.create_table('plan_balance',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('plan_id', sa.String(length=32), nullable=False),
    sa.Column('done_minutes', sa.Integer(), nullable=False),
    sa.Column('waiting_minutes', sa.Integer(), nullable=False),
    sa.Column('waiting_count', sa.Integer(), nullable=False),
    sa.Column('booked_minutes', sa.Integer(), nullable=False),
    sa.Column('make_up_minutes', sa.Integer(), nullable=False),
    sa.Column('make_up_booked_minutes', sa.Integer(), nullable=False),
    sa.Column('entries', sa.Integer(), nullable=False),
    sa.Column('next_at', UtcDateTime(), nullable=True),
    sa.Column('next_instructor_id', sa.String(length=32), nullable=True),
    sa.Column('last_counted_at', UtcDateTime(), nullable=True),
    sa.Column('updated_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'plan_id'], ['education_plan.district_id', 'education_plan.id'], name=op.f('fk_plan_balance_plan_id_education_plan')),
    sa.PrimaryKeyConstraint('district_id', 'plan_id', name=op.f('pk_plan_balance')),
    info={'projection': True}
    )
    op.create_table('plan_escalation',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('plan_id', sa.String(length=32), nullable=False),
    sa.Column('item_id', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=24), nullable=False),
    sa.Column('sealed_reasons', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('answer', sa.String(length=16), nullable=False),
    sa.Column('answer_document', sa.String(length=80), nullable=False),
    sa.Column('decided_at', UtcDateTime(), nullable=False),
    sa.Column('answered_at', UtcDateTime(), nullable=True),
    sa.Column('entered_by', sa.String(length=32), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'plan_id'], ['education_plan.district_id', 'education_plan.id'], name=op.f('fk_plan_escalation_plan_id_education_plan')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_plan_escalation'))
    )
    op.create_index(op.f('ix_plan_escalation_district_id_plan_id'), 'plan_escalation', ['district_id', 'plan_id'], unique=False)
    op.create_table('plan_hand_over',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('plan_id', sa.String(length=32), nullable=True),
    sa.Column('support_id', sa.String(length=32), nullable=True),
    sa.Column('from_school_id', sa.String(length=32), nullable=False),
    sa.Column('to_school_id', sa.String(length=32), nullable=True),
    sa.Column('to_outside', sa.String(length=120), nullable=False),
    sa.Column('reason', sa.String(length=16), nullable=False),
    sa.Column('consent', sa.String(length=12), nullable=False),
    sa.Column('done_minutes', sa.Integer(), nullable=False),
    sa.Column('owed_minutes', sa.Integer(), nullable=False),
    sa.Column('sealed_package', sa.Text(), nullable=False),
    sa.Column('receipt_mark', sa.String(length=64), nullable=False),
    sa.Column('list_year', sa.Integer(), nullable=True),
    sa.Column('list_number', sa.Integer(), nullable=True),
    sa.Column('receipt_year', sa.Integer(), nullable=True),
    sa.Column('receipt_number', sa.Integer(), nullable=True),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('sent_at', UtcDateTime(), nullable=True),
    sa.Column('sent_by', sa.String(length=32), nullable=True),
    sa.Column('received_at', UtcDateTime(), nullable=True),
    sa.Column('received_by', sa.String(length=32), nullable=True),
    sa.Column('new_plan_id', sa.String(length=32), nullable=True),
    sa.Column('new_support_id', sa.String(length=32), nullable=True),
    sa.CheckConstraint('received_by IS NULL OR received_by <> sent_by', name=op.f('ck_plan_hand_over_received_by_another')),
    sa.ForeignKeyConstraint(['district_id', 'from_school_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_plan_hand_over_from_school_id_org_unit')),
    sa.ForeignKeyConstraint(['district_id', 'plan_id'], ['education_plan.district_id', 'education_plan.id'], name=op.f('fk_plan_hand_over_plan_id_education_plan')),
    sa.ForeignKeyConstraint(['district_id', 'support_id'], ['support_plan.district_id', 'support_plan.id'], name=op.f('fk_plan_hand_over_support_id_support_plan')),
    sa.ForeignKeyConstraint(['district_id', 'to_school_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_plan_hand_over_to_school_id_org_unit')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_plan_hand_over'))
    )
    op.create_index(op.f('ix_plan_hand_over_district_id_to_school_id_state'), 'plan_hand_over', ['district_id', 'to_school_id', 'state'], unique=False)
    op.create_table('plan_module',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('plan_id', sa.String(length=32), nullable=False),
    sa.Column('sort_no', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('pack_id', sa.String(length=64), nullable=True),
    sa.Column('pack_version', sa.String(length=32), nullable=True),
    sa.Column('instructor_id', sa.String(length=32), nullable=True),
    sa.Column('guardian_with', sa.Boolean(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('dropped_at', UtcDateTime(), nullable=True),
    sa.CheckConstraint('minutes > 0', name=op.f('ck_plan_module_module_minutes')),
    sa.ForeignKeyConstraint(['district_id', 'instructor_id'], ['person.district_id', 'person.id'], name=op.f('fk_plan_module_instructor_id_person')),
    sa.ForeignKeyConstraint(['district_id', 'plan_id'], ['education_plan.district_id', 'education_plan.id'], name=op.f('fk_plan_module_plan_id_education_plan')),
    sa.ForeignKeyConstraint(['pack_id', 'pack_version'], ['course_pack.pack_id', 'course_pack.version'], name=op.f('fk_plan_module_pack_version_course_pack')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_plan_module'))
    )
    op.create_index(op.f('ix_plan_module_district_id_instructor_id'), 'plan_module', ['district_id', 'instructor_id'], unique=False)
    op.create_index(op.f('ix_plan_module_district_id_plan_id'), 'plan_module', ['district_id', 'plan_id'], unique=False)
    op.create_table('plan_pause',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('plan_id', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('sealed_reason', sa.Text(), nullable=False),
    sa.Column('appeal_id', sa.String(length=32), nullable=True),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('to_on', sa.Date(), nullable=True),
    sa.Column('entered_by', sa.String(length=32), nullable=False),
    sa.Column('entered_at', UtcDateTime(), nullable=False),
    sa.Column('ended_by', sa.String(length=32), nullable=True),
    sa.Column('ended_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['district_id', 'plan_id'], ['education_plan.district_id', 'education_plan.id'], name=op.f('fk_plan_pause_plan_id_education_plan')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_plan_pause'))
    )
    op.create_index(op.f('ix_plan_pause_district_id_plan_id'), 'plan_pause', ['district_id', 'plan_id'], unique=False)
    op.create_table('plan_step',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('plan_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('step', sa.String(length=32), nullable=False),
    sa.Column('from_state', sa.String(length=20), nullable=False),
    sa.Column('to_state', sa.String(length=20), nullable=False),
    sa.Column('changes', Json, nullable=False),
    sa.Column('actor_id', sa.String(length=32), nullable=False),
    sa.Column('acting_role', sa.String(length=32), nullable=False),
    sa.Column('recorded_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'plan_id'], ['education_plan.district_id', 'education_plan.id'], name=op.f('fk_plan_step_plan_id_education_plan')),
    sa.PrimaryKeyConstraint('district_id', 'plan_id', 'id', name=op.f('pk_plan_step'))
    )
    op.create_table('plan_summary',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('plan_id', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('conclusion', sa.String(length=12), nullable=False),
    sa.Column('sealed_text', sa.Text(), nullable=False),
    sa.Column('said_on', sa.Date(), nullable=False),
    sa.Column('entered_by', sa.String(length=32), nullable=False),
    sa.Column('entered_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'plan_id'], ['education_plan.district_id', 'education_plan.id'], name=op.f('fk_plan_summary_plan_id_education_plan')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_plan_summary'))
    )
    op.create_index(op.f('ix_plan_summary_district_id_plan_id'), 'plan_summary', ['district_id', 'plan_id'], unique=False)
    op.create_table('appeal_effect',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('decision_id', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('object_id', sa.String(length=32), nullable=False),
    sa.Column('due_at', UtcDateTime(), nullable=True),
    sa.Column('done_at', UtcDateTime(), nullable=True),
    sa.Column('done_by', sa.String(length=32), nullable=True),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('proof', sa.String(length=120), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'decision_id'], ['appeal_decision.district_id', 'appeal_decision.id'], name=op.f('fk_appeal_effect_decision_id_appeal_decision')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_appeal_effect'))
    )
    op.create_index(op.f('ix_appeal_effect_district_id_decision_id'), 'appeal_effect', ['district_id', 'decision_id'], unique=False)
    op.create_table('plan_lesson',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('plan_id', sa.String(length=32), nullable=False),
    sa.Column('module_id', sa.String(length=32), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('starts_at', UtcDateTime(), nullable=False),
    sa.Column('ends_at', UtcDateTime(), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('room', sa.String(length=60), nullable=False),
    sa.Column('instructor_id', sa.String(length=32), nullable=True),
    sa.Column('makes_up_id', sa.String(length=32), nullable=True),
    sa.Column('make_up_due_on', sa.Date(), nullable=True),
    sa.Column('guardian_told_at', UtcDateTime(), nullable=True),
    sa.Column('planned_by', sa.String(length=32), nullable=False),
    sa.Column('planned_at', UtcDateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint('ends_at > starts_at AND minutes > 0', name=op.f('ck_plan_lesson_lesson_period')),
    sa.ForeignKeyConstraint(['district_id', 'instructor_id'], ['person.district_id', 'person.id'], name=op.f('fk_plan_lesson_instructor_id_person')),
    sa.ForeignKeyConstraint(['district_id', 'makes_up_id'], ['plan_lesson.district_id', 'plan_lesson.id'], name=op.f('fk_plan_lesson_makes_up_id_plan_lesson')),
    sa.ForeignKeyConstraint(['district_id', 'module_id'], ['plan_module.district_id', 'plan_module.id'], name=op.f('fk_plan_lesson_module_id_plan_module')),
    sa.ForeignKeyConstraint(['district_id', 'plan_id'], ['education_plan.district_id', 'education_plan.id'], name=op.f('fk_plan_lesson_plan_id_education_plan')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_plan_lesson'))
    )
    op.create_index(op.f('ix_plan_lesson_district_id_instructor_id_starts_at'), 'plan_lesson', ['district_id', 'instructor_id', 'starts_at'], unique=False)
    op.create_index(op.f('ix_plan_lesson_district_id_plan_id_starts_at'), 'plan_lesson', ['district_id', 'plan_id', 'starts_at'], unique=False)
    op.create_table('appeal_letter',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('effect_id', sa.String(length=32), nullable=False),
    sa.Column('org_id', sa.String(length=32), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('issued_by', sa.String(length=32), nullable=False),
    sa.Column('issued_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'effect_id'], ['appeal_effect.district_id', 'appeal_effect.id'], name=op.f('fk_appeal_letter_effect_id_appeal_effect')),
    sa.ForeignKeyConstraint(['district_id', 'org_id'], ['org_unit.district_id', 'org_unit.id'], name=op.f('fk_appeal_letter_org_id_org_unit')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_appeal_letter')),
    sa.UniqueConstraint('district_id', 'effect_id', name=op.f('uq_appeal_letter_district_id_effect_id')),
    sa.UniqueConstraint('district_id', 'org_id', 'year', 'number', name=op.f('uq_appeal_letter_district_id_org_id_year_number'))
    )
    op.create_table('hour_entry',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('plan_id', sa.String(length=32), nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('op_id', sa.String(length=48), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('refers_to', sa.Integer(), nullable=True),
    sa.Column('lesson_id', sa.String(length=32), nullable=True),
    sa.Column('module_id', sa.String(length=32), nullable=True),
    sa.Column('student_mark', sa.String(length=64), nullable=False),
    sa.Column('starts_at', UtcDateTime(), nullable=True),
    sa.Column('ends_at', UtcDateTime(), nullable=True),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('counted_minutes', sa.Integer(), nullable=False),
    sa.Column('instructor_id', sa.String(length=32), nullable=True),
    sa.Column('guardian_present', sa.Boolean(), nullable=False),
    sa.Column('reached', sa.String(length=8), nullable=False),
    sa.Column('product', sa.Boolean(), nullable=False),
    sa.Column('reason', sa.String(length=24), nullable=False),
    sa.Column('evidence', Json, nullable=False),
    sa.Column('late', sa.Boolean(), nullable=False),
    sa.Column('actor_id', sa.String(length=32), nullable=False),
    sa.Column('actor_person', sa.String(length=32), nullable=True),
    sa.Column('acting_role', sa.String(length=32), nullable=False),
    sa.Column('recorded_at', UtcDateTime(), nullable=False),
    sa.CheckConstraint("(kind = 'confirm' AND counted_minutes > 0) OR (kind = 'reversal' AND counted_minutes < 0) OR (kind NOT IN ('confirm', 'reversal') AND counted_minutes = 0)", name=op.f('ck_hour_entry_counted_by_kind')),
    sa.CheckConstraint('minutes >= 0', name=op.f('ck_hour_entry_entry_minutes')),
    sa.ForeignKeyConstraint(['district_id', 'lesson_id'], ['plan_lesson.district_id', 'plan_lesson.id'], name=op.f('fk_hour_entry_lesson_id_plan_lesson')),
    sa.ForeignKeyConstraint(['district_id', 'module_id'], ['plan_module.district_id', 'plan_module.id'], name=op.f('fk_hour_entry_module_id_plan_module')),
    sa.ForeignKeyConstraint(['district_id', 'plan_id', 'refers_to'], ['hour_entry.district_id', 'hour_entry.plan_id', 'hour_entry.number'], name=op.f('fk_hour_entry_plan_id_hour_entry')),
    sa.ForeignKeyConstraint(['district_id', 'plan_id'], ['education_plan.district_id', 'education_plan.id'], name=op.f('fk_hour_entry_plan_id_education_plan')),
    sa.PrimaryKeyConstraint('district_id', 'plan_id', 'number', name=op.f('pk_hour_entry')),
    sa.UniqueConstraint('district_id', 'plan_id', 'op_id', name=op.f('uq_hour_entry_district_id_plan_id_op_id'))
    )
    op.create_index(op.f('ix_hour_entry_district_id_instructor_id_starts_at'), 'hour_entry', ['district_id', 'instructor_id', 'starts_at'], unique=False)
    op.create_index(op.f('ix_hour_entry_district_id_student_mark_starts_at'), 'hour_entry', ['district_id', 'student_mark', 'starts_at'], unique=False)
    op.create_table('plan_guardian_part',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('plan_id', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('lesson_id', sa.String(length=32), nullable=True),
    sa.Column('done_at', UtcDateTime(), nullable=True),
    sa.Column('done_entered_by', sa.String(length=32), nullable=True),
    sa.Column('waived_reason', sa.String(length=24), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'lesson_id'], ['plan_lesson.district_id', 'plan_lesson.id'], name=op.f('fk_plan_guardian_part_lesson_id_plan_lesson')),
    sa.ForeignKeyConstraint(['district_id', 'plan_id'], ['education_plan.district_id', 'education_plan.id'], name=op.f('fk_plan_guardian_part_plan_id_education_plan')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_plan_guardian_part'))
    )
    op.create_index(op.f('ix_plan_guardian_part_district_id_plan_id'), 'plan_guardian_part', ['district_id', 'plan_id'], unique=False)
    op.create_table('hour_note',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('plan_id', sa.String(length=32), nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('sealed_done', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['district_id', 'plan_id', 'number'], ['hour_entry.district_id', 'hour_entry.plan_id', 'hour_entry.number'], name=op.f('fk_hour_note_plan_id_hour_entry')),
    sa.PrimaryKeyConstraint('district_id', 'plan_id', 'number', name=op.f('pk_hour_note'))
    )
    op.create_table('hour_proof',
    sa.Column('district_id', sa.String(length=32), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('plan_id', sa.String(length=32), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=8), nullable=False),
    sa.Column('file_id', sa.String(length=32), nullable=False),
    sa.Column('added_by', sa.String(length=32), nullable=False),
    sa.Column('added_at', UtcDateTime(), nullable=False),
    sa.Column('withdrawn_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['district_id', 'plan_id', 'number'], ['hour_entry.district_id', 'hour_entry.plan_id', 'hour_entry.number'], name=op.f('fk_hour_proof_plan_id_hour_entry')),
    sa.ForeignKeyConstraint(['district_id', 'plan_id'], ['education_plan.district_id', 'education_plan.id'], name=op.f('fk_hour_proof_plan_id_education_plan')),
    sa.PrimaryKeyConstraint('district_id', 'id', name=op.f('pk_hour_proof'))
    )
    op.create_index(op.f('ix_hour_proof_district_id_plan_id'), 'hour_proof', ['district_id', 'plan_id'], unique=False)
    # ### end Alembic commands ###

    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in sqlite_guards(CASES) if sqlite else postgresql_triggers(CASES):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table('hour_proof')
    op.drop_table('hour_note')
    op.drop_table('plan_guardian_part')
    op.drop_table('hour_entry')
    op.drop_table('appeal_letter')
    op.drop_table('plan_lesson')
    op.drop_table('appeal_effect')
    op.drop_table('plan_summary')
    op.drop_table('plan_step')
    op.drop_table('plan_pause')
    op.drop_table('plan_module')
    op.drop_table('plan_hand_over')
    op.drop_table('plan_escalation')
    op.drop_table('plan_balance')
    op.drop_table('plan_avoid')
    op.drop_table('completion_review')
    op.drop_table('committee_presence')
    op.drop_table('committee_item')
    op.drop_table('appeal_step')
    op.drop_table('appeal_decision')
    op.drop_table('support_step')
    op.drop_table('recusal')
    op.drop_table('evaluation_entry')
    op.drop_table('education_plan')
    op.drop_table('committee_meeting')
    op.drop_table('appeal')
    op.drop_table('support_plan')
    op.drop_table('re_examination_reviewer')
    op.drop_table('guardian_notice')
    op.drop_table('follow_up')
    op.drop_table('determination')
    op.drop_table('concern_reporter')
    op.drop_table('committee_member')
    op.drop_table('case_recipient')
    op.drop_table('case_interview')
    op.drop_table('case_guardian')
    op.drop_table('case_duty')
    op.drop_table('re_examination')
    op.drop_table('issued_document')
    op.drop_table('concern')
    op.drop_table('committee_seat')
    op.drop_table('case_step')
    op.drop_table('case_report')
    op.drop_table('case_party')
    op.drop_table('case_narrative')
    op.drop_table('case_evidence')
    op.drop_table('case_clock')
    op.drop_table('second_person')
    op.drop_table('guardian_request')
    op.drop_table('committee')
    op.drop_table('case_notice')
    op.drop_table('case_file')
    op.drop_table('case_counter')
