"""Sentences of the refusals of this room: what is wrong and what to do."""

from typing import Any

from flask_babel import lazy_gettext as _l

_REGISTER: dict[str, Any] = {
    "not_a_school": _l("A bureau has no committee of its own. Choose a school."),
    "name": _l("Give the committee a name."),
    "period": _l("The last day lies before the first one. Correct one of them."),
    "long_term": _l("A term lasts five years at most. Choose an earlier last day."),
    "no_seats": _l("Give the committee at least one seat."),
    "many_seats": _l("At most %(most)s seats of one kind."),
    "exists": _l("The school has a committee in that time. Begin a new term of it instead, or choose a later day."),
    "kind": _l("Choose what kind of seat it is."),
    "chair_there": _l("The committee has a chair already. Close that seat first."),
    "chair_votes": _l("Whoever leads has a vote and is no substitute."),
    "seat_closed": _l("This seat is closed. Add a new one."),
    "member_later": _l("Somebody takes a seat only later than that day. Choose a later day, or end that membership first."),
    "outside_term": _l("That lies outside the term of the committee. Choose a day within it."),
    "seat_taken": _l("Somebody sits there in that time. End that membership first, or choose other days."),
    "pupil_only": _l("Only a pupil represents the pupils. Enter the pupil by name; pages show a neutral word."),
    "pupil_account": _l("A pupil on the committee has no account: pupils see no names, ever."),
    "not_on_staff": _l("That person is not on the staff of this school that day. Choose somebody else, or enter the person in the roster first."),
    "outside_person": _l("This seat is for the school's own staff. People from outside have seats of their own."),
    "person_needed": _l("Choose somebody of the staff for this seat."),
    "member_name": _l("Enter the name. It is sealed; pages show the neutral word only."),
    "shown_as": _l("Say how pages name this member, for example “Parent representative 1”."),
    "shown_names": _l("The word that pages show gives the name away. Take a neutral one."),
    "sits_already": _l("This person has a seat already. Nobody votes twice, and nobody is their own substitute."),
    "end_reason": _l("Choose why the membership ends."),
    "end_day": _l("The last day must lie within the membership."),
    "new_term_day": _l("A new term begins after the first day of the old one."),
    "day": _l("Choose a day between 1900 and 2100."),
    "time": _l("Enter a time of day such as 15:30."),
}
_RECUSAL: dict[str, Any] = {
    "recused_already": _l("This member stepped aside already."),
    "ground": _l("Choose why."),
    "substitute_busy": _l("This substitute sits for somebody else or stepped aside too. Choose another one."),
    "lift_reason": _l("Choose why the recusal should be lifted."),
}
_SITTING: dict[str, Any] = {
    "none": _l("The school has no committee on that day. Found it first."),
    "far_day": _l("Choose a day within one year."),
    "decided_already": _l("Something was decided at this sitting already. It cannot be moved or cancelled."),
    "cancel_reason": _l("Choose why the sitting does not take place."),
    "no_sitting": _l("No sitting is planned. Plan the next one first, then put the matter on its agenda."),
    "label": _l("Say in a few words what the item is, by code, without a name."),
    "presence": _l("Somebody in this list is no member on the day of the sitting. Reload the page."),
    "stands_in": _l("A substitute who is here sits for one voting member who is not. Check both lines."),
    "minutes_recused": _l("You stepped aside from a matter of this sitting. Somebody else writes its minutes."),
    "not_over": _l("The sitting is not over yet. Enter its end afterwards."),
    "ends": _l("The end lies after the beginning, on the same day."),
    "items_open": _l("Some items are neither decided nor adjourned. Do that first."),
    "minutes_empty": _l("Write what was discussed."),
    "minutes_long": _l("The minutes are longer than %(most)s characters. Shorten them."),
    "nobody_came": _l("Note who came first."),
    "not_begun": _l("The sitting has not begun. Enter the vote afterwards."),
    "not_there": _l("Somebody is counted for this item who is not noted as present at the sitting. Correct one of them."),
}
_VOTE: dict[str, Any] = {
    "votes": _l("Enter whole numbers."),
    "too_many_votes": _l("%(votes)s votes, but only %(present)s people entitled to vote were there. Count again."),
    "nobody_voted": _l("Nobody voted. Enter the votes, or adjourn the item."),
    "nobody_leads": _l("Nobody is left in the room who could lead this item. Adjourn it."),
    "no_basis": _l("Write at least one clause on which the resolution rests."),
    "no_grounds": _l("Write the grounds. They are sealed."),
    "grounds_long": _l("The grounds are longer than %(most)s characters. Shorten them."),
    "case_not_ready": _l("The case is not ready to be decided: %(codes)s. Complete it first."),
    "matter_unknown": _l("The case behind this item does not answer. Open it from the case, then try again."),
    "not_constituted": _l("The committee is not complete, so it cannot determine anything: %(missing)s. Fill the missing seats first."),
    "no_quorum": _l("Only %(present)s of %(entitled)s entitled members are here; %(quorum)s are needed. Call a substitute or adjourn the item."),
    "recused_present": _l("%(seats)s of those counted as present stepped aside from this matter. They leave the room; take them off."),
    "recusal_not_recorded": _l("Conflicts of interest were found that are not recorded yet. Open the item again, then enter the vote."),
    "guardians_not_told": _l("Guardians of a side were not told or not heard: %(codes)s. Tell them first, and record it in the case."),
    "resolution_not_usable": _l("There is no adopted resolution for exactly this, or it was used already. Put it on the agenda again."),
}

MESSAGES: dict[str, Any] = {f"committee_{code}": text for part in (_REGISTER, _RECUSAL, _SITTING, _VOTE) for code, text in part.items()}
