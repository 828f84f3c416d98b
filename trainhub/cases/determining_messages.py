"""Sentences of refusals and notices about determinations and second persons. None carries a name."""

from typing import Any

from flask_babel import lazy_gettext as _l

MESSAGES: dict[str, Any] = {
    "case_finding_outcome": _l("Choose what was found from the list."),
    "case_finding_facts": _l("Write the facts by code, at most %(limit)s characters."),
    "case_finding_grounds": _l("Write the grounds by code, at most %(limit)s characters."),
    "case_finding_names_pupil": _l("A pupil's name stands in this text, and it goes to both sides. Write the code instead."),
    "case_finding_clauses": _l("Name at least one clause it rests on."),
    "case_finding_bare": _l("Where no bullying is found there is no tier, no measure and no plan."),
    "case_finding_tier": _l("Choose the tier from the list."),
    "case_finding_police_first": _l("A suspected offence is reported to the police first. Record that report, then propose."),
    "case_finding_minutes": _l("The rules ask for at least %(least)s minutes for this tier."),
    "case_finding_minutes_young": _l("For a pupil of the lower grades a plan is short: between 1 and %(most)s minutes, held with the guardian."),
    "case_measure_not_open": _l("This measure is not open to a pupil of this grade and tier. Choose from the list."),
    "case_measure_guardian_first": _l("This measure asks that the guardian knows first. Tell the guardian, then propose."),
    "case_party_side": _l("A finding is made on a pupil of one of the two sides."),
    "case_no_proposal": _l("There is nothing to vote on yet. Propose a determination first."),
    "case_no_item": _l("The committee has not dealt with it. Put it on the agenda first."),
    "case_voted_already": _l("The committee has voted on what was proposed. Adopt that, or let the committee decide anew."),
    "case_proposed_after_vote": _l("This version was written after the vote. Let the committee decide on it."),
    "case_again_reason": _l("Choose why the facts are investigated again."),
    "case_nothing_to_serve": _l("Everything this side must have was served."),
    "case_service_moment": _l("The service lies between the adoption and now, and is signed, refused or not reached."),
    "case_not_standing": _l("This version does not stand any more."),
    "case_recipient_kind": _l("Choose who was told from the list."),
    "case_recipient_words": _l("This is too long: name the office and the number of the paper."),
    "case_no_evaluation_entry": _l("An entry is made only where the measure says so, and only after service."),
    "case_evaluation_there": _l("The entry is there already."),
    "case_paper_kind": _l("Choose the paper from the list."),
    "case_paper_not_yet": _l("This paper cannot be made yet."),
    "case_second_kind": _l("Choose what you ask for from the list."),
    "case_second_reason": _l("Choose the reason from the list."),
    "case_second_words": _l("Say in one sentence why, at most %(limit)s characters. Whoever decides reads it."),
    "case_second_asked_already": _l("You asked for this already. Wait for the answer, or use it."),
    "case_second_nobody_there": _l("This report is anonymous: there is nobody to be seen."),
    "case_second_tier": _l("Choose a tier milder than the present one."),
    "case_second_days": _l("Say how many days, between 1 and 60."),
    "case_second_quota": _l("You exported %(most)s files with names within %(days)s days. No more are possible now."),
    "case_correction_refused": _l("A recall needs its proof, a correction its number, and each is noted once."),
}
NOTICES: dict[str, Any] = {
    "to_be_served": _l("A decision is to be served on both sides."), "second_asked": _l("Somebody asks for your consent."),
    "hand_over_waiting": _l("Something was sent to your school: take it over."), "hand_over_returned": _l("Something you sent came back."),
    "second_granted": _l("Your request was granted. It holds for a limited time."), "second_refused": _l("Your request was refused."),
    "second_used": _l("A consent of two was used. Please look."),
}  # fmt: skip
