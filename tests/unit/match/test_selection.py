from __future__ import annotations

import pytest

from sightline.chassis.errors import InvalidInput
from sightline.match.selection import Wish, choose, overlap
from sightline.v1 import face_pb2
from sightline.v1 import gallery_service_pb2 as pb


def box(left, top=0.2, width=0.2, height=0.2):
    """A rectangle in ratios of the picture."""
    return face_pb2.BoundingBox(left=left, top=top, width=width, height=height)


FACES = [face_pb2.Face(bounding_box=box(left)) for left in (0.1, 0.4, 0.7)]


def places(faces, **wish):
    """Those that are meant, and those that are too many, by their places in the picture."""
    meant, too_many = choose(faces, Wish(**wish))
    return [each.place for each in meant], [each.place for each in too_many]


def test_the_only_face_is_meant_where_nobody_says_otherwise():
    """One face is taken, several are refused, for nobody said which."""
    assert places(FACES[:1]) == ([0], [])
    for selection in (pb.FACE_SELECTION_UNSPECIFIED, pb.FACE_SELECTION_ONLY):
        with pytest.raises(InvalidInput, match="SEVERAL_FACES: There are 3 faces"):
            choose(FACES, Wish(selection))


def test_the_largest_is_the_first():
    """The others are too many."""
    assert places(FACES, selection=pb.FACE_SELECTION_LARGEST) == ([0], [1, 2])


def test_all_are_the_largest_so_many():
    """A limit leaves out the smaller ones; without one every face is meant."""
    assert places(FACES, selection=pb.FACE_SELECTION_ALL) == ([0, 1, 2], [])
    assert places(FACES, selection=pb.FACE_SELECTION_ALL, max_faces=2) == ([0, 1], [2])


def test_a_box_means_the_face_that_it_overlaps_most():
    """A box that is a little off still finds its face; one on half of it does not; nobody else is too many."""
    at_box = {"selection": pb.FACE_SELECTION_AT_BOX}
    assert places(FACES, box=box(0.42, 0.21), **at_box) == ([1], [])
    with pytest.raises(InvalidInput, match="NO_FACE_AT_BOX"):
        choose(FACES, Wish(box=box(0.5), **at_box))
    with pytest.raises(InvalidInput, match="BOX_MISSING"):
        choose(FACES, Wish(**at_box))


@pytest.mark.parametrize("selection", pb.FaceSelection.values())
def test_a_picture_without_a_face_is_refused(selection):
    """Whatever is meant, there is nothing."""
    with pytest.raises(InvalidInput, match="NO_FACE"):
        choose([], Wish(selection, box(0.1)))


def test_overlap_is_intersection_over_union():
    """1 for the same box, 0 for boxes apart or without an area, a third for half a step aside."""
    assert overlap(box(0.1), box(0.1)) == pytest.approx(1)
    assert overlap(box(0.1), box(0.2)) == pytest.approx(1 / 3)
    assert overlap(box(0.1), box(0.5)) == 0
    assert overlap(face_pb2.BoundingBox(), face_pb2.BoundingBox()) == 0
