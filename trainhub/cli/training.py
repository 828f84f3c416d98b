"""training plan, standing, coverage."""

from datetime import date, datetime

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
@click.option("--at", "clock", type=click.DateTime(["%H:%M"]), help="Start; default: the usual parts of the day.")
@click.option("--minutes", default=0, help="Length; default: that of the pack.")
@click.option("--room", default="")
@click.option("--trainer", "trainers", multiple=True, help="Name, or name/unit for a guest; may be repeated.")
@click.option("--draft", is_flag=True, help="Save only; do not publish and open the rolls.")
@click.option("--yes", is_flag=True, help="Answer every open question (holiday, conflict) with yes.")
@as_json
@with_app
def plan(
    username: str, pack_id: str, day: datetime, clock: datetime | None, minutes: int, room: str,
    trainers: tuple[str, ...], draft: bool, yes: bool, json_wanted: bool,
) -> None:
    """Plan a training from a course pack, by the same path as the page."""
    from trainhub.kernel.clock import now
    from trainhub.training.service.planning import PlanArguments, plan_from_arguments
    from trainhub.web.database import transaction

    with transaction() as session:
        actor = actor_named(session, username)
        arguments = PlanArguments(
            actor.org_id, pack_id, day.date(), clock.time() if clock else None, minutes, room, trainers,
            accept_all=yes, publish=not draft,
        )
        result = plan_from_arguments(session, actor, arguments, now())
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
