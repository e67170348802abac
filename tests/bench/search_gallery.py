"""Made-up galleries whose templates are spread as those of real faces are; see search_spectrum.py.

A person is a direction; each picture of them is that direction mixed with another one, so that the cosine of two
pictures is between 0.4 and 0.7. Persons have one to four enrolled pictures, and probes are further ones.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

SPECTRUM = Path(__file__).with_name("search_spectrum.json")
LEAST, MOST = 0.4, 0.7
MOST_PICTURES = 4
BLOCK = 20_000


@dataclass(frozen=True)
class Gallery:
    """What is searched, on the disk and not in memory, and with what.

    Attributes:
        faces: (n, dim) unit vectors.
        persons: (n,) whose they are.
        probes: (p, dim) unit vectors of enrolled persons.
        intrinsic_dimension: participation ratio of the axes.
    """

    faces: Vectors
    persons: NDArray[np.int64]
    probes: Vectors
    intrinsic_dimension: float


def axes(dimension: int) -> Vectors:
    """Variance along each axis; they sum to 1. With more dimensions than were measured each axis becomes several."""
    fitted = np.array(json.loads(SPECTRUM.read_text())["axes"])
    places = (np.arange(dimension) + 0.5) / dimension
    stretched = np.interp(places, (np.arange(len(fitted)) + 0.5) / len(fitted), fitted)
    return (stretched / stretched.sum()).astype(np.float32)


def make_gallery(folder: Path, count: int, dimension: int, probes: int) -> Gallery:
    """Makes one in a folder, or takes the one that is there; the same arguments give the same gallery."""
    folder.mkdir(parents=True, exist_ok=True)
    path, shape = folder / "faces.npy", (count, dimension)
    spread, random = np.sqrt(axes(dimension)), np.random.default_rng(count + dimension)
    people = np.arange(count)
    persons = np.repeat(people, 1 + people % MOST_PICTURES)[:count]
    seen = random.integers(0, persons[-1] + 1, probes)
    if not path.exists():
        draft = path.with_suffix(".draft")
        written = np.lib.format.open_memmap(draft, "w+", np.float32, shape)
        for start in range(0, count, BLOCK):
            written[start : start + BLOCK] = _pictures(persons[start : start + BLOCK], spread, start + 1)
        written.flush()
        draft.rename(path)
    faces = np.load(path, mmap_mode="r")
    return Gallery(faces, persons, _pictures(seen, spread, 0), float(1 / (axes(dimension) ** 2).sum()))


def _pictures(persons: NDArray[np.int64], spread: Vectors, seed: int) -> Vectors:
    """A further picture of each."""
    random = np.random.default_rng(seed)
    who = _unit(np.stack([_direction(person, spread) for person in persons]))
    share = random.uniform(LEAST, MOST, (len(persons), 1)).astype(np.float32)
    other = _unit(random.standard_normal((len(persons), len(spread)), np.float32) * spread)
    return _unit(np.sqrt(share) * who + np.sqrt(1 - share) * other)


def _direction(person: int, spread: Vectors) -> Vectors:
    return np.random.default_rng([7, int(person)]).standard_normal(len(spread), np.float32) * spread


def _unit(vectors: Vectors) -> Vectors:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
