from __future__ import annotations

import pytest
from fakes import FACE_STEP, picture, vector_near, vector_of

from sightline.chassis.errors import FailedPrecondition, InvalidInput, NotFound
from sightline.match.selection import Wish
from sightline.v1 import embed_service_pb2, face_pb2
from sightline.v1 import gallery_service_pb2 as pb

ALL, LARGEST, AT_BOX = pb.FACE_SELECTION_ALL, pb.FACE_SELECTION_LARGEST, pb.FACE_SELECTION_AT_BOX


def reasons(unenrolled):
    """The codes alone, for each face."""
    return [[reason.reason for reason in face.reasons] for face in unenrolled]


def template(match, vector):
    """As somebody brings it."""
    return pb.TrustedTemplate(vector=vector.tolist(), embedder_id=match.parts.enrolment._embedder_id)


async def test_the_largest_face_is_enrolled_and_the_others_are_said(match):
    """Of a group the first face is the person's; nobody else is found, and each of them has its reason."""
    watchlist = await match.create()
    enrolled = await match.enroll(watchlist, "ann", shows="ann+ben+cat", wish=Wish(LARGEST))
    assert await match.found(watchlist, "ann") == [enrolled.face.id]
    assert await match.found(watchlist, "ben") == []
    assert reasons(enrolled.unenrolled) == [["EXCEEDS_MAX_FACES"]] * 2
    again = await match.enroll(watchlist, "ann", shows="ann+ben+cat", wish=Wish(LARGEST))
    assert (again.created, again.face.id) == (False, enrolled.face.id)


async def test_every_face_of_a_picture_is_enrolled_once(match):
    """All of them are faces of the one person; a limit leaves the smaller ones out, and a second time adds those."""
    watchlist = await match.create()
    two = await match.enroll(watchlist, "ann", shows="ann+ben+cat", wish=Wish(ALL, max_faces=2))
    assert [each.created for each in two.faces] == [True, True]
    assert reasons(two.unenrolled) == [["EXCEEDS_MAX_FACES"]]
    three = await match.enroll(watchlist, "ann", shows="ann+ben+cat", wish=Wish(ALL))
    assert sorted(each.created for each in three.faces) == [False, False, True]
    assert {each.face.id for each in two.faces} < {each.face.id for each in three.faces}
    assert match.projection.roll(watchlist.id).size == 3
    assert [each for _, each in match.projection.person_rows(watchlist.id, 0, 100)] == [two.person.id]


async def test_the_face_at_a_box_is_enrolled(match):
    """Of a group the one that is pointed at; the largest face asked for by its box is the largest face."""
    watchlist = await match.create()
    box = face_pb2.BoundingBox(left=FACE_STEP, top=0.31, width=0.1, height=0.1)
    ben = await match.enroll(watchlist, "ben", shows="ann+ben", wish=Wish(AT_BOX, box))
    assert await match.found(watchlist, "ben") == [ben.face.id]
    assert ben.unenrolled == []
    largest = await match.enroll(watchlist, "ann", shows="ann+ben", wish=Wish(LARGEST))
    box.left = 0
    again = await match.enroll(watchlist, "ann", shows="ann+ben", wish=Wish(AT_BOX, box))
    assert (again.created, again.face.id) == (False, largest.face.id)


async def test_a_bad_face_is_refused_unless_nobody_asks(match):
    """A blurred face is LOW_SHARPNESS; with good ones beside it it is left out; the gate can be off."""
    watchlist = await match.create()
    with pytest.raises(InvalidInput, match="LOW_SHARPNESS: The face is blurred"):
        await match.enroll(watchlist, "ann", shows="ann~")
    assert [each for _, each in match.projection.person_rows(watchlist.id, 0, 100)] == []
    both = await match.enroll(watchlist, "ann", shows="ann+ben~", wish=Wish(ALL))
    assert (len(both.faces), reasons(both.unenrolled)) == (1, [["LOW_SHARPNESS"]])
    assert (await match.enroll(watchlist, "ann", shows="ann~", gate=pb.QUALITY_GATE_OFF)).created


async def test_who_looks_like_somebody_else_is_said(match):
    """By default a warning with whom and how similar; strict refuses; off does not look; the person's own are fine."""
    watchlist = await match.create()
    ann = await match.enroll(watchlist, "ann")
    second = await match.enroll(watchlist, "ben", shows="ann#2")
    (warning,) = second.faces[0].warnings
    assert (warning.reason, warning.person_id, warning.face_id) == (
        "LOOKS_LIKE_ANOTHER_PERSON",
        ann.person.id,
        ann.face.id,
    )
    assert warning.similarity == pytest.approx(100, abs=0.1)
    with pytest.raises(InvalidInput, match=r"LOOKS_LIKE_ANOTHER_PERSON: .* person [a-z0-9]{26} .*standard one"):
        await match.enroll(watchlist, "cat", shows="ann#3", gate=pb.QUALITY_GATE_STRICT)
    off = await match.enroll(watchlist, "dan", shows="ann#4", gate=pb.QUALITY_GATE_OFF)
    assert list(off.faces[0].warnings) == []
    other = await match.create("other")
    await match.enroll(other, "ann")
    own = await match.enroll(other, "ann", shows="ann#5", gate=pb.QUALITY_GATE_STRICT)
    assert list(own.faces[0].warnings) == []


async def test_many_faces_of_ones_own_hide_nobody(match):
    """Somebody else behind thirty faces of the same person is still found to be alike."""
    watchlist = await match.create()
    for number in range(30):
        await match.enroll(watchlist, "ann", shows=f"ann#{number}", gate=pb.QUALITY_GATE_OFF)
    other = template(match, vector_near("ann", 0.95))
    ben = await match.enroll(watchlist, "ben", source=other, gate=pb.QUALITY_GATE_OFF)
    (warning,) = (await match.enroll(watchlist, "ann", shows="ann#last")).faces[0].warnings
    assert warning.person_id == ben.person.id


async def test_a_template_is_enrolled_as_it_is(match):
    """Found as its person; the same one is the same face; of another embedder or another length it is refused."""
    watchlist = await match.create()
    enrolled = await match.enroll(watchlist, "ann", source=template(match, vector_of("ann")))
    assert await match.found(watchlist, "ann") == [enrolled.face.id]
    again = await match.enroll(watchlist, "ann", source=template(match, vector_of("ann")))
    assert (again.created, again.face.id) == (False, enrolled.face.id)
    foreign = pb.TrustedTemplate(vector=vector_of("ben").tolist(), embedder_id="z" * 26)
    with pytest.raises(FailedPrecondition, match="EMBEDDER_DIFFERS"):
        await match.enroll(watchlist, "ben", source=foreign)
    with pytest.raises(InvalidInput, match="TEMPLATE_INVALID"):
        await match.enroll(watchlist, "ben", source=template(match, vector_of("ben") * 2))
    assert match.projection.roll(watchlist.id).size == 1


async def test_a_face_that_was_found_elsewhere_is_enrolled(match):
    """A crop with landmarks needs no detector; it is not judged, and kept as it is where references are kept."""
    watchlist = await match.create(keep_references=True)
    landmarks = face_pb2.Landmarks(left_eye=face_pb2.Point(x=0.4, y=0.4))
    crop = embed_service_pb2.FaceCrop(image=picture("ann~"), landmarks=landmarks)
    enrolled = await match.enroll(watchlist, "ann", source=crop, gate=pb.QUALITY_GATE_STRICT)
    assert await match.found(watchlist, "ann") == [enrolled.face.id]
    assert enrolled.face.face.landmarks == landmarks
    assert await match.parts.faces.reference(watchlist, enrolled.face.id) == crop


async def test_references_are_kept_where_the_watchlist_says_so(match, nats_server):
    """Encrypted, readable through the face alone, and gone with it; other watchlists keep none."""
    wanted, other = await match.create(keep_references=True), await match.create("other")
    kept, plain = await match.enroll(wanted, "the-picture-of-ann"), await match.enroll(other, "the-picture-of-ann")
    assert (kept.face.has_reference, plain.face.has_reference) == (True, False)
    reference = await match.parts.faces.reference(wanted, kept.face.id)
    assert reference.image == picture("the-picture-of-ann")
    for watchlist, face_id, reason in (
        (other, plain.face.id, "REFERENCE_NOT_FOUND"),
        (other, kept.face.id, "FACE_NOT_FOUND"),
    ):
        with pytest.raises(NotFound, match=reason):
            await match.parts.faces.reference(watchlist, face_id)
    await match.parts.faces.delete(wanted, [kept.face.id])
    with pytest.raises(NotFound, match="REFERENCE_NOT_FOUND"):
        await match.parts.faces._references.get(kept.face.id)
    nats_server.kill()
    files = [path.read_bytes() for path in nats_server.store.rglob("*") if path.is_file()]
    assert not [data for data in files if b"the-picture-of-ann" in data]
