"""Creates what the topology table says, compares what is there, and puts back what a broker restart took away."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import structlog
from nats.errors import Error as NatsError
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    ObjectStoreConfig,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.errors import APIError, BucketNotFoundError, NotFoundError
from nats.js.errors import Error as JetStreamError

from sightline.chassis.errors import FailedPrecondition, ResourceExhausted, SightlineError, Unavailable
from sightline.chassis.parties import PARTIES
from sightline.chassis.topology import TOPOLOGY

if TYPE_CHECKING:
    from typing import Literal

    from sightline.chassis.broker_objects import Bucket, Consumer, ObjectStore, Party, Stream, Topology
    from sightline.chassis.bus import Bus
    from sightline.chassis.settings import ServiceSettings

log = structlog.get_logger()

WATCH_SECONDS = 2.0
# A dedup window beyond the stream's age is refused (JetStream 10052).
_DEDUP_SECONDS = 120.0
_STORAGE_FULL = {10023, 10028, 10047}
_RACE_PAUSES = (0.05, 0.1, 0.2, None)


async def provision(bus: Bus, topology: Topology, replicas: int = 1) -> list[str]:
    """Makes the broker agree with the table, and returns what had to be created.

    `replicas` of each stream, bucket and object store, where the broker is a cluster of as many servers or more.

    Raises:
        ResourceExhausted: BROKER_STORAGE_FULL, the broker has not the room.
        FailedPrecondition: TOPOLOGY_DIFFERS, something is there in another form than asked.
        Unavailable: BROKER_UNAVAILABLE.
    """
    created: list[str] = []
    for pause in _RACE_PAUSES:
        try:
            await _ensure_all(bus, topology, replicas, created)
        except APIError as error:
            # Several services may create the same in the same moment: what is there afterwards decides.
            if error.err_code in _STORAGE_FULL or pause is None:
                raise _refusal(error) from error
            await asyncio.sleep(pause)
        except (NatsError, JetStreamError, TimeoutError, ConnectionError) as error:
            raise Unavailable(
                "BROKER_UNAVAILABLE", "The broker does not answer; is JetStream enabled in it?"
            ) from error
        else:
            break
    return created


async def watch(bus: Bus, topology: Topology, replicas: int = 1) -> None:
    """Provisions again and again, so that what is missing after a broker restart is back within 5 s."""
    while True:
        try:
            if created := await provision(bus, topology, replicas):
                log.info("provisioned", created=created)
        except SightlineError as error:
            log.warning("provision_failed", reason=error.reason, detail=error.message)
        except Exception:
            log.exception("provision_failed")
        await asyncio.sleep(WATCH_SECONDS)


async def wait_provisioned(bus: Bus, topology: Topology, seconds: float = 30.0) -> None:
    """Returns once everything is there. Raises FailedPrecondition NOT_PROVISIONED after so many seconds."""
    deadline = asyncio.get_running_loop().time() + seconds
    while missing := await _missing(bus, topology):
        if asyncio.get_running_loop().time() > deadline:
            raise _not_provisioned(missing)
        await asyncio.sleep(0.2)


async def prepare(bus: Bus, settings: ServiceSettings) -> None:
    """What a service does before it starts: it waits until what is its own is there.

    Where the broker asks nobody who they are, in `dev` durability, it provisions by itself.

    Raises:
        FailedPrecondition: NOT_PROVISIONED; BROKER_OPEN, `strict` wants a broker that lets each to its own alone.
    """
    if bus.client.asks_who_we_are:
        await _wait_for_own(bus, PARTIES[settings.service])
    elif settings.durability == "dev":
        await provision(bus, TOPOLOGY)
    else:
        raise FailedPrecondition(
            "BROKER_OPEN",
            "The broker asks nobody who they are: give it what `sightline broker config` writes, or run with "
            "SIGHTLINE_DURABILITY=dev.",
        )


async def _wait_for_own(bus: Bus, party: Party, seconds: float = 30.0) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while missing := await _missing_of(bus, party):
        if asyncio.get_running_loop().time() > deadline:
            raise _not_provisioned(missing)
        await asyncio.sleep(0.2)


async def _missing_of(bus: Bus, party: Party) -> list[str]:
    try:
        streams = sorted({*party.sees, *party.reads, *party.follows})
        missing = [name for name in streams if not await _has_stream(bus, name)]
        return missing + [f"{c.stream}/{c.name}" for c in party.consumes if not await _has_consumer(bus, c)]
    except (NatsError, JetStreamError, TimeoutError, ConnectionError):
        return ["(the broker does not answer)"]


async def _has_stream(bus: Bus, name: str) -> bool:
    try:
        await bus.js.stream_info(name)
    except NotFoundError:
        return False
    return True


def _not_provisioned(missing: list[str]) -> FailedPrecondition:
    return FailedPrecondition(
        "NOT_PROVISIONED", f"Not on the broker: {', '.join(missing)}. Run `sightline provision --watch`."
    )


async def _missing(bus: Bus, topology: Topology) -> list[str]:
    try:
        there = {info.config.name for info in await bus.js.streams_info()}
        consumers = [c for c in topology.consumers if c.stream in there and not await _has_consumer(bus, c)]
    except (NatsError, JetStreamError, TimeoutError, ConnectionError):
        return ["(the broker does not answer)"]
    return [name for name in topology.names if name not in there] + [f"{c.stream}/{c.name}" for c in consumers]


async def _has_consumer(bus: Bus, consumer: Consumer) -> bool:
    try:
        await bus.js.consumer_info(consumer.stream, consumer.name)
    except NotFoundError:
        return False
    return True


async def _ensure_all(bus: Bus, topology: Topology, replicas: int, created: list[str]) -> None:
    """Adds to `created` as it goes."""
    for stream in topology.streams:
        created += await _ensure_stream(bus, _stream_config(stream, replicas), "stream", stream.name)
    for bucket in topology.buckets:
        created += await _ensure_stream(bus, _bucket_config(bucket, replicas), "bucket", bucket.name)
    for store in topology.object_stores:
        created += await _ensure_object_store(bus, store, replicas)
    for consumer in topology.consumers:
        created += await _ensure_consumer(bus, consumer)


async def _ensure_stream(bus: Bus, asked: StreamConfig, what: str, name: str) -> list[str]:
    try:
        there = (await bus.js.stream_info(asked.name or "")).config
    except NotFoundError:
        _compare(f"{what} {name}", asked, (await bus.js.add_stream(asked)).config)
        return [name]
    if _differences(asked, there):
        _compare(f"{what} {name}", asked, (await bus.js.update_stream(asked)).config)
    return []


async def _ensure_object_store(bus: Bus, store: ObjectStore, replicas: int) -> list[str]:
    try:
        there = (await bus.js.stream_info(f"OBJ_{store.name}")).config
    except (BucketNotFoundError, NotFoundError):
        ttl = store.ttl.total_seconds() if store.ttl else None
        asked = ObjectStoreConfig(bucket=store.name, ttl=ttl, replicas=replicas)
        await bus.js.create_object_store(store.name, config=asked)
        return [store.name]
    if there.num_replicas != replicas:
        await bus.js.update_stream(replace(there, num_replicas=replicas))
    return []


async def _ensure_consumer(bus: Bus, consumer: Consumer) -> list[str]:
    asked = _consumer_config(consumer)
    try:
        there = (await bus.js.consumer_info(consumer.stream, consumer.name)).config
    except NotFoundError:
        there = None
    if there is None or _differences(asked, there):
        made = (await bus.js.add_consumer(consumer.stream, asked)).config
        _compare(f"consumer {consumer.name} of {consumer.stream}", asked, made)
    return [f"{consumer.stream}/{consumer.name}"] if there is None else []


def _consumer_config(consumer: Consumer) -> ConsumerConfig:
    return ConsumerConfig(
        durable_name=consumer.name,
        deliver_policy=DeliverPolicy.ALL,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=consumer.ack_wait,
        max_deliver=consumer.max_deliver,
        max_ack_pending=consumer.max_ack_pending,
        filter_subject=consumer.filter or None,
    )


def _stream_config(stream: Stream, replicas: int) -> StreamConfig:
    age = stream.age.total_seconds() if stream.age else 0
    return StreamConfig(
        name=stream.name,
        subjects=list(stream.subjects),
        retention=RetentionPolicy.WORK_QUEUE if stream.work_queue else RetentionPolicy.LIMITS,
        discard=DiscardPolicy.NEW if stream.discard_new else DiscardPolicy.OLD,
        max_age=age,
        max_bytes=stream.max_bytes or -1,
        max_msgs_per_subject=stream.max_per_subject or -1,
        storage=_storage(stream.storage),
        duplicate_window=min(_DEDUP_SECONDS, age) if age else _DEDUP_SECONDS,
        deny_delete=stream.append_only,
        deny_purge=stream.append_only,
        allow_direct=True,
        num_replicas=replicas,
    )


def _bucket_config(bucket: Bucket, replicas: int) -> StreamConfig:
    """The stream that is a bucket, as clients make it, but that `deny_delete`, once set, is set for good."""
    ttl = bucket.ttl.total_seconds() if bucket.ttl else 0
    return StreamConfig(
        name=f"KV_{bucket.name}",
        subjects=[f"$KV.{bucket.name}.>"],
        discard=DiscardPolicy.NEW,
        max_age=ttl,
        max_msgs_per_subject=bucket.history,
        storage=_storage(bucket.storage),
        duplicate_window=min(_DEDUP_SECONDS, ttl) if ttl else _DEDUP_SECONDS,
        allow_rollup_hdrs=True,
        deny_delete=not bucket.erasable,
        num_replicas=replicas,
    )


def _storage(kind: Literal["memory", "file"]) -> StorageType:
    return StorageType.MEMORY if kind == "memory" else StorageType.FILE


def _differences(asked: StreamConfig | ConsumerConfig, there: StreamConfig | ConsumerConfig) -> list[str]:
    """Fields that we set and the server returns otherwise: old servers silently ignore newer fields."""
    return [
        name
        for name, value in vars(asked).items()
        if value not in (None, False, [], {}) and getattr(there, name, None) != value
    ]


def _compare(what: str, asked: StreamConfig | ConsumerConfig, there: StreamConfig | ConsumerConfig) -> None:
    if fields := _differences(asked, there):
        raise FailedPrecondition(
            "TOPOLOGY_DIFFERS",
            f"The broker's {what} differs in {', '.join(fields)}: delete it or upgrade nats-server.",
        )


def _refusal(error: APIError) -> SightlineError:
    if error.err_code in _STORAGE_FULL:
        return ResourceExhausted(
            "BROKER_STORAGE_FULL",
            "JetStream has no room for its streams: free disk space or raise max_file_store.",
        )
    return FailedPrecondition("TOPOLOGY_REFUSED", f"The broker refused: {error.description} ({error.err_code}).")
