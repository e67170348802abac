"""What the gallery's copy knows of templates: which faces wait, which will get none, and which records nobody needs."""

from __future__ import annotations

from contextlib import closing

import pytest

from sightline.chassis.identity.rights import EVERYTHING
from sightline.match.face_rows import FaceRow
from sightline.match.projection import GalleryProjection
from sightline.v1 import gallery_service_pb2 as pb
from sightline.v1 import records_pb2


@pytest.fixture
def projection(tmp_path):
    """A projection with the watchlist "w" in it, at sequence 1."""
    with closing(GalleryProjection(tmp_path / "projection.db")) as made:
        with made.applying(1):
            made.put_watchlist(pb.Watchlist(id="w", name="wanted"))
        yield made


def row(face_id, element=None, problem="", *, has_reference=True):
    """A face of the person "p"."""
    face = pb.EnrolledFace(id=face_id, watchlist_id="w", person_id="p", has_reference=has_reference)
    return FaceRow(face, element, f"key of {face_id}", problem)


def ids(faces):
    return [face.id for face in faces]


def test_a_face_waits_until_it_has_a_template_or_a_problem(projection):
    """Faces with and without templates are told apart, counted by reason, and only those with one are in the roll."""
    with projection.applying(2):
        for each in (row("a", 5), row("b"), row("c"), row("d", has_reference=False)):
            projection.put_face(each)
    assert (projection.size(), projection.problems()) == (1, {"": 2, "REFERENCE_NOT_KEPT": 1})
    assert ids(projection.waiting("", 10)) == ["b", "c"]
    assert ids(projection.waiting("b", 10)) == ["c"]
    with projection.applying(3):
        projection.put_problem("b", "ALIGNMENT_FAILED")
        projection.put_element(row("c").face, 7)
    assert ids(projection.waiting("", 10)) == []
    assert ids(projection.failed("", 10)) == ["b"]
    listed = [(each.face.id, each.reason) for each in projection.unmigrated("", 10, EVERYTHING)]
    assert listed == [("b", "ALIGNMENT_FAILED"), ("d", "REFERENCE_NOT_KEPT")]
    assert (projection.size(), projection.watchlist("w").face_count) == (2, 2)
    with projection.applying(4):
        projection.drop_face("b")
        projection.drop_face("c")
    assert projection.size() == 1


def test_a_template_is_stray_while_its_face_is_not_there(projection):
    """Whichever comes first, and after the face was deleted; a template that was deleted is not known any more."""
    template = records_pb2.FaceTemplate(face_id="a", embedder_id="e")
    with projection.applying(2):
        projection.note_template("t", "w", template)
    assert ids(projection.stray_templates(10)) == ["t"]
    with projection.applying(3):
        projection.put_face(row("a"))
    assert projection.stray_templates(10) == []
    with projection.applying(4):
        projection.note_template("t", "w", template)
    assert (projection.stray_templates(10), projection.templates_of("a")) == ([], ["t"])
    with projection.applying(5):
        projection.drop_face("a")
    assert ids(projection.stray_templates(10)) == ["t"]
    with projection.applying(6):
        projection.drop_template("t")
    assert (projection.has_noted("t"), projection.stray_templates(10)) == (False, [])


def test_a_face_stays_known_in_every_chunk_that_has_it(projection):
    """Enrolled again on its own it still leaves the chunks with its deletion, and its own record counts."""
    with projection.applying(2):
        projection.put_faces("w", "chunk", [row("a")])
    assert projection.counted_in_chunks(["a"]) == {"a"}
    with projection.applying(3):
        projection.put_face(row("a", 5))
        projection.note_chunked("chunk", ["a"])
    assert (projection.chunks(["a"]), projection.counted_in_chunks(["a"])) == ({"a": ["chunk"]}, set())
    with projection.applying(4):
        projection.put_faces("w", "other", [row("b", 7)])
    assert projection.chunks_of("w") == ["other"]
