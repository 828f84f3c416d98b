"""Words for other kinds of education: kinds, whom they concern, when, and their numbers."""

from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from trainhub.class_meetings.queries.activities import ActivityLine
from trainhub.class_meetings.registry import course_type
from trainhub.class_meetings.rules.activities import TYPE_OF
from trainhub.web.i18n import day_text, is_chinese, span_text

KIND_WORDS: dict[str, Any] = {
    "parent_meeting": _l("Parent meeting"), "heart_talk": _l("Heart talks"), "assembly": _l("Assembly"), "law_lesson": _l("Law lesson"),
}  # fmt: skip
STATE_WORDS: dict[str, Any] = {
    "planned": _l("planned"),
    "to_record": _l("to be recorded"),
    "recorded": _l("recorded"),
    "cancelled": _l("cancelled"),
}
STATE_MARKS: dict[str, str] = {"planned": "todo", "to_record": "late", "recorded": "ok", "cancelled": "hold"}
TOPIC_FIELD: dict[str, str] = {"parent_meeting": "topic", "law_lesson": "law"}


def choices(kind: str, field: str) -> list[tuple[str, str]]:
    """The choices of a detail field of the course type of a kind, in the reader's language; empty where the plugin is gone."""
    key = TYPE_OF.get(kind)
    fields = course_type(key).spec.detail_fields if key else ()
    return [(value, str(_(word))) for f in fields if f.name == field for value, word in f.choices]


def topic_words(line: ActivityLine) -> str:
    """The topic of a parent meeting or the law of a lesson."""
    return dict(choices(line.kind, TOPIC_FIELD.get(line.kind, ""))).get(line.topic, line.topic)


def speaker_words(line: ActivityLine) -> str:
    """Who gave a law lesson."""
    return dict(choices(line.kind, "speaker")).get(line.speaker, line.speaker)


def title_words(line: ActivityLine) -> str:
    """The title somebody gave it, else the pack's, its topic or law, its kind."""
    return line.title or line.pack_title or topic_words(line) or str(KIND_WORDS[line.kind])


def whom_words(line: ActivityLine) -> str:
    """Whom it concerned: a class, grades, or the whole school."""
    if line.class_id:
        return line.class_name
    if line.grades:
        return ("、" if is_chinese() else ", ").join(str(_("Grade %(n)s", n=grade)) for grade in line.grades)
    return str(_("the whole school"))


def when_words(line: ActivityLine, *, year: bool | None = None) -> str:
    """Day and times; heart talks are of a week."""
    if line.kind != "heart_talk":
        return span_text(line.starts_at, line.ends_at, year=year)
    last = line.ends_at - timedelta(hours=1)
    first_text, last_text = day_text(line.starts_at, year=year, weekday=False), day_text(last, year=year, weekday=False)
    return str(_("week of %(first)s to %(last)s", first=first_text, last=last_text))


def number_words(line: ActivityLine) -> str:
    """The number that counts: households, talks or pupils; "" before it was held."""
    if line.kind == "parent_meeting":
        if line.came is not None:
            return str(_("%(came)s of %(invited)s households came", came=line.came, invited=line.invited))
        return (
            str(ngettext("%(num)s household invited", "%(num)s households invited", line.invited))
            if line.invited
            else ""
        )
    if line.took_part is None:
        return ""
    if line.kind == "heart_talk":
        return str(ngettext("%(num)s talk", "%(num)s talks", line.took_part))
    return str(ngettext("%(num)s pupil took part", "%(num)s pupils took part", line.took_part))
