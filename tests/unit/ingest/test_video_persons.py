"""Persons with the spans in which a video shows them."""

from __future__ import annotations

from sightline.ingest.video_persons import SeenTrack, persons_of
from sightline.v1 import events_pb2
from sightline.v1 import video_job_service_pb2 as pb

START_NS = 1_700_000_000_123_456_789


def track(track_id, person, first_s, last_s, cosine=0.5, name=""):
    """A sighting of a person from one media time to another."""
    best = events_pb2.Candidate(person_id=person, display_name=name, cosine=cosine, similarity=100 * cosine)
    said = events_pb2.Sighting(track_id=track_id, watchlist_id="w", candidates=[best])
    for stamp, media_s in (
        (said.track_first_time, first_s),
        (said.track_last_time, last_s),
        (said.event_time, first_s),
    ):
        stamp.FromNanoseconds(START_NS + round(media_s * 1e9))
    return SeenTrack(said, 1)


def test_tracks_with_short_gaps_are_one_span():
    """Overlapping ones and those that follow within two seconds; the best of them counts."""
    tracks = [track("3", "ann", 9.0, 12.0), track("1", "ann", 1.0, 4.0), track("2", "ann", 5.5, 6.5, 0.7)]
    [ann] = persons_of(tracks, START_NS, pb.VIDEO_PERSON_ORDER_TIME)
    spans = [(span.first_media_seconds, span.last_media_seconds) for span in ann.shown.spans]
    assert spans == [(1.0, 6.5), (9.0, 12.0)]
    assert [[each.track_id for each in span.tracks] for span in ann.shown.spans] == [["1", "2"], ["3"]]
    assert round(ann.shown.spans[0].best_similarity) == 70
    assert (ann.shown.first_media_seconds, ann.shown.last_media_seconds, ann.shown.track_count) == (1.0, 12.0, 3)
    assert [each.sighting.track_id for each in ann.tracks] == ["2", "1", "3"]


def test_persons_come_by_time_or_by_name():
    """By first appearance, or by name without regard to case."""
    tracks = [
        track("1", "p1", 5, 6, name="ann"),
        track("2", "p2", 1, 2, name="Zoe"),
        track("3", "p3", 3, 4, name="Ben"),
    ]
    by_time = persons_of(tracks, START_NS, pb.VIDEO_PERSON_ORDER_TIME)
    assert [each.shown.person.display_name for each in by_time] == ["Zoe", "Ben", "ann"]
    by_name = persons_of(tracks, START_NS, pb.VIDEO_PERSON_ORDER_PERSON)
    assert [each.shown.person.display_name for each in by_name] == ["ann", "Ben", "Zoe"]
