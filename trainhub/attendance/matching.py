"""Who a row is about (FORMATS.md R9). Exact after normalising, in a fixed order, never fuzzy. Pure."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from trainhub.plugin_api.characters import simplified
from trainhub.plugin_api.contracts import AttendanceReading
from trainhub.roster.rules import name_key, same_but_for_dots


@dataclass(frozen=True, slots=True)
class RosterPerson:
    """A person a row may be about. ``department`` is the leaf name; ids are text as on the roster."""

    person_key: str
    name: str
    staff_no: str = ""
    department: str = ""
    device_pin: str = ""
    card_no: str = ""
    platform_ids: tuple[str, ...] = ()
    email: str = ""
    phone_tail: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """The person found, or why nobody was.

    ``how``: platform_id, staff_no, device_pin, card_no, email, name_and_department, name, decision.
    ``reason``: not_on_roster, ambiguous_name, ambiguous_staff_no, staff_no_not_on_roster,
    variant_characters, no_identity, no_person_name (the row names a device). ``candidates`` are person keys to ask about.
    """

    person_key: str | None
    how: str = ""
    review: tuple[str, ...] = ()
    reason: str = ""
    candidates: tuple[str, ...] = field(default=())


_LEAF = re.compile(r"[/\\>→|-]")
_DEPARTMENT_TAIL = re.compile(r"(?:教研组|备课组|年级组|学科组|办公室|组|处|室|科|部)$")


def leaf(department: str) -> str:
    """Return the last part of a department path, folded: ``示例小学/语文组`` -> 语文组."""
    folded = "".join(unicodedata.normalize("NFKC", department).split()).casefold()
    return _LEAF.split(folded)[-1]


def _digits(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


class Directory:
    """The people of a roll, indexed once; matching a row is then a few dictionary look-ups."""

    def __init__(self, people: Iterable[RosterPerson]) -> None:
        self.people = tuple(people)
        self.by_key = {p.person_key: p for p in self.people}
        self._platform: dict[str, list[RosterPerson]] = defaultdict(list)
        self._staff_no: dict[str, list[RosterPerson]] = defaultdict(list)
        self._unpadded: dict[str, list[RosterPerson]] = defaultdict(list)
        self._pin: dict[str, list[RosterPerson]] = defaultdict(list)
        self._card: dict[str, list[RosterPerson]] = defaultdict(list)
        self._email: dict[str, list[RosterPerson]] = defaultdict(list)
        self._name: dict[str, list[RosterPerson]] = defaultdict(list)
        self._variant: dict[str, list[RosterPerson]] = defaultdict(list)
        for person in self.people:
            self._add(person)

    def _add(self, person: RosterPerson) -> None:
        for platform_id in filter(None, person.platform_ids):
            self._platform[platform_id].append(person)
        if person.staff_no:
            number = _digits(person.staff_no)
            self._staff_no[number].append(person)
            self._unpadded[number.lstrip("0")].append(person)
        if person.device_pin:
            self._pin[_digits(person.device_pin).lstrip("0")].append(person)
        if person.card_no:
            self._card[_digits(person.card_no)].append(person)
        if person.email:
            self._email[person.email.casefold()].append(person)
        key = name_key(person.name)
        self._name[key].append(person)
        self._variant[simplified(key)].append(person)

    def match(self, reading: AttendanceReading) -> Match:
        """Return who the reading is about; two possible people or none at all is said, never guessed."""
        found = self._by_identifier(reading)
        if found is not None:
            return found
        return self._by_name(reading)

    def _by_identifier(self, reading: AttendanceReading) -> Match | None:
        if reading.platform_id and (hits := self._platform.get(reading.platform_id)):
            return self._settle(reading, hits, "platform_id", compare=False)
        if reading.staff_no:
            number = _digits(reading.staff_no)
            if hits := self._staff_no.get(number):
                return self._settle(reading, hits, "staff_no")
            padded = [p for p in self._unpadded.get(number.lstrip("0"), ()) if len(_digits(p.staff_no)) > len(number)]
            if len(padded) == 1:
                return self._settle(reading, padded, "staff_no", ("staff_no_zero_padded",))
        if reading.device_pin and (hits := self._pin.get(_digits(reading.device_pin).lstrip("0"))):
            return self._settle(reading, hits, "device_pin")
        if reading.card_no and (hits := self._card.get(_digits(reading.card_no))):
            return self._settle(reading, hits, "card_no")
        if reading.email and (hits := self._email.get(reading.email.casefold())):
            return self._settle(reading, hits, "email", compare=False)
        return None

    def _settle(
        self,
        reading: AttendanceReading,
        hits: list[RosterPerson],
        how: str,
        review: tuple[str, ...] = (),
        *,
        compare: bool = True,
    ) -> Match:
        if len(hits) > 1:
            hits = [p for p in hits if name_key(p.name) == name_key(reading.name)] if reading.name else hits
            if len(hits) != 1:
                return Match(None, reason="ambiguous_staff_no", candidates=tuple(p.person_key for p in hits))
        person = hits[0]
        if compare and reading.name and name_key(person.name) != name_key(reading.name):
            review += ("name_mismatch_with_staff_no",)
        return Match(person.person_key, how, review + _dots(reading, person))

    def _by_name(self, reading: AttendanceReading) -> Match:
        if "no_person_name" in reading.flags:
            return Match(None, reason="no_person_name")
        key = name_key(reading.name)
        if not key:
            told = reading.platform_id or reading.staff_no or reading.card_no or reading.device_pin or reading.email
            return Match(None, reason="not_on_roster" if told else "no_identity")
        hits = self._name.get(key, [])
        if not hits:
            variants = self._variant.get(simplified(key), [])
            keys = tuple(p.person_key for p in variants)
            return Match(None, reason="variant_characters" if keys else "not_on_roster", candidates=keys)
        if reading.staff_no:
            # A number that nobody has beats a name: the row may be about a namesake from outside.
            hits = [p for p in hits if not p.staff_no]
            if not hits:
                keys = tuple(p.person_key for p in self._name[key])
                return Match(None, reason="staff_no_not_on_roster", candidates=keys)
        if len(hits) == 1:
            review = ("department_differs",) if _departments_differ(reading, hits[0]) else ()
            return Match(hits[0].person_key, "name", review + _dots(reading, hits[0]))
        return self._namesakes(reading, hits)

    def _namesakes(self, reading: AttendanceReading, hits: list[RosterPerson]) -> Match:
        """Two people of one name: only the department, its hint or the phone's tail can tell them apart."""
        attempts: list[tuple[list[RosterPerson], tuple[str, ...]]] = []
        department, hint = leaf(reading.department), leaf(reading.raw.get("department_hint", ""))
        tail = reading.raw.get("phone_tail", "")
        if tail:
            attempts.append(([p for p in hits if p.phone_tail == tail], ("matched_by_name_and_phone_tail",)))
        if department:
            attempts.append(([p for p in hits if leaf(p.department) == department], ("matched_by_name_and_dept",)))
        if hint:
            attempts.append(([p for p in hits if leaf(p.department).startswith(hint)], ()))
        single = [(left[0], review) for left, review in attempts if len(left) == 1]
        if single and len({person.person_key for person, _review in single}) == 1:
            person, review = single[0]
            return Match(person.person_key, "name_and_department", review + _dots(reading, person))
        return Match(None, reason="ambiguous_name", candidates=tuple(p.person_key for p in hits))


def _dots(reading: AttendanceReading, person: RosterPerson) -> tuple[str, ...]:
    return ("name_punctuation_normalised",) if reading.name and same_but_for_dots(reading.name, person.name) else ()


def _departments_differ(reading: AttendanceReading, person: RosterPerson) -> bool:
    """Whether a row names another department than the roster; 语文组 and 语文教研组 are the same."""
    typed = leaf(reading.department or reading.raw.get("department_hint", ""))
    held = leaf(person.department)
    if not typed or not held:
        return False
    a, b = (_DEPARTMENT_TAIL.sub("", t) or t for t in (typed, held))
    return a not in b and b not in a
