"""Client request tokens on a real broker: a call is done once, also where the process that did it has died."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from sightline.chassis.ids import new_id
from sightline.chassis.topology import AWS_TOKENS
from sightline.gateway.rekognition import request_tokens
from sightline.gateway.rekognition.errors import AwsError
from sightline.gateway.rekognition.request_tokens import LONGEST_SECONDS, once
from sightline.gateway.shelf import Shelf


@pytest.fixture
async def call(broker_bus):
    """Of somebody who has never called before."""
    return SimpleNamespace(
        tokens=await Shelf.opened(broker_bus, AWS_TOKENS), signer=SimpleNamespace(access_key_id=new_id())
    )


@pytest.fixture
def clock(monkeypatch):
    """The gateway's clock, which a test may set."""
    clock = SimpleNamespace(now=1_700_000_000.0)
    monkeypatch.setattr(request_tokens, "time", SimpleNamespace(time=lambda: clock.now))
    return clock


async def calling(call, work, name="door"):
    """The call, with the one token."""
    return await once(call, "StartFaceSearch", {"ClientRequestToken": "t-1", "JobTag": name}, work)


async def test_a_call_whose_process_died_is_done_again_after_minutes(call, clock):
    """While it may go on others are told to wait; then one does it, and whoever comes later has that one's answer."""
    done, codes = [], []

    async def work():
        done.append("again")
        return {"JobId": "second"}

    async def dies():
        """Nothing of it is written; others call meanwhile."""
        for seconds in (0.0, LONGEST_SECONDS - 1, 2.0):
            clock.now += seconds
            try:
                codes.append(await calling(call, work))
            except AwsError as error:
                codes.append((error.code, error.status))
        done.append("late")
        return {"JobId": "first"}

    assert await calling(call, dies) == {"JobId": "first"}
    assert codes == [("ThrottlingException", 500), ("ThrottlingException", 500), {"JobId": "second"}]
    assert await calling(call, work) == {"JobId": "second"}
    assert done == ["again", "late"]


async def test_a_call_that_failed_may_be_tried_again(call):
    """With the token of a call that was refused; with other parameters only once it is free again."""

    async def fails():
        with pytest.raises(AwsError, match="IdempotentParameterMismatchException"):
            await calling(call, succeeds, "gate")
        raise AwsError("ResourceNotFoundException", "There is none.")

    async def succeeds():
        return {"JobId": "one"}

    with pytest.raises(AwsError, match="ResourceNotFoundException"):
        await calling(call, fails)
    assert await calling(call, succeeds, "gate") == {"JobId": "one"}
