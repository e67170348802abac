import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from sightline.chassis.cpu import available_cpus
from sightline.chassis.onnx_session import open_session
from sightline.chassis.session_pool import SessionPool


@pytest.fixture
def model(shared_models):
    return shared_models / "scrfd_500m_kps.onnx"


@pytest.fixture
def feeds():
    return {"input.1": np.random.default_rng(8).standard_normal((1, 3, 64, 64)).astype(np.float32)}


def test_one_inference_for_each_processor(model):
    """By default as many run side by side as there are processors."""
    assert SessionPool.open(model, "cpu").size == available_cpus()


def test_numerics_many_threads_get_what_one_gets(model, feeds):
    """Eight threads on one-thread sessions and on two-thread sessions: every answer is that of a plain session."""
    expected = open_session(model, "cpu", 1).run(None, feeds)
    for threads in (1, 2):
        pool = SessionPool.open(model, "cpu", size=2, threads=threads)
        with ThreadPoolExecutor(8) as executor:
            for answer in executor.map(lambda _, pool=pool: pool.run(None, feeds), range(24)):
                assert max(np.abs(one - two).max() for one, two in zip(answer, expected, strict=True)) < 1e-5


def test_no_more_run_at_once_than_there_are_places():
    """Of eight callers two are inside; the others wait."""
    inside, most, lock = [0], [0], threading.Lock()

    class Slow:
        def run(self, *_):
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            threading.Event().wait(0.01)
            with lock:
                inside[0] -= 1
            return []

    pool = SessionPool([Slow(), Slow()])
    with ThreadPoolExecutor(8) as executor:
        list(executor.map(lambda _: pool.run(None, {}), range(16)))
    assert most == [2]


def test_a_failed_inference_gives_its_place_back(model, feeds):
    """After an inference that raised the pool goes on."""
    pool = SessionPool.open(model, "cpu", size=1)
    with pytest.raises(Exception, match="INVALID_ARGUMENT"):
        pool.run(None, {"input.1": np.zeros((1, 1), np.float32)})
    assert len(pool.run(None, feeds)) == 9


def test_numerics_bound_inputs_and_outputs_give_the_same(model, feeds):
    """IO binding, which GPUs use, changes no number; all outputs, and chosen ones."""
    session = open_session(model, "cpu", 1)
    bound = SessionPool([session], is_bound=True)
    for outputs in (None, ["out4_2d", "out0_2d"]):
        answers = bound.run(outputs, feeds), session.run(outputs, feeds)
        assert all(np.array_equal(one, other) for one, other in zip(*answers, strict=True))
