"""Every right in the system and who holds it: one declarative table (security.md section 3).

Names are ``object.verb``. Verbs: read (GET only), write/approve/verify/... (unsafe methods only).
"""

from enum import StrEnum


class Permission(StrEnum):
    """Alphabetised. A name ending in ``.read`` or ``.export`` is a read permission."""

    ACCOUNT_MANAGE = "account.manage"
    ACCOUNT_OWN_READ = "account.own.read"
    ACCOUNT_OWN_WRITE = "account.own.write"
    ACCOUNT_READ = "account.read"
    AUDIT_READ = "audit.read"
    CATALOGUE_READ = "catalogue.read"
    CATALOGUE_SHELF_READ = "catalogue.shelf.read"
    CATALOGUE_WRITE = "catalogue.write"
    CHECK_IN_OWN_READ = "checkin.own.read"
    CHECK_IN_OWN_WRITE = "checkin.own.write"
    COVERAGE_READ = "coverage.read"
    EVIDENCE_READ = "evidence.read"
    EVIDENCE_VERIFY = "evidence.verify"
    EVIDENCE_WRITE = "evidence.write"
    EXEMPTION_APPROVE = "exemption.approve"
    GRANT_MANAGE = "grant.manage"
    HOME_READ = "home.read"
    LEAVE_WRITE = "leave.write"
    MEETING_CHECK = "meeting.check"
    MEETING_COVERAGE_READ = "meeting.coverage.read"
    MEETING_EXPORT = "meeting.export"
    MEETING_OWN_READ = "meeting.own.read"
    MEETING_OWN_WRITE = "meeting.own.write"
    MEETING_READ = "meeting.read"
    MEETING_WRITE = "meeting.write"
    PLUGIN_MANAGE = "plugin.manage"
    PLUGIN_READ = "plugin.read"
    POLICY_READ = "policy.read"
    POLICY_WRITE = "policy.write"
    PUBLIC_READ = "public.read"
    PUBLIC_WRITE = "public.write"
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
    BUREAU_OFFICER = "bureau_officer"
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
}
"""Everybody on the staff may have to lead a class meeting: the homeroom teacher's own, or as a substitute (domain.md case 34)."""
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

POLICY: dict[Role, dict[Permission, Reach]] = {
    _R.TEACHER: _STAFF,
    _R.HOMEROOM_TEACHER: _STAFF,
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
    },
    _R.AUDITOR: _DESK | {
        _P.PLUGIN_READ: Reach.DISTRICT,
        _P.AUDIT_READ: Reach.DISTRICT,
        _P.COVERAGE_READ: Reach.DISTRICT,
        _P.MEETING_COVERAGE_READ: Reach.DISTRICT,
        _P.POLICY_READ: Reach.DISTRICT,
        _P.ACCOUNT_READ: Reach.DISTRICT,
        _P.SNAPSHOT_READ: Reach.DISTRICT,
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
