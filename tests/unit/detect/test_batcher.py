from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
from waiting import until

from sightline.detect.batcher import Batcher


class Squares:
    """Work that squares numbers and remembers its batches; it fails on every batch with a negative one."""

    def __init__(self):
        self.batches = []

    def __call__(self, items):
        self.batches.append(sorted(items))
        if min(items) < 0:
            raise ValueError("negative")
        return [item**2 for item in items]


def _ask_all(batcher, items, key=lambda _: "same"):
    """Every item from a thread of its own, at the same moment."""
    barrier = Barrier(len(items))

    def ask(item):
        barrier.wait()
        return batcher(key(item), item)

    with ThreadPoolExecutor(len(items)) as executor:
        return [executor.submit(ask, item) for item in items]


def test_callers_are_answered_together():
    """Eight callers make two full batches of four; each gets the answer to its own item, and nobody lingers."""
    work = Squares()
    answers = _ask_all(Batcher(work, limit=4, linger=60, places=2), range(8))
    assert [answer.result() for answer in answers] == [item**2 for item in range(8)]
    assert [len(batch) for batch in work.batches] == [4, 4]


def test_a_batch_that_does_not_fill_starts_after_the_linger():
    """Three callers of at most four are answered, in one batch."""
    work = Squares()
    answers = _ask_all(Batcher(work, limit=4, linger=0.3, places=1), range(3))
    assert [answer.result() for answer in answers] == [0, 1, 4]
    assert work.batches == [[0, 1, 2]]


def test_only_the_same_shapes_go_together():
    """Items of different keys are in different batches."""
    work = Squares()
    answers = _ask_all(Batcher(work, limit=2, linger=60, places=2), [1, 2, 3, 4], key=lambda item: item % 2)
    assert [answer.result() for answer in answers] == [1, 4, 9, 16]
    assert sorted(work.batches) == [[1, 3], [2, 4]]


def test_one_that_fails_fails_alone():
    """When a batch fails each of its items is tried by itself: only the bad one raises."""
    answers = _ask_all(Batcher(Squares(), limit=3, linger=60, places=1), [2, -1, 3])
    assert [answers[0].result(), answers[2].result()] == [4, 9]
    with pytest.raises(ValueError, match="negative"):
        answers[1].result()


def test_callers_join_while_the_places_are_taken():
    """Without any linger, those that come while the only place works go together in the next batch."""
    first, goes_on, batches = Event(), Event(), []

    def work(items):
        batches.append(len(items))
        first.set()
        goes_on.wait(60)
        return list(items)

    batcher = Batcher(work, limit=5, linger=0, places=1)
    with ThreadPoolExecutor(5) as executor:
        alone = executor.submit(batcher, "same", 0)
        first.wait(60)
        others = [executor.submit(batcher, "same", item) for item in (1, 2, 3, 4)]
        until(lambda: "same" in batcher._open and len(batcher._open["same"].items) == 4)
        goes_on.set()
        assert [answer.result() for answer in (alone, *others)] == [0, 1, 2, 3, 4]
    assert batches == [1, 4]


def test_a_limit_of_one_asks_at_once():
    """With a limit of 1 each caller does its own work, without a lock between them."""
    work = Squares()
    assert Batcher(work, limit=1, linger=60, places=1)("any", 5) == 25
