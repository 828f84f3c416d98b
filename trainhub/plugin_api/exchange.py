"""What leaves and enters beside attendance: exporters, notifiers, roster importers, policy packs.

Plugins get frozen values and return frozen values. Nothing here names a pupil.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date, datetime
from typing import Any, Literal, Protocol, runtime_checkable

from trainhub.plugin_api.contracts import Problem, Unreadable, Upload

Settings = Mapping[str, Any]
"""A plugin's settings as core read them for one bureau and school: declared names, typed values, secrets in clear."""


# --- exporters ----------------------------------------------------------------------------------

ExportSubject = Literal["hours", "calendar", "certificate"]


@dataclass(frozen=True, slots=True)
class HoursRow:
    """Verified minutes of one member of staff in one part of a training."""

    person_code: str
    name: str
    staff_no: str
    department: str
    title: str
    day: date
    minutes: int
    mode: str
    verified_on: date | None
    origin: str = ""


@dataclass(frozen=True, slots=True)
class HoursLedger:
    """All verified minutes of one school and year, with the rule that turns minutes into periods."""

    school: str
    school_code: str
    year_label: str
    minutes_per_period: int
    as_of: datetime
    rows: tuple[HoursRow, ...]


@dataclass(frozen=True, slots=True)
class CalendarItem:
    """One session as a calendar shows it. ``uid`` never changes, ``sequence`` grows with every move; ``url`` is the page about it."""

    uid: str
    title: str
    starts_at: datetime
    ends_at: datetime
    place: str = ""
    cancelled: bool = False
    sequence: int = 0
    changed_at: datetime | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class CalendarFeed:
    """Sessions of one school or person, in order of time."""

    name: str
    items: tuple[CalendarItem, ...]


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a member of staff completed in a year. ``verify_url`` leads to the page that confirms it."""

    person_code: str
    name: str
    staff_no: str
    school: str
    school_url: str
    title: str
    year_label: str
    minutes: int
    minutes_per_period: int
    completed_on: date
    issued_at: datetime
    verify_url: str


ExportData = HoursLedger | CalendarFeed | Certificate


@dataclass(frozen=True, slots=True)
class ExporterSpec:
    """The description of an exporter. ``key`` is unique over all plugins."""

    key: str
    label: str
    subject: ExportSubject
    media_type: str
    extension: str


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A finished file. ``name`` has no path."""

    name: str
    media_type: str
    content: bytes


class Exporter(Protocol):
    """A file format that data leaves in. Pure: same data, same bytes."""

    spec: ExporterSpec

    def export(self, data: Any, settings: Settings) -> ExportFile:
        """Return the file; ``data`` is the value of ``spec.subject``: :data:`ExportData`."""
        ...


# --- notifiers ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a school wants to be told. Texts name no pupil; ``link`` is a path inside TrainHub."""

    key: str
    kind: str
    title: str
    body: str
    link: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one notice: ``error`` is empty where it arrived."""

    key: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class NotifierSpec:
    """The description of a channel. ``key`` is unique over all plugins."""

    key: str
    label: str


class Notifier(Protocol):
    """A channel to the outside. Called by the background worker only, never inside a page or a transaction."""

    spec: NotifierSpec

    def deliver(self, notices: Sequence[Notice], settings: Settings) -> Sequence[Delivery]:
        """Send the notices and say what became of each; a notice may arrive twice after a crash."""
        ...


# --- roster importers ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RosterImporterSpec:
    """The description of a roster format. ``gives`` says which lists it can yield."""

    key: str
    label: str
    gives: tuple[Literal["staff", "students"], ...]
    extensions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RosterTable:
    """A roster in the words of core's own import: ``columns`` are field names, ``rows`` their texts.

    Fields of staff: name, staff_no, department, post, category, homeroom_class, state, school_code, hired_on, left_on.
    Fields of students: name, student_no, grade, class_name, seat_no, sex, school_code. A column of another name is
    left out and named in the preview. ``numbers`` are the row numbers in the file the rows came from, rising, for
    sentences about them; ``dropped`` and ``warnings`` are said in the preview.
    """

    kind: Literal["staff", "students"]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...] = ()
    dropped: tuple[Unreadable, ...] = ()
    warnings: tuple[Problem, ...] = ()


class RosterImporter(Protocol):
    """A format that rosters arrive in. Pure; core shows the preview, asks, and writes."""

    spec: RosterImporterSpec

    def recognise(self, upload: Upload) -> int:
        """Return 0-100: how sure it is that it can read this file. Must not raise."""
        ...

    def read(self, upload: Upload, kind: Literal["staff", "students"]) -> RosterTable:
        """Return the roster. Raises :class:`trainhub.plugin_api.Refused`; never invents a person."""
        ...


# --- files explained ----------------------------------------------------------------------------


@runtime_checkable
class Explainer(Protocol):
    """What a source, importer or exporter may also be: somebody who tells what a file says, while nothing is written.

    Optional, and no hook of its own: whoever has both methods is asked about files that are no attendance (in the child
    process, like every reader). ``trainhub sources explain`` is what asks.
    """

    def knows(self, upload: Upload) -> int:
        """Return 0-100: 95 and more for a file it can explain, less for one that it would be with others. Must not raise."""
        ...

    def explain(self, upload: Upload) -> Mapping[str, Any]:
        """Return plain JSON values. Raises :class:`trainhub.plugin_api.Refused`.

        ``kind`` (roster, calendar, certificate, members) and ``format`` are wanted. Under ``person_key`` stands who is
        meant, as far as the file says: a mapping of ``staff_no``, ``email``, ``name``, ``code`` (a person's key), or
        ``digest`` and ``salt`` (SHA-256 of an identifier and the salt); core puts the person's key there, or null. With
        ``part`` several files of one format stand beside each other under that name; without, they are put together.
        """
        ...


# --- policy packs -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PolicyPack:
    """A region's rules as data: values for policy parameters, and the document they rest on.

    ``parameters`` maps names that core declares (``trainhub.kernel.policy``) to values; an unknown name or
    a value out of range keeps the pack from being offered.
    """

    key: str
    label: str
    region: str
    version: str
    citation: str
    parameters: Mapping[str, int | str | bool] = dataclass_field(default_factory=dict)
