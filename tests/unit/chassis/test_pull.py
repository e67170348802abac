"""Waiting for messages."""

import asyncio
import time

import pytest
from nats.aio.msg import Msg

from sightline.chassis.pull import ConsumerLost, Pull


class SilentBroker:
    """Takes requests and answers none."""

    def new_inbox(self):
        return "_INBOX.test"

    async def publish(self, *_, **__):
        """Nothing comes of it."""


@pytest.mark.parametrize("status", ["100", "408"])
async def test_a_wait_can_be_cancelled_in_the_moment_in_which_something_arrives(status):
    """A cancellation that meets a heartbeat, or the end of a request, ends the wait all the same."""
    pull = Pull(SilentBroker(), "STREAM", "consumer", 1)
    waiting = asyncio.create_task(pull.fetch(1, seconds=60))
    await asyncio.sleep(0.01)
    # Inside: what the client calls for each message, here in the same turn of the loop as the cancellation.
    await pull._arrive(Msg(None, subject="_INBOX.test", headers={"Status": status}))
    waiting.cancel()
    await asyncio.wait({waiting}, timeout=60)
    assert waiting.cancelled()


async def test_a_process_that_was_held_up_has_not_lost_its_consumer(monkeypatch):
    """Heartbeats that came while nothing was read are read first; a broker that is silent by itself is lost."""
    monkeypatch.setattr("sightline.chassis.pull.SILENCE_SECONDS", 0.6)
    pull = Pull(SilentBroker(), "STREAM", "consumer", 1)
    waiting = asyncio.create_task(pull.fetch(1, seconds=60))
    await asyncio.sleep(0.01)
    time.sleep(1.2)  # noqa: ASYNC251 - as an engine does that holds the interpreter
    # What lay in the socket meanwhile: read a turn of the loop later.
    asyncio.get_running_loop().call_later(0.02, lambda: asyncio.ensure_future(pull._arrive(heartbeat())))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    with pytest.raises(ConsumerLost, match="no heartbeat"):
        await waiting


def heartbeat() -> Msg:
    """What the server says while there is nothing."""
    return Msg(None, subject="_INBOX.test", headers={"Status": "100"})
