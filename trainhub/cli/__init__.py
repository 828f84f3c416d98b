"""The ``trainhub`` command: the same services as the pages.

Exit codes: 0 done, 1 refused (the sentence says why), 2 wrong usage. ``--json`` everywhere.
"""

from trainhub.cli.main import main

__all__ = ["main"]
