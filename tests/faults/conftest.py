"""What the suites of faults share: a broker, a detect of squares, and an ingest that watches."""

from __future__ import annotations

import pytest
from broker import run_nats_server
from camera_calls import Cameras
from processes import start
from secrets_for_tests import admit_tester, tester
from squares import serve_squares

from sightline.chassis.bus import connect_bus
from sightline.chassis.provision import provision
from sightline.chassis.rpc import open_channel
from sightline.chassis.topology import TOPOLOGY


@pytest.fixture
async def cameras(tmp_path):
    """The cameras of a running ingest, whose detect takes white squares for faces."""
    with run_nats_server(tmp_path / "nats") as broker:
        async with connect_bus(broker.url, "test") as bus:
            await provision(bus, TOPOLOGY)
            await admit_tester(bus)
            async with serve_squares(bus) as detect:
                env = {
                    "SIGHTLINE_NATS_URL": broker.url,
                    "SIGHTLINE_DETECT_TARGET": detect.target,
                    "SIGHTLINE_CAMERA_NETWORKS": '["127.0.0.0/8"]',
                }
                with start("sightline.ingest", env, tmp_path / "ingest.log") as service:
                    await service.ready()
                    async with open_channel(service.target, tester()) as channel:
                        yield Cameras(service, channel)
