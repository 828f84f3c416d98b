"""What the room says when it refuses: one sentence for each code, in the reader's language."""

from typing import Any

from flask_babel import gettext, lazy_gettext

from trainhub.courses.rules import PackProblem

_l = lazy_gettext

MESSAGES: dict[str, Any] = {
    "pack_version_taken": _l(
        "Version %(version)s of this pack is installed already with other content. Raise the version in course.yaml and install it again."
    ),
    "pack_changed": _l("The folder of “%(title)s” was changed after you opened this page. Look at the changes again, then install."),
    "pack_shared": _l(
        "Several bureaus use this platform and course packs are the same for all of them. Ask whoever runs the platform to install the pack "
        "with the command trainhub courses install."
    ),
    "pack_not_kept": _l("Somebody uploaded this pack at the same moment, or the data folder took no files. Look at what lies ready, then upload it again."),
    "pack_bad_archive": _l("This is no ZIP archive of a course pack. Choose another file."),
    "pack_not_usable": _l(
        "The pack has %(count)s mistakes and was not installed. Run the check, put them right, and install it again. First: %(first)s"
    ),
}

ARCHIVES: dict[str, Any] = {
    "too_large": _l("The archive is too large. A pack holds text only: at most 2 MB packed, 4 MB unpacked."),
    "too_many": _l("The archive holds more than 100 files. Leave only those of one course pack."),
    "unreadable": _l("The file cannot be opened as a ZIP archive. Pack the folder again as ZIP and upload that."),
    "unsafe": _l("The archive holds links, passwords or paths that lead out of it. Pack the plain folder again."),
    "no_pack": _l("There is no course.yaml in the archive. Pack the folder that holds it."),
    "several": _l("The archive holds several course packs, or nests them too deeply. Upload one at a time."),
}
CHANGES: dict[str, Any] = {
    "new": _l("not installed yet"), "update": _l("new version"), "same": _l("installed"), "older": _l("older than the installed one"),
    "taken": _l("same version, other content"),
}  # fmt: skip
CHANGED_PARTS: dict[str, Any] = {
    "title": _l("title"), "summary": _l("summary"), "delivery": _l("way of delivery"), "class_hours": _l("periods"), "aims": _l("aims"),
    "preparation": _l("preparation"), "run_of_show": _l("run of show"), "cases": _l("cases"), "handouts": _l("hand-outs"),
    "quiz": _l("closing check"), "sources": _l("sources"), "grade_bands": _l("grades"), "theme": _l("theme"),
    "lesson_minutes": _l("length of the lesson"), "questions": _l("questions"), "avoid": _l("what not to do"),
    "module": _l("module"),
}  # fmt: skip

PROBLEMS: dict[str, Any] = {
    "unknown_type": _l("The course type %(type)s is not registered. Use one of %(known)s, or enable the plugin that brings it."),
    "too_few_minutes": _l(
        "%(periods)s periods need %(claimed)s minutes, but the units last %(minutes)s. Lengthen a unit or lower class_hours."
    ),
    "grade_bands_missing": _l("A class meeting must say for which grades it is. Add grade_bands with one or more of %(known)s."),
    "theme_missing": _l("A class meeting needs a theme. Add theme with one of %(known)s."),
    "lesson_minutes_missing": _l("A class meeting must fit into one lesson. Add lesson_minutes: 40 for primary, 45 for junior and senior school."),
    "no_lesson_length": _l("A class meeting lasts one lesson, not %(minutes)s minutes. Write 40 or 45 under lesson_minutes and fit the units to it."),
    "no_parent_meeting_length": _l(
        "A parent meeting lasts %(lowest)s to %(highest)s minutes, not %(minutes)s. Correct lesson_minutes and the minutes of the units."
    ),
    "lesson_minutes_differ": _l("The units last %(minutes)s minutes, lesson_minutes says %(lesson)s. Lengthen or shorten units until both are equal."),
    "run_of_show_missing": _l("Teachers hold the class meeting by the minute. Add run_of_show with four to seven steps."),
    "activity_sheet_missing": _l("Pupils need a sheet to write or draw on. Add a hand-out with kind: activity_sheet."),
    "parent_letter_missing": _l("Parents must learn what was talked about. Add a hand-out with kind: parent_letter."),
    "too_few_questions": _l("There are %(count)s questions. Add some until there are at least %(least)s; each asks about the story, none about a child in the room."),
    "too_few_to_avoid": _l("Under avoid there are %(count)s lines. Write at least %(least)s things the teacher must not do in this lesson."),
    "plan_key_missing": _l(
        "A module of an education plan needs %(key)s. Add it; under handouts that is an activity_sheet and a parent_letter."
    ),
    "no_plan_lesson_length": _l(
        "Each unit of a plan module is one lesson of %(lowest)s to %(highest)s minutes. Unit %(unit)s lasts %(minutes)s; lengthen, shorten or split it."
    ),
    "plan_not_for_class": _l("A module of an education plan is for one pupil, never for a class. Write student or guardian under audience."),
    "not_face_to_face": _l("The training is required face to face, so delivery must be face_to_face."),
    "delivery_differs": _l("Unit %(unit)s is delivered otherwise than the pack. Make them agree, or declare the pack blended."),
    "repeated": _l("%(value)s stands here twice. Each must be different."),
    "no_such_unit": _l("There is no unit with the id %(unit)s. Write the id of a unit of this pack."),
    "break_in_unit": _l("A break belongs to no unit. Take the unit away from this line."),
    "step_without_unit": _l("Say to which unit %(title)s belongs, or mark it as a break."),
    "run_of_show_differs": _l("Unit %(unit)s lasts %(minutes)s minutes, but its run of show adds up to %(spent)s. Make them agree."),
    "quiz_missing": _l("The assessment is a quiz, but quiz.yaml is missing. Add the file, or set the kind to none."),
    "answer_not_offered": _l("The answer of question %(item)s is not among its options."),
    "one_answer_only": _l("Question %(item)s allows one choice only, so give exactly one answer."),
    "pass_mark_too_high": _l("There are only %(count)s questions. Lower the number of right answers needed."),
    "pass_mark_differs": _l("course.yaml demands %(course)s right answers and quiz.yaml %(quiz)s. Make them agree."),
    "unknown_key": _l("%(key)s is not a key of the format. It is kept, but nothing reads it; check the spelling."),
    "key_unexpected": _l("%(key)s is not known here. Check the spelling or take it away."),
    "field_missing": _l("%(key)s is missing. Add it."),
    "wrong_type": _l("This should be a value of the kind %(wanted)s. Numbers stand without quotes, versions with quotes."),
    "bad_pattern": _l("%(value)s does not have the form that is needed here. Look at the README of courses/ for an example."),
    "not_allowed": _l("%(value)s is not possible here. Use one of: %(allowed)s."),
    "too_short": _l("This is empty or too short. Fill it in."),
    "too_long": _l("This is too long; the limit is %(wanted)s. Shorten it."),
    "out_of_range": _l("%(value)s is out of range; the limit is %(wanted)s."),
    "shape": _l("This part does not follow the format. Compare it with the README of courses/."),
    "yaml_alias": _l("References (& and *) are not accepted in a course pack. Write the value out."),
    "yaml_tag": _l("Tags (!) are not accepted in a course pack. Write a plain value."),
    "yaml_too_deep": _l("The file is nested too deeply or holds too many values. Split the pack."),
    "yaml_unreadable": _l("The file cannot be read as YAML at this line. Check indentation, colons and quotes."),
    "yaml_value": _l("The file holds a value that cannot be stored. Use plain text and whole numbers."),
    "key_not_text": _l("The name of a field must be plain text."),
    "key_repeated": _l("%(key)s stands here twice. Keep one of them."),
    "control_character": _l("There is an invisible control character in this text. Delete it and type the text again."),
    "file_empty": _l("The file is empty. Fill it in."),
    "file_missing": _l("The file is not in the pack. Add it, or take it out of course.yaml."),
    "file_too_large": _l("The file is larger than %(limit)s KB. Shorten it; pictures do not belong into a pack."),
    "file_not_listed": _l("The file lies in the pack but course.yaml does not name it, so nobody will see it."),
    "text_empty": _l("The file holds no text. Write the unit, or take it out of course.yaml."),
    "not_utf8": _l("The file is not saved as UTF-8. Save it again with the encoding UTF-8."),
    "path_leaves": _l("The path leads out of the pack. Files must lie inside it."),
    "symbolic_link": _l("Links to other files are not accepted. Put the file itself into the pack."),
    "id_differs_from_folder": _l("The id is %(id)s but the folder is called %(folder)s. Give both the same name."),
    "no_folder": _l("There is no such folder. Give the folder that holds course.yaml."),
}


def sentence(problem: PackProblem) -> str:
    """Return the sentence of a problem: what is wrong and what to do."""
    text = str(PROBLEMS.get(problem.code, PROBLEMS["shape"]))
    return text % problem.params if problem.params else text


def place(problem: PackProblem) -> str:
    """Return where a problem is, as tools print it: ``course.yaml:12 units.2.minutes``."""
    line = f":{problem.line}" if problem.line else ""
    return f"{problem.file}{line} {problem.field}".rstrip()


DELIVERY: dict[str, Any] = {
    "face_to_face": _l("Face to face"),
    "online": _l("Online"),
    "blended": _l("Blended"),
    "on_the_job": _l("On the job"),
}

STEP_KINDS: dict[str, Any] = {
    "talk": _l("Trainer talks"),
    "discussion": _l("Discussion of a case"),
    "practice": _l("Practice together"),
    "check": _l("Closing check"),
    "break": _l("Break"),
}

LESSON_STEP_KINDS: dict[str, Any] = {
    "talk": _l("Teacher tells"),
    "discussion": _l("Talking together"),
    "practice": _l("Activity"),
    "check": _l("Looking back"),
    "break": _l("Break"),
}
"""The same kinds where a class or its parents sit in the room."""

GRADE_BANDS: dict[str, Any] = {
    "lower_primary": _l("Lower primary"),
    "upper_primary": _l("Upper primary"),
    "junior": _l("Junior secondary"),
    "senior": _l("Senior secondary"),
}

THEMES: dict[str, Any] = {
    "recognise": _l("Where joking ends and bullying begins"),
    "bystander": _l("What bystanders can do"),
    "internet": _l("Words and pictures on the internet"),
    "ask_for_help": _l("Asking for help and who helps"),
}

HANDOUT_KINDS: dict[str, Any] = {
    "activity_sheet": _l("Activity sheet"),
    "parent_letter": _l("Letter to parents"),
    "sheet": _l("Hand-out"),
}

LENGTH_LABELS: dict[str, Any] = {
    "lesson": _l("Up to 45 minutes"),
    "short": _l("46 to 90 minutes"),
    "medium": _l("91 to 135 minutes"),
    "long": _l("More than 135 minutes"),
}

AUDIENCES: dict[str, Any] = {
    "all_staff": _l("All staff"),
    "homeroom_teacher": _l("Homeroom teachers"),
    "bureau_administrator": _l("Bureau administrators"),
    "class": _l("Pupils of one class"),
    "parent": _l("Parents and guardians"),
    "student": _l("One pupil, in an education plan"),
    "guardian": _l("The guardian of that pupil"),
}

MODULES: dict[str, Any] = {
    "law": _l("Law"),
    "psychology": _l("Psychology"),
    "conduct": _l("Rules of conduct"),
    "service": _l("Service"),
    "family": _l("Family education"),
}

TOPICS: dict[str, Any] = {
    "student_bullying_prevention": _l("Preventing and handling student bullying"),
}


def type_label(spec_label: str) -> str:
    """Return the label of a course type in the reader's language; plugins give it in English."""
    return str(gettext(spec_label))
