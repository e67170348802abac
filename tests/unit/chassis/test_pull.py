"""Waiting for messages."""

import asyncio

import pytest
from nats.aio.msg import Msg

from sightline.chassis.pull import Pull


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
    await asyncio.wait({waiting}, timeout=5)
    assert waiting.cancelled()
