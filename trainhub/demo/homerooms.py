"""Accounts of the homeroom teachers: they plan and record, so each has one, opened in bulk and without a password."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import insert

from trainhub.accounts.models import Account, AccountGrant, LoginName
from trainhub.demo.people import Somebody
from trainhub.demo.roster import put
from trainhub.demo.world import World
from trainhub.kernel.actor import SYSTEM, Actor, Grant
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Role
from trainhub.ledger.service import NewEntry, append_many

_REASON = "演示数据"


def homeroom_teachers(world: World) -> dict[str, Somebody]:
    """Who leads each class of the present school year, by class id; a class may have nobody."""
    found: dict[str, Somebody] = {}
    for people in world.staff.values():
        for person in people:
            for job in person.jobs:
                for post in job.posts:
                    if post.name == "homeroom_teacher" and post.class_id and post.to_on is None and job.to_on is None:
                        found[post.class_id] = person
    return found


def open_homerooms(world: World, teachers: Iterable[Somebody]) -> dict[str, Actor]:
    """Open an account for everybody of them who has none yet; returns who may act, by person id."""
    names = {place.key: place.name for place in world.places}
    held = {actor.person_id: actor for actor in world.actors.values() if actor.role is Role.HOMEROOM_TEACHER}
    found = {person_id: actor for person_id, actor in held.items() if person_id}
    since = world.began_at.date()
    for person in teachers:
        if person.id not in found:
            found[person.id] = _actor(world, person, names[person.jobs[0].place], since)
    new = [(person_id, actor) for person_id, actor in found.items() if person_id not in held]
    _write(world, [actor for _, actor in new], {p.id: p for people in world.staff.values() for p in people})
    return found


def _actor(world: World, person: Somebody, org_name: str, since: date) -> Actor:
    org_id = world.orgs[person.jobs[0].place]
    grant = Grant(new_id(), Role.HOMEROOM_TEACHER, org_id, org_name, since)
    return Actor(
        new_id(), world.district_id, person.name, person.id, Role.HOMEROOM_TEACHER, org_id, org_name, (grant,), grant.id,
    )


def _write(world: World, actors: list[Actor], people: dict[str, Somebody]) -> None:
    now, tenant = world.began_at, world.district_id
    if not actors:
        return
    accounts = []
    for actor in actors:
        job = people[actor.person_id or ""].jobs[0]
        accounts.append({
            "district_id": tenant, "id": actor.account_id, "person_id": actor.person_id, "display_name": actor.display_name,
            "username": f"{world.prefix}{job.place}.{job.staff_no}", "created_at": now,
        })
    put(world.session, Account, accounts)
    world.session.execute(insert(LoginName), [
        {"username": row["username"], "district_id": tenant, "account_id": row["id"]} for row in accounts
    ])
    put(world.session, AccountGrant, [
        {"district_id": tenant, "id": actor.grant_id, "account_id": actor.account_id, "role": actor.role.value, "org_id": actor.org_id,
         "from_on": now.date(), "to_on": None, "reason": _REASON, "granted_by": SYSTEM, "created_at": now}
        for actor in actors
    ])
    for org_id in sorted({actor.org_id for actor in actors}):
        append_many(world.session, [
            NewEntry(tenant, org_id, "grant.given", actor.account_id, actor.grant_id,
                     {"role": actor.role.value, "from": now.date().isoformat(), "to": None},
                     occurred_at=now, recorded_at=now, actor_ref=SYSTEM, acting_role=SYSTEM, source="seed", reason=_REASON)
            for actor in actors if actor.org_id == org_id
        ])
