"""A process that is stopped for longer than its leases last, and goes on as if nothing had been."""

from __future__ import annotations

import signal
import time

from lease_book import LeaseBook
from passers_by import passers_by

from sightline.v1 import camera_service_pb2 as pb

TAKEN_OVER_S = 15.0 + 30.0
"""The leases' time and the next look, and what a busy machine needs for decoders."""


async def test_a_stopped_holder_is_replaced_and_says_nothing_when_it_goes_on(open_ingest, detect, bus, until):
    """SIGSTOP: another has its cameras soon. SIGCONT: not a word under its old epoch, and it gets its share."""
    leases = LeaseBook(bus)
    async with passers_by() as street:
        one = await open_ingest(detect.target)
        fields = {"sample_fps": 3, "motion_gate": pb.MOTION_GATE_OFF}
        ids = [await one.watch(street.url(f"c{number}"), **fields) for number in range(2)]
        for camera in ids:
            await one.until(camera, lambda status: status.shots > 0)
        two = await open_ingest(detect.target)

        async def shared(*counts):
            return [(await leases.shares(ids))[cameras.service.target] for cameras in (one, two)] == list(counts)

        await until(lambda: shared(1, 1))
        one.service.process.send_signal(signal.SIGSTOP)
        stopped = time.monotonic()
        await until(lambda: shared(0, 2), seconds=TAKEN_OVER_S)
        for camera in ids:
            await two.until(camera, lambda status: status.state == pb.CAMERA_STATE_RUNNING, seconds=TAKEN_OVER_S)
        assert time.monotonic() - stopped < TAKEN_OVER_S
        for camera in ids:
            await two.until(camera, lambda status: status.shots > 0)
        one.service.process.send_signal(signal.SIGCONT)
        await until(lambda: shared(1, 1))

        async def each_read_once():
            records = [await leases.record(camera) for camera in ids]
            running = all(record.status.state == pb.CAMERA_STATE_RUNNING for record in records)
            return running and all(street.open[f"c{number}"] == 1 for number in range(2))

        await until(each_read_once)
        for camera in ids:
            said = [event.epoch for event in await leases.faces() if event.source == camera]
            assert said == sorted(said)
            assert len(set(said)) >= 2
