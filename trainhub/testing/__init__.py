"""For authors of plugins: contracts to run, an application to try in, a district of invented people.

>>> from trainhub.testing import AttendanceSourceContract, CourseTypeContract, given

``pytest -p trainhub.testing.fixtures`` gives ``trainhub_app`` and ``sample_district``.
"""

from trainhub.testing.contracts import AttendanceSourceContract, CourseTypeContract
from trainhub.testing.plugins import given

__all__ = ["AttendanceSourceContract", "CourseTypeContract", "given"]
