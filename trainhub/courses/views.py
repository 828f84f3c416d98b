"""The catalogue, the pages of a pack, and the page from which the bureau installs packs."""

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
    LENGTH_LABELS,
    STEP_KINDS,
    TOPICS,
    place,
    type_label,
)
from trainhub.courses.messages import sentence as problem_sentence
from trainhub.courses.rendering import unit_html
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


@blueprint.context_processor
def words() -> dict[str, Any]:
    """Give the room's templates its words and the course types."""
    return {
        "delivery_words": DELIVERY, "kind_words": STEP_KINDS, "audience_words": AUDIENCES, "topic_words": TOPICS,
        "type_word": _type_word, "cover": _cover, "unit_html": unit_html,
        "may_plan": current_actor().can(Permission.TRAINING_WRITE),
        "staff_type": _for_staff, "change_words": CHANGES, "part_words": CHANGED_PARTS, "problem_text": problem_sentence, "problem_place": place,
    }  # fmt: skip


@blueprint.get("")
@needs(Permission.CATALOGUE_READ)
def catalogue() -> Any:
    """All current packs, filtered by what the address says."""
    wanted = queries.CatalogueFilter(
        request.args.get("type", "")[:48], request.args.get("length", "")[:12], request.args.get("q", "")[:80].strip()
    )
    scope = current_actor().scope(Permission.CATALOGUE_READ)
    shelf = queries.catalogue(read_session(), scope, wanted)
    may_install = current_actor().can(Permission.CATALOGUE_WRITE) and not queries.packs_are_shared(read_session())
    return page(
        "courses/catalogue.html", shelf=shelf, wanted=wanted, type_choices=_type_choices(shelf, wanted),
        length_choices=_length_choices(shelf, wanted), may_install=may_install,
    )  # fmt: skip


def _href(wanted: queries.CatalogueFilter, **changed: str) -> str:
    values: dict[str, Any] = {"type": wanted.type_key, "length": wanted.length, "q": wanted.words} | changed
    return url_for("courses.catalogue", **{key: value for key, value in values.items() if value})


def _type_choices(shelf: queries.Catalogue, wanted: queries.CatalogueFilter) -> list[tuple[str, int, str, bool]]:
    rows = [(_("All kinds"), shelf.total, _href(wanted, type=""), not wanted.type_key)]
    return rows + [
        (_type_word(key), count, _href(wanted, type=key), wanted.type_key == key) for key, count in shelf.by_type.items()
    ]


def _length_choices(shelf: queries.Catalogue, wanted: queries.CatalogueFilter) -> list[tuple[str, int, str, bool]]:
    rows = [(_("Any length"), shelf.total, _href(wanted, length=""), wanted.length not in queries.LENGTHS)]
    return rows + [
        (str(LENGTH_LABELS[band]), count, _href(wanted, length=band), wanted.length == band)
        for band, count in shelf.by_length.items()
    ]


@blueprint.get("/<pack_id>")
@needs(Permission.CATALOGUE_READ)
def pack(pack_id: str) -> Any:
    """One pack, to read on the screen or to print; ``?version=`` an older one, ``?answers=1`` with answers."""
    scope = current_actor().scope(Permission.CATALOGUE_READ)
    found = queries.pack_page(read_session(), scope, pack_id, request.args.get("version", ""))
    return page("courses/pack.html", found=found, pack=found.pack, with_answers=request.args.get("answers") == "1")


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
