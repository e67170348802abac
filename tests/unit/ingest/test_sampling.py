"""Which frames are taken."""

import pytest

from sightline.ingest.sampling import Sampler


@pytest.mark.parametrize(("rate", "fps", "expected"), [(30, 3, 30), (10, 3, 30), (25, 2, 20), (2, 5, 20)])
def test_the_rate_is_kept(rate, fps, expected):
    """Ten seconds give ten times the sample rate, or every frame where the source is slower."""
    sampler = Sampler(fps)
    taken = [sampler.take(number / rate) for number in range(rate * 10)]
    assert sum(time is not None for time in taken) == expected


def test_media_time_starts_at_zero_and_never_runs_back():
    """A camera that restarts its clock goes on from its last frame."""
    sampler = Sampler(2)
    times = [sampler.take(time) for time in (100.0, 100.5, 101.0, 3.0, 3.5, 4.0)]
    assert times == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]


def test_the_rate_changes_from_where_it_is():
    """Lowered, the next frame comes where it was due and the others at the new rate; raised, it comes sooner."""
    sampler = Sampler(5)
    taken = [time / 10 for time in range(10) if sampler.take(time / 10) is not None]
    sampler.change(1)
    taken += [time / 10 for time in range(10, 40) if sampler.take(time / 10) is not None]
    sampler.change(5)
    taken += [time / 10 for time in range(40, 46) if sampler.take(time / 10) is not None]
    assert taken == [0, 0.2, 0.4, 0.6, 0.8, 1.0, 2.0, 3.0, 4.0, 4.2, 4.4]


def test_it_says_what_it_waits_for():
    """On the stream's own clock, also after that clock has jumped back."""
    sampler = Sampler(2)
    for time, due in ((100.0, 100.5), (100.3, 100.5), (100.5, 101.0), (3.0, 3.5)):
        sampler.take(time)
        assert sampler.due_s == pytest.approx(due)
