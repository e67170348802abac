"""Video and pictures in an object store: how they are named, and the port by which they are read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, Protocol

from sightline.chassis.errors import FailedPrecondition, InvalidInput

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

    from sightline.chassis.errors import SightlineError

SCHEME = "s3:"
# As buckets may be named; and keys, of which those are left out that some library on the way would write otherwise.
_URL = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(?P<key>[^/\x00-\x1f][^\x00-\x1f]{0,1023})")


@dataclass(frozen=True)
class ObjectAddress:
    """Where an object is."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    @classmethod
    def read(cls, url: str) -> ObjectAddress:
        """Out of `s3://bucket/key`, in which the key stands as it is. Raises InvalidInput S3_URL_INVALID."""
        found = _URL.fullmatch(url)
        if not found or not {"", ".", ".."}.isdisjoint(found["key"].split("/")):
            raise InvalidInput(
                "S3_URL_INVALID",
                f"{url!r} names no object: write s3://bucket/key, with the key as it is (no //, . or .. in it).",
            )
        return cls(found["bucket"], found["key"])


@dataclass(frozen=True)
class ObjectBody:
    """An object on its way here."""

    size: int
    """Of the whole object, in bytes."""
    etag: str
    """Which version of it this is."""
    pieces: AsyncIterator[bytes]
    """From the place on that was asked for."""


class ObjectStore(Protocol):
    """Where stored video and pictures may lie."""

    def admit(self, url: str) -> ObjectAddress:
        """Check whether that object may be read.

        Raises:
            InvalidInput: S3_URL_INVALID, SOURCE_NOT_ALLOWED.
            FailedPrecondition: S3_NOT_CONFIGURED, S3_NOT_INSTALLED.
        """

    def open(self, address: ObjectAddress, start: int, etag: str) -> AbstractAsyncContextManager[ObjectBody]:
        """The object from byte `start` on, of the version `etag` where one is named.

        Raises:
            NotFound: S3_OBJECT_NOT_FOUND.
            Conflict: S3_OBJECT_CHANGED, that version is gone.
            FailedPrecondition: S3_REFUSED, S3_CREDENTIALS_INVALID.
            Unavailable: S3_UNAVAILABLE, also while pieces come.
        """


class NoStore:
    """An ObjectStore where there is none."""

    def __init__(self, refusal: SightlineError) -> None:
        self._refusal = refusal

    def admit(self, _: str) -> NoReturn:
        """Raises the refusal."""
        raise self._refusal

    def open(self, *_: object) -> NoReturn:
        """Raises the refusal."""
        raise self._refusal


def not_configured(service: str) -> SightlineError:
    """What is said where no store was named for a service."""
    return FailedPrecondition(
        "S3_NOT_CONFIGURED",
        f"{service} reads from no object store: name one with SIGHTLINE_S3_ENDPOINT and SIGHTLINE_S3_BUCKETS.",
    )


def not_installed(service: str) -> SightlineError:
    """What is said where the library is missing."""
    return FailedPrecondition(
        "S3_NOT_INSTALLED",
        f"{service} cannot read from object stores: install sightline-{service}[s3], or build its image with "
        "`--build-arg EXTRAS=s3`.",
    )
