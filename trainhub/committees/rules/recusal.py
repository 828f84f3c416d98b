"""Who must step aside from a matter (domain.md cases 47, 48, 103; security: recusal beats every grant). Pure.

What makes somebody step aside is found from plain facts that the room of the cases brings: marks and ids, never a name.
"""

import unicodedata
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from trainhub.committees.rules.composition import SeatKind

FoundBy = Literal["declared", "system", "objection", "secretary"]


class Ground(StrEnum):
    """Why somebody steps aside."""

    RELATIVE = "relative"
    GUARDIAN_OF_PARTY = "guardian_of_party"
    OWN_CHILD = "own_child"
    HOMEROOM_TEACHER = "homeroom_teacher"
    OTHER_ROLE = "other_role"
    DECLARED_OTHER = "declared_other"
    OBJECTION = "objection"


MatterRole = Literal["reporter", "investigator", "instructor", "witness"]
"""Other roles in a matter. All of them are recorded as ``other_role``: a ground must not tell who reported (security: reporter)."""

CONTACT = "contact"
PERSON = "person"
_Mark = Callable[[str, str], str]


def contact_mark(mark: _Mark, name: str, phone: str) -> str:
    """Return the keyed mark of a human being by name and the last four digits of the telephone; "" without one of them.

    ``mark`` is ``KeyRing.mark``. Two people share a name; hardly two share it and four digits.
    """
    key = "".join(unicodedata.normalize("NFKC", name).split()).casefold()
    digits = "".join(c for c in unicodedata.normalize("NFKC", phone) if c.isdecimal())[-4:]
    return mark(CONTACT, f"{key}|{digits}") if key and len(digits) == 4 else ""


def person_mark(mark: _Mark, person_id: str) -> str:
    """Return the keyed mark of a person of the roster."""
    return mark(PERSON, person_id)


@dataclass(frozen=True, slots=True)
class RoleInMatter:
    """Somebody acts in the matter already: by person, account or both."""

    role: MatterRole
    person_id: str | None = None
    account_id: str | None = None


@dataclass(frozen=True, slots=True)
class MatterFacts:
    """What a case knows of who is close to it.

    ``class_teachers``: person ids of the homeroom teachers of the parties on the day it happened or today. ``guardian_marks``: :func:`contact_mark` and :func:`person_mark` of the guardians of all parties, in one set;
    ``guardian_persons``: ids of guardians known to be on the staff. ``relatives``: person ids known to be relatives.
    """

    class_teachers: frozenset[str] = frozenset()
    guardian_marks: frozenset[str] = frozenset()
    guardian_persons: frozenset[str] = frozenset()
    relatives: frozenset[str] = frozenset()
    roles: tuple[RoleInMatter, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may have to step aside: a member of the committee (``member_id``, ``kind``) or who handles cases at the school."""

    key: str
    person_id: str | None = None
    account_ids: frozenset[str] = frozenset()
    member_id: str | None = None
    kind: SeatKind | None = None
    is_principal: bool = False
    marks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Finding:
    """A conflict that was found."""

    who: Candidate
    ground: Ground


def found(facts: MatterFacts, candidates: Sequence[Candidate]) -> list[Finding]:
    """Return who must step aside and why, one finding for each candidate, the nearest ground first.

    A guardian of a party steps aside whatever their part. Class teachers and those who act in the matter otherwise step aside as
    members, for they would judge what they know from elsewhere; as staff they keep what their duty needs.
    """
    done = []
    for who in candidates:
        ground = _ground(facts, who)
        if ground is not None:
            done.append(Finding(who, ground))
    return done


def _ground(facts: MatterFacts, who: Candidate) -> Ground | None:
    known = {who.person_id} - {None}
    if who.marks & facts.guardian_marks or known & facts.guardian_persons:
        return Ground.OWN_CHILD if who.is_principal else Ground.GUARDIAN_OF_PARTY
    if known & facts.relatives:
        return Ground.RELATIVE
    if who.member_id is None:
        return None
    if known & facts.class_teachers:
        return Ground.HOMEROOM_TEACHER
    return Ground.OTHER_ROLE if any(_is(role, who) for role in facts.roles) else None


def _is(role: RoleInMatter, who: Candidate) -> bool:
    return (role.person_id is not None and role.person_id == who.person_id) or (role.account_id is not None and role.account_id in who.account_ids)


def substitute_for(kind: SeatKind | None, substitutes: Sequence[tuple[str, SeatKind, int]], taken: Collection[str]) -> str | None:
    """Return the substitute for a seat kind: of the same kind, first in seat order, not recused and not standing in already.

    ``substitutes``: (member id, kind of the seat, order). None where the roster of substitutes has nobody fitting.
    """
    fitting = sorted((order, member) for member, of, order in substitutes if of is kind and member not in taken)
    return fitting[0][1] if fitting else None
