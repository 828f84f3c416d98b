"""What the bureau is told of a school's committee: the principal or the chair stepped aside, nobody is left to lead, a sitting cannot be held.

Codes and ids only (domain.md case 48): the page of today counts them. What is mended takes its notice away.
"""

from sqlalchemy.orm import Session

from trainhub.cases.service.agenda import follow_agenda
from trainhub.cases.service.noticing import settle, waits
from trainhub.cases.service.steps import notify
from trainhub.committees.rules.happenings import AgendaChanged, MemberRecused, RecusalLifted, SittingChecked
from trainhub.kernel.clock import now
from trainhub.kernel.events import Announcer
from trainhub.kernel.permissions import Role

PRINCIPAL_ASIDE, CHAIR_ASIDE, NOBODY_LEADS, SITTING_UNFIT, SITTING_FELL = (
    "principal_aside", "chair_aside", "nobody_leads", "sitting_unfit", "sitting_fell_through",
)


def register(announcer: Announcer) -> None:
    """Follow the committee's room."""
    announcer.listen(MemberRecused, _on_recused)
    announcer.listen(RecusalLifted, _on_lifted)
    announcer.listen(SittingChecked, _on_checked)
    announcer.listen(AgendaChanged, follow_agenda)


def _tell(session: Session, district_id: str, code: str, matter_id: str) -> None:
    """Tell the bureau's case officers, once while it stands."""
    if not waits(session, district_id, code, matter_id):
        notify(session, district_id, district_id, code, now(), role=Role.BUREAU_CASE_OFFICER, matter_id=matter_id, link="/cases/counts")


def _on_recused(session: Session, event: MemberRecused) -> None:
    if event.is_principal:
        _tell(session, event.district_id, PRINCIPAL_ASIDE, event.matter_id)
    elif event.is_chair:
        _tell(session, event.district_id, CHAIR_ASIDE, event.matter_id)
    if event.nobody_leads:
        _tell(session, event.district_id, NOBODY_LEADS, event.matter_id)


def _on_lifted(session: Session, event: RecusalLifted) -> None:
    mended = [NOBODY_LEADS]
    if event.is_principal:
        mended.append(PRINCIPAL_ASIDE)
    elif event.is_chair:
        mended.append(CHAIR_ASIDE)
    settle(session, event.district_id, mended, event.matter_id, now())


def _on_checked(session: Session, event: SittingChecked) -> None:
    if event.why == "not_constituted":
        _tell(session, event.district_id, SITTING_UNFIT, event.meeting_id)
        return
    settle(session, event.district_id, [SITTING_UNFIT], event.meeting_id, now())
    if event.why == "no_quorum":
        _tell(session, event.district_id, SITTING_FELL, event.meeting_id)
