"""Stream processors as the gateway keeps them: what Rekognition's API says of them, and cameras have no place for."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sightline.chassis.errors import AlreadyExists, Conflict
from sightline.chassis.ids import derived_id
from sightline.gateway.rekognition.errors import AwsError

if TYPE_CHECKING:
    from sightline.gateway.shelf import Shelf

_PREFIX = "processor."


@dataclass(frozen=True)
class Processor:
    """A stream processor.

    Attributes:
        name: as the client calls it.
        camera_id: what it watches.
        made_camera: whether the camera was made for it, and goes with it.
        input_arn: as it was given.
        output_arn: as it was given; nothing is written there.
        collection_id: in which it looks for people.
        watchlist_id: the same.
        threshold: similarity from which its records are.
        role_arn: as it was given.
        kms_key_id: as it was given; may be empty.
        opt_in: to data sharing, as it was given; None: nothing was said.
        maker: the access key with which it was made; it may be forgotten by it where its camera is gone.
        create_time: seconds since 1970.
        update_time: when it was changed, started or stopped last.
        finished: whether all that belongs to it was done; else whoever makes it is at work, or has died.
    """

    name: str
    camera_id: str
    made_camera: bool
    input_arn: str
    output_arn: str
    collection_id: str
    watchlist_id: str
    threshold: float
    role_arn: str
    kms_key_id: str
    opt_in: bool | None
    maker: str
    create_time: float
    update_time: float
    finished: bool = True

    @property
    def id(self) -> str:
        """By which it is kept, and its tags."""
        return derived_id("stream processor", self.name)

    def described(self) -> dict[str, Any]:
        """What DescribeStreamProcessor says of it, beside its ARN and state."""
        said: dict[str, Any] = {
            "Name": self.name,
            "CreationTimestamp": datetime.fromtimestamp(self.create_time, UTC),
            "LastUpdateTimestamp": datetime.fromtimestamp(self.update_time, UTC),
            "Input": {"KinesisVideoStream": {"Arn": self.input_arn}},
            "Output": {"KinesisDataStream": {"Arn": self.output_arn}},
            "RoleArn": self.role_arn,
            "Settings": {"FaceSearch": {"CollectionId": self.collection_id, "FaceMatchThreshold": self.threshold}},
        }
        if self.kms_key_id:
            said["KmsKeyId"] = self.kms_key_id
        if self.opt_in is not None:
            said["DataSharingPreference"] = {"OptIn": self.opt_in}
        return said


@dataclass(frozen=True)
class Kept:
    """A stream processor with the revision that a change has to name."""

    processor: Processor
    revision: int


class Processors:
    """All of them."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def find(self, name: str) -> Kept | None:
        """One; None: there is none."""
        stored = await self._shelf.get(_key(name))
        return Kept(Processor(**stored.content), stored.revision) if stored else None

    async def get(self, name: str) -> Processor:
        """One. Raises AwsError ResourceNotFoundException."""
        return (await self._kept(name)).processor

    async def all(self) -> list[Processor]:
        """Every one, by name."""
        stored = [await self._shelf.get(key) for key in await self._shelf.keys(_PREFIX)]
        return sorted((Processor(**each.content) for each in stored if each), key=lambda each: each.name)

    async def add(self, processor: Processor) -> Kept:
        """Keeps a new one. Raises AwsError ResourceInUseException."""
        try:
            return Kept(processor, await self._shelf.create(_key(processor.name), asdict(processor)))
        except AlreadyExists as error:
            raise name_taken() from error

    async def finish(self, kept: Kept) -> None:
        """Keeps that all that belongs to it was done. Raises Conflict: somebody else has removed or changed it."""
        finished = replace(kept.processor, finished=True)
        await self._shelf.replace(_key(finished.name), asdict(finished), kept.revision)

    async def change(self, name: str, **fields: Any) -> None:
        """Changes fields of one. Raises AwsError ResourceNotFoundException, and Conflict."""
        kept = await self._kept(name)
        changed = replace(kept.processor, **fields, update_time=datetime.now(UTC).timestamp())
        await self._shelf.replace(_key(name), asdict(changed), kept.revision)

    async def touch(self, name: str) -> None:
        """Keeps that something happened to one in this moment; others may say it, too. Raises AwsError as `change`."""
        with suppress(Conflict):
            await self.change(name)

    async def remove(self, name: str, revision: int = 0) -> None:
        """Forgets one. Raises Conflict: it is not as it was at that revision, where one is named."""
        await self._shelf.delete(_key(name), revision)

    async def _kept(self, name: str) -> Kept:
        found = await self.find(name)
        if found is None:
            raise not_there(name)
        return found


def not_there(name: str) -> AwsError:
    """The error of a name that nobody has, or nobody whose cameras the caller may see."""
    return AwsError("ResourceNotFoundException", f"There is no stream processor {name}.")


def name_taken() -> AwsError:
    """The error of a name that somebody has."""
    return AwsError("ResourceInUseException", "Stream processor name already in use.")


def _key(name: str) -> str:
    return _PREFIX + derived_id("stream processor", name)
