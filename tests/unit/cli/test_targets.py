"""A target is given in one of two ways, and whole."""

import pytest

from sightline.chassis.errors import InvalidInput
from sightline.cli.targets import put_target
from sightline.v1 import gallery_service_pb2 as pb


def test_a_target_is_a_rate_or_alarms_a_day():
    """Each way sets its own field of the watchlist and says which; without one nothing is set."""
    watchlist = pb.Watchlist()
    assert put_target(watchlist, None, None, None) == ""
    assert watchlist.WhichOneof("target") is None
    assert put_target(watchlist, 0.01, None, None) == "target_fpir"
    assert watchlist.target_fpir == 0.01
    assert put_target(watchlist, None, 2, 5000) == "target_alarms"
    assert watchlist.target_alarms == pb.TargetAlarms(alarms_per_day=2, tracks_per_day=5000)


@pytest.mark.parametrize("given", [(0.01, 1, 100), (None, 1, None), (None, None, 100), (0.01, None, 100)])
def test_half_a_target_or_two_are_refused(given):
    """What cannot be meant is said before anything is sent."""
    with pytest.raises(InvalidInput, match="TARGET_UNCLEAR"):
        put_target(pb.Watchlist(), *given)
