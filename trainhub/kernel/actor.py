"""Who acts, in which role, and how far that reaches. Read anew on every request."""

from dataclasses import dataclass, field
from datetime import date

from trainhub.kernel.errors import Forbidden
from trainhub.kernel.permissions import PUBLIC, Permission, Reach, Role, reach


@dataclass(frozen=True, slots=True)
class Grant:
    """A dated right to act: role at an organisation, from a day to a day (both inclusive)."""

    id: str
    role: Role
    org_id: str
    org_name: str
    from_on: date
    to_on: date | None = None

    def valid_on(self, day: date) -> bool:
        """Whether the grant is in force on a local day."""
        return self.from_on <= day and (self.to_on is None or day <= self.to_on)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a read may see. ``school_ids`` None means the whole district.

    ``person_id`` narrows to one person where the right reaches only oneself.
    """

    district_id: str
    school_ids: frozenset[str] | None
    person_id: str | None = None

    def covers_school(self, school_id: str) -> bool:
        """Whether rows of that school (or bureau unit) may be seen."""
        return self.school_ids is None or school_id in self.school_ids

    def narrowed(self, school_id: str) -> "Scope":
        """Return the scope of one school inside this one."""
        if not self.covers_school(school_id):
            raise Forbidden
        return Scope(self.district_id, frozenset({school_id}), self.person_id)


@dataclass(frozen=True, slots=True)
class Actor:
    """An account acting in one role at one organisation. Never an ORM row."""

    account_id: str
    district_id: str
    display_name: str
    person_id: str | None
    role: Role
    org_id: str
    org_name: str
    grants: tuple[Grant, ...] = field(default=())
    grant_id: str = ""

    def can(self, permission: Permission) -> bool:
        """Whether the acting role carries the permission."""
        return reach(self.role, permission) is not None

    def scope(self, permission: Permission) -> Scope:
        """Return what the acting role may see under ``permission``.

        Raises :class:`Forbidden` where the role does not carry it.
        """
        how_far = reach(self.role, permission)
        if how_far is None or permission in PUBLIC:
            raise Forbidden
        if how_far is Reach.DISTRICT:
            return Scope(self.district_id, None)
        if how_far is Reach.SCHOOL:
            return Scope(self.district_id, frozenset({self.org_id}))
        return Scope(self.district_id, frozenset(), self.person_id)

    def require(self, permission: Permission, school_id: str | None = None) -> None:
        """Refuse unless the acting role carries the permission, at that school where one is named."""
        if not self.can(permission):
            raise Forbidden
        if school_id is not None and not self.scope(permission).covers_school(school_id):
            raise Forbidden


SYSTEM = "system"
"""Actor reference written by commands that no account runs (seed, restore)."""
