"""Words of appeals: states, tracks, outcomes, steps, effects. Letters are written in Chinese, whoever prints them."""

from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from trainhub.web.i18n import deadline_text

STATES: dict[str, Any] = {
    "filed": _l("Handed in"), "school_decided": _l("School’s committee decided"), "admitted": _l("Admitted"), "rejected": _l("Not taken"),
    "screened": _l("Screened"), "school_result_stands": _l("School’s result stands"), "re_examination": _l("Re-examination"),
    "decided": _l("Decided"), "served": _l("Served"), "executed": _l("Executed"), "withdrawn": _l("Appeal taken back"),
}  # fmt: skip
STATE_KINDS = {"rejected": "hold", "withdrawn": "hold", "executed": "ok", "served": "ok", "filed": "todo", "re_examination": "late"}
TRACKS: dict[str, Any] = {"determination": _l("against a determination"), "discipline": _l("against discipline")}
SIDES: dict[str, Any] = {"actor": _l("side of the pupil who is said to have acted"), "target": _l("side of the other child")}
CHANNELS: dict[str, Any] = {
    "paper": _l("on paper"), "face": _l("in person"), "phone": _l("by telephone, written down"), "message": _l("by message"),
    "forwarded": _l("forwarded by another office"), "authority": _l("the county of its own accord"),
}  # fmt: skip
OUTCOMES: dict[str, Any] = {
    "uphold": _l("The finding stands"), "modify": _l("The finding is changed"), "overturn": _l("The finding falls"),
    "return": _l("Back to the school"),
}  # fmt: skip
REJECT: dict[str, Any] = {
    "out_of_time": _l("handed in too late"), "not_a_party": _l("not a guardian of a party"), "no_determination": _l("nothing to appeal against"),
    "other_body": _l("another office decides"), "repeated": _l("decided already"), "litigation": _l("belongs to the courts"),
    "moot": _l("what it was against fell in another appeal"),
}  # fmt: skip
LATE: dict[str, Any] = {
    "not_told": _l("was not told how to appeal"), "illness": _l("illness"), "force": _l("could not be helped"), "new_evidence": _l("new evidence"),
    "other": _l("another good reason"),
}  # fmt: skip
KINDS: dict[str, Any] = {
    "officer": _l("education authority"), "school_rep": _l("representative of a school"), "parent_rep": _l("representative of parents"),
    "expert": _l("expert from outside"),
}  # fmt: skip
EFFECTS: dict[str, Any] = {
    "end_stay": _l("The plan runs again; its rest was no delay"), "determination": _l("The version ended"), "plan_amend": _l("Plan changed, minutes carried over"),
    "plan_revoke": _l("Plan revoked"), "plan_stay": _l("Plan rests until the school has decided anew"), "lessons": _l("Coming lessons cancelled"),
    "contacts": _l("Contacts to come with this pupil dropped"),
    "counts": _l("Out of every count"), "evaluation_entry": _l("Recall the entry in the quality evaluation"),
    "recipient": _l("Correct whoever was told"), "service": _l("Hand the decision to the guardian"), "seal": _l("Seal the file"),
    "return_case": _l("Case back to the investigation"),
}  # fmt: skip
BY: dict[str, Any] = {
    "county": _l("county"), "group": _l("review group"), "school": _l("school"), "guardian": _l("guardian"), "system": _l("by itself"), "nobody": "–",
}  # fmt: skip
NEXT: dict[str, Any] = {
    "admit": _l("Admit it, or say why not"), "screen": _l("Screen: procedure and facts"), "stand": _l("Let the school’s result stand, or name a group"),
    "group": _l("Name the group"), "begin": _l("Begin the re-examination"), "decide": _l("The group decides"), "serve": _l("Hand over the letters"),
    "correct": _l("The school recalls and corrects"), "close": _l("Close: everything is done"), "school_word": _l("The school’s appeals committee has its word"),
    "none": _l("Nothing"),
}  # fmt: skip
GROUPS: dict[str, Any] = {
    "now": _l("To be dealt with now"), "waiting": _l("With others"), "on_time": _l("On time"), "over": _l("Over"),
}  # fmt: skip
STEPS: dict[str, Any] = {
    "filed": _l("Handed in"), "moved": _l("Next state"), "answered": _l("The school answered"), "stay_ordered": _l("Stay ordered"),
    "stay_ended": _l("Stay ended"), "group_formed": _l("People named to the group"), "reviewer_aside": _l("A reviewer stepped aside"),
    "effect_done": _l("An effect was done"), "letter_issued": _l("A letter got its number"), "served_on": _l("A letter was handed over"),
    "follows_version": _l("Goes on against the new version"),
}  # fmt: skip
MISSING: dict[str, Any] = {
    "determination": _l("a finding that stands"), "school_first": _l("the word of the school’s appeals committee"), "in_time": _l("a reason why a late one is heard"),
    "reason": _l("a reason"), "procedure": _l("whether the procedure was proper"), "facts": _l("whether the facts are clear"),
    "group": _l("representatives of schools and parents, and an expert"), "lead": _l("somebody who leads the group"),
    "conflict": _l("a group without a conflict"), "decisions": _l("a decision for each finding"), "reasons": _l("the reasons"),
    "basis": _l("the clauses it rests on"), "service": _l("letters to both sides"), "effects": _l("work that is still owed"),
}  # fmt: skip
CASE_TIERS: dict[str, Any] = {"minor": _l("minor"), "heavier": _l("heavier"), "serious": _l("serious"), "suspected": _l("suspected offence")}
FINDINGS: dict[str, Any] = {
    "bullying": _l("bullying"), "not_bullying": _l("no bullying"), "not_proven": _l("not proven"), "other_body": _l("another office’s case"),
}  # fmt: skip
TOLD: dict[str, Any] = {
    "guardian": _l("guardian"), "bureau": _l("bureau"), "police": _l("police"), "homeroom": _l("homeroom teacher"), "instructor": _l("instructor"),
    "quality_evaluation": _l("quality evaluation"), "other_school": _l("another school"), "other": _l("somebody else"), "entry": _l("quality evaluation"),
    "": "",
}  # fmt: skip
SERVED: dict[str, Any] = {"acknowledged": _l("signed for"), "refused_to_sign": _l("refused to sign, two witnesses"), "closed": _l("case closed, sealed tonight"),
                          "with_case": _l("sealed with its case: something else holds it")}  # fmt: skip
WAYS: dict[str, Any] = {"face": _l("in person"), "letter": _l("by letter"), "message": _l("by message"), "phone": _l("by telephone")}


def words_of(table: dict[str, Any]) -> dict[str, str]:
    """A table in the reader's language."""
    return {key: str(word) for key, word in table.items()}


def choices(table: dict[str, Any], *left_out: str) -> list[tuple[str, str]]:
    """Options of a select."""
    return [(key, str(word)) for key, word in table.items() if key not in left_out]


def due_words(due: datetime | None, now: datetime) -> str:
    """``due 5 Nov 24:00, 2 days left``; what is late says by how much."""
    if due is None:
        return ""
    left = due - now
    if left.total_seconds() < 0:
        return _("was due %(at)s, late by %(n)s days", at=deadline_text(due), n=-left.days)
    return _("due %(at)s, %(n)s days left", at=deadline_text(due), n=left.days) if left.days else _("due %(at)s, less than a day left", at=deadline_text(due))


def tables() -> dict[str, Any]:
    """Every table of words for the templates."""
    named = {
        "states": STATES, "tracks": TRACKS, "sides": SIDES, "channels": CHANNELS, "outcomes": OUTCOMES, "reject_words": REJECT, "late_words": LATE,
        "kinds": KINDS, "effect_words": EFFECTS, "by_words": BY, "next_words": NEXT, "groups": GROUPS, "step_words": STEPS, "tiers": CASE_TIERS,
        "findings": FINDINGS, "told_words": TOLD, "served_words": SERVED, "ways": WAYS,
    }
    return {name: words_of(table) for name, table in named.items()} | {"state_kinds": STATE_KINDS}
