from __future__ import annotations

from datetime import timedelta

from fakes import sighting_of

from sightline.notify.alert_growth import absorb
from sightline.v1 import alert_service_pb2 as pb
from sightline.v1 import gallery_service_pb2 as gallery
from sightline.v1 import records_pb2

ALERT = "a" * 26


def grown(*sightings):
    """The record of an alert of these sightings, which lie in SIGHTINGS from 1 on."""
    record = records_pb2.AlertRecord()
    for sequence, sighting in enumerate(sightings, 1):
        absorb(record, ALERT, sighting, sequence)
    return record


def test_an_alert_shows_its_best_sighting_and_the_whole_time():
    """Person and sighting are those of the highest cosine; start and end embrace all; each change is a revision."""
    record = grown(sighting_of("b", 10, cosine=0.93), sighting_of("a", 0, cosine=0.99), sighting_of("c", 20))
    alert = record.alert
    assert (alert.id, alert.revision, alert.sighting.track_id) == (ALERT, 3, "a")
    assert alert.person.cosine == alert.sighting.candidates[0].cosine
    assert alert.end_time.seconds - alert.start_time.seconds == 20
    assert list(alert.track_ids) == ["b", "a", "c"]
    assert (list(record.sighting_sequences), record.best_sequence) == ([1, 2, 3], 2)


def test_what_is_known_adds_nothing():
    """The same revision of a track again, or one that was overtaken, changes no byte."""
    first, better = sighting_of("a", 0), sighting_of("a", 1, revision=2, cosine=0.99)
    record = grown(first, better)
    before = record.SerializeToString(deterministic=True)
    assert not any(absorb(record, ALERT, again, 9) for again in (first, better))
    assert record.SerializeToString(deterministic=True) == before


def test_an_alert_carries_no_pixels():
    """The crop is evidence, with a retention of its own; the alert's sighting has none."""
    alert = grown(sighting_of("a", 0)).alert
    assert (alert.sighting.crop, alert.sighting.track_id) == (b"", "a")


def test_an_alert_begins_with_a_history():
    """Raised, when, in which revision and why; it waits for as many people as the policy wants."""
    for policy, wanted in ((0, 2), (gallery.REVIEW_POLICY_NONE, 0), (gallery.REVIEW_POLICY_ONE, 1)):
        alert = grown(sighting_of("a", 0, review_policy=policy)).alert
        (raised,) = alert.history
        assert (raised.state, raised.revision, raised.reason) == (pb.ALERT_STATE_RAISED, 1, "SIGHTED")
        assert (alert.state, alert.reviews_missing) == (pb.ALERT_STATE_RAISED, wanted)


def test_only_what_waits_for_people_is_due():
    """An alert that has to be reviewed expires after its watchlist's time; one that has not, never."""
    rules = gallery.ReviewRules()
    rules.expire_after.FromTimedelta(timedelta(hours=1))
    waiting = grown(sighting_of("a", 0, review_rules=rules)).alert
    assert waiting.expire_time.ToDatetime() - waiting.create_time.ToDatetime() == timedelta(hours=1)
    free = grown(sighting_of("a", 0, review_rules=rules, review_policy=gallery.REVIEW_POLICY_NONE)).alert
    assert not free.HasField("expire_time")
