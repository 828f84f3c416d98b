"""The catalogue and the pages of a pack. Reading only: packs are installed from the command line."""

from typing import Any

from flask import Blueprint, current_app, request, url_for
from flask_babel import gettext as _

from trainhub.courses import queries
from trainhub.courses.json_ld import to_json_ld
from trainhub.courses.messages import (
    AUDIENCES,
    DELIVERY,
    LENGTH_LABELS,
    STEP_KINDS,
    TOPICS,
    type_label,
)
from trainhub.courses.rendering import unit_html
from trainhub.kernel.permissions import Permission
from trainhub.web.context import current_actor
from trainhub.web.database import read_session
from trainhub.web.gate import needs
from trainhub.web.pages import as_json, page

blueprint = Blueprint("courses", __name__, template_folder="templates", url_prefix="/courses")

COVERS = "abcdef"


def _type_word(key: str) -> str:
    return type_label(current_app.extensions["trainhub.course_types"].resolve(key).spec.label)


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
    return page(
        "courses/catalogue.html", shelf=shelf, wanted=wanted, type_choices=_type_choices(shelf, wanted),
        length_choices=_length_choices(shelf, wanted),
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
