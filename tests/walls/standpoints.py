"""For whom each thing of the estate's first file exists: written by hand from the policy, not read from the code."""

from collections.abc import Mapping
from typing import Any

from flask import Flask, url_for

from tests.walls.scenery import BUREAU, EXTRA, MOVED, OTHERS, File
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import PROTECTED, Permission, Role, reach
from trainhub.web import gate

ROOMS = frozenset({"cases", "committees", "education_plans", "appeals", "access_log"})
FAR = (Role.CASE_OFFICER, Role.COMMITTEE_SECRETARY, Role.COMMITTEE_MEMBER, Role.PLAN_INSTRUCTOR, Role.BUREAU_CASE_OFFICER, Role.APPEAL_REVIEWER)
ROLES: Mapping[str, Role] = (
    {role.value: role for role in Role} | dict(EXTRA + OTHERS + MOVED + BUREAU)
    | {f"{role.value}@far": role for role in FAR}
    | {f"{role.value}@other": role for role in (Role.CASE_OFFICER, Role.COMMITTEE_SECRETARY, Role.PRINCIPAL)}
)  # fmt: skip
"""Everybody of the estate with the role they act in. ``officer_left`` has none any more."""
NO_MORE = frozenset({"officer_left"})

DESK = frozenset({"case_officer", "committee_secretary", "principal"})
ON_DUTY = frozenset({"committee_member", "psychologist", "bureau_case_officer", "appeal_reviewer"})
FILE = DESK | ON_DUTY
ASIDE = frozenset({"officer_aside", "secretary_aside", "principal_aside", "member_aside", "psychologist_aside", "instructor_aside", "bureau_aside", "reviewer_aside"})
AT_SCHOOL = frozenset(who for who, _ in EXTRA) | DESK | {"committee_member", "psychologist", "plan_instructor"}
COUNTY = frozenset({"bureau_case_officer", "bureau_ended", "bureau_none"})

SEEN_BY: Mapping[str, frozenset[str]] = {
    "case_id": FILE, "party_id": FILE, "guardian_id": FILE, "evidence_id": FILE, "duty_id": FILE, "determination_id": FILE, "recipient_id": FILE,
    "entry_id": FILE, "document_id": FILE, "interview_id": FILE, "report_id": FILE,
    "concern_id": DESK,
    "plan_id": FILE, "lesson_id": FILE, "number": FILE, "module_id": FILE, "pause_id": FILE, "part_id": FILE, "escalation_id": FILE, "summary_id": FILE,
    "follow_up_id": FILE,
    "support_id": frozenset({"psychologist"}),
    "meeting_id": AT_SCHOOL, "seat_id": AT_SCHOOL, "member_id": AT_SCHOOL,
    "item_id": AT_SCHOOL - ASIDE, "recusal_id": AT_SCHOOL - ASIDE,
    "appeal_id": DESK | COUNTY | {"appeal_reviewer"}, "re_examination_id": DESK | COUNTY | {"appeal_reviewer"}, "reviewer_id": COUNTY | {"appeal_reviewer"}, "letter_id": DESK | COUNTY | {"appeal_reviewer"},
    "notice_id": frozenset({"case_officer"}), "step_id": frozenset({"psychologist"}),
    "effect_id": DESK | COUNTY | {"appeal_reviewer"},
    "second_id": frozenset({"committee_secretary", "principal"}) | COUNTY,
    "request_id": frozenset({"case_officer", "committee_secretary", "officer_aside", "secretary_aside"}),
    "object_id": FILE, "proof_id": FILE,
    "hand_over_id": frozenset({"case_officer@other", "committee_secretary@other", "moved_officer@other"}),
}  # fmt: skip
"""Variable of an address -> who of those whose role carries the right finds the thing. Everybody else gets what is not there."""
TEACHES = frozenset({"plan_instructor"})
_TEACHING = frozenset({Permission.HOURS_OWN_READ, Permission.HOURS_OWN_WRITE})


def finds(who: str, endpoint: str, permission: Permission, variables: frozenset[str]) -> bool:
    """Whether what an address names exists for somebody."""
    if who in NO_MORE:
        return False
    special = ENDPOINTS.get(endpoint)
    if special is not None:
        return who in special
    sets = [TEACHES if permission in _TEACHING and name in {"plan_id", "lesson_id", "number", "module_id", "proof_id"} else SEEN_BY[name] for name in variables]
    return all(who in some for some in sets)


ENDPOINTS: dict[str, frozenset[str]] = {
    "cases.carry_out": frozenset({"case_officer"}), "cases.look": frozenset({"case_officer"}), "cases.export_file": frozenset(),
    "committees.minutes": frozenset({"committee_secretary", "principal"}), "cases.ask": frozenset(), "appeals.answer": DESK, "appeals.school_word": DESK,
    "education_plans.proof": frozenset({"case_officer", "committee_secretary", "committee_member", "bureau_case_officer", "appeal_reviewer"}),
    "committees.declare": frozenset({"committee_secretary", "principal", "secretary_aside", "principal_aside"}),
    "appeals.print_letter": COUNTY, "education_plans.support_accept": frozenset(), "committees.lift_one": COUNTY | (AT_SCHOOL - ASIDE), "committees.keep_one": COUNTY | (AT_SCHOOL - ASIDE),
    "education_plans.support_open": frozenset({"case_officer", "committee_secretary"}),
    "cases.reveal": FILE - {"principal"}, "education_plans.reveal": FILE - {"principal"}, "cases.own_pupil_name": frozenset(),
    "education_plans.hand_over_paper": frozenset({"case_officer", "committee_secretary", "case_officer@other", "committee_secretary@other", "moved_officer@other"}),
}
"""Addresses for which the variables alone do not tell: only who asked uses a consent; a principal is shown a name where a duty names them; minutes of a
sitting are not there for who stepped aside from one of its matters; interests are declared for oneself or by who keeps the register."""
VALUES: dict[str, dict[str, str]] = {
    "education_plans.paper": {"kind": "plan", "suffix": "docx"}, "cases.print_paper": {"suffix": "docx"}, "cases.guardian_request_letter": {"suffix": "docx"}, "appeals.print_letter": {"suffix": "docx"},
    "education_plans.hand_over_paper": {"kind": "list", "suffix": "docx"}, "cases.ask": {"kind": "identity", "object_id": "0" * 32},
}
"""Variables that are no id of the file: a word, or a form that asks for nothing yet."""


def holders(permission: Permission) -> list[str]:
    """Who acts in a role that carries a right."""
    return [who for who, role in ROLES.items() if who not in NO_MORE and reach(role, permission) is not None]


class Way:
    """One address with a method and the right it asks for."""

    def __init__(self, app: Flask, rule: Any, method: str, permission: Permission) -> None:
        self.app, self.rule, self.method, self.permission = app, rule, method, permission
        self.endpoint: str = rule.endpoint
        self.variables = frozenset(rule.arguments) - set(VALUES.get(rule.endpoint, {}))

    def __repr__(self) -> str:
        return f"{self.method} {self.rule.rule}"

    @staticmethod
    def _id(file: File | None, name: str) -> Any:
        if file is None:
            return 999 if name == "number" else new_id()
        return file.ids[name]

    def url(self, file: File | None) -> str:
        """The address with the ids of a file; with ids of nothing without one."""
        fixed = VALUES.get(self.endpoint, {})
        values = {name: fixed.get(name) or self._id(file, name) for name in self.rule.arguments}
        with self.app.test_request_context():
            return url_for(self.endpoint, **values)


def ways(app: Flask) -> list[Way]:
    """Every address of the rooms of cases, or with a protected right."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint.endswith("static"):
            continue
        needs = gate.declared(app, rule.endpoint)
        assert needs is not None, rule
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            permission = needs.for_method(method)
            assert permission is not None
            if rule.endpoint.partition(".")[0] in ROOMS or permission in PROTECTED:
                found.append(Way(app, rule, method, permission))
    return found
