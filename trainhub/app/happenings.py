"""From what rooms announce to what plugins are told: noted inside the transaction, told by the worker after it.

Facts hold counts, days and ids. A notice names a training and counts people; it names nobody.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask import Flask, current_app, has_app_context
from sqlalchemy.orm import Session

from trainhub.app.plugins import catch_up, note_failures
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
from trainhub.plugin_host.rules import PluginSwitched
from trainhub.plugin_host.store import PluginStore
from trainhub.roster.events import StaffChanged
from trainhub.training.rules.happenings import TrainingAnnounced
from trainhub.web.database import db, reading
from trainhub.web.keys import key_ring

TELL, NOTIFY = "plugins.tell", "plugins.notify"
DELIVERY_SECONDS = 15.0


class NotDelivered(RuntimeError):
    """A channel did not take a notice; the outbox tries again."""


def listen(announcer: Announcer) -> None:
    """Note what happens for plugins; nothing is noted where none listens."""
    announcer.listen(RollVerified, _on_roll_verified)
    announcer.listen(RecordsChanged, _on_records_changed)
    announcer.listen(StaffChanged, _on_staff_changed)
    announcer.listen(TrainingAnnounced, _on_training)
    announcer.listen(PluginSwitched, _on_plugin_switched)


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
    if host is None or (event.starts_at is not None and event.starts_at < now()):
        return  # entered afterwards: nobody has to come any more
    for channel in host.notifiers:  # a job each: one that fails does not repeat the others
        _enqueue(session, NOTIFY, event.district_id, {"channel": channel, "school": event.school_id, "course": event.course_id, **_worded(event)})


def _on_plugin_switched(session: Session, event: PluginSwitched) -> None:
    kind = "plugin.enabled" if event.on else "plugin.disabled"
    _note(session, kind, event.district_id, event.district_id, {"plugin": event.plugin})


_TITLES = {"planned": "培训通知", "moved": "培训改期", "cancelled": "培训取消"}


def _worded(event: TrainingAnnounced) -> dict[str, str]:
    """Return the notice in the language of the channels, which are Chinese group chats.

    Why a training was moved is not told: that is typed freely and may name somebody.
    """
    time = f"{local(event.starts_at):%m月%d日 %H:%M}" if event.starts_at else "另行通知"
    lines = [f"时间：{time}", f"地点：{event.place}" if event.place else "", f"应到：{event.people} 人" if event.people else ""]
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
        forced = app.extensions["trainhub.plugins_forced"]
        catch_up(host, forced)  # a worker answers no requests and would never hear of a switch
        on = queries.on_here(db.session(), host, job.district_id, forced)
        db.session.remove()
        try:
            do(host, job, moment, on)
        finally:
            note_failures(host)


def _tell(host: PluginHost, job: Job, moment: datetime, on: frozenset[str]) -> None:
    """Tell every plugin. Raises where one failed, so that it is told again; the others know the event by its key."""
    failed = _told(host, Happening(job.dedup, job.payload["kind"], job.district_id, job.payload["school"], moment, job.payload["facts"]), on)
    if again := [error.plugin for error in failed if error.reason != "broken_off"]:
        raise NotDelivered(", ".join(again))


def _told(host: PluginHost, event: Happening, on: frozenset[str]) -> list[PluginUnavailable]:
    return host.tell(event, on, lambda plugin: PluginStore(db.engine, plugin, event.district))


def _notify(host: PluginHost, job: Job, moment: datetime, on: frozenset[str]) -> None:
    """Hand a notice to a channel, then tell what became of it. Raises where it failed, so that the job is tried again."""
    channel = job.payload["channel"]
    if channel not in host.notifiers.of(on):
        return
    error = _delivered(host, job, moment, channel)
    facts = {"channel": channel, "notice": job.dedup, "about": job.payload["kind"], "attempt": job.attempt, "error": error}
    kind = "notice.failed" if error else "notice.delivered"
    _told(host, Happening(f"{job.dedup}:{job.attempt}", kind, job.district_id, job.payload["school"], moment, facts), on)
    if error:
        raise NotDelivered(f"{channel}: {error}")


def _delivered(host: PluginHost, job: Job, moment: datetime, channel: str) -> str:
    """Return what went wrong, or ""."""
    told = job.payload
    notice = Notice(job.dedup, told["kind"], told["title"], told["body"], told["link"], moment)
    try:
        settings = queries.settings_for(
            db.session(), host, host.notifiers.owner(channel), job.district_id, key_ring(), school_id=told["school"],
            course_id=told.get("course", ""),  # a job of an older version names none
        )
    except queries.SecretUnreadable as refused:
        return refused.code
    finally:
        db.session.remove()  # the channel may take seconds; no reading transaction stays open
    deliver = host.notifiers[channel].__wrapped__.deliver  # type: ignore[attr-defined]
    try:
        answers = host.notifiers.guard(channel).call(f"{channel}.deliver@{job.district_id[-6:]}", deliver, (notice,), settings, budget=DELIVERY_SECONDS)
        return "; ".join(str(answer.error) for answer in answers if answer.error)[:200]
    except PluginUnavailable as error:
        return error.reason
