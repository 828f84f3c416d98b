"""The invented districts that plugin authors get too (``trainhub.testing``)."""

from trainhub.testing.district import (
    GIVEN,
    SURNAMES,
    TOPIC,
    Sample,
    add_account,
    add_class,
    add_org,
    add_post,
    add_staff,
    build_district,
    person_name,
    today,
)

__all__ = [
    "GIVEN", "SURNAMES", "TOPIC", "Sample", "add_account", "add_class", "add_org", "add_post", "add_staff", "build_district",
    "person_name", "today",
]
