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

    @property
    def names(self) -> list[str]:
        """All streams, as the broker calls them: a bucket is `KV_<bucket>`, an object store `OBJ_<store>`."""
        streams = [stream.name for stream in self.streams] + [f"KV_{bucket.name}" for bucket in self.buckets]
        return streams + [f"OBJ_{store.name}" for store in self.object_stores]


@dataclass(frozen=True)
class Party:
    """Somebody who connects to the broker, and all that they may do there.

    Streams are named as on the broker: a bucket is `KV_<bucket>`, an object store `OBJ_<store>`.

    Attributes:
        name: of the party, and of its key.
        publishes: subjects, patterns included, that lie in streams.
        says: subjects of its own in no stream.
        hears: such subjects of others.
        consumes: durable consumers that it works off.
        makes: durable consumers that it makes, and removes.
        watches: durable consumers of others, of which it asks how far they are.
        sees: streams of which it asks how many messages they have, and where they end.
        reads: streams of which it reads single messages; it sees them, too.
        follows: streams that it reads through consumers of its own, made for the moment; it sees them, too.
        places: streams in which it makes, lists and deletes durable consumers.
        deletes: streams of which it deletes single messages.
        purges: streams of which it takes away all messages of a subject.
        snapshots: streams of which it takes copies for a backup.
        restores: streams that it brings back from a backup, where they are not there. Such a party is a user of the
            account with the streams itself, for the broker takes copies from nobody else.
        provisions: whether it makes everything in the topology.
    """

    name: str
    publishes: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    hears: tuple[str, ...] = ()
    consumes: tuple[Consumer, ...] = ()
    makes: tuple[Consumer, ...] = ()
    watches: tuple[Consumer, ...] = ()
    sees: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    deletes: tuple[str, ...] = ()
    purges: tuple[str, ...] = ()
    snapshots: tuple[str, ...] = ()
    restores: tuple[str, ...] = ()
    provisions: bool = False
