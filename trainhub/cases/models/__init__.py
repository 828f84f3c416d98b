"""Tables of cases. Private to this room: others ask its queries and services.

Who a child is stands in sealed columns only (``info={"sealed": True}``, place by ``kernel.sealing.place``); what finds a child again
is a keyed mark. Everything else speaks of codes: A1, A2 for those said to have acted, B1 for those it was done to, W1 for witnesses.
"""

from trainhub.cases.models.file import CaseClock, CaseDuty, CaseFile, CaseGuardian, CaseNarrative, CaseParty, CaseStep
from trainhub.cases.models.finding import CaseRecipient, Determination, EvaluationEntry
from trainhub.cases.models.handling import CaseEvidence, CaseReport, GuardianNotice, Interview
from trainhub.cases.models.intake import Concern, ConcernReporter, Counter
from trainhub.cases.models.keeping import CaseNotice, GuardianRequest, IssuedDocument, SecondPerson

__all__ = [
    "CaseClock",
    "CaseDuty",
    "CaseEvidence",
    "CaseFile",
    "CaseGuardian",
    "CaseNarrative",
    "CaseNotice",
    "CaseParty",
    "CaseRecipient",
    "CaseReport",
    "CaseStep",
    "Concern",
    "ConcernReporter",
    "Counter",
    "Determination",
    "EvaluationEntry",
    "GuardianNotice",
    "GuardianRequest",
    "Interview",
    "IssuedDocument",
    "SecondPerson",
]
