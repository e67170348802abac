"""Tracks of stored video, over an index and tracks in memory: each is decided once, from all of its shots."""

from __future__ import annotations

from contextlib import closing
from functools import partial
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


class SmallIndex:
    """A FaceIndex of two people, ann and ben."""

    async def nearest_many(self, probes):
        return [sorted(map(partial(_hit, probe), ("ann", "ben")), key=lambda hit: -hit.cosine) for probe in probes]


def _hit(probe, name):
    return Hit(f"{name}'s", name, float(probe.vector @ vector_of(name)))


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
    """One watchlist with ann and ben."""
    with closing(GalleryProjection(tmp_path / "projection.db")) as made:
        with made.applying(1):
            made.put_watchlist(pb.Watchlist(id="w", name="wanted", embedder_id=PACK.embedder_id))
            for name in ("ann", "ben"):
                made.put_person(pb.Person(id=name, watchlist_id="w", external_id=name))
                made.put_face(FaceRow(pb.EnrolledFace(id=f"{name}'s", watchlist_id="w", person_id=name), 1, name))
        yield made


@pytest.fixture
def system(projection):
    """An Identification, its tracks, and where its sightings go."""
    tracks, sink = ForgetfulTracks(), MemorySightings()
    return Identification(SmallIndex(), projection, tracks, sink, PACK, Thresholds(PACK), RULES), tracks, sink


def _event(face: events_pb2.FaceEvent, vector=()) -> events_pb2.EmbeddingEvent:
    face.source, face.track_id, face.attempt = "source", "t", face.attempt or 1
    return events_pb2.EmbeddingEvent(face=face, vector=list(vector), embedder_id=PACK.embedder_id)


def shot(name: str, cosine: float, quality: float = 0.5, who: str = "ann", **fields) -> events_pb2.EmbeddingEvent:
    """A shot that resembles ann so much, or somebody else."""
    message = events_pb2.FaceShot(shot_id=name, quality=face_pb2.Quality(overall=quality))
    return _event(events_pb2.FaceEvent(shot=message, **fields), vector_near(who, cosine).tolist())


def end(shots: int, others: str = "", **fields) -> events_pb2.EmbeddingEvent:
    """The end of a track of so many shots, with the best of them, and with some others."""
    best = events_pb2.FaceShot(shot_id="best", crop=b"mirrored", shown=b"best")
    closed = events_pb2.TrackClosed(shots=shots, best=best)
    closed.others.extend(events_pb2.FaceShot(shot_id=name, crop=name.encode()) for name in others)
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
            SmallIndex(), projection, ForgetfulTracks(), sink, PACK, Thresholds(PACK), RULES
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


async def test_two_people_in_one_track_are_two_sightings(projection):
    """Each has their own shots' picture and template, in whatever order shots come, and is said once."""
    shots = [shot("1", 0.99, 0.4), shot("2", 0.98, 0.5), shot("3", 0.99, 0.9, "ben"), shot("4", 0.99, 0.3, "ben")]
    said = set()
    for order in permutations(shots):
        tracks, sink = ForgetfulTracks(), MemorySightings()
        identification = Identification(SmallIndex(), projection, tracks, sink, PACK, Thresholds(PACK), RULES)
        await identification.handle_all([*order, end(4, "214"), end(4, "214", attempt=2)])
        assert [(each.candidates[0].person_id, each.crop) for each in sink.published] == [
            ("ben", b"best"),
            ("ann", b"2"),
        ]
        assert {(each.track_id, each.revision, len(each.candidates)) for each in sink.published} == {("t", 1, 1)}
        assert len({each.id for each in sink.published}) == 2
        said.add(tuple(each.SerializeToString(deterministic=True) for each in sink.published))
        tracks.records.clear()
        await identification.handle_all([*order, end(4, "214", attempt=3)])
        assert sink.repeated == sink.published
    assert len(said) == 1


async def test_who_looks_like_two_people_in_a_track_is_said_once(system):
    """Shots of one person that are not alike, as one that is blurred, make no second sighting of them."""
    identification, _, sink = system
    one, other = vector_near("ann", 0.93), 2 * 0.93 * vector_of("ann") - vector_near("ann", 0.93)
    assert float(one @ other) < PACK.embedder.threshold < 0.93
    await identification.handle_all([shot("1", 0.93), _with(shot("2", 0.93, 0.3), other), end(2, "2")])
    assert [(each.candidates[0].person_id, each.crop) for each in sink.published] == [("ann", b"best")]


async def test_an_end_without_pictures_of_others_is_decided_by_its_best_shot(system):
    """As an ingest of an older release sends it: of further people there is no picture, and nothing is said."""
    identification, _, sink = system
    await identification.handle_all([shot("1", 0.99, 0.9), shot("2", 0.99, 0.5, "ben"), end(2)])
    assert [each.candidates[0].person_id for each in sink.published] == ["ann"]


def _with(event, vector):
    event.vector[:] = vector.tolist()
    return event
