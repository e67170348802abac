"""Labelled pictures: files of which is known whose face they show, in a folder for each person or in other layouts."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sightline.chassis.errors import InvalidInput

Box = tuple[float, float, float, float]
"""Left, top, width, height in pixels of the upright picture."""


@dataclass(frozen=True)
class Labelled:
    """One face in one picture file.

    Attributes:
        path: of the file.
        person: whose face it is.
        sha256: of the file's bytes.
        labels: what else the data set says of it, by column.
        box: where the face is; None: it is the largest.
        template: pictures with one template are fused into one, as those of a track are; "" for one by itself.
    """

    path: Path
    person: str
    sha256: str
    labels: Mapping[str, str] = field(default_factory=dict)
    box: Box | None = None
    template: str = ""

    @property
    def key(self) -> str:
        """What its template is kept under: the file, and which face in it."""
        return self.sha256 if self.box is None else f"{self.sha256}@{','.join(f'{side:g}' for side in self.box)}"


def read_folder(folder: Path) -> list[Labelled]:
    """Find the pictures of a labelled folder; the same file twice counts once.

    Raises:
        InvalidInput: LABELS_MISSING, there are no folders in it; LABELS_CONTRADICT, a file is of two people.
    """
    paths = [path for path in sorted(folder.glob("*/*")) if not path.name.startswith(".") and path.is_file()]
    found = without_repeats(Labelled(path, path.parent.name, sha256_of(path)) for path in paths)
    if not found:
        message = f"{folder} has no folders with pictures in them: make one folder for each person."
        raise InvalidInput("LABELS_MISSING", message)
    return found


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hex. Raises OSError."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def without_repeats(pictures: Iterable[Labelled]) -> list[Labelled]:
    """Give each face once. Raises InvalidInput LABELS_CONTRADICT, one is of two people."""
    found: dict[str, Labelled] = {}
    for picture in pictures:
        other = found.setdefault(picture.key, picture)
        if other.person != picture.person:
            message = f"{picture.path} and {other.path} are the same file under two people: remove one."
            raise InvalidInput("LABELS_CONTRADICT", message)
    return list(found.values())


def by_person(pictures: Iterable[Labelled]) -> dict[str, list[Labelled]]:
    """Sort them by person."""
    people: dict[str, list[Labelled]] = {}
    for picture in pictures:
        people.setdefault(picture.person, []).append(picture)
    return people


def dataset_hash(people: Iterable[Sequence[Labelled]]) -> str:
    """SHA-256 over the pictures' hashes by person, the same whatever people and files are called; no names in it."""
    lines = sorted(" ".join(sorted(picture.key for picture in theirs)) for theirs in people)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
