"""``python -m trainhub_ical calendar.ics``: print what a calendar says, one session a line."""

import sys
from pathlib import Path

from trainhub.plugin_api import Refused, Upload
from trainhub_ical.reading import read_feed


def main(paths: list[str]) -> int:
    """Print the sessions of each file; returns 1 where one could not be read."""
    failed = 0
    for name in paths:
        path = Path(name)
        try:
            feed = read_feed(Upload(path.name, path.read_bytes()))
        except Refused as refused:
            sys.stderr.write(f"{path.name}: {refused.code}\n")
            failed = 1
            continue
        for s in feed.sessions:
            marks = [word for word, on in (("all-day", s.all_day), ("cancelled", s.cancelled)) if on]
            cells = [s.starts_at.isoformat(), s.ends_at.isoformat(), s.title, s.place, *marks]
            sys.stdout.write("\t".join(cells).rstrip() + "\n")
        for problem in feed.warnings:
            sys.stderr.write(f"{path.name}: {problem.code} {dict(problem.params)}\n")
    return failed


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
