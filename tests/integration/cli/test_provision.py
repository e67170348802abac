"""`sightline provision` against a real broker."""

import asyncio
import json
import os
import subprocess
import sys
from functools import partial

from secrets_for_tests import secrets_folder

from sightline.chassis import topology
from sightline.chassis.bus import connect_bus
from sightline.chassis.ids import new_id
from sightline.chassis.probe import is_serving
from sightline.v1 import events_pb2

_PROVISION = (sys.executable, "-m", "sightline.cli", "provision")


def _environment(nats_server, **more):
    foreign = {name: value for name, value in os.environ.items() if not name.startswith("SIGHTLINE_")}
    secrets = {"SIGHTLINE_SECRETS_DIR": str(secrets_folder().path)}
    return foreign | secrets | {"SIGHTLINE_NATS_URL": nats_server.url, "SIGHTLINE_DURABILITY": "dev"} | more


def test_once_it_creates_everything_and_then_nothing(nats_server):
    """The first run names what it created; the second finds everything there; without a broker it says so."""
    environment = _environment(nats_server)
    first, second = (
        subprocess.run(_PROVISION, env=environment, capture_output=True, text=True, timeout=120, check=True)
        for _ in range(2)
    )
    assert "GALLERY" in first.stdout
    assert "everything is there already" in second.stdout
    nats_server.kill()
    third = subprocess.run(_PROVISION, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert third.returncode == 1
    assert "BROKER_UNREACHABLE" in third.stdout


async def test_watching_it_puts_back_what_was_lost(nats_server, free_port, tmp_path):
    """A stream that somebody deletes is back by itself; a message that the broker gave up is buried."""
    environment = _environment(nats_server, SIGHTLINE_HEALTH_PORT=str(free_port), SIGHTLINE_METRICS_PORT="0")
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen([*_PROVISION, "--watch"], env=environment, stdout=log, stderr=log)  # noqa: ASYNC220 - quick
    try:
        assert await _within(60, lambda: is_serving(free_port))
        async with connect_bus(nats_server.url, "test") as bus:
            await bus.js.delete_stream("FACES_LIVE")

            async def back():
                return "FACES_LIVE" in {info.config.name for info in await bus.js.streams_info()}

            assert await _within(60, back)
            assert await _within(60, partial(_is_buried, bus, await _given_up(bus)))
    finally:
        process.terminate()
        assert process.wait(timeout=60) == 0


async def _given_up(bus):
    """A message of a job that killed its stage on every delivery, as the broker reports it; gives its sequence."""
    event = events_pb2.FaceEvent(source=new_id())
    sequence = await bus.publish(topology.faces(topology.Lane.JOB, event.source), event, dedup_id=new_id())
    advisory = {"stream": "FACES_JOB", "consumer": "embed", "stream_seq": sequence, "deliveries": 6}
    subject = "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.FACES_JOB.embed"
    await bus.client.publish(subject, json.dumps(advisory).encode())
    return sequence


async def _is_buried(bus, sequence):
    state = (await bus.js.stream_info("DLQ")).state
    if not state.messages or (await bus.js.stream_info("FACES_JOB")).state.messages:
        return False
    letter = events_pb2.DeadLetter.FromString((await bus.js.get_msg("DLQ", state.last_seq)).data)
    return (letter.sequence, letter.reason) == (sequence, "CRASHED")


async def _within(seconds, condition):
    """Whether the condition, a function or coroutine function, comes true in time."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while loop.time() < deadline:
        answer = await asyncio.to_thread(condition)
        answer = await answer if asyncio.iscoroutine(answer) else answer
        if answer:
            return True
        await asyncio.sleep(0.1)
    return False
