from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry

from sightline.chassis import topology, tracing
from sightline.chassis.broker_objects import Consumer, Topology
from sightline.chassis.deadletters import Undertaker
from sightline.chassis.denials import Denials
from sightline.chassis.errors import InvalidInput, Unavailable
from sightline.chassis.handling import Delivery, one_by_one, reading_together
from sightline.chassis.ids import new_id
from sightline.chassis.provision import provision
from sightline.chassis.pull import Pull
from sightline.chassis.topology import EMBED_JOB, TOPOLOGY, Lane
from sightline.chassis.worker import Worker, WorkerMetrics
from sightline.v1 import events_pb2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.chassis.bus import Bus


async def until(condition, seconds: float = 60.0) -> None:
    """Waits for the condition, and fails the test without it."""
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.02)


async def publish(bus: Bus, *names: str) -> None:
    """Publishes events whose source is a new id and whose track_id is the name."""
    for name in names:
        source = new_id()
        event = events_pb2.FaceEvent(source=source, track_id=name)
        await bus.publish(topology.faces(Lane.JOB, source), event, dedup_id=new_id())


def name_of(delivery: Delivery) -> str:
    """The name that `publish` gave."""
    return events_pb2.FaceEvent.FromString(delivery.data).track_id


async def dead_letters(bus: Bus) -> list[events_pb2.DeadLetter]:
    """What lies in the DLQ."""
    state = (await bus.js.stream_info("DLQ")).state
    messages = [await bus.js.get_msg("DLQ", n) for n in range(1, state.last_seq + 1)]
    return [events_pb2.DeadLetter.FromString(m.data or b"") for m in messages]


def worker(bus: Bus, handle, **options) -> Worker:
    """A worker on the job lane of faces."""
    return Worker(bus, EMBED_JOB, handle, WorkerMetrics(CollectorRegistry()), **options)


async def test_batches_fill_while_they_linger(bus: Bus) -> None:
    """Messages that wait are handled together, and each one once."""
    batches: list[list[str]] = []

    async def handle(batch: Sequence[Delivery]) -> list[None]:
        batches.append([name_of(delivery) for delivery in batch])
        return [None] * len(batch)

    await publish(bus, *"abcdefghij")
    async with worker(bus, handle, max_batch=8, linger=0.05).running():
        await until(lambda: _done(bus))
    assert sorted(name for batch in batches for name in batch) == list("abcdefghij")
    assert max(map(len, batches)) == 8


async def test_no_error_ends_it(bus: Bus, monkeypatch) -> None:
    """One that nobody thought of is as a lost consumer: it is bound again, and goes on."""
    handled: list[str] = []
    fetch, failed = Pull.fetch, asyncio.Event()

    async def fails_once(*asked, **more):
        if not failed.is_set():
            failed.set()
            raise ValueError("not thought of")
        return await fetch(*asked, **more)

    async def handle(batch: Sequence[Delivery]) -> list[None]:
        handled.extend(map(name_of, batch))
        return [None] * len(batch)

    monkeypatch.setattr(Pull, "fetch", fails_once)
    await publish(bus, "a")
    async with worker(bus, handle).running():
        await until(lambda: _done(bus))
    assert (failed.is_set(), handled) == (True, ["a"])


async def test_poison_goes_to_the_dlq_and_does_not_hold_up_others(bus: Bus) -> None:
    """A message that always fails is buried after five deliveries; what can never succeed at once; others pass."""
    seen: list[str] = []

    async def handle(delivery: Delivery) -> None:
        seen.append(name_of(delivery))
        if name_of(delivery) == "poison":
            raise Unavailable("TEST_FAILS", "always")
        if name_of(delivery) == "malformed":
            raise InvalidInput("TEST_INVALID", "never")
        if name_of(delivery) == "bug":
            raise ZeroDivisionError

    await publish(bus, "poison", "malformed", "bug", "good")
    async with worker(bus, one_by_one(handle), max_batch=2).running():
        await until(lambda: _done(bus))
    letters = {letter.reason: letter for letter in await dead_letters(bus)}
    assert seen.count("poison") == 5
    assert seen.count("malformed") == 1
    assert seen.index("good") < 6
    assert {reason: letter.deliveries for reason, letter in letters.items()} == {
        "TEST_FAILS": 5,
        "TEST_INVALID": 1,
        "HANDLER_FAILED": 5,
    }
    assert (await bus.js.stream_info("FACES_JOB")).state.messages == 0


async def test_what_the_broker_denies_is_held_until_it_is_allowed(bus: Bus) -> None:
    """It is tried more often than a message may fail, as the delivery that it was, while others of its batch pass."""
    seen: list[tuple[str, int]] = []
    denials, is_mended = Denials("embed"), asyncio.Event()

    async def handle(delivery: Delivery) -> None:
        seen.append((name_of(delivery), delivery.deliveries))
        if name_of(delivery) == "denied" and not is_mended.is_set():
            with denials.asking("sightline.embeddings.job"):
                denials.heard('nats: permissions violation for publish to "sightline.embeddings.job"')
                await asyncio.sleep(10)

    await publish(bus, "denied", "good")
    async with worker(bus, one_by_one(handle), max_batch=2, linger=0.2, hold=0.02).running():
        await until(lambda: _has(seen, ("denied", 1), times=8))
        assert await bus.lag(EMBED_JOB) == 1
        is_mended.set()
        await until(lambda: _done(bus))
    assert set(seen) == {("denied", 1), ("good", 1)}
    assert seen.count(("good", 1)) == 1
    assert await dead_letters(bus) == []


async def test_what_is_held_is_given_back_at_the_end(bus: Bus) -> None:
    """A stage that ends does not wait for somebody to mend the broker: another one gets the message."""
    seen: list[int] = []

    async def handle(delivery: Delivery) -> None:
        seen.append(delivery.deliveries)
        if delivery.deliveries == 1:
            raise Denials("embed")._error("sightline.embeddings.job")

    await publish(bus, "denied")
    async with worker(bus, one_by_one(handle), hold=60).running():
        await until(lambda: _has(seen, 1))
    async with worker(bus, one_by_one(handle)).running():
        await until(lambda: _done(bus))
    assert seen == [1, 2]


async def test_slow_work_is_not_delivered_twice(bus: Bus) -> None:
    """A handler that takes longer than ack_wait keeps its message by heartbeats."""
    calls = 0
    quick = Consumer(
        "FACES_JOB", "embed", ack_wait=9.0
    )  # a busy machine may be late with a heartbeat, by two thirds of it
    await bus.js.delete_consumer("FACES_JOB", "embed")
    await provision(bus, Topology((), (quick,), ()))

    async def handle(_: Delivery) -> None:
        nonlocal calls
        calls += 1
        await asyncio.sleep(10.0)

    await publish(bus, "slow")
    async with Worker(bus, quick, one_by_one(handle), WorkerMetrics(CollectorRegistry())).running():
        await until(lambda: _done(bus))
    assert calls == 1


async def test_worker_survives_a_killed_broker(bus: Bus, nats_server) -> None:
    """After a kill -9 of the broker the memory streams are gone; provisioned again, the worker goes on by itself."""
    seen: list[str] = []

    async def handle(delivery: Delivery) -> None:
        seen.append(name_of(delivery))

    async with worker(bus, one_by_one(handle)).running():
        await publish(bus, "before")
        await until(lambda: _done(bus))
        nats_server.kill()
        nats_server.start()
        await until(lambda: _provisioned(bus))
        await publish(bus, "after")
        await until(lambda: _has(seen, "after"))
    assert seen == ["before", "after"]


async def test_what_crashes_its_stage_is_buried_by_the_undertaker(bus: Bus) -> None:
    """A message that is never acknowledged is given up by the broker, and buried with the reason CRASHED."""
    frail = Consumer("FACES_JOB", "embed", ack_wait=0.2, max_deliver=2)
    await bus.js.delete_consumer("FACES_JOB", "embed")
    await provision(bus, Topology((), (frail,), ()))
    await publish(bus, "crasher")
    subscription = await bus.js.pull_subscribe_bind(consumer="embed", stream="FACES_JOB")
    for _ in range(2):
        await subscription.fetch(1, timeout=60)
    metrics = WorkerMetrics(CollectorRegistry())
    undertaker = Worker(bus, topology.DEAD_LETTERS, one_by_one(Undertaker(bus).handle), metrics)
    async with undertaker.running():

        async def buried() -> bool:
            # The broker notices on a request for messages, once the last delivery's time is over.
            with suppress(TimeoutError):
                await subscription.fetch(1, timeout=0.3)
            return await _has_dead_letter(bus)

        await until(buried)
    await subscription.unsubscribe()  # else the connection waits at its end for what nobody takes
    assert [letter.reason for letter in await dead_letters(bus)] == ["CRASHED"]
    assert (await bus.js.stream_info("FACES_JOB")).state.messages == 0


async def _done(bus: Bus) -> bool:
    return await bus.lag(EMBED_JOB) == 0


async def _provisioned(bus: Bus) -> bool:
    try:
        await provision(bus, TOPOLOGY)
    except Unavailable:
        return False
    return True


async def _has(seen: list, what: object, times: int = 1) -> bool:
    return seen.count(what) >= times


async def _has_dead_letter(bus: Bus) -> bool:
    return bool(await dead_letters(bus)) and (await bus.js.stream_info("FACES_JOB")).state.messages == 0


async def test_what_is_no_message_of_the_kind_fails_alone() -> None:
    """Of a batch that is read together, the handler gets what can be read, and every message has an outcome."""
    handled: list[str] = []

    async def handle(
        events: Sequence[events_pb2.FaceEvent], spans: Sequence[tracing.Span]
    ) -> list[InvalidInput | None]:
        assert len(spans) == len(events)
        handled.extend(event.track_id for event in events)
        return [InvalidInput("REFUSED", "Not this one.") if event.track_id == "bad" else None for event in events]

    bodies = [events_pb2.FaceEvent(track_id="good").SerializeToString(), b"\xff"]
    bodies.append(events_pb2.FaceEvent(track_id="bad").SerializeToString())
    batch = [Delivery("subject", body, sequence, 1) for sequence, body in enumerate(bodies)]
    outcomes = await reading_together(events_pb2.FaceEvent, handle)(batch)
    assert [outcome and outcome.reason for outcome in outcomes] == [None, "EVENT_UNREADABLE", "REFUSED"]
    assert handled == ["good", "bad"]
