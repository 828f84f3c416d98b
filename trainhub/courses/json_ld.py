"""A pack as schema.org JSON-LD, for other catalogues. An export only: nothing reads it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from trainhub.courses.rules import Pack
from trainhub.kernel.clock import local

_MODES = {"face_to_face": "onsite", "online": "online", "blended": "blended", "on_the_job": "onsite"}


@dataclass(frozen=True, slots=True)
class Offering:
    """One occasion on which a pack is taught: aware times and the place as people call it."""

    starts_at: datetime
    ends_at: datetime
    place: str
    delivery: str = "face_to_face"


def to_json_ld(pack: Pack, offerings: Sequence[Offering] = ()) -> dict[str, Any]:
    """Return a schema.org Course: duration as ISO 8601, periods as credits, local times with offset.

    No person appears in it, neither trainer nor trainee.
    """
    course: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Course",
        "identifier": pack.id,
        "name": pack.title,
        "inLanguage": pack.language,
        "timeRequired": f"PT{pack.minutes}M",
        "numberOfCredits": pack.class_hours,
    }
    if offerings:
        course["hasCourseInstance"] = [
            {
                "@type": "CourseInstance",
                "courseMode": _MODES.get(offering.delivery, "onsite"),
                "startDate": local(offering.starts_at).isoformat(),
                "endDate": local(offering.ends_at).isoformat(),
                "location": offering.place,
            }
            for offering in offerings
        ]
    return course
