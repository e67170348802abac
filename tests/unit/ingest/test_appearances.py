"""What of the faces on one source is told, and what is kept of them."""

import numpy as np
import pytest

from sightline.ingest.appearances import Appearances, Closing, Shot, Sight
from sightline.ingest.detect_client import FoundFaces
from sightline.ingest.evidence import EvidenceStore
from sightline.ingest.frames import Frame
from sightline.ingest.tracker import FaceTracker

LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))


@pytest.fixture
def picture():
    return np.full((360, 640, 3), 100, np.uint8)


def _sight(picture, index):
    return Sight(Frame(index, index / 4, picture), index * 250_000_000, index * 250_000_000 + 7)


def _play(appearances, picture, moments):
    news = []
    for index, faces in enumerate(moments):
        news += appearances.look(_sight(picture, index), FoundFaces(tuple(faces), "d"))
    return news + appearances.end()


def test_only_faces_in_a_region_count(picture, seen_face):
    """Outside of the regions nobody is tracked; in the evidence of others their boxes are kept, to be hidden."""
    evidence = EvidenceStore()
    appearances = Appearances(FaceTracker(), evidence, (LEFT_HALF,))
    news = _play(appearances, picture, [[seen_face(500, 180), seen_face(100, 180)]] * 3)
    shots = [each for each in news if isinstance(each, Shot)]
    assert [shot.box[0] < 0.5 for shot in shots] == [True]
    assert (appearances.opened, appearances.seen) == (1, 3)
    moment, place = evidence.find(shots[0].track_id)
    assert (len(moment.boxes), place) == (2, 1)


def test_who_walks_out_of_the_region_is_not_seen_any_more(picture, seen_face):
    """A track ends where the region does."""
    appearances = Appearances(FaceTracker(), EvidenceStore(), (LEFT_HALF,))
    walk = [[seen_face(200 + 20 * number, 180)] for number in range(20)]
    [closing] = [each for each in _play(appearances, picture, walk) if isinstance(each, Closing)]
    assert closing.detections == 6
    assert closing.path[-1].box == pytest.approx((270 / 640, 150 / 360, 330 / 640, 210 / 360))


def test_a_closing_says_when_where_and_how_often(picture, seen_face):
    """It has the track's span, the number of frames and shots, and its way in ratios with times."""
    appearances = Appearances(FaceTracker(), EvidenceStore())
    news = _play(appearances, picture, [[seen_face(100 + 10 * number, 180)] for number in range(40)])
    shot, closing = news
    assert (shot.event_ns, shot.frame_ns) == (0, 7)
    assert (closing.first_ns, closing.last_ns) == (0, 39 * 250_000_000)
    assert (closing.detections, closing.shots, len(closing.path)) == (40, 1, 32)
    assert [point.time_ns for point in closing.path[:: len(closing.path) - 1]] == [0, 39 * 250_000_000]
    assert closing.path[0].box == shot.box == pytest.approx((70 / 640, 150 / 360, 130 / 640, 210 / 360))


def test_an_unsure_view_goes_on_with_a_track_and_is_never_sent(picture, seen_face):
    """A face of which the detector is not sure counts for the track, and gives no shot however good it looks."""
    appearances = Appearances(FaceTracker(), EvidenceStore())
    moments = [[seen_face(100, 180, quality=0.1)], [seen_face(102, 180, quality=0.9, sure=False)]]
    shot, closing = _play(appearances, picture, moments)
    assert shot.face.quality.overall == pytest.approx(0.1)
    assert (closing.detections, closing.shots, appearances.seen) == (2, 1, 1)


def test_one_frame_is_kept_once_for_all_its_tracks(picture, seen_face):
    """Two faces that are both best in a frame share it."""
    evidence = EvidenceStore()
    appearances = Appearances(FaceTracker(), evidence)
    shots = appearances.look(_sight(picture, 0), FoundFaces((seen_face(100, 180), seen_face(400, 180)), "d"))
    (first, _), (second, _) = (evidence.find(shot.track_id) for shot in shots)
    assert first is second
