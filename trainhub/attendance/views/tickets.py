"""A scan on its way through sign-in: a signed cookie of the one browser that scanned, for ten minutes.

The cookie is out of reach of scripts and of no use twice: a scan names its ticket, and a ticket serves one person. One
that was scanned while signed in serves that account only.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from flask import Response, current_app, request
from itsdangerous import BadSignature, URLSafeSerializer

from trainhub.attendance.check_in_rules import How, Opening
from trainhub.kernel.actor import Actor

COOKIE = "trainhub_scan"
PATH = "/check-in"


@dataclass(frozen=True, slots=True)
class Ticket:
    """A genuine scan: which sheet of which district, when, how, by whom ("" while signed out), until when it is kept."""

    district_id: str
    sheet_id: str
    scanned_at: datetime
    how: How
    account_id: str
    name: str
    until: datetime

    def serves(self, actor: Actor, now: datetime) -> bool:
        """Whether this account may redeem it now."""
        return self.district_id == actor.district_id and self.account_id in {"", actor.account_id} and now <= self.until


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt="trainhub/check-in/1")


def new_ticket(district_id: str, sheet_id: str, opening: Opening, how: How, actor: Actor | None, now: datetime) -> Ticket:
    """Return the ticket of a scan made now."""
    account = actor.account_id if actor else ""
    return Ticket(district_id, sheet_id, now, how, account, secrets.token_hex(16), opening.kept_until(now))


def keep(response: Response, ticket: Ticket, now: datetime) -> Response:
    """Hand a ticket to the browser."""
    held = [ticket.district_id, ticket.sheet_id, ticket.scanned_at.isoformat(), ticket.how, ticket.account_id, ticket.name,
            ticket.until.isoformat()]
    response.set_cookie(
        COOKIE, str(_signer().dumps(held)), max_age=max(timedelta(minutes=1), ticket.until - now), path=PATH, httponly=True,
        samesite="Lax", secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
    )
    return response


def kept() -> Ticket | None:
    """Return the ticket of this browser, or None where there is none or somebody wrote one himself."""
    try:
        district, sheet, at, how, account, name, until = _signer().loads(request.cookies.get(COOKIE, ""))
        return Ticket(district, sheet, datetime.fromisoformat(at), cast("How", how), account, name, datetime.fromisoformat(until))
    except (BadSignature, TypeError, ValueError):
        return None


def drop(response: Response) -> Response:
    """Take the ticket from the browser."""
    response.delete_cookie(COOKIE, path=PATH)
    return response
