"""Forms of the catalogue."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import HiddenField
from wtforms.validators import InputRequired, Regexp


class ArchiveForm(FlaskForm):  # type: ignore[misc]
    """A course pack as a ZIP archive."""

    archive = FileField(_l("ZIP archive of a course pack"), [FileRequired(_l("Choose the ZIP archive of a course pack."))])


class InstallForm(FlaskForm):  # type: ignore[misc]
    """Install what was shown; ``digest`` is that of the content."""

    digest = HiddenField(validators=[InputRequired(), Regexp(r"^[0-9a-f]{64}$")])
