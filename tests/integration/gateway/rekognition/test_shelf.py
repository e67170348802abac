"""What the gateway itself remembers, on a real broker: changed by several at a time, and while the broker is away."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from broker import run_nats_server
from video_system import prepare_broker

from sightline.chassis.bus import connect_bus
from sightline.chassis.errors import Unavailable
from sightline.chassis.ids import new_id
from sightline.chassis.topology import AWS_SHELF
from sightline.gateway.rekognition.errors import AwsError
from sightline.gateway.rekognition.tags import MOST_TAGS, drop_tags, get_tags, put_tags
from sightline.gateway.shelf import Shelf

AT_ONCE = 5


async def test_tags_of_several_clients_are_all_kept(broker_bus):
    """Whoever adds a tag at the same moment adds it; a thing that was forgotten begins anew."""
    call, thing = SimpleNamespace(shelf=await Shelf.opened(broker_bus, AWS_SHELF)), new_id()
    for _ in range(2):
        await asyncio.gather(*(put_tags(call, thing, {f"k{number}": "v"}) for number in range(AT_ONCE)))
        assert await get_tags(call, thing) == {f"k{number}": "v" for number in range(AT_ONCE)}
        await drop_tags(call, thing)
        assert await get_tags(call, thing) == {}
    with pytest.raises(AwsError, match="ServiceQuotaExceededException"):
        await put_tags(call, thing, {str(number): "v" for number in range(MOST_TAGS + 1)})


async def test_a_broker_that_is_away_is_said(tmp_path):
    """As an error that clients try again, not as a fault of ours: whatever is asked of the shelf."""
    with run_nats_server(tmp_path) as server:
        await prepare_broker(server.url)
        async with connect_bus(server.url, "test") as bus:
            shelf = await Shelf.opened(bus, AWS_SHELF)
            revision = await shelf.create("a", {})
            server.kill()
            asked = (shelf.get("a"), shelf.create("b", {}), shelf.replace("a", {}, revision), shelf.delete("a"))
            errors = await asyncio.gather(*asked, return_exceptions=True)
    assert [(type(error), error.reason) for error in errors] == [(Unavailable, "BROKER_UNAVAILABLE")] * 4
