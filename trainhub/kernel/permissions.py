"""Every right in the system and who holds it: one declarative table (security.md section 3).

Names are ``object.verb``. Verbs: read (GET only), write/approve/verify/... (unsafe methods only).
"""

from enum import StrEnum


class Permission(StrEnum):
    """Alphabetised. A name ending in ``.read`` or ``.export`` is a read permission."""

    ACCESS_LOG_READ = "access_log.read"
    ACCESS_LOG_REVIEW = "access_log.review"
    ACCOUNT_MANAGE = "account.manage"
    ACCOUNT_OWN_READ = "account.own.read"
    ACCOUNT_OWN_WRITE = "account.own.write"
    ACCOUNT_READ = "account.read"
    APPEAL_DECIDE = "appeal.decide"
    APPEAL_FILE = "appeal.file"
    APPEAL_READ = "appeal.read"
    APPEAL_WRITE = "appeal.write"
    AUDIT_READ = "audit.read"
    BREAK_GLASS_WRITE = "break_glass.write"
    CASE_CLASS_READ = "case.class.read"
    CASE_CLASS_REVEAL = "case.class.reveal"
    CASE_COUNT_READ = "case.count.read"
    CASE_DETERMINE = "case.determine"
    CASE_EXPORT = "case.export"
    CASE_FILE_READ = "case.file.read"
    CASE_IDENTIFIED_EXPORT = "case.identified.export"
    CASE_READ = "case.read"
    CASE_REPORTED_READ = "case.reported.read"
    CASE_REVEAL = "case.reveal"
    CASE_SECOND = "case.second"
    CASE_SECOND_READ = "case.second.read"
    CASE_WRITE = "case.write"
    CATALOGUE_READ = "catalogue.read"
    CATALOGUE_SHELF_READ = "catalogue.shelf.read"
    CATALOGUE_WRITE = "catalogue.write"
    CHECK_IN_OWN_READ = "checkin.own.read"
    CHECK_IN_OWN_WRITE = "checkin.own.write"
    COMMITTEE_READ = "committee.read"
    COMMITTEE_WRITE = "committee.write"
    CONCERN_OWN_READ = "concern.own.read"
    CONCERN_OWN_WRITE = "concern.own.write"
    CONCERN_READ = "concern.read"
    CONCERN_WRITE = "concern.write"
    COVERAGE_READ = "coverage.read"
    EVIDENCE_READ = "evidence.read"
    EVIDENCE_VERIFY = "evidence.verify"
    EVIDENCE_WRITE = "evidence.write"
    EXEMPTION_APPROVE = "exemption.approve"
    GRANT_MANAGE = "grant.manage"
    GUARDIAN_REQUEST_READ = "guardian_request.read"
    GUARDIAN_REQUEST_WRITE = "guardian_request.write"
    HOME_READ = "home.read"
    HOURS_CONFIRM = "hours.confirm"
    HOURS_OWN_READ = "hours.own.read"
    HOURS_OWN_WRITE = "hours.own.write"
    LEAVE_WRITE = "leave.write"
    MEETING_CHECK = "meeting.check"
    MEETING_COVERAGE_READ = "meeting.coverage.read"
    MEETING_EXPORT = "meeting.export"
    MEETING_OWN_READ = "meeting.own.read"
    MEETING_OWN_WRITE = "meeting.own.write"
    MEETING_READ = "meeting.read"
    MEETING_WRITE = "meeting.write"
    PLAN_READ = "plan.read"
    PLAN_SLOT_READ = "plan.slot.read"
    PLAN_WRITE = "plan.write"
    PLUGIN_MANAGE = "plugin.manage"
    PLUGIN_READ = "plugin.read"
    POLICY_READ = "policy.read"
    POLICY_WRITE = "policy.write"
    PUBLIC_READ = "public.read"
    PUBLIC_WRITE = "public.write"
    RECUSAL_OWN_WRITE = "recusal.own.write"
    ROLL_READ = "roll.read"
    ROLL_VERIFY = "roll.verify"
    ROLL_WRITE = "roll.write"
    ROSTER_READ = "roster.read"
    ROSTER_WRITE = "roster.write"
    SNAPSHOT_READ = "snapshot.read"
    SNAPSHOT_WRITE = "snapshot.write"
    STANDING_EXPORT = "standing.export"
    STANDING_OWN_READ = "standing.own.read"
    STANDING_READ = "standing.read"
    STUDENT_READ = "student.read"
    SUPPORT_READ = "support.read"
    SUPPORT_WRITE = "support.write"
    TRAINING_PLAN_READ = "training.plan.read"
    TRAINING_READ = "training.read"
    TRAINING_WRITE = "training.write"

    @property
    def is_read(self) -> bool:
        """Whether a safe method may declare it."""
        return self.value.endswith((".read", ".export"))


class Role(StrEnum):
    """Acting roles. A person may hold several grants and acts in one at a time (case 103)."""

    TEACHER = "teacher"
    HOMEROOM_TEACHER = "homeroom_teacher"
    TRAINING_OFFICER = "training_officer"
    MORAL_EDUCATION_HEAD = "moral_education_head"
    SCHOOL_ADMINISTRATOR = "school_administrator"
    PRINCIPAL = "principal"
    CASE_OFFICER = "case_officer"
    COMMITTEE_SECRETARY = "committee_secretary"
    COMMITTEE_MEMBER = "committee_member"
    PSYCHOLOGIST = "psychologist"
    PLAN_INSTRUCTOR = "plan_instructor"
    BUREAU_OFFICER = "bureau_officer"
    BUREAU_CASE_OFFICER = "bureau_case_officer"
    APPEAL_REVIEWER = "appeal_reviewer"
    AUDITOR = "auditor"
    SECURITY_ADMINISTRATOR = "security_administrator"
    SYSTEM_ADMINISTRATOR = "system_administrator"


class Reach(StrEnum):
    """How far a right reaches: the public, oneself, one's school, one's district."""

    PUBLIC = "public"
    OWN = "own"
    SCHOOL = "school"
    DISTRICT = "district"


_P, _R = Permission, Role
_STAFF: dict[Permission, Reach] = {
    _P.HOME_READ: Reach.OWN,
    _P.ACCOUNT_OWN_READ: Reach.OWN,
    _P.ACCOUNT_OWN_WRITE: Reach.OWN,
    _P.STANDING_OWN_READ: Reach.OWN,
    _P.CHECK_IN_OWN_READ: Reach.OWN,
    _P.CHECK_IN_OWN_WRITE: Reach.OWN,
    _P.CATALOGUE_READ: Reach.SCHOOL,
    _P.MEETING_OWN_READ: Reach.OWN,
    _P.MEETING_OWN_WRITE: Reach.OWN,
    _P.CONCERN_OWN_READ: Reach.OWN,
    _P.CONCERN_OWN_WRITE: Reach.OWN,
}
"""Everybody on the staff may have to lead a class meeting, the homeroom teacher's own or as a substitute (domain.md case 34), and
everybody must report what they see and hear of bullying (case 52)."""
_DESK: dict[Permission, Reach] = {
    _P.HOME_READ: Reach.OWN,
    _P.ACCOUNT_OWN_READ: Reach.OWN,
    _P.ACCOUNT_OWN_WRITE: Reach.OWN,
}
_SCHOOL_DATA: dict[Permission, Reach] = {
    _P.TRAINING_READ: Reach.SCHOOL,
    _P.ROLL_READ: Reach.SCHOOL,
    _P.STANDING_READ: Reach.SCHOOL,
    _P.STANDING_EXPORT: Reach.SCHOOL,
    _P.ROSTER_READ: Reach.SCHOOL,
    _P.COVERAGE_READ: Reach.SCHOOL,
    _P.SNAPSHOT_READ: Reach.SCHOOL,
    _P.POLICY_READ: Reach.SCHOOL,
    _P.EVIDENCE_READ: Reach.SCHOOL,
}

_MEETINGS: dict[Permission, Reach] = {
    _P.MEETING_READ: Reach.SCHOOL,
    _P.MEETING_COVERAGE_READ: Reach.SCHOOL,
    _P.MEETING_EXPORT: Reach.SCHOOL,
}

_CASE_DESK: dict[Permission, Reach] = {
    _P.CONCERN_READ: Reach.SCHOOL,
    _P.CONCERN_WRITE: Reach.SCHOOL,
    _P.CASE_READ: Reach.SCHOOL,
    _P.CASE_FILE_READ: Reach.SCHOOL,
    _P.CASE_WRITE: Reach.SCHOOL,
    _P.CASE_REVEAL: Reach.SCHOOL,
    _P.CASE_EXPORT: Reach.SCHOOL,
    _P.CASE_IDENTIFIED_EXPORT: Reach.SCHOOL,
    _P.BREAK_GLASS_WRITE: Reach.SCHOOL,
    _P.COMMITTEE_READ: Reach.SCHOOL,
    _P.RECUSAL_OWN_WRITE: Reach.OWN,
    _P.PLAN_READ: Reach.SCHOOL,
    _P.PLAN_WRITE: Reach.SCHOOL,
    _P.HOURS_OWN_READ: Reach.OWN,
    _P.HOURS_OWN_WRITE: Reach.OWN,
    _P.HOURS_CONFIRM: Reach.SCHOOL,
    _P.APPEAL_READ: Reach.SCHOOL,
    _P.APPEAL_FILE: Reach.SCHOOL,
    _P.GUARDIAN_REQUEST_READ: Reach.SCHOOL,
    _P.GUARDIAN_REQUEST_WRITE: Reach.SCHOOL,
    _P.POLICY_READ: Reach.SCHOOL,
}
"""The two who keep the cases of a school. Recusal takes a case away from either of them (domain.md case 47)."""
_BUREAU_CASES: dict[Permission, Reach] = {
    _P.CASE_READ: Reach.DISTRICT,
    _P.CASE_FILE_READ: Reach.DISTRICT,
    _P.CASE_REVEAL: Reach.DISTRICT,
    _P.BREAK_GLASS_WRITE: Reach.DISTRICT,
    _P.RECUSAL_OWN_WRITE: Reach.OWN,
    _P.PLAN_READ: Reach.DISTRICT,
    _P.APPEAL_READ: Reach.DISTRICT,
}
"""District in reach, but only cases for which a dated duty was given: queries ask for it."""

# A principal shows a name "by logged purpose" (domain.md section 6). security.md section 3 is narrower, parties "r g" (granted), and
# holds: only where a dated duty names the principal, as chair while the matter is on the agenda or as given by the desk.
POLICY: dict[Role, dict[Permission, Reach]] = {
    _R.TEACHER: _STAFF,
    _R.HOMEROOM_TEACHER: _STAFF | {
        _P.PLAN_SLOT_READ: Reach.OWN,
        _P.CASE_CLASS_READ: Reach.OWN,  # own pupils in a case by need to know (domain.md section 6); neither header nor file (security.md section 3)
        _P.CASE_CLASS_REVEAL: Reach.OWN,
    },
    _R.CASE_OFFICER: _STAFF | _CASE_DESK | {_P.SUPPORT_READ: Reach.OWN, _P.SUPPORT_WRITE: Reach.OWN},
    _R.COMMITTEE_SECRETARY: _STAFF | _CASE_DESK | {
        _P.COMMITTEE_WRITE: Reach.SCHOOL,
        _P.CASE_DETERMINE: Reach.SCHOOL,
        _P.CASE_SECOND_READ: Reach.SCHOOL,
        _P.CASE_SECOND: Reach.SCHOOL,
        _P.ACCESS_LOG_READ: Reach.SCHOOL,
        _P.ACCESS_LOG_REVIEW: Reach.SCHOOL,
    },
    _R.COMMITTEE_MEMBER: _STAFF | {
        _P.CASE_READ: Reach.OWN,
        _P.CASE_FILE_READ: Reach.OWN,
        _P.CASE_REVEAL: Reach.OWN,  # "yes, inside case" (domain.md section 6): while a duty names them, with reason and proof
        _P.COMMITTEE_READ: Reach.SCHOOL,
        _P.RECUSAL_OWN_WRITE: Reach.OWN,
        _P.PLAN_READ: Reach.OWN,
        _P.HOURS_OWN_READ: Reach.OWN,
        _P.HOURS_OWN_WRITE: Reach.OWN,
        _P.HOURS_CONFIRM: Reach.OWN,
    },
    _R.PSYCHOLOGIST: _STAFF | {
        _P.RECUSAL_OWN_WRITE: Reach.OWN,
        _P.CASE_READ: Reach.OWN,
        _P.PLAN_READ: Reach.OWN,
        _P.HOURS_OWN_READ: Reach.OWN,
        _P.HOURS_OWN_WRITE: Reach.OWN,
        _P.SUPPORT_READ: Reach.OWN,
        _P.SUPPORT_WRITE: Reach.OWN,
    },
    _R.PLAN_INSTRUCTOR: _STAFF | {
        _P.RECUSAL_OWN_WRITE: Reach.OWN,
        _P.HOURS_OWN_READ: Reach.OWN,
        _P.HOURS_OWN_WRITE: Reach.OWN,
    },
    _R.TRAINING_OFFICER: _STAFF | _SCHOOL_DATA | {
        _P.TRAINING_PLAN_READ: Reach.SCHOOL,
        _P.TRAINING_WRITE: Reach.SCHOOL,
        _P.EVIDENCE_WRITE: Reach.SCHOOL,
        _P.ROLL_WRITE: Reach.SCHOOL,
        _P.LEAVE_WRITE: Reach.SCHOOL,
        _P.ROLL_VERIFY: Reach.SCHOOL,
    },
    _R.MORAL_EDUCATION_HEAD: _STAFF | _MEETINGS | {
        _P.MEETING_WRITE: Reach.SCHOOL,
        _P.MEETING_CHECK: Reach.SCHOOL,
        _P.ROSTER_READ: Reach.SCHOOL,
        _P.POLICY_READ: Reach.SCHOOL,
    },
    _R.SCHOOL_ADMINISTRATOR: _STAFF | _SCHOOL_DATA | {
        _P.ROSTER_WRITE: Reach.SCHOOL,
        _P.STUDENT_READ: Reach.SCHOOL,
        _P.ROLL_WRITE: Reach.SCHOOL,
        _P.LEAVE_WRITE: Reach.SCHOOL,
        _P.ROLL_VERIFY: Reach.SCHOOL,
        _P.ACCOUNT_READ: Reach.SCHOOL,
        _P.ACCOUNT_MANAGE: Reach.SCHOOL,
    },
    _R.PRINCIPAL: _STAFF | _SCHOOL_DATA | _MEETINGS | {
        _P.LEAVE_WRITE: Reach.SCHOOL,
        _P.ROLL_VERIFY: Reach.SCHOOL,
        _P.EXEMPTION_APPROVE: Reach.SCHOOL,
        _P.SNAPSHOT_WRITE: Reach.SCHOOL,
        _P.AUDIT_READ: Reach.SCHOOL,
        _P.CONCERN_READ: Reach.SCHOOL,
        _P.CASE_READ: Reach.SCHOOL,
        _P.CASE_FILE_READ: Reach.SCHOOL,
        _P.CASE_COUNT_READ: Reach.SCHOOL,
        _P.CASE_REVEAL: Reach.OWN,
        _P.CASE_EXPORT: Reach.SCHOOL,
        _P.CASE_SECOND_READ: Reach.SCHOOL,
        _P.CASE_SECOND: Reach.SCHOOL,
        _P.COMMITTEE_READ: Reach.SCHOOL,
        _P.COMMITTEE_WRITE: Reach.SCHOOL,
        _P.RECUSAL_OWN_WRITE: Reach.OWN,
        _P.PLAN_READ: Reach.SCHOOL,
        _P.APPEAL_READ: Reach.SCHOOL,
        _P.ACCESS_LOG_READ: Reach.SCHOOL,
        _P.ACCESS_LOG_REVIEW: Reach.SCHOOL,
    },
    _R.BUREAU_OFFICER: _STAFF | {
        _P.TRAINING_READ: Reach.DISTRICT,
        _P.COVERAGE_READ: Reach.DISTRICT,
        _P.MEETING_COVERAGE_READ: Reach.DISTRICT,
        _P.SNAPSHOT_READ: Reach.DISTRICT,
        _P.POLICY_READ: Reach.DISTRICT,
        _P.POLICY_WRITE: Reach.DISTRICT,
        _P.CATALOGUE_SHELF_READ: Reach.DISTRICT,
        _P.CATALOGUE_WRITE: Reach.DISTRICT,
        _P.EVIDENCE_READ: Reach.DISTRICT,
        _P.EVIDENCE_VERIFY: Reach.DISTRICT,
        _P.CASE_COUNT_READ: Reach.DISTRICT,
    },
    _R.BUREAU_CASE_OFFICER: _STAFF | _BUREAU_CASES | {
        _P.CASE_COUNT_READ: Reach.DISTRICT,
        _P.CASE_REPORTED_READ: Reach.DISTRICT,
        _P.CASE_SECOND_READ: Reach.DISTRICT,
        _P.CASE_SECOND: Reach.DISTRICT,
        _P.APPEAL_FILE: Reach.DISTRICT,
        _P.APPEAL_WRITE: Reach.DISTRICT,
        _P.POLICY_READ: Reach.DISTRICT,
    },
    _R.APPEAL_REVIEWER: _STAFF | _BUREAU_CASES | {_P.APPEAL_DECIDE: Reach.DISTRICT},
    _R.AUDITOR: _DESK | {
        _P.PLUGIN_READ: Reach.DISTRICT,
        _P.AUDIT_READ: Reach.DISTRICT,
        _P.COVERAGE_READ: Reach.DISTRICT,
        _P.MEETING_COVERAGE_READ: Reach.DISTRICT,
        _P.POLICY_READ: Reach.DISTRICT,
        _P.ACCOUNT_READ: Reach.DISTRICT,
        _P.SNAPSHOT_READ: Reach.DISTRICT,
        _P.CASE_COUNT_READ: Reach.DISTRICT,
        _P.ACCESS_LOG_READ: Reach.DISTRICT,
    },
    _R.SECURITY_ADMINISTRATOR: _DESK | {
        _P.ACCOUNT_READ: Reach.DISTRICT,
        _P.GRANT_MANAGE: Reach.DISTRICT,
    },
    _R.SYSTEM_ADMINISTRATOR: _DESK | {
        _P.PLUGIN_READ: Reach.DISTRICT,
        _P.PLUGIN_MANAGE: Reach.DISTRICT,
        _P.ACCOUNT_READ: Reach.DISTRICT,
        _P.ACCOUNT_MANAGE: Reach.DISTRICT,
    },
}
"""Role -> permission -> how far it reaches. ``PUBLIC_*`` is held by everybody, signed in or not."""

PUBLIC: frozenset[Permission] = frozenset({Permission.PUBLIC_READ, Permission.PUBLIC_WRITE})


def reach(role: Role, permission: Permission) -> Reach | None:
    """Return how far ``permission`` reaches for ``role``, or None where it is not held."""
    if permission in PUBLIC:
        return Reach.PUBLIC
    return POLICY[role].get(permission)


SECOND_FACTOR_ROLES: frozenset[Role] = frozenset({
    _R.CASE_OFFICER, _R.COMMITTEE_SECRETARY, _R.COMMITTEE_MEMBER, _R.PSYCHOLOGIST, _R.PLAN_INSTRUCTOR, _R.PRINCIPAL, _R.BUREAU_OFFICER,
    _R.BUREAU_CASE_OFFICER, _R.APPEAL_REVIEWER, _R.AUDITOR, _R.SYSTEM_ADMINISTRATOR, _R.SECURITY_ADMINISTRATOR,
})
"""Roles whose account must have a second factor before it opens what :data:`PROTECTED` names (security.md W6)."""

PROTECTED: frozenset[Permission] = frozenset({
    _P.ACCESS_LOG_READ, _P.ACCESS_LOG_REVIEW, _P.CASE_CLASS_READ, _P.CASE_CLASS_REVEAL, _P.APPEAL_DECIDE, _P.APPEAL_FILE, _P.APPEAL_READ, _P.APPEAL_WRITE, _P.AUDIT_READ, _P.BREAK_GLASS_WRITE,
    _P.CASE_DETERMINE, _P.CASE_EXPORT, _P.CASE_FILE_READ, _P.CASE_IDENTIFIED_EXPORT, _P.CASE_READ, _P.CASE_REPORTED_READ, _P.CASE_REVEAL, _P.CASE_SECOND,
    _P.CASE_SECOND_READ, _P.CASE_WRITE, _P.COMMITTEE_WRITE, _P.CONCERN_READ, _P.CONCERN_WRITE, _P.GUARDIAN_REQUEST_READ,
    _P.GUARDIAN_REQUEST_WRITE, _P.HOURS_CONFIRM, _P.HOURS_OWN_READ, _P.HOURS_OWN_WRITE, _P.PLAN_READ, _P.PLAN_WRITE, _P.SUPPORT_READ,
    _P.SUPPORT_WRITE,
})
"""Rights over the data of pupils in a case: a second factor, a short rest limit, no copy kept by the browser."""
