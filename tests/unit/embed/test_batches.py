"""Items of many callers in shared batches."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from sightline.embed.batches import Batches


class Doubling:
    """Doubles numbers, remembers the batches, and works only while its gate is open."""

    def __init__(self):
        self.batches = []
        self.begun = 0
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, numbers):
        self.begun += 1
        self.gate.wait(60)
        self.batches.append(list(numbers))
        if 13 in numbers:
            raise ValueError("thirteen")
        return [2 * number for number in numbers]


@pytest.fixture
def run():
    return Doubling()


@pytest.fixture
def make(run):
    """A function that makes the batches of `run`."""
    with ThreadPoolExecutor(4) as executor:
        yield lambda **options: Batches(run, executor, **{"workers": 1, "max_batch": 8, **options})


async def test_items_of_one_moment_go_together(make, run):
    """Without linger, what is asked for at once is one batch, and every caller gets its own result."""
    batches = make()
    assert await asyncio.gather(*map(batches.submit, range(5))) == [0, 2, 4, 6, 8]
    assert run.batches == [[0, 1, 2, 3, 4]]


async def test_free_workers_share_what_waits(make, run):
    """Twelve items and two workers: six each, not eight and four."""
    batches = make(workers=2)
    await asyncio.gather(*map(batches.submit, range(12)))
    assert sorted(map(len, run.batches)) == [6, 6]


async def test_batches_grow_while_a_worker_is_busy(make, run):
    """What comes one by one during a long batch goes together after it, at most max_batch at once."""
    run.gate.clear()
    batches = make(max_batch=4)
    futures = []
    for number in range(7):
        futures.append(batches.submit(number))
        while not run.begun:
            await asyncio.sleep(0.01)
    run.gate.set()
    assert await asyncio.gather(*futures) == [0, 2, 4, 6, 8, 10, 12]
    assert run.batches == [[0], [1, 2, 3, 4], [5, 6]]


async def test_linger_waits_for_more(make, run):
    """With linger, what comes shortly after goes into the same batch."""
    batches = make(linger=2.0)
    first = batches.submit(1)
    await asyncio.sleep(0.02)
    assert await asyncio.gather(first, batches.submit(2)) == [2, 4]
    assert run.batches == [[1, 2]]


async def test_a_batch_that_fails_fails_for_its_own_callers(make):
    """An error reaches everyone of the batch; the next batch is worked on."""
    batches = make()
    outcomes = await asyncio.gather(*map(batches.submit, (1, 13)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [ValueError, ValueError]
    assert await batches.submit(4) == 8


async def test_a_caller_that_leaves_disturbs_nobody(make, run):
    """A cancelled item's neighbours get their results."""
    run.gate.clear()
    batches = make()
    gone, kept = batches.submit(1), batches.submit(2)
    await asyncio.sleep(0.01)
    gone.cancel()
    run.gate.set()
    assert await kept == 4
