"""A folder of labelled pictures: one folder for each person, with pictures of that person alone or in front."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sightline.chassis.errors import InvalidInput


@dataclass(frozen=True)
class Labelled:
    """One picture file: whose it is (the folder's name), and the SHA-256 of its bytes."""

    path: Path
    person: str
    sha256: str


def read_folder(folder: Path) -> list[Labelled]:
    """Find the pictures of a labelled folder; the same file twice counts once.

    Raises:
        InvalidInput: LABELS_MISSING, there are no folders in it; LABELS_CONTRADICT, a file is of two people.
    """
    found: dict[str, Labelled] = {}
    for path in sorted(folder.glob("*/*")):
        if path.name.startswith(".") or not path.is_file():
            continue
        picture = Labelled(path, path.parent.name, hashlib.sha256(path.read_bytes()).hexdigest())
        other = found.setdefault(picture.sha256, picture)
        if other.person != picture.person:
            message = f"{path} and {other.path} are the same file under two people: remove one."
            raise InvalidInput("LABELS_CONTRADICT", message)
    if not found:
        message = f"{folder} has no folders with pictures in them: make one folder for each person."
        raise InvalidInput("LABELS_MISSING", message)
    return list(found.values())


def by_person(pictures: Iterable[Labelled]) -> dict[str, list[Labelled]]:
    """Sort them by person."""
    people: dict[str, list[Labelled]] = {}
    for picture in pictures:
        people.setdefault(picture.person, []).append(picture)
    return people


def dataset_hash(people: Iterable[Sequence[Labelled]]) -> str:
    """SHA-256 over the pictures' hashes by person, the same whatever people and files are called; no names in it."""
    lines = sorted(" ".join(sorted(picture.sha256 for picture in theirs)) for theirs in people)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
