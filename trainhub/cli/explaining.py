"""Files that are no attendance, for ``sources explain``: rosters of plugins, calendars, certificates, course descriptions.

Plugins are asked through :class:`trainhub.plugin_api.Explainer`, in the reading child; nothing is written.
"""

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from trainhub.attendance.explain import Left, RosterFile, Translate
from trainhub.attendance.matching import Directory
from trainhub.courses.packs import MAX_DESCRIPTION_BYTES, QUIZ, read_description
from trainhub.courses.rules import usable
from trainhub.evidence import intake
from trainhub.evidence.messages import N_, refusal_sentence
from trainhub.evidence.rules import SURE
from trainhub.plugin_api import AttendanceReading, Explainer, Refused, Upload
from trainhub.plugin_host.host import PluginHost

COURSE = "trainhub.course"
COURSE_LABEL = N_("Course description (course.yaml)")
_OF_COURSE = re.compile(rb"^format:\s*trainhub\.course", re.MULTILINE)
_NO_TABLES = frozenset({"json", "jsonld", "zip", "ics", "yaml", "yml"})
"""Endings of files about which the advice to add a header row would mislead."""


@dataclass
class Explaining:
    """Explains what is left over once the attendance sources were asked; give it to ``explain_files``."""

    host: PluginHost
    translate: Translate
    outcomes: dict[str, str] = field(default_factory=dict)
    told: dict[str, list[tuple[str, dict[str, Any]]]] = field(default_factory=dict)

    def __call__(self, left: Left, roster: RosterFile) -> tuple[list[dict[str, Any]], dict[str, str]]:
        """Return one answer for each format found, and a line for each file."""
        self.outcomes, self.told = {}, {}
        taken = self._set(left) | self._course(left)
        for upload, refused in left:
            if upload.name not in taken:
                self._one(upload, refused)
        people = _People(roster)
        return [_together(people.named(said)) for said in self.told.values()], self.outcomes

    @property
    def _explainers(self) -> dict[str, Any]:
        """Whoever can explain, by hook and key; two hooks may use one key."""
        held = {"source": self.host.sources, "importer": self.host.roster_importers, "exporter": self.host.exporters}
        return {
            f"{hook}:{key}": one
            for hook, registry in held.items()
            for key, one in registry.items()
            if isinstance(getattr(one, "__wrapped__", one), Explainer)
        }

    def _set(self, left: Left) -> set[str]:
        """CSV files that are one load together: packed as their exporter would have done, and read as that."""
        parts = [upload for upload, _refused in left if upload.name.lower().endswith(".csv")]
        if len(parts) < 2 or len({upload.name.lower() for upload in parts}) < len(parts):
            return set()
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for upload in parts:
                archive.writestr(upload.name, upload.content)
        whole = Upload("files.zip", packed.getvalue())
        try:
            scores = intake.knows(whole, self._explainers)
        except Refused:  # too much for one package: each by itself
            return set()
        best = max(scores, key=lambda name: scores[name], default="")
        if scores.get(best, 0) < SURE:
            return set()
        self._explain(best, whole, [upload.name for upload in parts])
        return {upload.name for upload in parts}

    def _one(self, upload: Upload, refused: Refused | None) -> None:
        """Explain a file, or say what it could be; one that a source takes and nobody else knows is left alone."""
        try:
            scores = intake.knows(upload, self._explainers)
        except Refused as failed:
            self._refuse(upload.name, refused or failed)
            return
        sure = sorted((name for name, score in scores.items() if score >= SURE), key=lambda name: -scores[name])
        if sure:
            self._explain(sure[0], upload, [upload.name])
            return
        told = self._could_be(upload, scores, half_known=refused is None) or refused
        if told is not None:
            self._refuse(upload.name, told)

    def _explain(self, name: str, upload: Upload, files: Sequence[str]) -> None:
        """Put down what a file says, and say for each of ``files`` what became of it."""
        try:
            said = intake.explain(upload, self._explainers[name])
        except Refused as refused:
            for file in files:
                self._refuse(file, refused)
            return
        said["read_by"] = name.partition(":")[2]
        self.told.setdefault(name, []).append((upload.name, said))
        self.outcomes |= dict.fromkeys(files, f"accepted: {said.get('format', 'unknown')}, read by {said['read_by']}")

    def _refuse(self, file: str, refused: Refused) -> None:
        self.outcomes[file] = f"refused: {refused.code}: {refusal_sentence(refused, self.translate)}"

    def _could_be(self, upload: Upload, scores: Mapping[str, int], *, half_known: bool) -> Refused | None:
        """What a file could be: whoever half knows it, else whoever reads files that end so."""
        ending = upload.name.rpartition(".")[2].lower()
        readers = {**self._explainers, **{f"source:{key}": one for key, one in self.host.sources.items()}}
        near = [name for name, score in scores.items() if score > 0]
        if not near and ending in _NO_TABLES and not half_known:
            near = [name for name, one in readers.items() if ending in _endings(one.spec)]
        kinds = [f"{self.translate(readers[name].spec.label)} ({name.partition(':')[2]})" for name in near]
        kinds += [self.translate(COURSE_LABEL)] if ending in {"yaml", "yml"} and not half_known else []
        return Refused("unknown_file", kinds="、".join(kinds)) if kinds else None

    def _course(self, left: Left) -> set[str]:
        """Course descriptions are core's own: ``course.yaml``, with ``quiz.yaml`` beside it; JSON-LD is never an input."""
        uploads = {upload.name: upload for upload, _refused in left}
        exports = {name: found for name, u in uploads.items() if (found := _json_ld(u)) is not None}
        courses = [u for u in uploads.values() if _OF_COURSE.search(u.content[:MAX_DESCRIPTION_BYTES])]
        quiz = uploads.get(QUIZ) if courses else None
        for upload in courses:
            said = _described(upload, quiz, frozenset(self.host.course_types))
            self.told.setdefault(COURSE, []).append((upload.name, said))
        if exports and not courses:
            for name, found in exports.items():
                self.told.setdefault(COURSE, []).append((name, _exported(found)))
        taken = [u.name for u in courses] + ([quiz.name] if quiz else [])
        self.outcomes |= dict.fromkeys(taken, f"accepted: {COURSE}")
        self.outcomes |= dict.fromkeys(exports, f"accepted: {COURSE}, an export and never an input")
        return {*taken, *exports}


def _endings(spec: Any) -> set[str]:
    several = getattr(spec, "extensions", ()) or (getattr(spec, "extension", ""),)
    return {ending.removeprefix(".").lower() for ending in several}


def _json_ld(upload: Upload) -> dict[str, Any] | None:
    """Return a schema.org Course, None where a file is none."""
    if len(upload.content) > MAX_DESCRIPTION_BYTES or b"schema.org" not in upload.content:
        return None
    try:
        found = json.loads(upload.content)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and found.get("@type") == "Course" else None


def _described(upload: Upload, quiz: Upload | None, known_types: frozenset[str]) -> dict[str, Any]:
    head: dict[str, Any] = {"kind": "course", "format": COURSE, "part": upload.name}
    texts = [one.content.decode("utf-8-sig", "replace") for one in (upload, quiz) if one is not None]
    if max(map(len, texts)) > MAX_DESCRIPTION_BYTES:
        return {**head, "valid": False, "problems": [{"code": "file_too_large"}]}
    pack, problems = read_description(texts[0], known_types, None, texts[1] if quiz else None)
    said = [
        {"code": p.code, "file": p.file, "field": p.field, "line": p.line, "severity": p.severity} for p in problems
    ]
    head |= {"valid": pack is not None and usable(problems), "problems": said}
    if pack is None:
        return head
    minutes = sum(unit.minutes for unit in pack.units)
    return head | {"id": pack.id, "title": pack.title, "total_unit_minutes": minutes, "class_hours": pack.class_hours}


def _exported(found: Mapping[str, Any]) -> dict[str, Any]:
    names = {"id": "identifier", "title": "name", "class_hours": "numberOfCredits"}
    said = {ours: found.get(theirs) for ours, theirs in names.items()}
    return {"kind": "course", "format": COURSE, "valid": False, "problems": [{"code": "export_only"}], **said}


# --- who is meant ---------------------------------------------------------------------------------


@dataclass
class _People:
    """Puts the keys of people of ``--roster`` where a plugin said who is meant."""

    roster: RosterFile

    def __post_init__(self) -> None:
        self.directory = Directory(self.roster.people)

    def named(self, said: list[tuple[str, dict[str, Any]]]) -> list[tuple[str, dict[str, Any]]]:
        return [(name, self._walk(value)) for name, value in said]

    def _walk(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._walk(one) for one in value]
        if not isinstance(value, dict):
            return value
        found = {name: self._walk(one) for name, one in value.items() if name != "person_key"}
        if "person_key" not in value:
            return found
        key, reason = self._key(_texts(value["person_key"]))
        head = {name: (key if name == "person_key" else found[name]) for name in value}
        return head if key or "problem" in head else head | {"reason": reason}

    def _key(self, who: Mapping[str, str]) -> tuple[str | None, str]:
        """Return the key, or why there is none: by hash, by the key itself, else as a row of attendance is matched."""
        people = self.directory.people
        for person in people if who.get("digest") else ():
            for text in filter(None, (person.person_key, person.staff_no, person.email)):
                if hashlib.sha256(f"{text}{who.get('salt', '')}".encode()).hexdigest() == who["digest"].lower():
                    return person.person_key, ""
        code = who.get("code", "")
        if code and (not people or code in self.directory.by_key):
            return code, ""
        if not people:
            return None, "no_roster_given"
        if who.get("digest"):
            return None, "not_on_roster"
        reading = AttendanceReading(
            row=0, name=who.get("name", ""), staff_no=who.get("staff_no", ""), email=who.get("email", "")
        )
        match = self.directory.match(reading)
        return match.person_key, match.reason


def _texts(who: Any) -> dict[str, str]:
    return {str(name): str(text) for name, text in who.items()} if isinstance(who, dict) else {}


# --- several files of one format -------------------------------------------------------------------


def _together(said: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """Return the files of one format as one answer.

    The same twice (a package beside its files) is one; parts stand beside each other, each under its name; anything
    else (pages of an answer, calendars) is put together.
    """
    different: list[tuple[str, dict[str, Any]]] = []
    for name, one in said:
        if one not in [other for _name, other in different]:
            different.append((name, one))
    if len(different) == 1:
        return {k: v for k, v in different[0][1].items() if k != "part"}
    if all("part" in one for _name, one in different):
        parts = [one["part"] for _name, one in different]
        first = different[0][1]
        same = len({str(one.get("format")) for _name, one in different}) == 1
        whole = str(first.get("format", ""))
        answer: dict[str, Any] = {"format": whole if same else whole.partition(".")[0], "kind": first.get("kind", "")}
        for name, one in different:
            place = one["part"] if parts.count(one["part"]) == 1 else name
            answer[place] = {"file": name, **{k: v for k, v in one.items() if k != "part"}}
        return answer
    answer = {}
    for _name, one in different:
        answer = _joined(answer, one)
    return answer


def _joined(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    joined = dict(first)
    for name, value in second.items():
        held = joined.get(name)
        if isinstance(held, dict) and isinstance(value, dict):
            joined[name] = _joined(held, value)
        elif isinstance(held, list) and isinstance(value, list):
            joined[name] = [*held, *(one for one in value if one not in held)]
        elif name not in joined:
            joined[name] = value
    return joined
