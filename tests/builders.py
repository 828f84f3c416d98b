"""The invented districts that plugin authors get too (``trainhub.testing``)."""

from trainhub.testing.district import (
    GIVEN,
    SURNAMES,
    TOPIC,
    Sample,
    add_account,
    add_class,
    add_lesson_times,
    add_org,
    add_post,
    add_pupils,
    add_staff,
    add_term,
    add_timetable,
    build_district,
    person_name,
    today,
)

__all__ = [
    "GIVEN", "SURNAMES", "TOPIC", "Sample", "add_account", "add_class", "add_lesson_times", "add_org", "add_post",
    "add_pupils", "add_staff", "add_term", "add_timetable", "build_district", "person_name", "today",
]
