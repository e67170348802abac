"""Labelled pictures: files of which is known whose face they show, in a folder for each person or in other layouts."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sightline.chassis.errors import InvalidInput

Box = tuple[float, float, float, float]
"""Left, top, width, height in pixels of the upright picture."""
Span = tuple[float, float]
"""From and to which second of a video; one moment where both are the same."""
VIDEOS = frozenset((".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpg", ".ts", ".webm"))
"""What names of video files end with."""


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
        track: pictures of one track are one appearance, of which one picture counts, as of a passer-by; "" for one by
            itself.
        span: of a video, from and to which second the person is seen; None: in all of it.
    """

    path: Path
    person: str
    sha256: str
    labels: Mapping[str, str] = field(default_factory=dict)
    box: Box | None = None
    template: str = ""
    track: str = ""
    span: Span | None = None

    @property
    def key(self) -> str:
        """What its template is kept under: the file, and which face in it."""
        place = "" if self.box is None else f"@{','.join(f'{side:g}' for side in self.box)}"
        time = "" if self.span is None else f"#{self.span[0]:g}-{self.span[1]:g}"
        return f"{self.sha256}{time}{place}"


def read_folder(folder: Path) -> list[Labelled]:
    """Find the pictures of a labelled folder; the same file twice counts once.

    A video in a person's folder is a track of theirs, and so is a folder of pictures in it.

    Raises:
        InvalidInput: LABELS_MISSING, there are no folders in it; LABELS_CONTRADICT, a file is of two people.
    """
    parts = {path: path.relative_to(folder).parts for path in (*folder.glob("*/*"), *folder.glob("*/*/*"))}
    paths = [path for path in sorted(parts) if path.is_file() and not any(part[0] == "." for part in parts[path])]
    found = without_repeats(
        Labelled(path, parts[path][0], sha256_of(path), track=_track_of(path, parts[path])) for path in paths
    )
    if not found:
        message = f"{folder} has no folders with pictures in them: make one folder for each person."
        raise InvalidInput("LABELS_MISSING", message)
    return found


def is_video(path: Path) -> bool:
    """Say whether the file's name ends as a video's does."""
    return path.suffix.lower() in VIDEOS


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


def _track_of(path: Path, parts: Sequence[str]) -> str:
    is_track = len(parts) > 2 or is_video(path)  # noqa: PLR2004 - the person's folder, and the picture
    return "/".join(parts[1:] if is_video(path) else parts[1:-1]) if is_track else ""
