"""Requests that are worked on together."""

from __future__ import annotations

import asyncio

import pytest

from sightline.match.pipeline import answered


async def numbers(count, read):
    """So many requests; it notes which were read."""
    for number in range(count):
        read.append(number)
        yield number
        await asyncio.sleep(0)


async def test_answers_come_in_the_order_of_the_requests():
    """Whoever asked first is answered first, however long it takes."""

    async def slow_first(number):
        await asyncio.sleep(0.02 if number == 0 else 0)
        return number

    assert [each async for each in answered(numbers(5, []), slow_first, 3)] == [0, 1, 2, 3, 4]


async def test_no_more_is_read_than_is_worked_on():
    """With room for three, a fourth request is not read before the first is answered."""
    read, go = [], asyncio.Event()

    async def wait(number):
        await go.wait()
        return number

    answers = answered(numbers(10, read), wait, 3)
    first = asyncio.ensure_future(anext(answers))
    await asyncio.sleep(0.05)
    assert read == [0, 1, 2]
    go.set()
    assert await first == 0
    assert [each async for each in answers] == list(range(1, 10))


async def test_an_answer_does_not_wait_for_the_next_request():
    """A caller who waits for the answer before sending more gets it."""
    asked = asyncio.Queue()
    asked.put_nowait(1)

    async def requests():
        while True:
            yield await asked.get()

    async def echo(number):
        return number

    answers = answered(requests(), echo, 2)
    async with asyncio.timeout(60):
        assert await anext(answers) == 1
        asked.put_nowait(2)
        assert await anext(answers) == 2
    await answers.aclose()


async def test_a_failure_comes_behind_the_answers_before_it_and_ends_the_rest():
    """Those before the failing request are answered; those behind it are given up."""
    given_up = []

    async def answer(number):
        if number == 1:
            raise ValueError
        if number == 2:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                given_up.append(number)
                raise
        await asyncio.sleep(0.01)
        return number

    seen = []

    async def consume():
        async for each in answered(numbers(4, []), answer, 3):
            seen.append(each)  # noqa: PERF401 - what came before the failure counts

    with pytest.raises(ValueError):  # noqa: PT011 - it is the test's own
        await consume()
    assert seen == [0]
    assert given_up == [2]


async def test_what_reading_raises_is_raised_at_the_end():
    """A request that cannot be read fails the call once those before it are answered."""

    async def requests():
        yield 1
        raise ValueError

    async def echo(number):
        return number

    answers = answered(requests(), echo, 2)
    assert await anext(answers) == 1
    with pytest.raises(ValueError):  # noqa: PT011 - it is the test's own
        await anext(answers)
