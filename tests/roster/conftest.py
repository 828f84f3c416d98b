"""What the roster's tests share: actors, an upload made of rows, reading and staging in one step."""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.builders import Sample
from trainhub.kernel.actor import Actor, Scope
from trainhub.plugin_api import Upload
from trainhub.roster import service
from trainhub.roster.queries import batch_page, remembered_mappings

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
KEY = b"a key for tests, thirty-two bytes at least"


def csv_upload(rows: Sequence[Sequence[str]], name: str = "名单.csv", encoding: str = "utf-8-sig") -> Upload:
    """Return rows as a CSV file."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return Upload(name, text.getvalue().encode(encoding))


def xlsx_upload(rows: Sequence[Sequence[str]], name: str = "名单.xlsx") -> Upload:
    """Return rows as a workbook."""
    import xlsxwriter

    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        for place, cell in enumerate(row):
            sheet.write_string(number, place, cell)
    book.close()
    return Upload(name, target.getvalue())


@dataclass
class Desk:
    """A clerk at the import desk of one school."""

    session: Session
    actor: Actor
    school_id: str

    @property
    def scopes(self) -> dict[str, Scope]:
        """What the clerk may see, by kind of list."""
        return {kind: self.actor.scope(permission) for kind, permission in service.READS.items()}

    def read(self, upload: Upload, kind: Any = "staff", mapping: Any = None) -> service.Reading:
        """Read an upload as the page does."""
        facts = service.school_facts(self.session, self.actor.district_id, self.school_id, NOW)
        known = remembered_mappings(self.session, self.scopes[kind], self.school_id, kind)
        return service.read_file(kind, upload, facts, KEY, known, mapping)

    def stage(self, upload: Upload, kind: Any = "staff") -> Any:
        """Stage an upload; returns the batch's page."""
        return self.page(service.stage(self.session, self.actor, self.school_id, self.read(upload, kind), NOW))

    def page(self, batch_id: str) -> Any:
        """The page of a batch."""
        return batch_page(self.session, self.scopes, batch_id)

    def decide(self, batch_id: str, rows: Any = None, gone: Any = None, first_day: Any = None) -> Any:
        """Decide rows; returns the batch's page."""
        version = self.page(batch_id).version
        service.decide(self.session, self.actor, service.Decide(batch_id, version, rows or {}, gone or {}, first_day), KEY)
        return self.page(batch_id)

    def apply(self, batch_id: str, **more: Any) -> service.Report:
        """Write a batch."""
        return service.apply(self.session, self.actor, batch_id, None, NOW, **more)

    def bring_in(self, upload: Upload, kind: Any = "staff") -> service.Report:
        """Stage and write."""
        return self.apply(self.stage(upload, kind).id)


@pytest.fixture
def clerk(district: Sample) -> Actor:
    """The administrator of the first school."""
    return district.actors["school_administrator"]


@pytest.fixture
def desk(session: Session, district: Sample, clerk: Actor) -> Desk:
    """The import desk of the first school."""
    return Desk(session, clerk, district.school_id)


@pytest.fixture
def counts_of(desk: Desk) -> Callable[[Upload], dict[str, int]]:
    """Return the counts a file would give, without keeping it."""
    return lambda upload: desk.stage(upload).plan.counts
