"""The command group and what its commands share."""

import click

from trainhub import __version__
from trainhub.cli import data, operations, setup, sources, training


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def cli() -> None:
    """TrainHub: who owes anti-bullying education, who attended, what is still owed."""


for module in (setup, data, training, sources, operations):
    module.register(cli)


def main() -> None:
    """Entry point of the console script."""
    cli()
