from datetime import UTC, datetime, timedelta

import pytest

from sightline.match.index_options import IndexOptions
from sightline.match.index_status import Building, Built, IndexStatus
from sightline.match.index_upkeep import reason_to_build

NOW = datetime(2026, 1, 2, tzinfo=UTC)
OPTIONS = IndexOptions(exact_below=1000, tail=100, tail_share=0.5, rewrite_after=3600)


def status(size, indexed, **facts):
    """An index of that size."""
    return IndexStatus(engine="edge", quantization="int8", size=size, indexed=indexed, **facts)


def built(ago):
    """A build of 60 s that ended so many seconds ago."""
    return Built(time=NOW - timedelta(seconds=ago), seconds=60, faces=1000)


@pytest.mark.parametrize(
    ("size", "indexed", "ended", "reason"),
    [
        (999, 0, None, None),
        (1000, 0, None, "tail"),
        (1000, 901, 1e6, None),
        (1000, 900, 1e6, "tail"),
        (1000, 900, 10, None),
        (1000, 499, 10, "tail"),
    ],
)
def test_a_graph_is_built_when_it_pays(size, indexed, ended, reason):
    """Small galleries get none; a tail waits until it is long enough, and then for a rest unless it is very long."""
    facts = status(size, indexed, built=built(ended) if ended else None)
    assert reason_to_build(facts, None, OPTIONS, NOW) == reason


@pytest.mark.parametrize(("gained", "reason"), [(21, None), (20, "tail"), (-500, "tail")])
def test_a_gallery_that_is_being_filled_waits(gained, reason):
    """No build that is old before it ends: it begins once less than a hundredth came since the last look."""
    assert reason_to_build(status(2000, 0), None, OPTIONS, NOW, gained) == reason


def test_what_was_deleted_is_rewritten_in_time():
    """However small the gallery, a removed face's vector is rewritten away once it is old enough; not before."""
    small = status(3, 0, pending_deletions=1)
    assert reason_to_build(small, NOW - timedelta(seconds=3599), OPTIONS, NOW) is None
    assert reason_to_build(small, NOW - timedelta(seconds=3601), OPTIONS, NOW) == "deleted"


def test_one_build_at_a_time():
    """While one runs there is no reason for another."""
    running = status(10_000, 0, building=Building())
    assert reason_to_build(running, NOW - timedelta(days=1), OPTIONS, NOW) is None
