"""training plan, standing, coverage."""

from datetime import date, datetime, time

import click

from trainhub.cli.answers import actor_named, answer, as_json, with_app


def register(cli: click.Group) -> None:
    """Add the commands of this module."""
    cli.add_command(training)


@click.group()
def training() -> None:
    """The yearly training."""


@training.command()
@click.option("--as", "username", required=True, help="Sign-in name of a training officer.")
@click.option("--pack", "pack_id", required=True)
@click.option("--on", "day", required=True, type=click.DateTime(["%Y-%m-%d"]))
@click.option("--at", "clock", required=True, type=click.DateTime(["%H:%M"]))
@click.option("--room", default="")
@click.option("--trainer", "trainers", multiple=True)
@click.option("--publish", is_flag=True, help="Publish at once and open the rolls.")
@as_json
@with_app
def plan(
    username: str, pack_id: str, day: datetime, clock: datetime, room: str, trainers: tuple[str, ...], publish: bool,
    json_wanted: bool,
) -> None:
    """Plan a training from a course pack."""
    from trainhub.kernel.clock import now
    from trainhub.training.service.planning import plan_from_arguments
    from trainhub.web.database import transaction

    at: time = clock.time()
    with transaction() as session:
        actor = actor_named(session, username)
        result = plan_from_arguments(
            session, actor, pack_id=pack_id, day=day.date(), at=at, room=room, trainers=trainers, publish=publish, now=now()
        )
    answer(result, json_wanted)


@training.command()
@click.option("--as", "username", required=True)
@click.option("--school", "school_id", help="Organisation id; default: the actor's own.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Day; default: today.")
@as_json
@with_app
def standing(username: str, school_id: str | None, as_of: datetime | None, json_wanted: bool) -> None:
    """Who stands where in the year, by name."""
    from trainhub.kernel.permissions import Permission
    from trainhub.training.queries.standing import standing_json
    from trainhub.web.database import read_session

    session = read_session()
    actor = actor_named(session, username)
    school = school_id or actor.org_id
    result = standing_json(session, actor.scope(Permission.STANDING_READ).narrowed(school), school, _day(as_of))
    answer(result, json_wanted)


@training.command()
@click.option("--as", "username", required=True)
@click.option("--year", help="Year key such as 2026; default: the present one.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Day; default: today.")
@as_json
@with_app
def coverage(username: str, year: str | None, as_of: datetime | None, json_wanted: bool) -> None:
    """Coverage of every school in scope, with the rule version."""
    from trainhub.kernel.permissions import Permission
    from trainhub.training.queries.coverage import coverage_json
    from trainhub.web.database import read_session

    session = read_session()
    actor = actor_named(session, username)
    answer(coverage_json(session, actor.scope(Permission.COVERAGE_READ), year, _day(as_of)), json_wanted)


def _day(value: datetime | None) -> date:
    from trainhub.kernel.clock import local_day, now

    return value.date() if value else local_day(now())
