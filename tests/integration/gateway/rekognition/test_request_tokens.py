"""Client request tokens on a real broker: a call is done once, also where its answer was lost."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from sightline.chassis.ending import end
from sightline.chassis.errors import InvalidInput, Unavailable
from sightline.chassis.ids import new_id
from sightline.chassis.topology import AWS_TOKENS
from sightline.gateway.rekognition.errors import AwsError
from sightline.gateway.rekognition.request_tokens import once
from sightline.gateway.shelf import Shelf


@pytest.fixture
async def call(broker_bus):
    """Of somebody who has never called before."""
    return SimpleNamespace(
        tokens=await Shelf.opened(broker_bus, AWS_TOKENS), signer=SimpleNamespace(access_key_id=new_id())
    )


class Work:
    """Makes one thing for each request id, as services do; its answers can be lost."""

    def __init__(self):
        self.made, self.tried = {}, []
        self.reached, self.lost = asyncio.Event(), asyncio.Event()

    async def __call__(self, attempt):
        self.tried.append(attempt.again)
        self.made.setdefault(attempt.request_id, f"job {len(self.made)}")
        return {"JobId": self.made[attempt.request_id]}

    async def dies(self, attempt):
        """Its answer never comes."""
        await self(attempt)
        self.reached.set()
        await self.lost.wait()


async def calling(call, work, name="door"):
    """The call, with the one token."""
    return await once(call, "StartFaceSearch", {"ClientRequestToken": "t-1", "JobTag": name}, work)


async def test_a_call_whose_process_died_is_the_same_one_again(call):
    """Whoever calls again need not wait, and gets what was made; and once it was answered, nothing is done at all."""
    work = Work()
    dying = asyncio.create_task(calling(call, work.dies))
    await work.reached.wait()
    await end(dying)
    assert await calling(call, work) == {"JobId": "job 0"}
    assert await calling(call, work) == {"JobId": "job 0"}
    assert (len(work.made), work.tried) == (1, [False, True])
    with pytest.raises(AwsError, match="IdempotentParameterMismatchException"):
        await calling(call, work, "gate")


async def test_calls_at_once_are_one_call(call):
    """Each of them may do it: what is made is one thing, and all get it."""
    work = Work()
    answers = await asyncio.gather(*(calling(call, work) for _ in range(4)))
    assert (len(work.made), {each["JobId"] for each in answers}) == (1, {"job 0"})


async def test_an_answer_that_could_not_be_kept_is_the_same_again(call):
    """A service that did not answer in time may have done it all the same, also where the next attempt is refused."""
    work = Work()

    async def late(attempt):
        await work(attempt)
        raise Unavailable("INGEST_UNAVAILABLE", "It does not answer.")

    async def refuses(_):
        raise InvalidInput("REQUEST_INVALID", "Not now.")

    for tried, error in ((late, Unavailable), (refuses, InvalidInput)):
        with pytest.raises(error):
            await calling(call, tried)
    assert await calling(call, work) == {"JobId": "job 0"}
    assert len(work.made) == 1


async def test_a_call_that_was_refused_may_be_tried_otherwise(call):
    """With its token and other parameters, unless another attempt has begun meanwhile."""
    work, refused = Work(), AwsError("ResourceNotFoundException", "There is none.")

    async def fails(_):
        raise refused

    async def overtaken(_):
        assert await calling(call, work, "gate") == {"JobId": "job 0"}
        raise refused

    for each in (fails, overtaken):
        with pytest.raises(AwsError, match="ResourceNotFoundException"):
            await calling(call, each, "gate")
    assert await calling(call, work, "gate") == {"JobId": "job 0"}
    assert work.tried == [True]
