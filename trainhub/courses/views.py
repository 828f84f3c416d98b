"""The catalogue, the pages of a pack, and the page from which the bureau installs packs."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import Blueprint, current_app, request, url_for
from flask_babel import gettext as _

from trainhub.courses import queries
from trainhub.courses.archives import MAX_ARCHIVE_BYTES, BadArchive
from trainhub.courses.forms import ArchiveForm, InstallForm
from trainhub.courses.json_ld import to_json_ld
from trainhub.courses.messages import (
    ARCHIVES,
    AUDIENCES,
    CHANGED_PARTS,
    CHANGES,
    DELIVERY,
    GRADE_BANDS,
    HANDOUT_KINDS,
    LENGTH_LABELS,
    LESSON_STEP_KINDS,
    MODULES,
    STEP_KINDS,
    THEMES,
    TOPICS,
    place,
    type_label,
)
from trainhub.courses.messages import sentence as problem_sentence
from trainhub.courses.rendering import sheet_html, unit_html
from trainhub.courses.rules import CLASS_MEETING, Pack
from trainhub.courses.service import PackChanged, PacksAreShared, install_pack, may_change_packs
from trainhub.courses.shelf import PackNotKept, ReadyPack, Shelf, beside
from trainhub.kernel.clock import now
from trainhub.kernel.errors import NotFound
from trainhub.kernel.permissions import Permission
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.gate import needs
from trainhub.web.pages import as_json, page, redirect_to, toast

blueprint = Blueprint("courses", __name__, template_folder="templates", url_prefix="/courses")

COVERS = "abcdef"


def _type_word(key: str) -> str:
    return type_label(current_app.extensions["trainhub.course_types"].resolve(key).spec.label)


def _for_staff(key: str) -> bool:
    """Whether a training of the staff can be planned with packs of the kind."""
    return bool(current_app.extensions["trainhub.course_types"].resolve(key).spec.audience == "staff")


def _cover(pack_id: str) -> str:
    """The colour of a cover follows the id, so that a pack keeps it."""
    return COVERS[sum(pack_id.encode()) % len(COVERS)]


def _may_hold(type_key: str) -> bool:
    """Whether the reader may put a meeting with a pack of the type into a week."""
    actor = current_actor()
    return type_key == CLASS_MEETING and (actor.can(Permission.MEETING_WRITE) or actor.can(Permission.MEETING_OWN_WRITE))


def _step_words(pack: Pack) -> dict[str, Any]:
    """A trainer talks to the staff; with children and parents the same kinds of step are called otherwise."""
    return LESSON_STEP_KINDS if pack.lesson_minutes else STEP_KINDS


@blueprint.context_processor
def words() -> dict[str, Any]:
    """Give the room's templates its words and the course types."""
    return {
        "delivery_words": DELIVERY, "step_words": _step_words, "band_words": GRADE_BANDS, "theme_words": THEMES,
        "handout_words": HANDOUT_KINDS, "may_hold": _may_hold, "module_words": MODULES, "audience_words": AUDIENCES, "topic_words": TOPICS,
        "type_word": _type_word, "cover": _cover, "unit_html": unit_html,
        "may_plan": current_actor().can(Permission.TRAINING_WRITE),
        "staff_type": _for_staff, "change_words": CHANGES, "part_words": CHANGED_PARTS, "problem_text": problem_sentence, "problem_place": place,
    }  # fmt: skip


@blueprint.get("")
@needs(Permission.CATALOGUE_READ)
def catalogue() -> Any:
    """All current packs, filtered by what the address says."""
    wanted = queries.known_choices(queries.CatalogueFilter(
        type_key=request.args.get("type", "")[:48], length=request.args.get("length", ""), words=request.args.get("q", "")[:80].strip(),
        band=request.args.get("band", ""), theme=request.args.get("theme", ""),
    ))  # fmt: skip
    scope = current_actor().scope(Permission.CATALOGUE_READ)
    shelf = queries.catalogue(read_session(), scope, wanted)
    may_install = current_actor().can(Permission.CATALOGUE_WRITE) and not queries.packs_are_shared(read_session())
    return page(
        "courses/catalogue.html", shelf=shelf, wanted=wanted, kept=_address(wanted), filters=_filters(shelf, wanted), may_install=may_install,
    )  # fmt: skip


def _address(wanted: queries.CatalogueFilter) -> dict[str, str]:
    """The filter as it stands in the address, without what is not chosen."""
    values = {"type": wanted.type_key, "band": wanted.band, "theme": wanted.theme, "length": wanted.length, "q": wanted.words}
    return {key: value for key, value in values.items() if value}


def _filters(shelf: queries.Catalogue, wanted: queries.CatalogueFilter) -> list[tuple[str, list[tuple[str, int, str, bool]]]]:
    """The groups of filters: heading, and choices as (word, count, address, chosen). A group with nothing to choose is left out."""
    groups: tuple[tuple[str, str, str, Callable[[str], str]], ...] = (
        ("type_key", _("For whom"), _("All kinds"), _type_word),
        ("band", _("Grades"), _("All grades"), lambda key: str(GRADE_BANDS[key])),
        ("theme", _("Theme"), _("All themes"), lambda key: str(THEMES[key])),
        ("length", _("Length"), _("Any length"), lambda key: str(LENGTH_LABELS[key])),
    )
    return [
        (heading, _choices(shelf.facets[name], name, everything, word, wanted))
        for name, heading, everything, word in groups
        if shelf.facets[name].counts or getattr(wanted, name)
    ]


def _choices(
    facet: queries.Facet, name: str, everything: str, word: Callable[[str], str], wanted: queries.CatalogueFilter
) -> list[tuple[str, int, str, bool]]:
    chosen: str = getattr(wanted, name)

    def href(choice: str) -> str:
        changed: Any = {name: choice}
        address: dict[str, Any] = {**_address(replace(wanted, **changed))}
        return url_for("courses.catalogue", **address)

    rows = [(everything, facet.all, href(""), not chosen)]
    return rows + [(word(choice), count, href(choice), choice == chosen) for choice, count in facet.counts.items()]


@blueprint.get("/<pack_id>")
@needs(Permission.CATALOGUE_READ)
def pack(pack_id: str) -> Any:
    """One pack, to read on the screen or to print; ``?version=`` an older one, ``?answers=1`` with answers."""
    scope = current_actor().scope(Permission.CATALOGUE_READ)
    found = queries.pack_page(read_session(), scope, pack_id, request.args.get("version", ""))
    return page("courses/pack.html", found=found, pack=found.pack, with_answers=request.args.get("answers") == "1")


@blueprint.get("/<pack_id>/handouts/<int:number>")
@needs(Permission.CATALOGUE_READ)
def handout(pack_id: str, number: int) -> Any:
    """One hand-out as a sheet to print, counted from 1; ``?version=`` that of an older version."""
    scope = current_actor().scope(Permission.CATALOGUE_READ)
    found = queries.pack_page(read_session(), scope, pack_id, request.args.get("version", ""))
    sheet = found.pack.handout(number)
    if sheet is None:
        raise NotFound
    return page(
        "courses/handout.html", found=found, pack=found.pack, number=number, handout=sheet, body=sheet_html(sheet.text or "", sheet.title)
    )  # fmt: skip


@blueprint.get("/<pack_id>/course.jsonld")
@needs(Permission.CATALOGUE_READ)
def json_ld(pack_id: str) -> Any:
    """The current version as schema.org JSON-LD."""
    scope = current_actor().scope(Permission.CATALOGUE_READ)
    answer = as_json(to_json_ld(queries.pack_page(read_session(), scope, pack_id).pack))
    answer.mimetype = "application/ld+json"
    return answer


# --- installing ---------------------------------------------------------------------------------


def _shelf() -> Shelf:
    known = frozenset(current_app.extensions["trainhub.course_types"])
    return Shelf(Path(current_app.config["TRAINHUB_DATA"]), known)


def _shelf_page(form: ArchiveForm, status: int = 200, problem: str = "", refused: ReadyPack | None = None) -> Any:
    ready = _shelf().packs()
    scope = current_actor().scope(Permission.CATALOGUE_SHELF_READ)
    held = queries.installed(read_session(), scope, {item.pack.id for item in ready if item.pack})
    shown = [replace(item, changes=beside(item, held)) for item in ready]
    shared = sentence(PacksAreShared()) if queries.packs_are_shared(read_session()) else ""
    return page("courses/to_install.html", status, ready=shown, form=form, problem=problem, refused=refused, shared=shared)


@blueprint.get("/to_install")
@needs(Permission.CATALOGUE_SHELF_READ)
def to_install() -> Any:
    """Packs that lie ready, beside what is installed of them."""
    return _shelf_page(ArchiveForm())


@blueprint.post("/to_install")
@needs(Permission.CATALOGUE_WRITE)
def upload() -> Any:
    """Put an uploaded pack beside those that lie ready; nothing is installed by it."""
    may_change_packs(read_session(), current_actor())
    form = ArchiveForm()
    if not form.validate_on_submit():
        return _shelf_page(form, 422)
    try:
        ready = _shelf().keep(form.archive.data.stream.read(MAX_ARCHIVE_BYTES + 1))
    except BadArchive as refusal:
        return _shelf_page(form, 422, str(ARCHIVES[refusal.params["why"]]))
    except PackNotKept as refusal:
        return _shelf_page(form, 409, sentence(refusal))
    if not ready.usable or ready.pack is None:
        return _shelf_page(form, 422, _("The pack has mistakes and was not kept. Put them right, pack it again and upload it."), ready)
    toast(_("“%(title)s” lies ready. Look at what it changes, then install it.", title=ready.pack.title))
    return redirect_to("courses.to_install")


@blueprint.post("/to_install/<source>/<folder>")
@needs(Permission.CATALOGUE_WRITE)
def install(source: str, folder: str) -> Any:
    """Install or update a pack, if it is still the one whose changes were shown."""
    form, ready = InstallForm(), _shelf().pack(source, folder)
    if ready is None or ready.pack is None or not form.validate_on_submit():
        raise NotFound
    known = frozenset(current_app.extensions["trainhub.course_types"])
    try:
        with transaction() as session:
            done = install_pack(session, current_actor(), ready.pack, now(), known, seen_digest=form.digest.data)
    except PackChanged as refusal:
        return _shelf_page(ArchiveForm(formdata=None), 409, sentence(refusal))
    toast(_("Version %(version)s of “%(title)s” is installed. Trainings planned before keep their version.", version=done.version, title=ready.pack.title))
    return redirect_to("courses.pack", pack_id=done.pack_id)
