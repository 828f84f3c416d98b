"""Imports every room's tables, so that the metadata is whole wherever the application is built."""

from trainhub.accounts import models as accounts
from trainhub.appeals import models as appeals
from trainhub.attendance import models as attendance
from trainhub.cases import models as cases
from trainhub.class_meetings import models as class_meetings
from trainhub.committees import models as committees
from trainhub.courses import models as courses
from trainhub.education_plans import models as education_plans
from trainhub.evidence import models as evidence
from trainhub.jobs import models as jobs
from trainhub.ledger import models as ledger
from trainhub.plugin_host import models as plugin_host
from trainhub.roster import models as roster
from trainhub.training import models as training

ALL = (
    accounts, appeals, attendance, cases, class_meetings, committees, courses, education_plans, evidence, jobs, ledger, plugin_host, roster,
    training,
)
