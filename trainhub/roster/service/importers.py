"""Which roster importer reads a file, and reading with it, in the child process; the rest is as with a sheet."""

from collections.abc import Mapping

from trainhub.evidence import intake
from trainhub.evidence.rules import NO_TABLE
from trainhub.plugin_api import Refused, RosterImporter, Upload
from trainhub.roster.refusals import UnreadableFile
from trainhub.roster.service.reading import Kind, Reading, SchoolFacts, read_file, read_table

SURE = 80
"""An importer less sure than this is not taken unless the clerk chose it."""


def read_any(
    kind: Kind, upload: Upload, school: SchoolFacts, key: bytes, remembered: Mapping[str, Mapping[str, str]],
    importers: Mapping[str, RosterImporter], chosen: str = "", *, keep: bool = True,
) -> Reading:
    """Read an upload with the importer that was ``chosen`` or that knows the file, else as a sheet.

    ``chosen`` is an importer's key, "sheet", or "" to recognise. Raises :class:`UnreadableFile`.
    """
    fitting = {name: one for name, one in importers.items() if kind in one.spec.gives}
    try:
        importer = fitting.get(chosen) if chosen else _recognised(upload, fitting)
        if importer is None:
            return read_file(kind, upload, school, key, remembered, keep=keep)
        table = intake.read_roster(upload, importer, kind)
    except Refused as refused:
        params = {name: value for name, value in refused.params.items() if name != "reason"}
        raise UnreadableFile(field="file", reason=refused.code, **params) from refused
    return read_table(kind, table, upload, importer.spec.label, school, key)


def _recognised(upload: Upload, importers: Mapping[str, RosterImporter]) -> RosterImporter | None:
    """The surest importer whose file names end so; nobody is asked about a file of another kind."""
    ending = upload.name.rpartition(".")[2].lower()
    asked = [one for one in importers.values() if not one.spec.extensions or ending in one.spec.extensions]
    if not asked:
        return None
    try:
        scores = intake.recognise(upload, asked)
    except Refused as refused:
        if refused.code in NO_TABLE:
            return None  # the reader of sheets says so in its own words
        raise
    best = max(asked, key=lambda one: scores.get(one.spec.key, 0))
    return best if scores.get(best.spec.key, 0) >= SURE else None
