"""The page of the write chain, for auditors: who wrote what kind of fact when, by ids and numbers, with its hashes; and as CSV."""

from typing import Any

from flask import Blueprint, request
from flask_babel import gettext as _

from trainhub.accounts.messages import ROLE_LABELS
from trainhub.accounts.queries import organisations
from trainhub.documents import csvfile
from trainhub.documents.sheets import Column, SheetSpec
from trainhub.kernel.clock import day_bounds, now
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.ledger.access import Reading, open_record
from trainhub.ledger.entries import Wanted, chains, entries, every_entry
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.fields import plausible_day
from trainhub.web.gate import needs
from trainhub.web.pages import attachment, page

blueprint = Blueprint("write_chain", "trainhub.accounts", template_folder="templates")
READ = Permission.AUDIT_READ
_COLUMNS: tuple[tuple[str, Any], ...] = (
    ("seq", "int"), ("kind", "text"), ("subject_ref", "text"), ("object_ref", "text"), ("occurred_at", "datetime"), ("recorded_at", "datetime"),
    ("actor_ref", "text"), ("acting_role", "text"), ("source", "text"), ("corrects_seq", "int"), ("payload_commitment", "text"), ("entry_hash", "text"),
)  # fmt: skip


def _wanted() -> Wanted:
    """What the address asks for; what is no day or id is left out."""
    actor, args = current_actor(), request.args
    first, last = plausible_day(args.get("from", "")), plausible_day(args.get("to", ""))
    return Wanted(
        args.get("school", "")[:32] or actor.org_id, args.get("kind", "").strip()[:48], day_bounds(first)[0] if first else None,
        day_bounds(last)[1] if last else None, args.get("ref", "").strip()[:64],
    )


@blueprint.get("/write-chain")
@needs(READ)
def chain() -> Any:
    """One chain, newest first, a page by its key."""
    session, actor, wanted = read_session(), current_actor(), _wanted()
    scope = actor.scope(READ)
    before = request.args.get("before", 0, type=int)
    found = entries(session, scope, wanted, before=before if before > 0 else None)
    names = dict(organisations(session, actor.district_id))
    schools = sorted((names.get(key, key), key) for key in chains(session, scope))
    kept = {key: value for key, value in request.args.items() if key in {"school", "kind", "from", "to", "ref"} and value}
    return page("accounts/write_chain.html", found=found, wanted=wanted, schools=schools, kept=kept, whole=scope.school_ids is None, role_labels=ROLE_LABELS)


@blueprint.get("/write-chain.csv")
@needs(READ)
def chain_csv() -> Any:
    """The same as a table; that it was taken is in the access log."""
    actor, wanted = current_actor(), _wanted()
    with transaction() as session:
        rows = [[getattr(row, name) for name, _kind in _COLUMNS] for row in every_entry(session, actor.scope(READ), wanted)]
        open_record(session, actor, Reading(wanted.school_id, "list", "write_chain", READ, "oversight", "export"), now())
    sheet = SheetSpec(_("Write chain"), [Column(name, kind) for name, kind in _COLUMNS], rows)
    return attachment(csvfile.write(sheet), f"list-{new_id()}.csv", "text/csv")
