"""Who may call: people and programs with their grants. Only administrators grant."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.chassis.access import Place
from sightline.chassis.errors import Conflict, FailedPrecondition, NotFound
from sightline.chassis.ids import derived_id, is_id
from sightline.notify.access_records import AccessRecords
from sightline.v1 import access_pb2
from sightline.v1.access_service_pb2 import Subject

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nats.js.kv import KeyValue

    from sightline.chassis.identity.callers import CallerBook
    from sightline.chassis.identity.rights import Selection
    from sightline.v1.access_service_pb2 import Grant

CAS_TRIES = 10
_ETAG_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Who:
    """A subject as a request names it: by id, or by what the id follows from."""

    id: str
    handle: str = ""
    oidc_issuer: str = ""
    oidc_subject: str = ""

    @classmethod
    def named(cls, name: str) -> Who:
        """By handle or id; what has the form of an id is one."""
        return cls(name) if is_id(name) else cls(derived_id("subject", name), handle=name)

    @classmethod
    def identified(cls, issuer: str, subject: str) -> Who:
        """By what the identity provider calls them."""
        return cls(derived_id("oidc", issuer, subject), oidc_issuer=issuer, oidc_subject=subject)

    @property
    def can_be_made(self) -> bool:
        """Whether this says enough for a new subject; an id alone does not."""
        return bool(self.handle or self.oidc_subject)


@dataclass(frozen=True, slots=True)
class Change:
    """A subject as it is now, and as it was; a new one was empty."""

    after: Subject
    before: Subject


class Subjects:
    """The use cases of subjects; `book` is this process's copy of bucket `access`."""

    def __init__(self, bucket: KeyValue, book: CallerBook) -> None:
        self._records = AccessRecords(bucket, book)
        self._book = book
        self._changing = asyncio.Lock()

    def find(self, name: str) -> Subject | None:
        """By handle or id; None for those who were never granted anything."""
        return self._book.subject(Who.named(name).id)

    def get(self, name: str) -> Subject:
        """By handle or id. Raises NotFound SUBJECT_NOT_FOUND."""
        subject = self.find(name)
        if subject is None:
            raise subject_not_found(name)
        return subject

    def page(self, reach: Selection, after: str, limit: int) -> list[Subject]:
        """Those within reach, by id, behind that id."""
        found = (each for each in self._book.subjects() if each.id > after and each.id in reach)
        return sorted(found, key=lambda each: each.id)[:limit]

    async def set_grants(self, who: Who, grants: Iterable[Grant], *, disabled: bool = False, etag: str = "") -> Change:
        """Replaces what a subject may do; makes the subject where it is not known.

        Args:
            who: the subject.
            grants: all that they may do from now on.
            disabled: whether they are locked out, with whatever credential.
            etag: as the subject was read; "": whatever it is now.

        Raises:
            NotFound: SUBJECT_NOT_FOUND, an id that nobody has.
            Conflict: SUBJECT_CHANGED, it is not as it was read, or others never let the change through.
            FailedPrecondition: LAST_ADMIN, nobody would be left who can grant.
            InvalidInput: GRANTS_TOO_LONG.
            Unavailable: BROKER_UNAVAILABLE.
        """
        wanted = Subject(grants=grants, disabled=disabled)
        # One change at a time, each seen in the book by the next: so that two administrators do not lock each other
        # out at once. Several replicas may still do so: their copies differ for some milliseconds.
        async with self._changing:
            for _ in range(CAS_TRIES):
                try:
                    return await self._replace(who, wanted, etag)
                except Conflict as error:
                    if etag:
                        raise _changed() from error
        raise _changed()

    async def _replace(self, who: Who, wanted: Subject, etag: str) -> Change:
        stored = await self._records.subject(who.id)
        before, subject = Subject(), stored.record.subject
        before.CopyFrom(subject)
        if not subject.id:
            if not who.can_be_made:
                raise NotFound(
                    "SUBJECT_NOT_FOUND",
                    f"There is no subject with the id {who.id}. If this was to be a new one's handle: take one that "
                    "does not look like an id (26 letters and digits).",
                )
            _begin(subject, who)
        if etag not in {"", before.etag}:
            raise _changed()
        del subject.grants[:]
        subject.grants.extend(wanted.grants)
        subject.disabled = wanted.disabled
        self._keep_an_administrator(before, subject)
        stamp(subject)
        await self._records.put(stored)
        return Change(subject, before)

    def _keep_an_administrator(self, before: Subject, after: Subject) -> None:
        """Raises FailedPrecondition LAST_ADMIN. Whom an identity provider's claims make one does not count."""
        if not _administers(before) or _administers(after):
            return
        if not any(_administers(each) for each in self._book.subjects() if each.id != after.id):
            raise FailedPrecondition(
                "LAST_ADMIN",
                "This is the last administrator, and only they can grant: make another one first. Grants take the "
                "place of all that there were: name the role admin, too, if only others were to be added.",
            )


class SubjectPlaces:
    """Where subjects belong: to themselves. A Locator; see sightline.chassis.access."""

    def __init__(self, book: CallerBook) -> None:
        self._book = book

    async def place(self, name: str) -> Place | None:
        """See Locator; by handle or id."""
        subject = self._book.subject(Who.named(name).id)
        return Place(subject=subject.id) if subject else None

    def missing(self, name: str) -> NotFound:
        """See Locator."""
        return subject_not_found(name)


def subject_not_found(name: str) -> NotFound:
    """The error of a handle or id that nobody has."""
    return NotFound("SUBJECT_NOT_FOUND", f"There is no subject '{name}': `sightline grants list` shows them.")


def stamp(subject: Subject) -> None:
    """Marks a subject as changed now: its time, and the etag that follows from all of it."""
    subject.update_time.GetCurrentTime()
    subject.ClearField("etag")
    subject.etag = hashlib.sha256(subject.SerializeToString(deterministic=True)).hexdigest()[:_ETAG_LENGTH]


def _begin(subject: Subject, who: Who) -> None:
    subject.id, subject.handle = who.id, who.handle
    subject.oidc_issuer, subject.oidc_subject = who.oidc_issuer, who.oidc_subject
    subject.create_time.GetCurrentTime()


def _administers(subject: Subject) -> bool:
    return not subject.disabled and any(grant.role == access_pb2.ROLE_ADMIN for grant in subject.grants)


def _changed() -> Conflict:
    return Conflict("SUBJECT_CHANGED", "Somebody else changed this subject in between: look at it again, and repeat.")
