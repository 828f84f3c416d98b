"""The words of the access log: nothing that code writes into it is shown as a bare key."""

import ast
from pathlib import Path

import trainhub
from trainhub.accounts.access_log_messages import KIND_LABELS, PURPOSE_LABELS
from trainhub.appeals.queries.page import APPEAL
from trainhub.cases.queries.desk import CONCERN
from trainhub.cases.queries.determinations import DETERMINATION
from trainhub.cases.queries.held import REQUEST
from trainhub.cases.queries.identity import PARTY
from trainhub.cases.queries.page import CASE
from trainhub.cases.queries.papers import PAPER
from trainhub.cases.service.second import EXPORT, REPORTER
from trainhub.cases.wording import REVEAL_REASONS
from trainhub.committees.queries.sealed import COMMITTEE, ITEM, SITTING
from trainhub.education_plans.hour_wording import PURPOSES
from trainhub.education_plans.queries.hand_overs import HAND_OVER
from trainhub.education_plans.queries.ledger import PLAN
from trainhub.education_plans.queries.support import SUPPORT
from trainhub.evidence.sealed_files import FILE


def test_every_kind_and_purpose_that_is_written_has_words() -> None:
    """Each word that code hands to a reading: a page of the log never shows a bare key."""
    purposes, kinds = set(), {CASE, CONCERN, REPORTER, EXPORT, PAPER, DETERMINATION, REQUEST, PARTY, COMMITTEE, SITTING, ITEM, PLAN, HAND_OVER, SUPPORT, APPEAL, FILE}
    for path in Path(trainhub.__file__).parent.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if "Reading(" in text or "reading_of(" in text else ():
            place = {"Reading": 4, "reading_of": 2}.get(getattr(getattr(node, "func", None), "id", ""))
            if isinstance(node, ast.Call) and place is not None and len(node.args) > place and isinstance(node.args[place], ast.Constant):
                purposes.add(node.args[place].value)
    assert {"handling", "lesson", "print"} <= purposes
    purposes |= {"oversight"} | set(PURPOSES) | {f"reveal_{reason}" for reason in REVEAL_REASONS}
    assert purposes <= set(PURPOSE_LABELS), purposes - set(PURPOSE_LABELS)
    assert kinds <= set(KIND_LABELS), kinds - set(KIND_LABELS)
