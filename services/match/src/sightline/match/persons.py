"""Persons: found by id or by the id that the customer's records give them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sightline.chassis.errors import AlreadyExists, FailedPrecondition, NotFound
from sightline.chassis.etag import require_etag
from sightline.chassis.field_mask import changed
from sightline.chassis.ids import derived_id
from sightline.match.expiry import has_ended
from sightline.v1 import gallery_service_pb2 as pb

if TYPE_CHECKING:
    from google.protobuf.field_mask_pb2 import FieldMask

    from sightline.match.erasure import Erasure
    from sightline.match.gallery import Gallery
    from sightline.match.lifetimes import Lifetimes
    from sightline.match.projection import GalleryProjection
    from sightline.match.records import Change, Records

CHANGEABLE = ("display_name", "attributes", "expire_time")


class Persons:
    """The use cases of persons."""

    def __init__(
        self,
        records: Records,
        gallery: Gallery,
        projection: GalleryProjection,
        erasure: Erasure,
        lifetimes: Lifetimes,
    ) -> None:
        self._records = records
        self._gallery = gallery
        self._projection = projection
        self._erasure = erasure
        self._lifetimes = lifetimes

    async def create(self, watchlist: pb.Watchlist, asked: pb.Person) -> pb.Person:
        """Makes a person without a face.

        Raises:
            AlreadyExists: PERSON_EXISTS, the watchlist has somebody with that external id.
            InvalidInput: EXPIRE_TIME_PAST, EXPIRY_TOO_LATE.
            FailedPrecondition: PERSON_EXPIRED, they are being deleted.
        """

        def new(record: pb.Person | None) -> pb.Person:
            if record is not None:
                message = f"The watchlist has a person '{asked.external_id}' already."
                raise AlreadyExists("PERSON_EXISTS", message)
            return person

        person = self.begun(watchlist, asked)
        self.require_lasting(watchlist, asked.external_id)
        place = _named(watchlist.id, asked.external_id)
        return await self._write(self._projection.person(place.id) or place, new)

    def get(self, watchlist: pb.Watchlist, name: str) -> pb.Person:
        """By id, else by external id. Raises NotFound PERSON_NOT_FOUND."""
        for person_id in (name, person_id_of(watchlist.id, name)):
            person = self._projection.person(person_id)
            if person is not None and person.watchlist_id == watchlist.id:
                return person
        raise no_person(watchlist, name)

    def list(
        self,
        watchlist: pb.Watchlist,
        after: str,
        limit: int,
        external_id_prefix: str = "",
        display_name_part: str = "",
        *,
        named_only: bool = False,
    ) -> list[pb.Person]:
        """By external id, those behind `after` whose external id begins so, and whose display name holds that."""
        filters = (external_id_prefix, display_name_part)
        return self._projection.persons(watchlist.id, after, limit, *filters, named_only=named_only)

    def count_named(self, watchlist: pb.Watchlist) -> int:
        """How many there are, without those who stand for one face of nobody who is known."""
        return self._projection.count_named(watchlist.id)

    async def update(
        self, watchlist: pb.Watchlist, name: str, changes: pb.Person, mask: FieldMask, etag: str = ""
    ) -> pb.Person:
        """Changes the fields of the mask, where the person is as `etag` says.

        Raises:
            NotFound: PERSON_NOT_FOUND.
            Conflict: ETAG_DIFFERS, or RECORD_CHANGED: somebody else was faster each time.
            InvalidInput: UPDATE_MASK_INVALID, REQUEST_INVALID, EXPIRE_TIME_PAST, EXPIRY_TOO_LATE.
        """

        def updated(record: pb.Person | None) -> pb.Person:
            if record is None or has_ended(record, self._projection.now()):
                raise no_person(watchlist, name)
            require_etag(record, etag)
            after = changed(record, changes, mask, CHANGEABLE)
            if "expire_time" in mask.paths:
                self._lifetimes.check_person(after, watchlist, self._projection.now())
            after.update_time.GetCurrentTime()
            return after

        return await self._write(self.get(watchlist, name), updated)

    async def delete(self, watchlist: pb.Watchlist, name: str) -> int:
        """Deletes the person with their faces, references and key; returns how many faces there were.

        Raises:
            NotFound: PERSON_NOT_FOUND.
            Conflict: RECORD_CHANGED.
        """
        return await self._erasure.person(self.get(watchlist, name))

    async def ensure(self, watchlist: pb.Watchlist, external_id: str, display_name: str) -> pb.Person:
        """The person with that external id, made where there is none, and with that display name where one is given.

        Raises:
            FailedPrecondition: PERSON_EXPIRED, they are being deleted.
        """

        def wanted(record: pb.Person | None) -> pb.Person:
            if record is None:
                return self.begun(watchlist, pb.Person(external_id=external_id, display_name=display_name))
            record.display_name = display_name
            record.update_time.GetCurrentTime()
            return record

        self.require_lasting(watchlist, external_id)
        place = _named(watchlist.id, external_id)
        known = self._projection.person(place.id)
        if known is not None and display_name in {"", known.display_name}:
            return known
        return await self._write(known or place, wanted)

    def begun(self, watchlist: pb.Watchlist, asked: pb.Person, person_id: str = "") -> pb.Person:
        """A new person of the watchlist, with their end; `person_id` is their id, where it is known already.

        Raises:
            InvalidInput: EXPIRE_TIME_PAST, EXPIRY_TOO_LATE.
        """
        person = _completed(person_id or person_id_of(watchlist.id, asked.external_id), watchlist.id, asked)
        self._lifetimes.begin_person(person, watchlist, self._projection.now())
        return person

    def require_lasting(self, watchlist: pb.Watchlist, external_id: str) -> None:
        """Raises FailedPrecondition PERSON_EXPIRED where there is such a person, but not for long."""
        person_id = person_id_of(watchlist.id, external_id)
        if self._projection.person(person_id) is None and self._projection.kept_person(person_id) is not None:
            raise person_expired()

    async def _write(self, known: pb.Person, change: Change[pb.Person]) -> pb.Person:
        await self._gallery.applied(await self._records.change(known, change))
        return self._projection.kept_person(known.id) or known


def person_expired() -> FailedPrecondition:
    """The error of whoever enrols somebody who is there, but not for long."""
    return FailedPrecondition("PERSON_EXPIRED", "This person has expired and is being deleted: try again in a minute.")


def no_person(watchlist: pb.Watchlist, name: str) -> NotFound:
    """Who is not in the watchlist, and where to see who is."""
    where = f"`sightline persons list --watchlist {watchlist.name}`"
    return NotFound("PERSON_NOT_FOUND", f"The watchlist '{watchlist.name}' has no person '{name}': {where}.")


def person_id_of(watchlist_id: str, external_id: str) -> str:
    """The id of the person whom the customer's records call so: enrolled twice at once, they are one person."""
    return derived_id(watchlist_id, "person", external_id)


def _named(watchlist_id: str, external_id: str) -> pb.Person:
    """Nobody yet, at the place where they would be."""
    person_id = person_id_of(watchlist_id, external_id)
    return pb.Person(id=person_id, watchlist_id=watchlist_id, external_id=external_id)


def _completed(person_id: str, watchlist_id: str, asked: pb.Person) -> pb.Person:
    person = pb.Person(id=person_id, watchlist_id=watchlist_id, external_id=asked.external_id)
    person.display_name = asked.display_name
    person.attributes.update(asked.attributes)
    if asked.HasField("expire_time"):
        person.expire_time.CopyFrom(asked.expire_time)
    # In a third of the time of GetCurrentTime: many are imported at once.
    person.create_time.FromMicroseconds(time.time_ns() // 1_000)
    person.update_time.CopyFrom(person.create_time)
    return person
