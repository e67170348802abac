import numpy as np
import pytest
from fakes import DIMENSION, vector_of
from key_files import new_key, write_keys

from sightline.chassis.errors import FailedPrecondition
from sightline.match.index import IndexedFace, Probe
from sightline.match.turned_space import UNPROVEN, TurnedSpaces
from sightline.match.vectors import vector_hash

FACES = [IndexedFace(f"f{n}", "w", f"p{n}", vector_of(f"f{n}")) for n in range(3)]


@pytest.fixture
def spaces(tmp_path):
    return TurnedSpaces(write_keys(tmp_path / "rotation.key", new_key(), new_key()), DIMENSION)


@pytest.fixture
def space(spaces):
    return spaces.named(spaces.ids()[0])


def test_faces_leave_as_they_came(space):
    """Ids and digests come out exactly, vectors to rounding; inside they are others."""
    inside = space.entering(FACES)
    outside = space.leaving(inside)
    for face, kept, left in zip(FACES, inside, outside, strict=True):
        assert (left.face_id, left.watchlist_id, left.person_id) == (face.face_id, "w", face.person_id)
        assert left.vector == pytest.approx(face.vector, abs=1e-6)
        assert np.abs(kept.vector - face.vector).max() > 0.01
        assert left.digest == vector_hash(face.vector)
        assert left.digest not in kept.digest
    assert space.leaving(space.entering(outside))[0].digest == vector_hash(FACES[0].vector)
    assert space.entering([]) == space.leaving([]) == space.probes([]) == []
    assert space.vectors({}) == {}


def test_what_was_altered_inside_proves_nothing(space):
    """Another vector, another face's digest, or none: the face has no digest that any vector has."""
    first, second, _ = space.entering(FACES)
    altered = [first._replace(vector=second.vector), first._replace(digest=second.digest), first._replace(digest=b"")]
    assert [face.digest for face in space.leaving(altered)] == [UNPROVEN] * 3
    assert space.leaving([first])[0].digest != UNPROVEN


def test_probes_go_where_faces_are(space):
    """A probe has inside the cosines that it had outside."""
    [face] = space.entering(FACES[:1])
    [probe] = space.probes([Probe(vector_of("probe"), "w", 5)])
    assert probe.vector @ face.vector == pytest.approx(vector_of("probe") @ FACES[0].vector, abs=1e-6)
    assert (probe.watchlist_id, probe.limit) == ("w", 5)


def test_each_key_of_the_file_is_a_space(spaces, tmp_path):
    """The first is current; one that is not in the file is refused."""
    first, second = spaces.ids()
    assert spaces.named(first).entering(FACES)[0].vector != pytest.approx(
        spaces.named(second).entering(FACES)[0].vector, abs=0.01
    )
    stranger = write_keys(tmp_path / "other.key", new_key()).current().id
    with pytest.raises(FailedPrecondition, match="INSTALLATION_KEY_WRONG"):
        spaces.named(stranger)
