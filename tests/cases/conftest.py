"""What the tests of this room share."""

import pytest
from sqlalchemy.orm import Session

from tests.cases.scenery import World, build
from trainhub.kernel.clock import now


@pytest.fixture
def world(session: Session) -> World:
    return build(session, now())
