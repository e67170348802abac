"""Sightings as match would publish them, and the moments at which their alerts come."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import numpy as np

from sightline.chassis import topology
from sightline.chassis.ids import new_id
from sightline.v1 import alert_service_pb2 as pb
from sightline.v1 import events_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from nats.aio.msg import Msg

    from sightline.chassis.bus import Bus

WATCHLIST, CAMERAS = "w" * 26, tuple(letter * 26 for letter in "abcdefghij")
CROP = os.urandom(12_000)
AT_ONCE = 64


def new_sighting(number: int) -> events_pb2.Sighting:
    """A first sighting of somebody who was not seen before, with three candidates and a crop of 12 kB."""
    sighting = events_pb2.Sighting(
        id=new_id(), revision=1, watchlist_id=WATCHLIST, source=CAMERAS[number % len(CAMERAS)], track_id=new_id()
    )
    for place in range(3):
        sighting.candidates.add(person_id=new_id(), face_id=new_id(), cosine=0.9 - place / 10, similarity=90.0)
    sighting.crop, sighting.gallery_hash = CROP, bytes(32)
    sighting.event_time.GetCurrentTime()
    sighting.frame_time.GetCurrentTime()
    sighting.cooldown.FromSeconds(30)
    return sighting


class Arrivals:
    """When the first message about each track came, in seconds of the monotonic clock."""

    def __init__(self) -> None:
        self.at: dict[str, float] = {}

    async def note(self, message: Msg) -> None:
        """Takes in an alert."""
        came = time.perf_counter()
        self.at.setdefault(pb.AlertEvent.FromString(message.data).alert.track_ids[0], came)

    async def complete(self, tracks: list[str], seconds: float) -> int:
        """Returns how many of the tracks have no alert, once there is one for each or the time is over."""
        deadline = time.perf_counter() + seconds
        while (lost := len(set(tracks) - self.at.keys())) and time.perf_counter() < deadline:
            await asyncio.sleep(0.05)
        return lost


@asynccontextmanager
async def arriving(bus: Bus) -> AsyncIterator[Arrivals]:
    """Listens for alerts while the block runs."""
    arrivals = Arrivals()
    subscription = await bus.client.subscribe("sightline.alerts.>", cb=arrivals.note)
    await bus.client.flush()
    try:
        yield arrivals
    finally:
        await subscription.unsubscribe()


async def publish(bus: Bus, sighting: events_pb2.Sighting) -> None:
    """As match does."""
    subject = topology.sightings(sighting.watchlist_id, sighting.source)
    await bus.publish(subject, sighting, dedup_id=sighting.id)


async def latencies_ms(bus: Bus, count: int, per_second: float) -> list[float]:
    """From the publication of a sighting to its alert, at an even rate."""
    began: dict[str, float] = {}
    async with arriving(bus) as arrivals:
        start, calls = time.perf_counter(), []
        for number in range(count):
            await asyncio.sleep(max(0.0, start + number / per_second - time.perf_counter()))
            sighting = new_sighting(number)
            began[sighting.track_id] = time.perf_counter()
            calls.append(asyncio.create_task(publish(bus, sighting)))
        await asyncio.gather(*calls)
        lost = await arrivals.complete(list(began), 30)
    assert not lost, f"{lost} alerts did not come"
    return [(arrivals.at[track] - moment) * 1000 for track, moment in began.items()]


async def burst(bus: Bus, count: int) -> dict[str, float]:
    """As many sightings as fast as the broker takes them: sent, raised, lost, and alerts a second."""
    places, tracks = asyncio.Semaphore(AT_ONCE), []

    async def one(number: int) -> None:
        async with places:
            sighting = new_sighting(number)
            tracks.append(sighting.track_id)
            await publish(bus, sighting)

    async with arriving(bus) as arrivals:
        began = time.perf_counter()
        await asyncio.gather(*map(one, range(count)))
        lost = await arrivals.complete(tracks, 300)
        seconds = max(arrivals.at.values()) - began
    return {"sent": count, "raised": count - lost, "lost": lost, "per_second": round(count / seconds)}


async def round_trip_ms(bus: Bus, count: int) -> float:
    """The floor: p95 from a publication to ALERTS itself to its arrival, with nobody in between."""
    times = []
    event = pb.AlertEvent(alert=pb.Alert(id=new_id(), sighting=new_sighting(0)))
    event.alert.sighting.ClearField("crop")
    async with arriving(bus) as arrivals:
        for number in range(count):
            event.alert.track_ids[:] = [track := new_id()]
            began = time.perf_counter()
            await bus.publish(topology.alerts(WATCHLIST, "raised"), event, dedup_id=f"floor.{number}.{began}")
            await arrivals.complete([track], 10)
            times.append((arrivals.at[track] - began) * 1000)
    return p95(times)


def fsync_ms(folder: Path, count: int = 200) -> float:
    """p95 of writing and syncing 4 kB on that disk."""
    times = []
    with (folder / "fsync").open("wb", buffering=0) as file:
        for _ in range(count):
            began = time.perf_counter()
            file.write(bytes(4096))
            os.fsync(file.fileno())
            times.append((time.perf_counter() - began) * 1000)
    return p95(times)


def p95(values: list[float]) -> float:
    """The 95th of a hundred."""
    return float(np.quantile(values, 0.95))
