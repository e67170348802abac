"""Data sets with labels, in the layouts in which they are published.

- A folder with one folder for each person; with LFW's `pairs.txt` in it, its protocol of ten folds, too. Videos and
  folders of pictures in a person's folder are tracks, as those of YouTube Faces are.
- A CSV file with a header: `path` and `identity`, and any other columns; `left, top, width, height` (pixels) say which
  face is meant, `template` which pictures belong together, `track` which are one appearance. Of a video `begin` and
  `end` say when the person is seen, or `time` (all seconds) at which moment a box is right. The names that the IJB sets
  use are understood, too.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sightline.chassis.errors import InvalidInput, NotFound
from sightline.cli.dataset_pairs import PAIRS, Pair, csv_pairs, lfw_pairs
from sightline.cli.labelled import Box, Labelled, Span, is_video, read_folder, sha256_of, without_repeats

# Names of columns: ours first, then those of IJB-A, -B and -C.
_PATH = ("path", "filename", "file")
_IDENTITY = ("identity", "person", "subject_id")
_TEMPLATE = ("template", "template_id")
_TRACK = ("track", "track_id")
_BOXES = (("left", "top", "width", "height"), ("face_x", "face_y", "face_width", "face_height"))
# Lists of the IJB sets lie so many folders below the one in which the pictures are, or below one with `images`.
_ABOVE = 4


@dataclass(frozen=True)
class Dataset:
    """Labelled pictures, and the pairs that are named, if any; `unlabelled` rows had no identity and are left out."""

    name: str
    pictures: Sequence[Labelled]
    pairs: Sequence[Pair] = ()
    unlabelled: int = 0


def read_dataset(path: Path, where: Mapping[str, str] | None = None, pairs: Path | None = None) -> Dataset:
    """Read a data set in any of the layouts; see the module.

    Args:
        path: a folder, a CSV file, or LFW's pairs.txt with the folders of people beside it.
        where: of a CSV file only the rows with these values, by column.
        pairs: a CSV file of `path_a, path_b, same` and maybe `fold`, with paths as in the data set.

    Raises:
        NotFound: FILE_NOT_FOUND.
        InvalidInput: LABELS_MISSING, LABELS_CONTRADICT, COLUMN_MISSING, PAIRS_INVALID.
    """
    if path.name == PAIRS:
        path = path.parent
    if not path.exists():
        raise NotFound("FILE_NOT_FOUND", f"there is no {path}: name a folder or a CSV file")
    if path.is_dir():
        dataset = Dataset(path.resolve().name, read_folder(path))
        listed = path / PAIRS
        named = tuple(lfw_pairs(listed, dataset.pictures)) if listed.is_file() else ()
        root = path
    else:
        (dataset, root), named = _read_manifest(path, where or {}), ()
    if pairs is not None:
        named = tuple(csv_pairs(read_rows(pairs), pairs, root, dataset.pictures))
    return Dataset(dataset.name, dataset.pictures, named, dataset.unlabelled)


def parsed_where(conditions: Iterable[str]) -> dict[str, str]:
    """Read conditions as `column=value`. Raises InvalidInput CONDITION_INVALID."""
    parts = [condition.partition("=") for condition in conditions]
    for column, sign, _ in parts:
        if not (column and sign):
            raise InvalidInput("CONDITION_INVALID", f"{column!r} is no condition: write it as column=value")
    return {column: value for column, _, value in parts}


def _read_manifest(path: Path, where: Mapping[str, str]) -> tuple[Dataset, Path]:
    rows = list(read_rows(path))
    columns = list(rows[0]) if rows else []
    paths, identities = _column(columns, _PATH, path), _column(columns, _IDENTITY, path)
    for column in where:
        _column(columns, (column,), path)
    chosen = [row for row in rows if all(row[column] == value for column, value in where.items())]
    labelled = [row for row in chosen if row[identities]]
    hashes: dict[Path, str] = {}
    root = _root(path, [row[paths] for row in labelled])
    pictures = without_repeats(_picture(row, root / row[paths], row[identities], hashes) for row in labelled)
    if not pictures:
        raise InvalidInput("LABELS_MISSING", f"{path} has no row with a value under {identities}: fill it in.")
    return Dataset(path.resolve().parent.name, pictures, (), len(chosen) - len(labelled)), root


def _root(path: Path, names: Sequence[str]) -> Path:
    """Give the folder to which the paths of the list are relative.

    Raises:
        NotFound: FILE_NOT_FOUND, in none of those folders are all of them.
    """
    above = [path.parent, *list(path.resolve().parents)[1 : 1 + _ABOVE]]
    places = [folder for parent in above for folder in (parent, parent / "images")]
    root = next((place for place in places if names and (place / names[0]).is_file()), path.parent)
    missing = [name for name in names if not (root / name).is_file()]
    if missing:
        raise NotFound(
            "FILE_NOT_FOUND",
            f"{len(missing)} of {len(names)} files that {path} names are not there, the first is {root / missing[0]}: "
            "paths are relative to the list's folder, to one above it, or to `images` in one of these; correct the "
            "list, or put the files there",
        )
    return root


def read_rows(path: Path) -> Iterator[dict[str, str]]:
    """Read a CSV file with a header. Raises InvalidInput LABELS_MISSING, it cannot be read as one."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            yield from ({str(name): value or "" for name, value in row.items()} for row in csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput("LABELS_MISSING", f"{path} cannot be read as a CSV file: {error}; correct it") from error


def _column(columns: Sequence[str], names: Sequence[str], path: Path) -> str:
    found = _named(columns, names)
    if found is None:
        raise InvalidInput("COLUMN_MISSING", f"{path} has no column {names[0]}; it has {', '.join(columns) or 'none'}")
    return found


def _named(columns: Iterable[str], names: Sequence[str]) -> str | None:
    known = {column.lower(): column for column in columns}
    return next((known[name] for name in (each.lower() for each in names) if name in known), None)


def _picture(row: Mapping[str, str], path: Path, person: str, hashes: dict[Path, str]) -> Labelled:
    if path not in hashes:
        try:
            hashes[path] = sha256_of(path)
        except OSError as error:
            raise NotFound("FILE_NOT_FOUND", f"{path} cannot be read ({error.strerror}); correct the list") from error
    box, span = _box(row, path), _span(row, path) if is_video(path) else None
    if is_video(path) and box and not (span and span[0] == span[1]):
        raise InvalidInput(
            "TIME_MISSING", f"{path}: a box is right at one moment of a video: give it as time (seconds)"
        )
    template, track = _value(row, _TEMPLATE), _value(row, _TRACK)
    if is_video(path) and not track:
        track = str(path) if span is None else f"{path} from {span[0]:g} s"
    return Labelled(path, person, hashes[path], row, box, template, track, span)


def _value(row: Mapping[str, str], names: Sequence[str]) -> str:
    column = _named(row, names)
    return row[column] if column else ""


def _span(row: Mapping[str, str], path: Path) -> Span | None:
    said = {name: _value(row, (name,)) for name in ("time", "begin", "end")}
    try:
        seconds = {name: float(value) for name, value in said.items() if value}
    except ValueError as error:
        raise InvalidInput("TIME_INVALID", f"{path}: {', '.join(said)} are seconds: {error}") from error
    if "time" in seconds:
        return seconds["time"], seconds["time"]
    span = seconds.get("begin", 0.0), seconds.get("end", float("inf"))
    if not span[0] < span[1]:
        raise InvalidInput("TIME_INVALID", f"{path}: it ends at {span[1]:g} s, and begins at {span[0]:g} s; correct it")
    return span if seconds else None


def _box(row: Mapping[str, str], path: Path) -> Box | None:
    for names in _BOXES:
        columns = [_named(row, (name,)) for name in names]
        # `width` and `height` alone are the picture's size.
        if None in columns or not all(row[str(column)] for column in columns):
            continue
        try:
            left, top, width, height = (float(row[str(column)]) for column in columns)
        except ValueError as error:
            raise InvalidInput("BOX_INVALID", f"{path}: {', '.join(names)} are numbers of pixels: {error}") from error
        return left, top, width, height
    return None
