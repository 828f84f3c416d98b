"""Sentences of this room: refusals, problems of settings, states, what plugins give, checks, history."""

from typing import Any

from flask_babel import lazy_gettext as _l

from trainhub.plugin_api.contracts import Problem

MESSAGES: dict[str, Any] = {
    "plugin_unavailable": _l(
        "The plugin %(plugin)s does not answer. Everything else works; the plugin page says why and lets an administrator try it again."
    ),
    "plugin_is_core": _l("This plugin belongs to TrainHub itself and cannot be switched off."),
    "plugin_forced": _l(
        "The server's configuration (TRAINHUB_PLUGINS) decides about this plugin. Change it there and start TrainHub again."
    ),
    "plugin_refused": _l(
        "The plugin was not switched on, and nothing was changed. Give this line to its author: %(fault)s"
    ),
    "plugin_still_on": _l(
        "The plugin is still on. Switch it off first, export what you want to keep, then delete its data."
    ),
    "purge_not_confirmed": _l("Nothing was deleted: type %(key)s exactly as it stands there."),
    "settings_refused": _l("Nothing was saved yet: please put %(count)s entries right."),
    "secret_unreadable": _l(
        "A secret of the plugin %(plugin)s cannot be opened with the key of this server. Enter it again in the plugin's settings."
    ),
    "request_too_large": _l("The plugin takes at most %(limit_kb)s KB at a time. Send less."),
}

PROBLEMS: dict[str, Any] = {
    "required": _l("Fill this in; the plugin does not work without it."),
    "too_long": _l("Use at most %(limit)s characters."),
    "not_a_choice": _l("Choose one of the values offered."),
    "not_a_number": _l("Write a whole number, such as 30."),
    "out_of_range": _l("Write a whole number from %(minimum)s to %(maximum)s."),
    "at_least": _l("Write a whole number of at least %(minimum)s."),
    "at_most": _l("Write a whole number of at most %(maximum)s."),
    "not_https": _l("Write an address that begins with https://"),
    "unknown_setting": _l("The plugin has no setting called “%(name)s”. Reload the page and send the form again."),
}

STATES: dict[str, Any] = {
    "core": _l("Built in"),
    "on": _l("Works"),
    "off": _l("Not switched on"),
    "broken": _l("Broken off"),
    "forced_on": _l("On by configuration"),
    "forced_off": _l("Off by configuration"),
    "gone": _l("Not installed any more"),
}

GROUPS: dict[str, tuple[Any, Any]] = {
    "course_types": (_l("Kinds of course"), _l("which courses there are and how they count")),
    "sources": (_l("Attendance sources"), _l("where attendance comes from")),
    "notices": (_l("Notices and reports"), _l("how people are reminded and what is handed in")),
    "rosters": (_l("Rosters and rules"), _l("where names and a region's rules come from")),
    "others": (_l("Others"), _l("pages and services of their own")),
    "gone": (_l("Not installed any more"), _l("what they left stays readable and keeps counting")),
}

TAGS: dict[str, Any] = {
    "course_type": _l("Kind of course"),
    "attendance_source": _l("Attendance source"),
    "exporter": _l("Export format"),
    "notifier": _l("Notice channel"),
    "roster_importer": _l("Roster format"),
    "policy_pack": _l("Regional rules"),
    "routes": _l("Own pages"),
    "events": _l("Events"),
    "tables": _l("Own tables"),
}

GIVES: dict[str, tuple[str, Any]] = {
    "course_type": ("plan", _l("Kinds of course to choose when a training is planned: %(count)s")),
    "attendance_source": (
        "upload",
        _l("“Import” on every roll recognises its files; each import can be taken back as a whole"),
    ),
    "exporter": ("download", _l("Formats that figures and certificates can leave in: %(count)s")),
    "notifier": ("send", _l("Notices go out through its channel, in the background")),
    "roster_importer": ("people", _l("Formats that rosters can be imported from: %(count)s")),
    "policy_pack": ("book", _l("Sets of regional rules to choose from: %(count)s")),
    "routes": ("link", _l("Pages of its own; each demands a right, as every page here")),
    "events": ("bell", _l("It is told afterwards what was saved: counts, days and record numbers, never a name")),
    "tables": ("ledger", _l("It keeps data of its own, apart from TrainHub's tables")),
}
"""Icon and sentence for what appears once a plugin is on."""

NEXT: dict[str, Any] = {
    "course_type": _l("%(label)s is on. Plan a training to choose one of its kinds of course."),
    "attendance_source": _l(
        "%(label)s is on. Open a roll, press “Import” and drop the file there: it is recognised by itself."
    ),
    "exporter": _l("%(label)s is on. Its format can now be chosen where reports are downloaded."),
    "notifier": _l("%(label)s is on. Fill in its settings, then notices go out through it."),
    "roster_importer": _l(
        "%(label)s is on. Drop its file where staff or pupil lists are imported: it is recognised by itself."
    ),
    "policy_pack": _l("%(label)s is on. Its rules can now be chosen by the bureau."),
}
"""What to do after switching on, by the first thing a plugin gives."""

CHECKS: dict[str, Any] = {
    "fits": _l("Fits this version of TrainHub (plugin API %(words)s) and changes nothing of the core"),
    "clash": _l("Gives the same as %(words)s; switch that off first"),
    "no_clash": _l("No clash with plugins that are on"),
    "tables": _l("Adds tables of its own; they can be removed completely"),
    "no_tables": _l("Adds no table"),
    "privacy_none": _l("Keeps no personal data of its own"),
    "privacy_told": _l("Keeps personal data and says how it is shown, corrected and erased (above)"),
    "privacy_missing": _l(
        "Keeps personal data and does not say how it is shown, corrected and erased: it cannot be switched on. Its author must add that"
    ),
    "setting": _l("“%(words)s” is not filled in yet"),
    "outside": _l(
        "Did not come with TrainHub (%(words)s). A plugin runs inside the program: switch on only what you trust"
    ),
    "fault": _l("Set aside: %(words)s"),
}

REASONS: dict[str, Any] = {
    "failed": _l("failed %(failures)s times in a row"),
    "slow": _l("gave no answer in time"),
    "too_much": _l("answered with more than TrainHub takes"),
    "set_aside": _l("could not be started"),
    "broken_off": _l("is not called any more"),
}

ORIGINS: dict[str, Any] = {
    "built_in": _l("comes with TrainHub"),
    "installed": _l("installed package"),
    "folder": _l("folder on this server"),
    "given": _l("given by a test"),
}

SCOPES: dict[str, Any] = {"bureau": _l("Whole district"), "school": _l("One school"), "course": _l("One course")}
SOURCES: dict[str, Any] = {
    "default": _l("default of the plugin"),
    "bureau": _l("set for the district"),
    "school": _l("set for this school"),
    "course": _l("set for this course"),
    "": _l("not set anywhere"),
}

CHANGES: dict[str, Any] = {
    "plugin.enabled": _l("Switched on"),
    "plugin.disabled": _l("Switched off"),
    "plugin.settings": _l("Settings changed"),
    "plugin.retried": _l("Tried again"),
    "plugin.exported": _l("Data exported"),
    "plugin.purged": _l("Data deleted"),
}


def problem_sentence(problem: Problem) -> str:
    """Say what is wrong with one setting, in the reader's language."""
    params = dict(problem.params)
    code = problem.code
    if code == "out_of_range" and None in params.values():
        code = "at_least" if params.get("maximum") is None else "at_most"
    return str(PROBLEMS[code]) % (params | {"name": problem.field[:60]})
