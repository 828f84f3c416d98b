"""The command group and what its commands share."""

import os

import click

from trainhub import __version__
from trainhub.cli import cases, data, guardian_requests, keys, operations, plugins, setup, sources, training


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
@click.option("--safe-mode", is_flag=True, help="Load only the plugins that came with TrainHub.")
def cli(safe_mode: bool) -> None:
    """TrainHub: who owes anti-bullying education, who attended, what is still owed."""
    if safe_mode:
        os.environ["TRAINHUB_SAFE_MODE"] = "1"  # of this run only; the processes it starts are part of it


for module in (setup, data, training, sources, plugins, operations, keys, cases, guardian_requests):
    module.register(cli)


def main() -> None:
    """Entry point of the console script."""
    cli()
