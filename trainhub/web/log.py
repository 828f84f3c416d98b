"""structlog, without the terminal colours.

Where rich is installed structlog loads it, and pygments after it, whether or not anything is coloured:
a third of the start and fifteen megabytes for logs that are JSON.
"""

from trainhub.kernel.lean import without

with without("rich"):
    import structlog

__all__ = ["structlog"]
