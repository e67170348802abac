"""The power goes a moment after the broker has acknowledged: what is on the disk when it comes back."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from broker import run_nats_server
from nats.js.errors import NotFoundError
from virtual_disk import disk_without_power, mounted, new_disk, require_virtual_disks

from sightline.chassis import topology
from sightline.chassis.bus import connect_bus
from sightline.chassis.gallery_subjects import GalleryKind, gallery
from sightline.chassis.ids import new_id
from sightline.chassis.provision import provision
from sightline.chassis.topology import TOPOLOGY
from sightline.v1 import alert_service_pb2, events_pb2, records_pb2

CURRENT = Path(__file__).parents[2] / "bin" / "current" / "nats-server"
COUNT = 300
WATCHLIST = "w" * 26


@pytest.fixture
def disk(tmp_path):
    """A function that runs a broker on a disk and gives it with a connection."""
    require_virtual_disks()
    if not CURRENT.exists():
        pytest.skip("NOT TESTED: `make nats-current` gets the nats-server that can sync before it acknowledges")

    @asynccontextmanager
    async def run(image, config):
        at = tmp_path / f"at-{image.name}"
        with mounted(image, at), run_nats_server(at, config, str(CURRENT)) as broker:
            async with connect_bus(broker.url, "test") as bus:
                yield broker, bus

    return run


async def written(bus) -> dict[str, list[int]]:
    """Writes alerts, ledger records and audit entries, and gives the sequences that were acknowledged, by stream."""
    alert = alert_service_pb2.AlertEvent(alert=alert_service_pb2.Alert(id=new_id()))
    record = records_pb2.LedgerEntry(key_id=new_id(), ciphertext=bytes(2_000))
    entry = events_pb2.AuditEvent(action="gallery.enroll_face")

    def one(number: int):
        face = gallery(WATCHLIST, GalleryKind.FACE, new_id())
        return (
            bus.publish(topology.alerts(WATCHLIST, "raised"), alert, dedup_id=f"a{number}"),
            bus.publish(face, record, dedup_id=f"g{number}"),
            bus.publish(topology.audit("match", entry.action), entry, dedup_id=f"t{number}"),
        )

    answers = [await asyncio.gather(*one(number)) for number in range(COUNT)]
    return dict(zip(("ALERTS", "GALLERY", "AUDIT"), map(list, zip(*answers, strict=True)), strict=True))


async def lost(bus, acknowledged: dict[str, list[int]]) -> dict[str, int]:
    """How many of these a broker cannot read back."""
    return {
        stream: (await asyncio.gather(*(is_there(bus, stream, each) for each in sequences))).count(False)
        for stream, sequences in acknowledged.items()
    }


async def is_there(bus, stream: str, sequence: int) -> bool:
    """Whether the stream has a message there, with its bytes."""
    try:
        return bool((await bus.js.get_msg(stream, sequence)).data)
    except NotFoundError:
        return False


@pytest.mark.parametrize(
    ("config", "loses"), [("sync_interval: always", False), ("", True)], ids=["synced", "by default"]
)
async def test_what_was_acknowledged_outlives_a_power_failure(disk, tmp_path, config, loses):
    """With the setting that `strict` asks for not one is lost; without it, which is the control, some are."""
    image = new_disk(tmp_path / "disk")
    async with disk(image, config) as (broker, bus):
        await provision(bus, TOPOLOGY)
        os.sync()
        acknowledged = await written(bus)
        broker.process.send_signal(signal.SIGSTOP)
        after = disk_without_power(image, tmp_path / "disk-after")
        broker.process.send_signal(signal.SIGCONT)
    async with disk(after, config) as (_, bus):
        missing = await lost(bus, acknowledged)
    print(f"of {COUNT} acknowledged messages of each stream, lost: {missing}")  # noqa: T201 - what was measured
    assert {stream: len(sequences) for stream, sequences in acknowledged.items()} == dict.fromkeys(missing, COUNT)
    assert (sum(missing.values()) > 0) == loses, missing
