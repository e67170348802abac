"""Shots of two people in one track, by the starter pack's own weights."""

from __future__ import annotations

import numpy as np
import pytest

from sightline.chassis.face_quality import measure_quality
from sightline.chassis.pack import load_pack
from sightline.chassis.picture import decode_picture
from sightline.detect.detector import open_detector
from sightline.detect.engine import Engine
from sightline.detect.pose import head_pose
from sightline.embed.embedder import open_embedder
from sightline.match.tracks import Track
from sightline.v1 import records_pb2

PEOPLE = ("Colin_Powell", "Hugo_Chavez")
SHOTS = 2


@pytest.fixture(scope="module")
def pack(starter_pack):
    """The pack."""
    return load_pack(starter_pack)


@pytest.fixture(scope="module")
def portraits(pack, shared_media):
    """By person the quality and the template of so many portraits, and of one more."""
    detector, embedder = open_detector(pack, Engine("cpu", sessions=1)), open_embedder(pack, "cpu")

    def see(path):
        picture = decode_picture(path.read_bytes())
        face = max(detector.detect(picture), key=lambda face: face.side)
        quality = measure_quality(picture, face, head_pose(face.landmarks))
        return quality.overall, embedder.embed([embedder.align(picture, face.landmarks)])[0]

    folder = shared_media / "portraits"
    return {name: [see(path) for path in sorted((folder / name).iterdir())[: SHOTS + 1]] for name in PEOPLE}


def test_each_of_two_people_in_a_track_has_a_template_of_their_own(pack, portraits):
    """The same as without the other's shots, and their further portrait is like that one and not like the other."""
    track, least = Track("t", records_pb2.TrackRecord(), None), pack.embedder.threshold
    for number in range(SHOTS):
        for name in PEOPLE:
            track.add(f"{name}-{number}", *portraits[name][number])
    people = track.people(least)
    assert {person.shot_id.split("-")[0] for person in people} == set(PEOPLE)
    assert len(people) == 2
    for person in people:
        name = person.shot_id.split("-")[0]
        alone = Track("alone", records_pb2.TrackRecord(), None)
        for number in range(SHOTS):
            alone.add(f"{name}-{number}", *portraits[name][number])
        assert np.array_equal(person.vector, alone.fused(person.shot_id, least))
        scores = {each: float(person.vector @ portraits[each][SHOTS][1]) for each in PEOPLE}
        assert [each for each, score in scores.items() if score >= least] == [name]
