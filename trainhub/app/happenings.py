"""From what rooms announce to what plugins are told: noted inside the transaction, told by the worker after it.

Facts hold counts, days and ids. A notice names a training and counts people; it names nobody.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask import Flask, current_app, has_app_context
from sqlalchemy.orm import Session

from trainhub.attendance.roll_rules import RecordsChanged, RollVerified
from trainhub.jobs import service as jobs
from trainhub.jobs.registry import Job, JobRegistry
from trainhub.kernel.clock import local, now
from trainhub.kernel.events import Announcer
from trainhub.kernel.ids import new_id
from trainhub.plugin_api import Happening, Notice
from trainhub.plugin_host import queries
from trainhub.plugin_host.guard import PluginUnavailable
from trainhub.plugin_host.host import PluginHost
from trainhub.roster.events import StaffChanged
from trainhub.training.rules.happenings import TrainingAnnounced
from trainhub.web.database import db, reading
from trainhub.web.keys import sealing_key

TELL, NOTIFY = "plugins.tell", "plugins.notify"
DELIVERY_SECONDS = 15.0


def listen(announcer: Announcer) -> None:
    """Note what happens for plugins; nothing is noted where none listens."""
    announcer.listen(RollVerified, _on_roll_verified)
    announcer.listen(RecordsChanged, _on_records_changed)
    announcer.listen(StaffChanged, _on_staff_changed)
    announcer.listen(TrainingAnnounced, _on_training)


def register(found: JobRegistry, app: Flask) -> None:
    """Add the handlers that tell plugins; they speak to the outside and hold no transaction."""
    found.register_outside(TELL, lambda job, moment: _within(app, _tell, job, moment))
    found.register_outside(NOTIFY, lambda job, moment: _within(app, _notify, job, moment))


def _host() -> PluginHost | None:
    return current_app.extensions.get("trainhub.plugins") if has_app_context() else None


def _on_roll_verified(session: Session, event: RollVerified) -> None:
    facts = {"sheet": event.sheet_id, "people": len(event.person_ids)}
    _note(session, "roll.verified", event.district_id, event.school_id, facts)


def _on_records_changed(session: Session, event: RecordsChanged) -> None:
    facts = {"sheet": event.sheet_id, "people": len(event.person_ids)}
    _note(session, "records.changed", event.district_id, event.school_id, facts)


def _on_staff_changed(session: Session, event: StaffChanged) -> None:
    for school_id in event.school_ids:
        _note(session, "staff.changed", event.district_id, school_id, {"people": len(event.person_ids)})


def _on_training(session: Session, event: TrainingAnnounced) -> None:
    facts = {"training": event.event_id, "starts_at": event.starts_at.isoformat() if event.starts_at else "", "people": event.people}
    _note(session, f"training.{event.what}", event.district_id, event.school_id, facts)
    host = _host()
    if host is not None and len(host.notifiers):
        _enqueue(session, NOTIFY, event.district_id, {"school": event.school_id, **_worded(event)})


_TITLES = {"planned": "培训通知", "moved": "培训改期", "cancelled": "培训取消"}


def _worded(event: TrainingAnnounced) -> dict[str, str]:
    """Return the notice in the language of the channels, which are Chinese group chats."""
    lines = [f"时间：{local(event.starts_at):%m月%d日 %H:%M}" if event.starts_at else "", f"地点：{event.place}" if event.place else "",
             f"应到：{event.people} 人" if event.people else "", f"原因：{event.reason}" if event.reason else ""]
    return {
        "kind": f"training.{event.what}", "title": f"{_TITLES[event.what]}：{event.title}",
        "body": "\n".join(line for line in lines if line), "link": f"/training/events/{event.event_id}",
    }


def _note(session: Session, kind: str, district_id: str, school_id: str, facts: Mapping[str, Any]) -> None:
    host = _host()
    if host is not None and host.manager.hook.trainhub_event.get_hookimpls():
        _enqueue(session, TELL, district_id, {"kind": kind, "school": school_id, "facts": dict(facts)})


def _enqueue(session: Session, kind: str, district_id: str, payload: dict[str, Any]) -> None:
    moment = now()
    jobs.enqueue(session, district_id, kind, payload, moment, f"{kind}:{new_id()}")


def _within(app: Flask, do: Callable[[PluginHost, Job, datetime, frozenset[str]], None], job: Job, moment: datetime) -> None:
    with app.app_context(), reading():
        host: PluginHost = app.extensions["trainhub.plugins"]
        on = queries.on_here(db.session(), host, job.district_id, app.extensions["trainhub.plugins_forced"])
        db.session.remove()
        do(host, job, moment, on)


def _tell(host: PluginHost, job: Job, moment: datetime, on: frozenset[str]) -> None:
    happened = Happening(job.dedup, job.payload["kind"], job.district_id, job.payload["school"], moment, job.payload["facts"])
    host.tell(happened, on)


def _notify(host: PluginHost, job: Job, moment: datetime, on: frozenset[str]) -> None:
    """Hand a notice to every channel of the district. Raises where one failed, so that the job is tried again."""
    notice = Notice(
        job.dedup, job.payload["kind"], job.payload["title"], job.payload["body"], job.payload["link"], moment
    )
    failed = []
    for key, notifier in host.notifiers.of(on).items():
        plugin = host.notifiers.owner(key)
        settings = queries.settings_for(
            db.session(), host, plugin, job.district_id, sealing_key(), school_id=job.payload["school"]
        )
        db.session.remove()  # the channel may take seconds; no reading transaction stays open
        try:
            answers = host.notifiers.guard(key).call(
                f"{key}.deliver", notifier.__wrapped__.deliver, (notice,), settings, budget=DELIVERY_SECONDS  # type: ignore[attr-defined]
            )
        except PluginUnavailable as error:
            failed.append(f"{key}: {error.reason}")
        else:
            failed += [f"{key}: {answer.error}" for answer in answers if answer.error]
    if failed:
        raise RuntimeError("; ".join(failed)[:500])
