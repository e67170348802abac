import numpy as np
import pytest

from sightline.match.index import Hit, IndexedFace
from sightline.match.mate_recall import Examination, Sample

THRESHOLD = 0.5
RANDOM = np.random.default_rng(0)


def unit(vector):
    """Of length 1."""
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def person(number, faces, spread=0.1):
    """Faces of one person, which resemble each other."""
    middle = unit(RANDOM.standard_normal(64))
    views = [unit(middle + spread * RANDOM.standard_normal(64) / 8) for _ in range(faces)]
    return [IndexedFace(f"{number}.{view}", "w", f"p{number}", vector) for view, vector in enumerate(views)]


class Forgetful:
    """An exact index that, unless asked to be exact, does not know some faces."""

    def __init__(self, faces, forgotten=()):
        self.faces = faces
        self.forgotten = forgotten

    def nearest_many(self, probes, _ef):
        """Hits of each probe."""
        return [self._nearest(probe) for probe in probes]

    def _nearest(self, probe):
        known = [face for face in self.faces if probe.exact or face.face_id not in self.forgotten]
        hits = [Hit(face.face_id, face.person_id, float(face.vector @ probe.vector)) for face in known]
        return sorted(hits, key=lambda hit: -hit.cosine)[: probe.limit]


def sampled(faces, wanted=1000):
    """Probes of a sample of them."""
    sample = Sample(wanted, len(faces))
    sample.put(faces)
    return sample.probes(THRESHOLD)


def test_an_exact_index_finds_every_mate():
    """The share is 1, and every person was tried once, with one face or with several."""
    faces = [face for number in range(50) for face in person(number, 1 + number % 2)]
    examination = Examination(Forgetful(faces), sampled(faces), THRESHOLD)
    assert (examination.mate_recall(1), examination.probes) == (1.0, 50)


@pytest.mark.parametrize("views", [1, 2])
def test_what_an_index_misses_is_counted(views):
    """Where the index does not find the mates of a tenth of the people, the share is nine tenths."""
    faces = [face for number in range(50) for face in person(number, views)]
    forgotten = {face.face_id for face in faces if int(face.person_id[1:]) % 10 == 0}
    examination = Examination(Forgetful(faces, forgotten), sampled(faces), THRESHOLD)
    assert (examination.mate_recall(1), examination.probes) == (pytest.approx(0.9), 50)


def test_a_sample_has_as_many_persons_as_are_wanted_and_forgets_the_deleted():
    """Each person is there once, however many faces they have; whoever was removed after they had passed is not."""
    faces = [face for number in range(2000) for face in person(number, 2)]
    sample = Sample(100, len(faces))
    sample.put(faces)
    assert len(sample.probes(THRESHOLD)) == 100
    sample.remove([face.face_id for face in faces[: len(faces) // 2]])
    left = np.stack([face.vector for face in faces[len(faces) // 2 :]])
    probes = sample.probes(THRESHOLD)
    assert 0 < len(probes) < 100
    assert all(float((left @ probe.vector).max()) > THRESHOLD for probe in probes)


def test_made_probes_are_above_the_threshold():
    """A person with one face is tried with a vector that is above the threshold from it, and is not it."""
    faces = [face for number in range(30) for face in person(number, 1)]
    for probe, face in zip(sampled(faces), faces, strict=True):
        assert THRESHOLD < float(probe.vector @ face.vector) < 0.8
        assert np.linalg.norm(probe.vector) == pytest.approx(1, abs=1e-5)
