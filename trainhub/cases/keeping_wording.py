"""Words of guardians' requests, of what is held on a pupil, and of the counts."""

from typing import Any

from flask_babel import lazy_gettext as _l

KINDS: dict[str, Any] = {"see": _l("to see"), "copy": _l("a copy"), "correct": _l("a correction"), "delete": _l("a deletion")}
STATES: dict[str, Any] = {"open": _l("being answered"), "answered": _l("answered"), "refused": _l("refused, with reason")}
STATE_KINDS: dict[str, str] = {"open": "todo", "answered": "ok", "refused": "hold"}
DECISIONS: dict[str, Any] = {
    "given": _l("Given, whole"), "corrected": _l("Corrected: a new version stands beside the old one"), "kept": _l("Stays as it is, with the words of the guardian beside it"),
    "by_schedule": _l("Deleted when its time of keeping is over"), "not_guardian": _l("Refused: not shown to be a guardian"),
    "restricted": _l("Refused: this guardian may not be told"), "harms_others": _l("Refused: it would harm another child"),
    "law_keeps": _l("Refused: the law asks for it to be kept"), "not_held": _l("Refused: nothing of it is held"),
}  # fmt: skip
SECTIONS: dict[str, Any] = {
    "roster": _l("Register of pupils"), "meetings": _l("Class meetings"), "cases": _l("Cases"), "plans": _l("Education plans"),
    "support": _l("Support"), "appeals": _l("Appeals"),
}  # fmt: skip
FIELDS: dict[str, Any] = {
    "pupil_name": _l("Name"), "pupil_number": _l("End of the number"), "pupil_here": _l("At the school since"), "pupil_sex": _l("Sex"),
    "pupil_class": _l("Class"), "meeting_absence": _l("Not there, late or left early"), "case": _l("Case"), "party": _l("Code and side"),
    "narrative": _l("What is known"), "guardian": _l("Guardian"), "notice": _l("Guardian told"), "interview": _l("Talk"), "evidence": _l("Evidence"),
    "report": _l("Report upward"), "determination": _l("Determination"), "determination_facts": _l("Facts found"),
    "determination_grounds": _l("Grounds"), "recipient": _l("Who was told"), "evaluation": _l("Entry in the quality evaluation"),
    "concern": _l("Concern"), "plan": _l("Education plan"), "plan_goals": _l("Goals"), "plan_module": _l("Module"), "plan_lesson": _l("Lesson"),
    "hours": _l("Line of the hours ledger"), "guardian_part": _l("Part of the guardian"), "pause": _l("Rest"), "voice": _l("Word on the plan"),
    "review": _l("Completion review"), "escalation": _l("What followed"), "hand_over": _l("Hand-over"), "contact": _l("Follow-up contact"),
    "support": _l("Support"), "support_step": _l("Step of support"), "appeal": _l("Appeal"), "appeal_reply": _l("What the school answered"),
    "appeal_decision": _l("Decision on the appeal"),
}  # fmt: skip
WITHHELD = _l("The words are not given: whoever reported is protected.")
RESTRICTED = _l("A guardian who may not be told.")
TIER_ROWS: dict[str, Any] = {
    "minor": _l("minor"), "heavier": _l("heavier"), "serious": _l("serious"), "suspected": _l("suspected offence"),
    "undecided": _l("not decided at the end of the term"), "not_found": _l("no bullying found"), "ended": _l("ended without a finding"), "sum": _l("Sum"),
}  # fmt: skip
OUTCOME_COLUMNS: dict[str, Any] = {"in_time": _l("in time"), "late": _l("past its time"), "running": _l("still running"), "sum": _l("Sum")}
PLAN_COLUMNS: dict[str, Any] = {"running": _l("running"), "completed": _l("completed"), "ended": _l("ended otherwise"), "sum": _l("Sum")}
BANDS: dict[str, Any] = {"high": _l("at least 90 percent"), "middle": _l("70 to 89 percent"), "low": _l("under 70 percent"), "": "–"}
SEASONS: dict[str, Any] = {"autumn": _l("autumn term"), "spring": _l("spring term")}
VALUES: dict[str, Any] = {
    "absent": _l("absent"), "excused": _l("excused"), "late": _l("came late"), "left_early": _l("left early"), "leave_sick": _l("sick leave"),
    "leave_personal": _l("personal leave"), "leave_official": _l("official leave"), "caught_up": _l("caught up"), "male": _l("boy"), "female": _l("girl"),
    "bullying": _l("bullying"), "not_bullying": _l("no bullying"), "not_proven": _l("not proven"), "other_body": _l("another body"),
    "determination_adopted": _l("adopted, to be served"), "determination_effective": _l("in effect"), "determination_upheld": _l("upheld on appeal"),
    "determination_modified": _l("changed on appeal, does not stand any more"), "determination_overturned": _l("annulled on appeal, does not stand any more"),
    "determination_superseded": _l("replaced, does not stand any more"),
    "recalled": _l("recalled"), "corrected": _l("correction sent"), "done": _l("contact made"), "scheduled": _l("planned"), "planned": _l("planned"), "dropped": _l("dropped with the finding"),
    "attended": _l("lesson held"), "absent_excused": _l("missed, excused"), "absent_unexcused": _l("missed"), "cancelled": _l("cancelled"),
    "well": _l("well"), "uneasy": _l("uneasy"), "unsafe": _l("unsafe"), "enough": _l("enough"), "part": _l("in part"), "not_yet": _l("not yet"),
    "entry_log": _l("logged"), "entry_confirm": _l("confirmed"), "entry_refuse": _l("refused"), "entry_reversal": _l("taken back"), "entry_absence": _l("missed"),
    "entry_correction": _l("correction asked for"), "entry_overrun": _l("beyond the total"), "sheet": _l("Signed sheet"), "work": _l("Piece of work"),
}  # fmt: skip
