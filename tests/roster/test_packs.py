"""Adopting a set of rules: compared first, all or nothing, dated."""

from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import Sample
from tests.conftest import SignIn
from trainhub.kernel.clock import local_day, now
from trainhub.plugin_api import PolicyPack
from trainhub.roster import service
from trainhub.roster.queries.policy import policy_for
from trainhub.roster.refusals import UnknownWord

PACK = PolicyPack(key="p", label="试行规则", region="示例", version="1", citation="示例文件", parameters={"training_min_minutes": 240, "make_up_days": 30})


def adopt(session: Session, district: Sample, pack: PolicyPack = PACK, keys: tuple[str, ...] = ("training_min_minutes", "make_up_days")) -> list[str]:
    return service.adopt_pack(session, district.actors["bureau_officer"], service.AdoptPack(
        district.district_id, pack, frozenset(keys), local_day(now()), "示例发〔2026〕1号"
    ), now())


def test_every_chosen_rule_gets_a_dated_version_and_the_second_time_nothing(session: Session, district: Sample) -> None:
    assert adopt(session, district) == ["training_min_minutes", "make_up_days"]
    day = local_day(now())
    held = policy_for(session, district.district_id, district.school_id, day)
    assert (held["training_min_minutes"], held["make_up_days"]) == (240, 30)
    assert policy_for(session, district.district_id, district.school_id, date(2020, 1, 1))["training_min_minutes"] == 180
    assert adopt(session, district) == []


def test_only_ticked_rules_change(session: Session, district: Sample) -> None:
    assert adopt(session, district, keys=("make_up_days",)) == ["make_up_days"]
    assert policy_for(session, district.district_id, district.school_id, local_day(now()))["training_min_minutes"] == 180


@pytest.mark.parametrize("parameters", [{"no_such_rule": 1}, {"make_up_days": -5}, {"make_up_days": "soon"}, {"requirement_year": "moon"}])
def test_a_pack_with_a_rule_core_does_not_allow_is_not_offered(session: Session, district: Sample, parameters: dict[str, int | str]) -> None:
    bad = PolicyPack(key="b", label="b", region="b", version="1", citation="b", parameters={"training_min_minutes": 240, **parameters})
    assert service.usable({"b": bad, "p": PACK}) == {"p": PACK}
    with pytest.raises(UnknownWord):
        adopt(session, district, bad)
    assert policy_for(session, district.district_id, district.school_id, local_day(now()))["training_min_minutes"] == 180


def test_the_bureau_compares_and_adopts_on_a_page(client: FlaskClient, sign_in: SignIn, session: Session, district: Sample) -> None:
    sign_in(client, "bureau_officer")
    assert "县区起步规则" in client.get("/policy/packs").get_data(as_text=True)
    shown = client.get("/policy/packs/county_strict").get_data(as_text=True)
    assert 'value="training_min_minutes"' in shown
    assert 'value="period_minutes"' not in shown  # the same in both
    done = client.post("/policy/packs/county_strict", data={
        "rule": ["training_min_minutes"], "effective_on": local_day(now()).isoformat(), "reason": "示例发〔2026〕1号", "seen_number": "0",
    })
    assert done.status_code == 303
    assert policy_for(session, district.district_id, district.school_id, local_day(now()))["training_min_minutes"] == 360
    assert client.get("/policy/packs/nothing").status_code == 404


def test_a_school_may_look_and_not_adopt(client: FlaskClient, sign_in: SignIn, district: Sample) -> None:
    sign_in(client, "principal")
    assert client.get("/policy/packs/county_start").status_code == 200
    assert client.post("/policy/packs/county_start", data={"rule": "make_up_days"}).status_code in (403, 404)
