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
    """Trials of a sample of them."""
    sample = Sample(wanted, len(faces))
    sample.put(faces)
    return sample.trials(THRESHOLD)


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


def test_a_probe_does_not_find_itself():
    """Somebody's own picture, which is in the index, is no mate of itself: the other one is looked for."""
    faces = person(0, 2)
    [trial] = sampled(faces)
    assert trial.itself == faces[0].face_id
    hits = Forgetful(faces).nearest_many([trial.probe], 1)[0]
    assert trial.best(hits).face_id == faces[1].face_id


def test_a_sample_holds_whole_persons_and_forgets_the_deleted():
    """About as many persons as are wanted, each with all faces but those that were removed."""
    faces = [face for number in range(2000) for face in person(number, 2)]
    sample = Sample(100, len(faces))
    sample.put(faces)
    trials = sample.trials(THRESHOLD)
    assert len(trials) == 100
    sample.remove([trial.itself for trial in trials[:50]])
    assert not {trial.itself for trial in trials[:50]} & {trial.itself for trial in sample.trials(THRESHOLD)}


def test_made_probes_are_above_the_threshold():
    """A person with one face is tried with a vector that is above the threshold from it, and is not it."""
    faces = [face for number in range(30) for face in person(number, 1)]
    for trial, face in zip(sampled(faces), faces, strict=True):
        assert THRESHOLD < float(trial.probe.vector @ face.vector) < 0.8
        assert np.linalg.norm(trial.probe.vector) == pytest.approx(1, abs=1e-5)
