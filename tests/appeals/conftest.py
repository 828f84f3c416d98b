"""What the tests of this room share."""

import pytest
from sqlalchemy.orm import Session

from tests.appeals.scenery import AppealScene, build
from tests.builders import Sample


@pytest.fixture
def scene(session: Session, district: Sample) -> AppealScene:
    return build(session, district)
