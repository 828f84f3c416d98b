"""Photos of a meeting: at most three, pictures only, without place and camera data, found again on other records by digest."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.class_meetings.models import ClassMeeting, MeetingPhoto
from trainhub.class_meetings.rules.lifecycle import MeetingState
from trainhub.class_meetings.rules.recording import MOST_PHOTOS
from trainhub.class_meetings.service.steps import locked_meeting
from trainhub.evidence.proofs import PROOF_BYTES, BadProof, ProofTooLarge, media_type_of
from trainhub.evidence.store import keep_proof
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import DomainError, NotFound

PICTURES = frozenset({"image/jpeg", "image/png"})
PHOTO_BYTES = PROOF_BYTES
_DIGEST = re.compile(r"[0-9a-f]{64}")


class PhotoUnreadable(DomainError):
    """What was sent is no JPEG or PNG picture, whatever its name says."""

    code = "photo_unreadable"


class PhotoTooLarge(DomainError):
    """The picture is larger than a phone makes one."""

    code = "photo_too_large"
    status = 413


class TooManyPhotos(DomainError):
    """The record has its three photos already."""

    code = "too_many_photos"


class PhotosClosed(DomainError):
    """Photos of a record that was checked stay as they were; of a cancelled meeting there are none."""

    code = "photos_closed"
    status = 409


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it was sent. ``original_sha256``: the digest it had before the phone made it smaller, "" where nobody said."""

    content: bytes
    original_sha256: str = ""


def add_photos(session: Session, actor: Actor, meeting_id: str, pictures: Sequence[Picture], now: datetime) -> list[str]:
    """Keep photos with a meeting that waits for its check; return their digests. Raises as :func:`keep_photos`, NotFound, PhotosClosed."""
    meeting = locked_meeting(session, actor, meeting_id, now)
    _open(meeting)
    meeting.version += 1  # whoever has the record open for its check looks again
    return keep_photos(session, actor, meeting, pictures, now)


def keep_photos(session: Session, actor: Actor, meeting: ClassMeeting, pictures: Sequence[Picture], now: datetime) -> list[str]:
    """Keep photos with a locked meeting and return their digests. The same photo again changes nothing; one taken off comes back.

    Raises PhotoUnreadable, PhotoTooLarge, TooManyPhotos.
    """
    if not pictures:
        return []
    held = {p.sha256: p for p in session.scalars(select(MeetingPhoto).where(
        MeetingPhoto.district_id == meeting.district_id, MeetingPhoto.meeting_id == meeting.id
    ))}
    digests = []
    for picture in pictures:
        digest = _kept(session, actor, picture, now)
        digests.append(digest)
        if digest in held:
            held[digest].removed_at = None
        else:
            held[digest] = _new(meeting, actor, picture, digest, now)
            session.add(held[digest])
        if sum(p.removed_at is None for p in held.values()) > MOST_PHOTOS:
            raise TooManyPhotos(most=MOST_PHOTOS)
    session.flush()
    return digests


def _new(meeting: ClassMeeting, actor: Actor, picture: Picture, digest: str, now: datetime) -> MeetingPhoto:
    original = picture.original_sha256.lower()
    return MeetingPhoto(
        district_id=meeting.district_id, meeting_id=meeting.id, sha256=digest, school_id=meeting.school_id,
        original_sha256=original if _DIGEST.fullmatch(original) else "", added_by=actor.account_id, added_at=now, explained="",
    )


def remove_photo(session: Session, actor: Actor, meeting_id: str, sha256: str, now: datetime) -> None:
    """Take a photo off before the check; its row stays. Raises NotFound, PhotosClosed."""
    meeting = locked_meeting(session, actor, meeting_id, now)
    _open(meeting)
    photo = session.get(MeetingPhoto, (meeting.district_id, meeting.id, sha256))
    if photo is None or photo.removed_at is not None:
        raise NotFound
    photo.removed_at = now
    meeting.version += 1  # whoever has the record open for its check looks again


def _open(meeting: ClassMeeting) -> None:
    if meeting.state in {MeetingState.CHECKED, MeetingState.CANCELLED}:
        raise PhotosClosed


def _kept(session: Session, actor: Actor, picture: Picture, now: datetime) -> str:
    """Judge by content, strip, keep under the digest of what is kept."""
    try:
        if media_type_of(picture.content) not in PICTURES:
            raise PhotoUnreadable(field="photos")
        return keep_proof(session, actor.district_id, picture.content, actor.account_id, now)
    except ProofTooLarge as error:
        raise PhotoTooLarge(field="photos", limit_mb=PHOTO_BYTES // 2**20) from error
    except BadProof as error:
        raise PhotoUnreadable(field="photos") from error
