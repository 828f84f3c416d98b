"""Forms of sign-in and of one's own account."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, SelectField, StringField
from wtforms.validators import EqualTo, InputRequired, Length, Optional

from trainhub.web.fields import DayField


class SignInForm(FlaskForm):  # type: ignore[misc]
    """Name and password."""

    username = StringField(_l("Staff number or name"), [InputRequired(), Length(max=64)])
    password = PasswordField(_l("Password"), [InputRequired(), Length(max=128)])
    next = HiddenField()


class ActivateForm(FlaskForm):  # type: ignore[misc]
    """Setting one's own password with a one-time code."""

    username = StringField(_l("Staff number or name"), [InputRequired(), Length(max=64)])
    code = StringField(_l("Activation code"), [InputRequired(), Length(max=32)])
    password = PasswordField(_l("New password"), [InputRequired(), Length(max=256)])
    password_again = PasswordField(
        _l("New password, again"), [InputRequired(), EqualTo("password", _l("The two passwords differ."))]
    )


class PasswordForm(FlaskForm):  # type: ignore[misc]
    """Changing one's own password."""

    present = PasswordField(_l("Present password"), [InputRequired(), Length(max=256)])
    password = PasswordField(_l("New password"), [InputRequired(), Length(max=256)])
    password_again = PasswordField(
        _l("New password, again"), [InputRequired(), EqualTo("password", _l("The two passwords differ."))]
    )


class AccountForm(FlaskForm):  # type: ignore[misc]
    """A new account; person is an id of the roster or empty."""

    username = StringField(_l("Sign-in name"), [InputRequired(), Length(max=64)])
    display_name = StringField(_l("Name"), [InputRequired(), Length(max=80)])
    person_id = HiddenField()


class GrantForm(FlaskForm):  # type: ignore[misc]
    """A dated right."""

    role = SelectField(_l("Role"), [InputRequired()])
    org_id = SelectField(_l("Organisation"), [InputRequired()])
    from_on = DayField(_l("From"), [InputRequired()])
    to_on = DayField(_l("Until (empty: open)"), [Optional()])
    reason = StringField(_l("Reason"), [InputRequired(), Length(max=200)])


class EndGrantForm(FlaskForm):  # type: ignore[misc]
    """Ending a right, with its reason."""

    reason = StringField(_l("Reason"), [InputRequired(), Length(max=200)])


class ProofForm(FlaskForm):  # type: ignore[misc]
    """Proving anew who is at this browser. The code is needed where the account has a second factor."""

    password = PasswordField(_l("Password"), [InputRequired(), Length(max=128)])
    code = StringField(_l("Code of the authenticator"), [Optional(), Length(max=64)])
    next = HiddenField()
    again = HiddenField()
    carried = HiddenField()


class CodeForm(FlaskForm):  # type: ignore[misc]
    """A code alone: of the authenticator, or a recovery code."""

    code = StringField(_l("Code of the authenticator"), [InputRequired(), Length(max=64)])
    next = HiddenField()


class ResetForm(FlaskForm):  # type: ignore[misc]
    """Taking a lost second factor off an account, with the reason."""

    reason = StringField(_l("Reason"), [InputRequired(), Length(min=4, max=200)])
