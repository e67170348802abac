"""Several ingest processes that share cameras, of which some are killed, stopped and added."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack

import pytest
from broker import run_nats_server
from camera_calls import Cameras
from lease_book import LeaseBook
from passers_by import passers_by
from processes import start
from secrets_for_tests import admit_tester, tester
from squares import serve_squares

from sightline.chassis.bus import connect_bus
from sightline.chassis.provision import provision
from sightline.chassis.rpc import open_channel
from sightline.chassis.topology import TOPOLOGY
from sightline.v1 import camera_service_pb2 as pb

CAMERAS = 8
TAKEN_OVER_S = 15.0


class Replicas:
    """Processes of ingest at one broker, and the cameras that they share."""

    def __init__(self, stack, bus, street, env, folder) -> None:
        self._stack = stack
        self._env = env
        self._folder = folder
        self._started = 0
        self.bus = bus
        self.street = street
        self.book = LeaseBook(bus)
        self.ids = []

    async def add(self):
        """One more process; gives its cameras."""
        self._started += 1
        log = self._folder / f"ingest-{self._started}.log"
        service = self._stack.enter_context(start("sightline.ingest", self._env, log))
        await service.ready()
        return Cameras(service, await self._stack.enter_async_context(open_channel(service.target, tester())))

    async def watch(self, cameras, count):
        """Cameras before which people pass."""
        fields = {"sample_fps": 2, "motion_gate": pb.MOTION_GATE_OFF}
        self.ids += [await cameras.watch(self.street.url(f"c{number}"), **fields) for number in range(count)]

    async def until_shared(self, *shares, seconds):
        """Returns how long it took until these (process, count) hold and read them all, and nobody reads one twice."""
        began = time.monotonic()
        wanted = {cameras.service.target: count for cameras, count in shares}
        async with asyncio.timeout(seconds):
            while await self.book.shares(self.ids) != wanted or not await self._all_run():
                await asyncio.sleep(0.1)
        return time.monotonic() - began

    async def _all_run(self):
        records = [await self.book.record(camera) for camera in self.ids]
        return all(record.status.state == pb.CAMERA_STATE_RUNNING for record in records)


def say(measured):
    """Shows what was measured, busy machine or not."""
    print("\n" + measured)  # noqa: T201 - what the suite of faults is for


@pytest.fixture
async def replicas(tmp_path):
    """A broker, a detect of squares and a street; no ingest yet."""
    async with AsyncExitStack() as stack:
        broker = stack.enter_context(run_nats_server(tmp_path / "nats"))
        bus = await stack.enter_async_context(connect_bus(broker.url, "test"))
        await provision(bus, TOPOLOGY)
        await admit_tester(bus)
        detect = await stack.enter_async_context(serve_squares(bus))
        street = await stack.enter_async_context(passers_by())
        env = {
            "SIGHTLINE_NATS_URL": broker.url,
            "SIGHTLINE_DETECT_TARGET": detect.target,
            "SIGHTLINE_CAMERA_NETWORKS": '["127.0.0.0/8"]',
        }
        yield Replicas(stack, bus, street, env, tmp_path)


async def test_a_killed_process_is_replaced_and_a_new_one_gets_its_share(replicas):
    """Of two with eight cameras one is killed: all run at the other within 15 s. A third comes and gets its half."""
    one, two = await replicas.add(), await replicas.add()
    await replicas.watch(one, CAMERAS)
    shared = await replicas.until_shared((one, 4), (two, 4), seconds=30)
    two.service.kill()
    taken_over = await replicas.until_shared((one, 8), seconds=TAKEN_OVER_S)
    epochs = [(await replicas.book.record(camera)).epoch for camera in replicas.ids]
    three = await replicas.add()
    joined = await replicas.until_shared((one, 4), (three, 4), seconds=30)
    moved = [
        (await replicas.book.record(camera)).epoch - epoch for camera, epoch in zip(replicas.ids, epochs, strict=True)
    ]
    assert sorted(moved) == [0] * 4 + [1] * 4
    say(f"eight cameras: shared after {shared:.1f} s, taken over after {taken_over:.1f} s, anew after {joined:.1f} s")


async def test_one_that_leaves_in_order_leaves_no_gap(replicas):
    """SIGTERM to one of two: the other reads its cameras within 5 s."""
    one, two = await replicas.add(), await replicas.add()
    await replicas.watch(one, 4)
    await replicas.until_shared((one, 2), (two, 2), seconds=30)
    ending = asyncio.create_task(asyncio.to_thread(two.service.end))
    say(f"two cameras: taken over after {await replicas.until_shared((one, 4), seconds=5):.1f} s")
    assert await ending == 0
