"""One form for all classes (全校主题班会), and what it made."""

from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from trainhub.class_meetings.forms import WaveChoice, wave_id_of, wave_meetings
from trainhub.class_meetings.queries.board import TermKey, term_of
from trainhub.class_meetings.queries.waves import WaveForm, slot_key, wave_form, wave_page
from trainhub.class_meetings.service.waves import make_wave, undo_wave, was_made
from trainhub.class_meetings.views import blueprint
from trainhub.class_meetings.wording import MEETING_STATES, STATE_KINDS, WAVE_PROBLEMS, reason_words, term_words
from trainhub.courses.messages import THEMES
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.gate import needs
from trainhub.web.pages import form_page, page, redirect_to, toast


@blueprint.route("/meetings/waves/new", methods=["GET", "POST"])
@needs(get=Permission.MEETING_READ, post=Permission.MEETING_WRITE)
def new_wave() -> Any:
    """Choose grades, theme and week; look at what is proposed for each class; make all meetings at once."""
    actor = current_actor()
    values = request.form if request.method == "POST" else request.args
    choice = WaveChoice.parse(values.getlist("grade"), values.get("theme", ""), values.get("week", ""), local_day(now()))
    key, form = _form(actor, choice)
    if request.method == "GET":
        return _shown(page, key, form, choice)
    title, wave_id = request.form.get("title", ""), wave_id_of(request.form)
    if was_made(read_session(), actor, wave_id):
        return redirect_to("class_meetings.wave", wave_id=wave_id)
    try:
        meetings = wave_meetings(form, request.form, title)
        with transaction() as session:
            wave_id = make_wave(session, actor, title, choice.theme, meetings, now(), wave_id)
    except DomainError as error:
        return _shown(form_page, key, form, choice, form_error=sentence(error))
    undo = url_for("class_meetings.undo_whole_wave", wave_id=wave_id)
    toast(ngettext("%(num)s class meeting was planned.", "%(num)s class meetings were planned.", len(meetings)), undo_url=undo, undo_label=_("Undo"))
    return redirect_to("class_meetings.wave", wave_id=wave_id)


def _form(actor: Actor, choice: WaveChoice) -> tuple[TermKey, WaveForm]:
    session = read_session()
    key = term_of(session, actor.district_id, actor.org_id, choice.week)
    return key, wave_form(session, actor.scope(Permission.MEETING_READ), actor.org_id, key, choice.grades, choice.theme, choice.week, now())


def _shown(answer: Any, key: TermKey, form: WaveForm, choice: WaveChoice, **more: Any) -> Response:
    shown: Response = answer(
        "class_meetings/wave_new.html", form=form, choice=choice, theme_words=THEMES, problems=WAVE_PROBLEMS, slot_key=slot_key, fields=request.form,
        term_text=term_words(key.school_year, key.season), today=local_day(now()), wave_id=new_id(), **more,
    )
    return shown


@blueprint.get("/meetings/waves/<wave_id>")
@needs(Permission.MEETING_READ)
def wave(wave_id: str) -> Response:
    """What one form made."""
    found = wave_page(read_session(), current_actor().scope(Permission.MEETING_READ), wave_id, now())
    return page("class_meetings/wave.html", found=found, states=MEETING_STATES, kinds=STATE_KINDS, reason_words=reason_words)


@blueprint.post("/meetings/waves/<wave_id>/undo")
@needs(Permission.MEETING_WRITE)
def undo_whole_wave(wave_id: str) -> Any:
    """Take all its meetings back, as long as none was recorded."""
    try:
        with transaction() as session:
            count = undo_wave(session, current_actor(), wave_id, now())
        toast(ngettext("%(num)s class meeting was taken back.", "%(num)s class meetings were taken back.", count))
    except NotFound:
        raise
    except DomainError as error:
        toast(sentence(error), "error")
    return redirect_to("class_meetings.wave", wave_id=wave_id)
