"""Identification over an index and tracks in memory; the stream itself is in tests/integration/match."""

from __future__ import annotations

from contextlib import closing

import numpy as np
import pytest
from calibrations import fake_calibration
from fakes import MemorySightings, fake_pack, vector_near, vector_of
from recorded_spans import recorded_spans

from sightline.chassis import tracing
from sightline.chassis.errors import Conflict, FailedPrecondition
from sightline.chassis.policy import load_policy
from sightline.match.calibration import CalibrationInForce
from sightline.match.face_rows import FaceRow
from sightline.match.handler import NEAREST, Identification
from sightline.match.index import Hit
from sightline.match.projection import GalleryProjection
from sightline.match.review_rules import review_rules
from sightline.match.thresholds import Thresholds
from sightline.match.tracks import Track
from sightline.v1 import events_pb2, face_pb2, records_pb2
from sightline.v1 import gallery_service_pb2 as pb

PACK = fake_pack()
NOW = 1_000_000_000.0
RULES = review_rules(load_policy("default").review)


class MemoryIndex:
    """A FaceIndex over a list: (face id, person id, vector); it keeps how many probes each query had."""

    def __init__(self, *faces) -> None:
        self._faces = faces
        self.queries = []

    async def nearest_many(self, probes):
        self.queries.append(len(probes))
        return [self._nearest(probe) for probe in probes]

    def _nearest(self, probe):
        hits = [Hit(face, person, float(probe.vector @ known)) for face, person, known in self._faces]
        return sorted(hits, key=lambda hit: -hit.cosine)[: probe.limit]


class MemoryTracks:
    """Tracks in a dictionary; the first writes fail with Conflict, so many as it is told."""

    def __init__(self, conflicts: int = 0) -> None:
        self._records: dict[str, tuple[bytes, int | None]] = {}
        self._conflicts = conflicts

    async def get(self, track_id):
        data, revision = self._records.get(track_id, (b"", None))
        return Track(track_id, records_pb2.TrackRecord.FromString(data), revision)

    async def put(self, track):
        _, revision = self._records.get(track.id, (b"", None))
        if self._conflicts or revision != track.revision:
            self._conflicts = max(0, self._conflicts - 1)
            raise Conflict("TRACK_CHANGED", "Somebody was faster.")
        self._records[track.id] = track.record.SerializeToString(), (revision or 0) + 1


@pytest.fixture
def projection(tmp_path):
    """One watchlist with ann and ben."""
    with closing(GalleryProjection(tmp_path / "projection.db", lambda: NOW)) as made:
        with made.applying(1):
            made.put_watchlist(pb.Watchlist(id="w", name="wanted", embedder_id=PACK.embedder_id))
            for name in ("ann", "ben"):
                made.put_person(pb.Person(id=name, watchlist_id="w", external_id=name))
        yield made


def enrol(projection, *faces):
    """Puts faces in: (face id, person id, vector)."""
    with projection.applying(1):
        for face_id, person_id, _ in faces:
            face = pb.EnrolledFace(id=face_id, watchlist_id="w", person_id=person_id)
            projection.put_face(FaceRow(face, 1, f"key of {face_id}"))


@pytest.fixture
def identifies(projection):
    """A function that makes an Identification, and returns it with where its sightings go."""

    def make(*faces, conflicts=0, calibration=None):
        sink = MemorySightings()
        enrol(projection, *faces)
        index, tracks = MemoryIndex(*faces), MemoryTracks(conflicts)
        thresholds = Thresholds(PACK, calibration)
        return Identification(index, projection, tracks, sink, PACK, thresholds, RULES), sink.published

    return make


def event(vector, shot_id="s", quality=0.5, *, track_id="t", **fields):
    """An embedded shot of a track."""
    shot = events_pb2.FaceShot(shot_id=shot_id, quality=face_pb2.Quality(overall=quality))
    face = events_pb2.FaceEvent(source="source", track_id=track_id, shot=shot)
    made = events_pb2.EmbeddingEvent(face=face, vector=vector.tolist(), embedder_id=PACK.embedder_id)
    made.MergeFrom(events_pb2.EmbeddingEvent(**fields))
    return made


async def test_a_candidate_is_a_person_by_their_best_face(identifies):
    """Several faces of one person are one candidate; candidates are ordered, and all are above the threshold."""
    identification, published = identifies(
        ("a1", "ann", vector_near("probe", 0.93)),
        ("a2", "ann", vector_near("probe", 0.97)),
        ("b1", "ben", vector_near("probe", 0.95)),
        ("b2", "ben", vector_near("probe", 0.2)),
    )
    await identification.handle(event(vector_of("probe")))
    (sighting,) = published
    assert [(c.person_id, c.face_id) for c in sighting.candidates] == [("ann", "a2"), ("ben", "b1")]
    assert all(candidate.cosine >= 0.9 for candidate in sighting.candidates)


async def test_two_people_in_one_track_are_two_templates(identifies):
    """Each is looked for by their own shots alone, and whoever is between them is nobody who was there."""
    between = vector_of("ann") + vector_of("ben")
    identification, published = identifies(
        ("a", "ann", vector_of("ann")), ("b", "ben", vector_of("ben")), ("c", "eve", between / np.linalg.norm(between))
    )
    for shot_id, name in enumerate(("ann", "ann", "ben", "ben")):
        await identification.handle(event(vector_near(name, 0.99), str(shot_id), 0.5 + 0.1 * shot_id))
    said = [(sighting.candidates[0].person_id, round(sighting.candidates[0].cosine, 2)) for sighting in published]
    assert said == [("ann", 0.99), ("ben", 0.99)]
    assert all(len(sighting.candidates) == 1 for sighting in published)


async def test_little_more_evidence_is_not_worth_a_revision(identifies):
    """A revision needs 0.005 more cosine, or another person in front."""
    identification, published = identifies(("a", "ann", vector_of("ann")), ("b", "ben", vector_of("ben")))
    await identification.handle(event(vector_near("ann", 0.990), "1"))
    await identification.handle(event(vector_near("ann", 0.992), "2"))
    assert [sighting.revision for sighting in published] == [1]
    await identification.handle(event(vector_of("ann"), "3", quality=1.0))
    assert [sighting.revision for sighting in published] == [1, 2]
    for shot in "456789":
        await identification.handle(event(vector_of("ben"), shot, quality=100.0))
    assert published[-1].candidates[0].person_id == "ben"
    assert len({sighting.id for sighting in published}) == 1


async def test_a_track_that_somebody_else_changed_is_read_again(identifies):
    """A conflict is tried again, and what was said is not said again; one that never ends is given back."""
    identification, published = identifies(("a", "ann", vector_of("ann")), conflicts=2)
    await identification.handle(event(vector_of("ann")))
    assert [sighting.revision for sighting in published] == [1]
    stubborn, _ = identifies(conflicts=99)
    with pytest.raises(Conflict, match="TRACK_CHANGED"):
        await stubborn.handle(event(vector_of("ann")))


class Overtaken(MemorySightings):
    """A SightingSink that is slow: meanwhile another replica handles another shot of the track."""

    other = None

    async def publish(self, sighting):
        said = await super().publish(sighting)
        if self.other is not None:
            other, self.other = self.other, None
            await other
        return said


async def test_of_two_replicas_with_one_track_both_are_heard(projection):
    """Each finds somebody else at the same time: what one says is not dropped as if the other had said it."""
    faces = [("a", "ann", vector_of("ann")), ("b", "ben", vector_of("ben"))]
    enrol(projection, *faces)
    tracks, sink = MemoryTracks(), Overtaken()
    parts = (MemoryIndex(*faces), projection, tracks, sink, PACK, Thresholds(PACK), RULES)
    one, other = Identification(*parts), Identification(*parts)
    sink.other = other.handle(event(vector_of("ben"), "2", 90.0))
    await one.handle(event(vector_of("ann"), "1", 0.5))
    said = [(sighting.revision, sighting.candidates[0].person_id) for sighting in sink.published]
    assert said[:2] == [(1, "ann"), (2, "ben")]
    published = (await tracks.get("t")).record.published["w"]
    assert (published.revision, published.person_id) == said[-1]


async def test_another_embedder_is_refused_and_an_end_is_no_shot(identifies):
    """Templates of another model are EMBEDDER_DIFFERS; the event that closes a track is passed over."""
    identification, published = identifies(("a", "ann", vector_of("ann")))
    with pytest.raises(FailedPrecondition, match="EMBEDDER_DIFFERS"):
        await identification.handle(event(vector_of("ann"), embedder_id="other"))
    closed = events_pb2.FaceEvent(source="source", track_id="t", closed=events_pb2.TrackClosed())
    await identification.handle(events_pb2.EmbeddingEvent(face=closed))
    assert published == []


async def test_a_face_whose_person_is_gone_is_no_candidate(identifies):
    """What the index still has and the projection has not is not said."""
    identification, published = identifies(("x", "stranger", vector_of("ann")))
    await identification.handle(event(vector_of("ann")))
    assert published == []


async def test_a_face_that_goes_meanwhile_is_not_said(identifies, projection):
    """A face that was deleted, or given to somebody else, between the search and what comes of it raises no alert."""
    identification, published = identifies(("a", "ann", vector_of("ann")), ("b", "ben", vector_of("ben")))
    with projection.applying(2):
        projection.drop_face("a")
        projection.put_face(FaceRow(pb.EnrolledFace(id="b", watchlist_id="w", person_id="ann"), 1, ""))
    for name in ("ann", "ben"):
        await identification.handle(event(vector_of(name), track_id=name))
    assert published == []


async def test_who_has_expired_hides_nobody(identifies, projection):
    """However many faces they have that are not deleted yet: those of others behind them are found."""
    ending = pb.Person(id="cat", watchlist_id="w", external_id="cat")
    ending.expire_time.FromSeconds(int(NOW))
    with projection.applying(2):
        projection.put_person(ending)
    faces = [(f"c{n}", "cat", vector_near("probe", 0.99)) for n in range(NEAREST)]
    identification, published = identifies(*faces, ("a", "ann", vector_near("probe", 0.95)))
    await identification.handle(event(vector_of("probe")))
    [sighting] = published
    assert [candidate.person_id for candidate in sighting.candidates] == ["ann"]


async def test_a_source_is_matched_against_watchlists_by_their_ids(identifies):
    """One that has another's id as its name, which is deleted perhaps, is not meant."""
    identification, published = identifies(("a", "ann", vector_of("ann")))
    for names in (["wanted"], ["w", "wanted", "w"]):
        shot = event(vector_of("ann"), track_id="-".join(names))
        shot.face.watchlist_ids.extend(names)
        await identification.handle(shot)
    assert [(sighting.track_id, sighting.revision) for sighting in published] == [("w-wanted-w", 1)]


async def test_tracks_are_searched_for_together_and_shots_of_one_in_their_order(projection):
    """A batch asks the index once for the first shots of all its tracks, then once for the second ones."""
    enrol(projection, ("a", "ann", vector_of("ann")))
    index, sink = MemoryIndex(("a", "ann", vector_of("ann"))), MemorySightings()
    identification = Identification(index, projection, MemoryTracks(), sink, PACK, Thresholds(PACK), RULES)
    batch = [event(vector_near("ann", 0.92), "poor", 0.2, track_id=f"t{n}") for n in range(5)]
    batch += [event(vector_of("ann"), "good", 0.9, track_id=f"t{n}") for n in range(3)]
    assert await identification.handle_all(batch) == [None] * 8
    assert index.queries == [5, 3]
    said = [(sighting.track_id, sighting.revision) for sighting in sink.published]
    assert said == [(f"t{n}", 1) for n in range(5)] + [(f"t{n}", 2) for n in range(3)]


async def test_an_event_that_fails_fails_alone(identifies):
    """In a batch, a template that no embedder makes has its own outcome; the others become sightings."""
    identification, published = identifies(("a", "ann", vector_of("ann")))
    batch = [event(vector_of("ann"), track_id="1"), event(vector_of("ann") * 2, track_id="2")]
    ok, failed = await identification.handle_all(batch)
    assert (ok, failed.reason) == (None, "TEMPLATE_INVALID")
    assert [sighting.track_id for sighting in published] == ["1"]


async def test_a_sighting_is_linked_to_the_shots_that_it_rests_on(identifies):
    """It is a part of the last shot's trace, and names the traces of all of the track's shots."""
    identification, published = identifies(("a", "ann", vector_of("ann")))
    with recorded_spans() as ended:
        shots = [tracing.begin("shot", parent=tracing.NOWHERE) for _ in range(2)]
        await identification.handle_all([event(vector_near("ann", 0.8), "1", 0.2)], shots[:1])
        assert published == []
        await identification.handle_all([event(vector_of("ann"), "2", 0.9)], shots[1:])
    [sighting] = ended()
    assert sighting.parent == shots[1].get_span_context()
    assert {link.context.trace_id for link in sighting.links} == {each.get_span_context().trace_id for each in shots}
    assert dict(sighting.attributes) == {
        "sightline.source": "source",
        "sightline.track": "t",
        "sightline.watchlist": "w",
    }


async def test_a_watchlist_with_a_target_needs_its_calibration(identifies, projection):
    """With one that fits, its threshold and id are in the sighting; without, the watchlist's alerts are off."""
    with projection.applying(2):
        watchlist = projection.watchlist("w")
        watchlist.target_fpir = 0.01
        projection.put_watchlist(watchlist)
    off, silent = identifies(("a", "ann", vector_of("ann")))
    await off.handle(event(vector_of("ann")))
    assert silent == []
    measured, published = identifies(
        ("a", "ann", vector_near("probe", 0.25)), calibration=CalibrationInForce(fake_calibration())
    )
    await measured.handle(event(vector_of("probe")))
    (sighting,) = published
    assert (sighting.threshold, sighting.calibration) == (pytest.approx(0.2), fake_calibration().id)
