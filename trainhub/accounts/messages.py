"""Sentences of the refusals of this room."""

from typing import Any

from flask_babel import lazy_gettext as _l

from trainhub.accounts.rules import SessionEnd

MESSAGES: dict[str, Any] = {
    "sign_in_refused": _l("Staff number or password is wrong. Please try again."),
    "sign_in_throttled": _l("Too many attempts from this device. Try again in %(minutes)s minutes, or ask the school administrator for a new activation code."),
    "activation_refused": _l("This code is wrong, already used, or older than 72 hours. Ask the school administrator for a new one."),
    "password_short": _l("Use at least 10 characters; three or four unrelated words are easy to remember."),
    "password_long": _l("Use at most 128 characters."),
    "password_common": _l("This password is too easy to guess, even with digits added. Use three or four unrelated words."),
    "password_own_word": _l("The password is made of your own name or number. Use other words."),
    "wrong_password": _l("The present password is wrong."),
    "username_taken": _l("Somebody already signs in as %(username)s. Choose another name."),
    "proof_refused": _l("Password or code is wrong, or this code was used before. A code works once: wait until your phone shows the next one."),
    "proof_password_refused": _l("The password is wrong. Please try again."),
    "second_factor_refused": _l("This code is wrong or was used before. A code works once: wait until your phone shows the next one."),
    "proof_throttled": _l(
        "Too many wrong attempts. Try again in %(minutes)s minutes; signing in with your password still works. If it "
        "was not you, change the password."
    ),
    "second_factor_enrolment_over": _l("This code to photograph is no longer good. Press “Set it up” once more."),
    "second_factor_first_code": _l(
        "That is not the code. Look whether the clock of your phone is set automatically, then type the digits it "
        "shows now."
    ),
    "second_factor_demanded": _l("One of your roles demands the second factor, so it stays. The rights administrator can end the role first."),
    "second_factor_missing": _l("This account has no second factor. Set it up first."),
    "second_factor_unreadable": _l(
        "The key of your second factor cannot be read here any more. Ask the rights administrator to take it off, then "
        "set it up anew."
    ),
}

SESSION_ENDS: dict[SessionEnd, Any] = {
    SessionEnd.IDLE: _l("Nothing was done here for %(minutes)s minutes, so you were signed out. Sign in to go on where you were."),
    SessionEnd.LIFETIME: _l("A sign-in lasts %(hours)s hours at most. Sign in to go on where you were."),
    SessionEnd.REVOKED: _l("This sign-in was ended. Sign in again; if it was not you who ended it, change the password."),
}

ROLE_LABELS: dict[str, Any] = {
    "teacher": _l("Teacher"),
    "homeroom_teacher": _l("Homeroom teacher"),
    "training_officer": _l("Training officer"),
    "moral_education_head": _l("Head of moral education"),
    "school_administrator": _l("School administrator"),
    "principal": _l("Principal"),
    "case_officer": _l("Case officer"),
    "committee_secretary": _l("Committee secretary"),
    "committee_member": _l("Committee member"),
    "psychologist": _l("Psychologist"),
    "plan_instructor": _l("Plan instructor"),
    "bureau_officer": _l("Bureau officer"),
    "bureau_case_officer": _l("Bureau case officer"),
    "appeal_reviewer": _l("Appeal reviewer"),
    "auditor": _l("Auditor"),
    "security_administrator": _l("Rights administrator"),
    "system_administrator": _l("System administrator"),
}
