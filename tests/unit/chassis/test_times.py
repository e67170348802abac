import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from verdicts import verdict

from sightline.chassis.errors import InvalidInput
from sightline.chassis.times import check_times
from sightline.v1 import alert_service_pb2, gallery_service_pb2


@pytest.mark.parametrize("moment", [Timestamp(nanos=-1), Timestamp(seconds=2**62), Timestamp(nanos=10**9)])
def test_hostile_moments_are_refused_by_their_field(moment):
    """No clock shows them: REQUEST_INVALID, with the way to the field, also inside of another message."""
    with pytest.raises(InvalidInput, match="REQUEST_INVALID: until: Timestamp is not valid"):
        check_times(alert_service_pb2.ListAlertsRequest(until=moment))
    inside = gallery_service_pb2.Watchlist(expire_time=moment)
    with pytest.raises(InvalidInput, match=r"watchlist\.expire_time"):
        check_times(gallery_service_pb2.CreateWatchlistRequest(watchlist=inside))


def test_moments_of_clocks_pass():
    """From the year 1 to 9999, and requests without any."""
    for seconds in (-62_135_596_800, 0, 253_402_300_799):
        assert verdict(check_times, alert_service_pb2.ListAlertsRequest(until=Timestamp(seconds=seconds))) == "ok"
    assert verdict(check_times, alert_service_pb2.ListAlertsRequest()) == "ok"


def test_maps_are_looked_through():
    """What somebody's attributes say are no moments, and beside them there may be one."""
    person = gallery_service_pb2.Person(attributes={"height": "1.7"})
    check_times(gallery_service_pb2.CreatePersonRequest(person=person))
    person.expire_time.nanos = -1
    with pytest.raises(InvalidInput, match=r"person\.expire_time"):
        check_times(gallery_service_pb2.CreatePersonRequest(person=person))
