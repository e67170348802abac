"""The kinds of objects that lie on the broker, as `sightline.chassis.topology` names them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import timedelta


@dataclass(frozen=True)
class Stream:
    """A JetStream stream.

    `max_per_subject=1` makes it a ledger: the last record of each subject stays. `max_bytes` is a ceiling of
    memory or disk in bytes; `None` leaves it to the account. `age=None` keeps messages for good.
    """

    name: str
    subjects: tuple[str, ...]
    storage: Literal["memory", "file"]
    age: timedelta | None
    work_queue: bool = False
    discard_new: bool = False
    max_bytes: int | None = None
    max_per_subject: int | None = None
    append_only: bool = False


@dataclass(frozen=True)
class Consumer:
    """A durable pull consumer: one stage's place in a stream, or in those of its subjects that `filter` matches.

    `ack_wait` in seconds.
    """

    stream: str
    name: str
    ack_wait: float = 10.0
    max_deliver: int = 6
    max_ack_pending: int = 1024
    filter: str = ""


@dataclass(frozen=True)
class Bucket:
    """A key-value bucket; `ttl` ends every entry that old.

    `history` is how many revisions of an entry stay. In an `erasable` bucket a revision can be deleted
    together with its bytes; what merely falls out of the history, or is purged, stays readable in the broker's files.
    """

    name: str
    storage: Literal["memory", "file"]
    ttl: timedelta | None = None
    history: int = 1
    erasable: bool = False


@dataclass(frozen=True)
class ObjectStore:
    """An object store, for pictures that have to be kept."""

    name: str
    ttl: timedelta | None = None


@dataclass(frozen=True)
class Topology:
    """Everything that has to be there before a service is ready."""

    streams: tuple[Stream, ...]
    consumers: tuple[Consumer, ...]
    buckets: tuple[Bucket, ...]
    object_stores: tuple[ObjectStore, ...] = field(default=())
