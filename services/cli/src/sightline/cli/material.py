"""From labelled pictures and their templates to what is evaluated."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sightline.chassis.errors import InvalidInput
from sightline.cli.appearances import Appearance, Vector, appearances_of
from sightline.cli.datasets import Dataset
from sightline.cli.evaluation.comparisons import Templates
from sightline.cli.evaluation.differentials import Pictures
from sightline.cli.evaluation.findings import QUALITY, Measured
from sightline.cli.evaluation.pair_protocol import Accuracy, accuracy_of
from sightline.cli.evaluation.tracks import Tracks
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
    people = by_person(dataset.pictures)
    numbers = {person: number for number, person in enumerate(people)}
    shown = appearances_of(dataset.pictures, cache, lambda picture: picture.track)
    require_people(len({each.person for each in shown if each.shots}), "a face was found of")
    places = np.cumsum([bool(each.shots) for each in shown]) - 1
    pictures = Pictures(
        np.array([numbers[each.person] for each in shown]),
        np.array([int(place) if each.shots else -1 for place, each in zip(places, shown, strict=True)]),
        _labels(shown, labels) | (_quality(shown) if cache.qualities() else {}),
    )
    measured = Measured(
        _templates(shown, numbers, lambda each: [each.best.vector]),
        pictures,
        _tracks(dataset, cache, numbers),
        _accuracy(dataset, cache.vectors()),
    )
    problems = cache.problems()
    reasons = Counter(problems[picture.key] for picture in dataset.pictures if picture.key in problems)
    return Material(measured, dataset, dataset_hash(people.values()), reasons)


def require_people(count: int, what: str) -> None:
    """Refuse what shows too few people; before anything is read, too. Raises InvalidInput PEOPLE_TOO_FEW."""
    if count < FEWEST_PEOPLE:
        message = f"{FEWEST_PEOPLE} people are the least, and {what} {count}: add pictures, one folder for each person."
        raise InvalidInput("PEOPLE_TOO_FEW", message)


def _templates(
    shown: Sequence[Appearance], numbers: Mapping[str, int], vectors: Callable[[Appearance], list[Vector]]
) -> Templates:
    """Give these templates of each appearance that has any shots."""
    found = [each for each in shown if each.shots]
    theirs = [vectors(each) for each in found]
    counts = [len(each) for each in theirs]
    return Templates(
        np.stack([vector for each in theirs for vector in each]),
        np.repeat([numbers[each.person] for each in found], counts),
        len(numbers),
        np.array([numbers[each.person] for each in shown if not each.shots], np.int64),
        np.repeat(np.arange(len(found)), counts),
    )


def _tracks(dataset: Dataset, cache: TemplateCache, numbers: Mapping[str, int]) -> Tracks | None:
    """Give appearances in three forms, where the data set has some of several pictures."""
    if not any(picture.track or picture.template for picture in dataset.pictures):
        return None
    shown = appearances_of(dataset.pictures, cache, lambda picture: picture.track or picture.template)
    return Tracks(
        _templates(shown, numbers, lambda each: [each.best.vector]),
        _templates(shown, numbers, lambda each: [shot.vector for shot in each.shots]),
        _templates(shown, numbers, lambda each: [each.fused]),
        one_enrolled=any(picture.track for picture in dataset.pictures),
    )


def _labels(shown: Sequence[Appearance], labels: Sequence[str]) -> dict[str, list[str]]:
    columns = dict.fromkeys(column for each in shown for column in each.labels)
    for label in labels:
        if label not in columns:
            known = ", ".join(columns) or "none: a folder has no labels, a CSV file may"
            raise InvalidInput("COLUMN_MISSING", f"The data set has no column {label}; it has {known}.")
    return {label: [each.labels.get(label, "") for each in shown] for label in labels}


def _quality(shown: Sequence[Appearance]) -> dict[str, list[str]]:
    """Sort appearances by thirds of what detect says of their best shot's quality; nothing of fewer than three."""
    known = [each.best.quality if each.shots else None for each in shown]
    values = [quality for quality in known if quality is not None]
    if len(values) < len(_BINS):
        return {}
    edges = np.quantile(values, (1 / 3, 2 / 3))
    names = [_BINS[int(np.searchsorted(edges, each, side="right"))] if each is not None else "" for each in known]
    return {QUALITY: names}


def _accuracy(dataset: Dataset, vectors: dict[str, Vector]) -> Accuracy | None:
    there = [pair for pair in dataset.pairs if pair.first in vectors and pair.second in vectors]
    if not there:
        return None
    scores = np.array([float(vectors[pair.first] @ vectors[pair.second]) for pair in there])
    same, folds = np.array([pair.same for pair in there]), np.array([pair.fold for pair in there])
    return accuracy_of(scores, same, folds, len(dataset.pairs) - len(there))
