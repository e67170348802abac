"""Tracks of stored video, over an index and tracks in memory: each is decided once, from all of its shots."""

from __future__ import annotations

from contextlib import closing
from itertools import permutations

import pytest
from fakes import MemorySightings, fake_pack, vector_near, vector_of

from sightline.chassis.errors import Unavailable
from sightline.chassis.policy import load_policy
from sightline.match.face_rows import FaceRow
from sightline.match.handler import Identification
from sightline.match.index import Hit
from sightline.match.projection import GalleryProjection
from sightline.match.review_rules import review_rules
from sightline.match.thresholds import Thresholds
from sightline.match.tracks import Track
from sightline.v1 import events_pb2, face_pb2, records_pb2
from sightline.v1 import gallery_service_pb2 as pb

PACK = fake_pack()
RULES = review_rules(load_policy("default").review)


class OneFaceIndex:
    """A FaceIndex of one person, ann."""

    async def nearest_many(self, probes):
        return [[Hit("face", "ann", float(probe.vector @ vector_of("ann")))] for probe in probes]


class ForgetfulTracks:
    """Tracks in a dictionary, which can be emptied."""

    def __init__(self) -> None:
        self.records: dict[str, bytes] = {}

    async def get(self, track_id):
        return Track(track_id, records_pb2.TrackRecord.FromString(self.records.get(track_id, b"")), None)

    async def put(self, track):
        self.records[track.id] = track.record.SerializeToString()


@pytest.fixture
def projection(tmp_path):
    """One watchlist with ann."""
    with closing(GalleryProjection(tmp_path / "projection.db")) as made:
        with made.applying(1):
            made.put_watchlist(pb.Watchlist(id="w", name="wanted", embedder_id=PACK.embedder_id))
            made.put_person(pb.Person(id="ann", watchlist_id="w", external_id="ann"))
            made.put_face(FaceRow(pb.EnrolledFace(id="face", watchlist_id="w", person_id="ann"), 1, "key"))
        yield made


@pytest.fixture
def system(projection):
    """An Identification, its tracks, and where its sightings go."""
    tracks, sink = ForgetfulTracks(), MemorySightings()
    return Identification(OneFaceIndex(), projection, tracks, sink, PACK, Thresholds(PACK), RULES), tracks, sink


def _event(face: events_pb2.FaceEvent, vector=()) -> events_pb2.EmbeddingEvent:
    face.source, face.track_id, face.attempt = "source", "t", face.attempt or 1
    return events_pb2.EmbeddingEvent(face=face, vector=list(vector), embedder_id=PACK.embedder_id)


def shot(name: str, cosine: float, quality: float = 0.5, **fields) -> events_pb2.EmbeddingEvent:
    """A shot that resembles ann so much."""
    message = events_pb2.FaceShot(shot_id=name, quality=face_pb2.Quality(overall=quality))
    return _event(events_pb2.FaceEvent(shot=message, **fields), vector_near("ann", cosine).tolist())


def end(shots: int, **fields) -> events_pb2.EmbeddingEvent:
    """The end of a track of so many shots, with the best of them."""
    closed = events_pb2.TrackClosed(shots=shots, best=events_pb2.FaceShot(shot_id="best", crop=b"best"))
    closed.first_time.FromSeconds(10)
    closed.last_time.FromSeconds(20)
    return _event(events_pb2.FaceEvent(closed=closed, **fields))


async def test_the_order_of_shots_makes_no_difference(projection):
    """Three shots in any order give the same one sighting, and nothing is said before the track ends."""
    shots = [shot("1", 0.99, 0.9), shot("2", 0.91, 0.5), shot("3", 0.95, 0.2)]
    said = set()
    for order in permutations(shots):
        sink = MemorySightings()
        identification = Identification(
            OneFaceIndex(), projection, ForgetfulTracks(), sink, PACK, Thresholds(PACK), RULES
        )
        assert await identification.handle_all(order) == [None] * 3
        assert (sink.published, sink.settled) == ([], [])
        assert await identification.handle_all([end(3)]) == [None]
        (sighting,) = sink.published
        said.add(sighting.SerializeToString(deterministic=True))
        assert sink.settled == ["t"]
    assert len(said) == 1


async def test_the_sighting_shows_the_best_shot_and_the_span(system):
    """Its picture is the best shot's, and it says from when to when the track went."""
    identification, _, sink = system
    await identification.handle_all([shot("1", 0.99), end(1)])
    (sighting,) = sink.published
    assert (sighting.crop, sighting.revision) == (b"best", 1)
    assert (sighting.track_first_time.seconds, sighting.track_last_time.seconds) == (10, 20)


async def test_a_track_is_not_decided_before_all_of_it_is_there(system):
    """An end that overtakes a shot is given back; behind the shot it decides."""
    identification, _, sink = system
    await identification.handle(shot("1", 0.99))
    with pytest.raises(Unavailable, match="TRACK_INCOMPLETE"):
        await identification.handle(end(2))
    await identification.handle(shot("2", 0.99))
    await identification.handle(end(2))
    assert (len(sink.published), sink.settled) == (1, ["t"])


async def test_a_track_that_is_sent_again_is_said_once_and_settled_again(system):
    """Another attempt says nothing new while the track is known; where it is forgotten, the same thing again."""
    identification, tracks, sink = system
    await identification.handle_all([shot("1", 0.99), end(1)])
    await identification.handle_all([shot("1", 0.99, attempt=2), end(1, attempt=2)])
    assert (len(sink.published), sink.repeated, sink.settled) == (1, [], ["t", "t"])
    tracks.records.clear()
    await identification.handle_all([shot("1", 0.99, attempt=3), end(1, attempt=3)])
    assert sink.repeated == sink.published


async def test_a_track_of_nobody_is_settled_too(system):
    """Whoever reads the video hears of every track, whether it shows somebody enrolled or not."""
    identification, _, sink = system
    await identification.handle_all([shot("1", 0.1), end(1)])
    assert (sink.published, sink.settled) == ([], ["t"])
