"""What a sheet is the roll of, told by the rooms above: title of the training, room, trainers.

Attendance knows a sheet's subject only by kind and id. A room above registers one describer per kind
(in ``app``); without one a sheet shows its own title and times.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class SubjectFacts:
    """What a page or a printed sheet says about a subject.

    ``heading`` is the training's title, ``part`` the part's ("" when there is one only), ``parent_id``
    the event shown under ``endpoint`` with ``parameter`` (e.g. ``training.event``, ``event_id``).
    """

    heading: str = ""
    part: str = ""
    room: str = ""
    trainers: tuple[str, ...] = ()
    face_to_face: bool = True
    endpoint: str = ""
    parameter: str = ""
    parent_id: str = ""
    number: str = ""


Describer = Callable[[Any, str, Sequence[str]], Mapping[str, SubjectFacts]]
"""``(session, district_id, subject_ids) -> facts by subject id``; a constant number of statements."""

_describers: dict[str, Describer] = {}


def describe_with(kind: str, describer: Describer) -> None:
    """Let a room describe the subjects of its kind. Registering the same one again is harmless."""
    if _describers.get(kind, describer) is not describer:
        raise ValueError(f"two describers for {kind}")
    _describers[kind] = describer


def facts(session: Any, district_id: str, kind: str, subject_ids: Sequence[str]) -> Mapping[str, SubjectFacts]:
    """Return what is known about subjects of one kind; nothing where no room describes the kind."""
    describer = _describers.get(kind)
    return describer(session, district_id, subject_ids) if describer and subject_ids else {}
