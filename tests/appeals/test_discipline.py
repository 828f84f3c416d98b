"""Appeals against discipline: the school's appeals committee first, then the authority; what was found is never touched."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.appeals.scenery import REASONS, AppealScene
from trainhub.appeals.rules.lifecycle import AppealStepRefused, Outcome
from trainhub.appeals.rules.terms import DISCIPLINE_FILING, label_of
from trainhub.appeals.service import executing, filing
from trainhub.appeals.service.discipline import SchoolWord, hear_at_school
from trainhub.appeals.service.filing import AppealRefused
from trainhub.cases.models import Determination
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import InvalidState, NotFound, SeparationOfDuties


def word(scene: AppealScene, appeal: str, *withdrawn: str, by: str = "committee_secretary", **more: object) -> str:
    scene.finding(scene.appeal(appeal).determination_id).entered_by = scene.sample.accounts["case_officer"]
    values = {"reasons": REASONS, "document": "申诉委员会〔2026〕2 号", "members": 5} | more
    return hear_at_school(scene.session, scene.actor(by), scene.ring, SchoolWord(appeal, withdrawn, **values), scene.later())  # type: ignore[arg-type]


def test_the_track_has_numbers_of_its_own_and_its_time_is_marked_unverified(scene: AppealScene) -> None:
    one, other = scene.appeal(scene.file()), scene.appeal(scene.file(track="discipline"))
    assert (one.number, other.number) == (1, 1)
    assert [label_of(a.track, a.year, a.number)[0] for a in (one, other)] == ["申", "处"]
    assert (DISCIPLINE_FILING.days, DISCIPLINE_FILING.day_kind, DISCIPLINE_FILING.seen) == (15, "working", "memory")
    assert other.school_due_on is not None
    scene.finding().effective_at = scene.now - timedelta(days=60)
    assert scene.appeal(scene.file("target", track="discipline")).in_time is False


def test_without_a_disciplinary_measure_there_is_nothing_to_appeal_against(scene: AppealScene) -> None:
    scene.finding().measures = ["warning_talk", "conduct_course"]
    with pytest.raises(AppealRefused) as error:
        scene.file(track="discipline")
    assert error.value.params["why"] == "no_measures"


def test_the_authority_comes_after_the_schools_own_committee(scene: AppealScene, session: Session) -> None:
    appeal = scene.file(track="discipline")
    with pytest.raises(AppealStepRefused) as error:
        filing.admit_appeal(session, scene.county, appeal, scene.later())
    assert error.value.params["missing"] == ("school_first",)
    due = scene.appeal(appeal).school_due_on
    assert due is not None
    filing.admit_appeal(session, scene.county, appeal, scene.later(days=(due - local_day(scene.now)).days + 1))
    assert scene.appeal(appeal).state == "admitted"
    with pytest.raises(InvalidState):
        word(scene, appeal)


def test_who_took_it_in_has_not_the_schools_word(scene: AppealScene, session: Session) -> None:
    appeal = scene.file(track="discipline")
    with pytest.raises(SeparationOfDuties):
        word(scene, appeal, by="case_officer")
    with pytest.raises(NotFound):
        word(scene, appeal, by="committee_secretary@other")
    for change, code in (({"members": 2}, "school_committee"), ({"document": " "}, "school_committee")):
        with pytest.raises(AppealRefused) as error:
            word(scene, appeal, **change)  # type: ignore[arg-type]
        assert error.value.params["why"] == code
    with pytest.raises(AppealRefused):
        word(scene, appeal, "conduct_course")  # education is no discipline


def test_the_school_takes_a_measure_back_and_the_finding_stays(scene: AppealScene, session: Session) -> None:
    appeal = scene.file(track="discipline")
    word(scene, appeal, "admonition")
    fresh = scene.finding(scene.appeal(appeal).determination_id)
    old = scene.finding()
    assert (fresh.outcome, fresh.tier, fresh.plan_minutes) == (old.outcome, old.tier, old.plan_minutes)
    assert fresh.measures == ["conduct_course", "quality_evaluation"]
    assert fresh.appeal_until == old.appeal_until, "the time to appeal against the finding goes on"
    assert (scene.plan.total_minutes, scene.plan.state, scene.plan.determination_id) == (180, "active", fresh.id)
    assert sorted(e.kind for e in scene.effects(appeal)) == ["recipient", "recipient", "service"]
    scene.serve(appeal, by="committee_secretary")
    with pytest.raises(AppealStepRefused):
        executing.close_appeal(session, scene.actor("case_officer"), appeal, scene.later())
    scene.correct(appeal)
    with pytest.raises(InvalidState):  # the school had the word, so the school closes
        executing.close_appeal(session, scene.county, appeal, scene.later())
    executing.close_appeal(session, scene.actor("case_officer"), appeal, scene.later())
    assert scene.appeal(appeal).state == "executed"
    assert scene.appeal(scene.file("target", finding=fresh.id)).in_time, "against the finding one may still appeal to the county"


def test_the_authority_reviews_measures_only(scene: AppealScene, session: Session) -> None:
    appeal = scene.file(track="discipline")
    word(scene, appeal)
    assert scene.appeal(appeal).school_outcome == "kept"
    scene.examined(scene.screened(appeal))
    for outcome, more, code in (
        (Outcome.OVERTURN, {}, "track_outcome"), (Outcome.RETURN, {}, "track_outcome"),
        (Outcome.MODIFY, {"measures": ("admonition", "conduct_course", "quality_evaluation")}, "measures"),
        (Outcome.MODIFY, {"measures": ("admonition", "quality_evaluation")}, "measures"),
    ):
        with pytest.raises(AppealRefused) as error:
            scene.decided(appeal, outcome, **more)
        assert error.value.params["why"] == code, (outcome, more)
    scene.decided(appeal, Outcome.MODIFY, measures=("conduct_course",), tier="serious", plan_minutes=999)
    fresh = session.scalars(sa.select(Determination).where(Determination.version == 2)).one()
    assert (fresh.outcome, fresh.tier, fresh.plan_minutes, fresh.measures) == ("bullying", "heavier", 180, ["conduct_course"])
    assert scene.plan.total_minutes == 180
    assert "evaluation_entry" in {e.kind for e in scene.effects(appeal)}


def test_case_70_both_tracks_run_together(scene: AppealScene, session: Session) -> None:
    against, about = scene.file(track="discipline"), scene.file()
    word(scene, against, "admonition")
    fresh = scene.plan.determination_id
    assert scene.appeal(about).determination_id == fresh, "the other track follows the new version"
    scene.examined(scene.screened(about))
    scene.decided(about, Outcome.OVERTURN, finding=fresh)
    assert (scene.finding(fresh).state, scene.plan.state) == ("overturned", "revoked")
    assert (scene.appeal(against).state, scene.appeal(against).reject_reason) == ("rejected", "moot")
