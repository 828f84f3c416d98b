"""The acceptance profile: two districts of three schools, every role, and strings that must not leak."""

import secrets
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from trainhub.accounts import service as accounts
from trainhub.attendance.models import AttendanceRecord
from trainhub.demo.accounts import Wanted, open_account
from trainhub.demo.calendar import Story
from trainhub.demo.history import AFTERCARE, LAW, MINUTES, PROCEDURE, STEP_IN, TITLES, plan_training, settle
from trainhub.demo.manifest import Manifest, SeededAccount
from trainhub.demo.places import Place
from trainhub.demo.timeline import Storyteller, Turnout
from trainhub.demo.world import BUREAU_ROLES, SCHOOL_ROLES, World, found_district, open_accounts
from trainhub.kernel.permissions import Role
from trainhub.roster.models import ClassMembership, Person, Student
from trainhub.roster.people_rules import initials, name_key, pinyin_key
from trainhub.training.models import TrainingExemption
from trainhub.training.rules.audience import Choice

_GRADES = {1: 2, 2: 2, 3: 2, 4: 2, 5: 2, 6: 2}
PLACES: tuple[Place, ...] = (
    Place("bureau", "教育局", "教育局", "bureau", (), 10, code="370000"),
    Place("alpha", "甲校", "甲校", "school", ("primary",), 130, 120, _GRADES, code="370001"),
    Place("beta", "乙校", "乙校", "school", ("primary",), 130, 120, _GRADES, code="370002"),
    Place("gamma", "丙校", "丙校", "school", ("primary",), 130, 120, _GRADES, code="370003"),
)
"""400 staff a district; the names of the schools repeat in both districts on purpose."""


def build_acceptance(session: Session, manifest: Manifest, random: Random, now: datetime) -> None:
    """Build both districts; every account of the manifest has a fresh password or a one-time code."""
    for number, name in ((1, "东湖区"), (2, "西山区")):
        world = found_district(session, Story(now), random, PLACES, name, prefix=f"d{number}.")
        world.manifest = manifest
        shown = {place.key: tuple(key for key, _ in SCHOOL_ROLES) for place in PLACES[1:]}
        open_accounts(world, shown | {"bureau": tuple(key for key, _ in BUREAU_ROLES)})
        _edge_accounts(world, now)
        teller = _history(world)
        _canaries(world, f"d{number}")
        if world.seeded is not None:
            world.seeded.events = dict(teller.events)
            world.seeded.sheets = {
                f"{key}.{part}": teller.sheet_of(training, part)
                for key, training in teller.told.items() if training.ends != "draft"
                for part in range(len(training.held()))
            }
            manifest.districts.append(world.seeded)


def _history(world: World) -> Storyteller:
    """Each school: verified, submitted, running, planned, cancelled, draft. Nothing of last year."""
    teller, story = Storyteller(world), world.story
    teller.tell_roster()
    today = story.today
    for number, place in enumerate(world.places):
        for key, pack, day, ends in (
            ("verified", LAW, today - timedelta(days=40), "verified"),
            ("submitted", STEP_IN, story.working_day(today - timedelta(days=2), -1), "submitted"),
            ("planned", PROCEDURE, today + timedelta(days=7), "planned"),
            ("cancelled", AFTERCARE, today - timedelta(days=20), "cancelled"),
            ("draft", AFTERCARE, today + timedelta(days=20), "draft"),
        ):
            teller.tell(plan_training(teller, place.key, key, pack, day, number, ends=ends, reason="时间冲突，另行安排",
                                  turnout=Turnout(880, 40, 10, 40), title=f"{TITLES[pack]}·{place.short_name}"))
        teller.tell(plan_training(
            teller, place.key, "running", AFTERCARE, today, number, ends="marked", choice=Choice("everyone"),
            parts=[story.running(MINUTES[AFTERCARE], 30)], marked_share=50, notice_days=3,
        ))
    teller.timeline.run()
    settle(teller)
    return teller


def _edge_accounts(world: World, now: datetime) -> None:
    """A newcomer with a code, an expired grant, a disabled account, and one with two roles."""
    school = world.places[1]
    org_id, org_name = world.orgs[school.key], school.name
    people = iter(world.staff[school.key][-6:])
    since = now.date() - timedelta(days=300)
    for key in ("newcomer", "expired", "disabled", "two-roles"):
        person = next(people)
        wanted = Wanted(
            f"{school.key}.{key}", Role.TEACHER if key == "newcomer" else Role.TRAINING_OFFICER, org_id, org_name,
            f"{world.prefix}{school.key}.{key}", person.name, person.id, shown=key != "newcomer",
        )
        actor, seeded = open_account(world.session, world.district_id, wanted, since, now)
        _bend(world, key, actor.account_id, seeded, now)
        if world.manifest is not None:
            world.manifest.accounts.append(seeded)


def _bend(world: World, key: str, account_id: str, seeded: SeededAccount, now: datetime) -> None:
    """Make an edge account what its key says."""
    from trainhub.accounts.models import Account, AccountGrant

    session, district_id = world.session, world.district_id
    session.flush()
    if key == "newcomer":
        seeded.activation_code = accounts.issue_activation_code(session, district_id, account_id, now)
    elif key == "expired":
        session.execute(update(AccountGrant).where(
            AccountGrant.district_id == district_id, AccountGrant.account_id == account_id
        ).values(to_on=now.date() - timedelta(days=2)))
    elif key == "disabled":
        session.execute(update(Account).where(
            Account.district_id == district_id, Account.id == account_id
        ).values(disabled_at=now))
    else:
        command = accounts.NewGrant(account_id, Role.PRINCIPAL, world.orgs["beta"], now.date() - timedelta(days=300))
        accounts.grant_by_system(session, district_id, command, now)
    session.flush()


def _canaries(world: World, district: str) -> None:
    """Plant strings that occur nowhere else: a staff name, a pupil's name, a roll's note, an exemption's document."""
    session, manifest = world.session, world.manifest
    if manifest is None:
        return
    for place in world.places[1:]:
        org_id = world.orgs[place.key]
        planted = {
            field: f"金丝雀{secrets.token_hex(4)}"
            for field in ("staff_name", "student_name", "roll_note", "exemption_document")
        }
        person = world.staff[place.key][40]
        _rename(session, world.district_id, person.id, planted["staff_name"])
        _pupil(world, org_id, planted["student_name"])
        record = session.execute(
            select(AttendanceRecord.sheet_id, AttendanceRecord.person_id).where(
                AttendanceRecord.district_id == world.district_id, AttendanceRecord.school_id == org_id
            ).order_by(AttendanceRecord.sheet_id, AttendanceRecord.serial_no).limit(1)
        ).one()
        session.execute(update(AttendanceRecord).where(
            AttendanceRecord.district_id == world.district_id, AttendanceRecord.sheet_id == record.sheet_id,
            AttendanceRecord.person_id == record.person_id,
        ).values(note=planted["roll_note"]))
        _exemption(world, org_id, world.staff[place.key][41].id, planted["exemption_document"])
        manifest.canaries |= {f"{district}.{place.key}.{field}": text for field, text in planted.items()}


def _rename(session: Session, district_id: str, person_id: str, name: str) -> None:
    session.execute(update(Person).where(Person.district_id == district_id, Person.id == person_id).values(
        name=name, name_key=name_key(name), sort_key=pinyin_key(name), initials=initials(name)
    ))


def _pupil(world: World, org_id: str, name: str) -> None:
    row = world.session.execute(
        select(Student.id).join(
            ClassMembership,
            (ClassMembership.district_id == Student.district_id) & (ClassMembership.student_id == Student.id),
        ).where(Student.district_id == world.district_id, Student.school_id == org_id).order_by(Student.id).limit(1)
    ).scalar_one()
    world.session.execute(update(Student).where(Student.district_id == world.district_id, Student.id == row).values(
        name=name, name_key=name_key(name), sort_key=pinyin_key(name)
    ))


def _exemption(world: World, org_id: str, person_id: str, document: str) -> None:
    """An undecided request: it changes nobody's figures."""
    year = world.story.year
    world.session.execute(insert(TrainingExemption), [{
        "district_id": world.district_id, "id": world.ids(), "requirement_id": world.requirement_id,
        "year_key": year.key, "person_id": person_id, "school_id": org_id, "kind": "other", "document": document,
        "from_on": year.first_day, "to_on": year.last_day, "state": "requested",
        "requested_by": world.actor(_key(world, org_id), "officer").account_id, "requested_at": world.story.now,
        "decided_by": None, "decided_at": None, "reason": "",
    }])


def _key(world: World, org_id: str) -> str:
    return next(key for key, value in world.orgs.items() if value == org_id)
