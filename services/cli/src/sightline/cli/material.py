"""From labelled pictures and their templates to what is evaluated."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.chassis.errors import InvalidInput
from sightline.cli.datasets import Dataset
from sightline.cli.evaluation.comparisons import Templates
from sightline.cli.evaluation.differentials import Pictures
from sightline.cli.evaluation.findings import QUALITY, Measured
from sightline.cli.evaluation.pair_protocol import Accuracy, accuracy_of
from sightline.cli.labelled import by_person, dataset_hash
from sightline.cli.template_cache import TemplateCache

FEWEST_PEOPLE = 10
"""With fewer there is nothing to measure."""
_BINS = ("1 lowest third", "2 middle third", "3 highest third")


@dataclass(frozen=True)
class Material:
    """What is evaluated, and what was read for it; `problems` counts pictures without a template by reason."""

    measured: Measured
    dataset: Dataset
    sha256: str
    problems: Counter[str]


def material_of(dataset: Dataset, cache: TemplateCache, labels: Sequence[str] = ()) -> Material:
    """Put the templates that there are in order, by person.

    Raises:
        InvalidInput: PEOPLE_TOO_FEW; COLUMN_MISSING, a label is no column of the data set.
    """
    vectors, problems = cache.vectors(), cache.problems()
    people = by_person(dataset.pictures)
    numbers = {person: number for number, person in enumerate(people)}
    found = [picture for picture in dataset.pictures if picture.key in vectors]
    if len({picture.person for picture in found}) < FEWEST_PEOPLE:
        count = len({picture.person for picture in found})
        message = f"Of {count} people a face was found, and {FEWEST_PEOPLE} are the least: add pictures."
        raise InvalidInput("PEOPLE_TOO_FEW", message)
    rows = {picture.key: row for row, picture in enumerate(found)}
    templates = Templates(
        np.stack([vectors[picture.key] for picture in found]),
        np.array([numbers[picture.person] for picture in found]),
        len(people),
        np.array([numbers[picture.person] for picture in dataset.pictures if picture.key not in rows], np.int64),
    )
    pictures = Pictures(
        np.array([numbers[picture.person] for picture in dataset.pictures]),
        np.array([rows.get(picture.key, -1) for picture in dataset.pictures]),
        _labels(dataset, labels) | _quality(dataset, cache.qualities()),
    )
    fused = _fused(dataset, vectors, cache.qualities(), numbers)
    measured = Measured(templates, pictures, fused, _accuracy(dataset, vectors))
    reasons = Counter(problems[picture.key] for picture in dataset.pictures if picture.key in problems)
    return Material(measured, dataset, dataset_hash(people.values()), reasons)


def _labels(dataset: Dataset, labels: Sequence[str]) -> dict[str, list[str]]:
    columns = dict.fromkeys(column for picture in dataset.pictures for column in picture.labels)
    for label in labels:
        if label not in columns:
            known = ", ".join(columns) or "none: a folder has no labels, a CSV file may"
            raise InvalidInput("COLUMN_MISSING", f"The data set has no column {label}; it has {known}.")
    return {label: [picture.labels.get(label, "") for picture in dataset.pictures] for label in labels}


def _quality(dataset: Dataset, qualities: dict[str, float]) -> dict[str, list[str]]:
    """Sort pictures by thirds of what detect says of their quality; nothing where it says nothing."""
    known = [qualities[picture.key] for picture in dataset.pictures if picture.key in qualities]
    if len(known) < len(_BINS):
        return {}
    edges = np.quantile(known, (1 / 3, 2 / 3))

    def name(key: str) -> str:
        return _BINS[int(np.searchsorted(edges, qualities[key], side="right"))] if key in qualities else ""

    return {QUALITY: [name(picture.key) for picture in dataset.pictures]}


def _fused(
    dataset: Dataset, vectors: dict[str, NDArray[np.float32]], qualities: dict[str, float], numbers: dict[str, int]
) -> Templates | None:
    """Fuse the pictures of each template by their quality, as match fuses the shots of a track."""
    parts: dict[tuple[str, str], list[str]] = {}
    for picture in dataset.pictures:
        if picture.template and picture.key in vectors:
            parts.setdefault((picture.person, picture.template), []).append(picture.key)
    if not parts:
        return None
    means = []
    for keys in parts.values():
        weights = np.array([max(qualities.get(key, 1.0), 1e-3) for key in keys], np.float32)
        mean = weights @ np.stack([vectors[key] for key in keys])
        means.append(mean / np.linalg.norm(mean))
    persons = np.array([numbers[person] for person, _ in parts])
    return Templates(np.stack(means), persons, len(numbers), np.zeros(0, np.int64))


def _accuracy(dataset: Dataset, vectors: dict[str, NDArray[np.float32]]) -> Accuracy | None:
    there = [pair for pair in dataset.pairs if pair.first in vectors and pair.second in vectors]
    if not there:
        return None
    scores = np.array([float(vectors[pair.first] @ vectors[pair.second]) for pair in there])
    same, folds = np.array([pair.same for pair in there]), np.array([pair.fold for pair in there])
    return accuracy_of(scores, same, folds, len(dataset.pairs) - len(there))
