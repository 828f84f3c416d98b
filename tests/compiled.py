"""Compiled templates, kept from one application of the tests to the next and from run to run."""

import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemBytecodeCache
from jinja2.bccache import Bucket

from trainhub.web import i18n, rendering

_TRANSLATIONS = Path(i18n.__file__).parents[1] / "translations"


class CompiledTemplates(FileSystemBytecodeCache):
    """Jinja knows a template by its source; ours differ by language, by its sentences and by our compiler, too."""

    def __init__(self, folder: Path) -> None:
        known = hashlib.sha256()
        for part in (Path(rendering.__file__), Path(i18n.__file__), *sorted(_TRANSLATIONS.rglob("*.mo"))):
            known.update(part.read_bytes())
        own = folder / known.hexdigest()[:16]
        own.mkdir(parents=True, exist_ok=True)
        super().__init__(str(own))

    def get_bucket(self, environment: Environment, name: str, filename: str | None, source: str) -> Bucket:
        """Return what is kept of a template in the language of its environment."""
        locale: Any = getattr(environment, "page_locale", "")
        return super().get_bucket(environment, f"{locale}:{name}", filename, source)
