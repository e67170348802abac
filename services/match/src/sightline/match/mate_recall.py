"""Mate recall: how often an index returns first the face that exact search returns first.

An index that misses the enrolled person is a false negative of the whole system. What is asked is therefore not whether
the ten nearest are the right ten (past a person's own pictures they are strangers at nearly equal distance) but, of the
probes whose best face is above the threshold, for how many the index finds that very face.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from sightline.match.index import Probe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.match.index import Hit, IndexedFace
    from sightline.match.vectors import Vector

# A few more are chosen than are needed in the end.
_SPARE = 2.0
# A probe that is made is so far above the threshold, as a share of what is left up to 1.
_NEAREST, _FARTHEST = 0.5, 0.05
# So many strangers, mixed, are what a second picture of somebody has of its own.
_STRANGERS = 16
_TOGETHER = 8


class Searched(Protocol):
    """What is measured."""

    def nearest_many(self, probes: Sequence[Probe], ef: int) -> list[list[Hit]]:
        """See Shard."""


@dataclass
class Sample:
    """Some persons' faces, chosen by their ids while all faces pass by once.

    Args:
        wanted: how many probes there should be.
        expected: how many faces will pass.
    """

    wanted: int
    expected: int
    _faces: dict[str, IndexedFace] = field(default_factory=dict)

    def put(self, faces: Sequence[IndexedFace]) -> None:
        """Faces that pass."""
        share = min(1.0, _SPARE * self.wanted / max(1, self.expected))
        self._faces.update((face.face_id, face) for face in faces if _fraction(face.person_id) < share)

    def remove(self, face_ids: Sequence[str]) -> None:
        """Faces that were removed after they had passed."""
        for face_id in face_ids:
            self._faces.pop(face_id, None)

    def probes(self, threshold: float) -> list[Probe]:
        """At most `wanted` of them: for each person, what another picture of one of their faces might look like.

        Another enrolled face of theirs would not do: it is in the index itself, with links to its neighbours, and is
        found too easily. (Measured with 100,000 made-up faces: 1.000 of them, where 0.997 of new pictures were found.)
        """
        random = np.random.default_rng(0)
        faces = {(face.watchlist_id, face.person_id): face for face in self._faces.values()}
        chosen = list(faces.values())[: self.wanted]
        strangers = [face.vector for face in chosen]
        made = [_another_picture(face.vector, threshold, strangers, random) for face in chosen]
        return [Probe(vector, face.watchlist_id, 1) for vector, face in zip(made, chosen, strict=True)]


class Examination:
    """Probes with what exact search answers; those whose best face is below the threshold are left out.

    Args:
        searched: the index.
        probes: see Sample.
        threshold: cosine from which a face is somebody's.
    """

    def __init__(self, searched: Searched, probes: Sequence[Probe], threshold: float) -> None:
        self._searched = searched
        exactly = self._first([replace(probe, exact=True) for probe in probes], 0)
        asked = zip(probes, exactly, strict=True)
        self._asked = [(probe, best) for probe, best in asked if best is not None and best.cosine >= threshold]

    @property
    def probes(self) -> int:
        """How many count."""
        return len(self._asked)

    def mate_recall(self, ef: int) -> float:
        """The share of the probes for which the index returns first what exact search does; 1 where there is none."""
        firsts = self._first([probe for probe, _ in self._asked], ef)
        found = [_same(first, best) for first, (_, best) in zip(firsts, self._asked, strict=True)]
        return sum(found) / len(found) if found else 1.0

    def _first(self, probes: Sequence[Probe], ef: int) -> list[Hit | None]:
        parts = [probes[start : start + _TOGETHER] for start in range(0, len(probes), _TOGETHER)]
        answers = [hits for part in parts for hits in self._searched.nearest_many(part, ef)]
        return [hits[0] if hits else None for hits in answers]


def _same(first: Hit | None, best: Hit) -> bool:
    """Two faces may be equally near: then either will do."""
    return first is not None and (first.face_id == best.face_id or first.cosine >= best.cosine)


def _another_picture(
    vector: Vector, threshold: float, strangers: Sequence[Vector], random: np.random.Generator
) -> Vector:
    """A unit vector somewhat above the threshold from this one; what is not of it is spread as faces are."""
    cosine = threshold + (1 - threshold) * random.uniform(_FARTHEST, _NEAREST)
    chosen = random.choice(len(strangers), min(_STRANGERS, len(strangers)), replace=False)
    other = random.choice([-1.0, 1.0], len(chosen)) @ np.stack([strangers[i] for i in chosen])
    other = other - (other @ vector) * vector
    length = float(np.linalg.norm(other))
    if length < 1e-6:  # noqa: PLR2004 - there is nobody else
        return vector
    made: Vector = (cosine * vector + np.sqrt(1 - cosine**2) * other / length).astype(np.float32)
    return made


def _fraction(person_id: str) -> float:
    """0..1, the same for a person each time."""
    digest = hashlib.blake2b(person_id.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
