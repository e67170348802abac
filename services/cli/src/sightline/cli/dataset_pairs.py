"""Pairs of pictures that a data set compares itself: LFW's `pairs.txt`, or a CSV file of one's own."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sightline.chassis.errors import InvalidInput
from sightline.cli.evaluation.pair_protocol import FOLDS
from sightline.cli.labelled import Labelled

PAIRS = "pairs.txt"
_SAME_FIELDS, _OTHER_FIELDS = 3, 4
_NUMBERS = ("0", "1")


@dataclass(frozen=True)
class Pair:
    """Two pictures that the data set compares, by the keys of their templates."""

    first: str
    second: str
    same: bool
    fold: int


def lfw_pairs(path: Path, pictures: Sequence[Labelled]) -> Iterator[Pair]:
    """Read LFW's list: in each fold as many pairs of one person as of two, a line for each.

    The first line is the number of folds and of pairs in each half of one; of `pairsDevTest.txt` the latter alone.

    Raises:
        InvalidInput: PAIRS_INVALID, with the line and what is wrong with it.
    """
    keys = {(picture.person, picture.path.stem): picture.key for picture in pictures}
    lines = [(at, line.split()) for at, line in enumerate(_lines(path), 1) if line.strip()]
    folds, each = _sizes(path, lines[0][1] if lines else [])
    if len(lines) - 1 != folds * each * 2:
        raise _invalid(path, f"{folds} folds of 2 x {each} pairs are not {len(lines) - 1} lines; fetch it again")
    for place, (at, fields) in enumerate(lines[1:]):
        if len(fields) not in (_SAME_FIELDS, _OTHER_FIELDS):
            raise _invalid(path, f"line {at}, {' '.join(fields)!r}, names no pair; correct it")
        is_same = len(fields) == _SAME_FIELDS
        ends = [fields[:2], [fields[0], fields[2]] if is_same else fields[2:]]
        found = [_key(path, at, keys, *end) for end in ends]
        yield Pair(found[0], found[1], ends[0][0] == ends[1][0], place // (2 * each))


def csv_pairs(
    rows: Iterable[Mapping[str, str]], path: Path, root: Path, pictures: Sequence[Labelled]
) -> Iterator[Pair]:
    """Read `path_a, path_b, same` and maybe `fold`, with paths relative to `root`.

    Raises:
        InvalidInput: PAIRS_INVALID.
    """
    keys = {picture.path.resolve(): picture.key for picture in pictures}
    for place, row in enumerate(rows):
        if not {"path_a", "path_b", "same"} <= row.keys():
            raise _invalid(path, "it needs the columns path_a, path_b and same (1 or 0)")
        fold = row.get("fold") or str(place % FOLDS)
        if row["same"] not in _NUMBERS or not fold.isdigit():
            raise _invalid(path, f"row {place + 1}: same is 1 or 0, and fold a number; correct it")
        names = [row["path_a"], row["path_b"]]
        found = [keys.get((root / name).resolve(), "") for name in names]
        if not all(found):
            raise _invalid(path, f"row {place + 1}: the data set does not have {names[found.index('')]}; correct it")
        yield Pair(found[0], found[1], row["same"] == "1", int(fold))


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise _invalid(path, f"it cannot be read: {error}") from error


def _sizes(path: Path, fields: Sequence[str]) -> tuple[int, int]:
    if len(fields) not in (1, 2) or not all(field.isdigit() and int(field) for field in fields):
        raise _invalid(path, "its first line is the number of folds and of pairs, as `10 300`; fetch it again")
    return (int(fields[0]), int(fields[1])) if len(fields) > 1 else (1, int(fields[0]))


def _key(path: Path, at: int, keys: Mapping[tuple[str, str], str], person: str, number: str) -> str:
    if not number.isdigit():
        raise _invalid(path, f"line {at}: {number!r} is no number of a picture; correct it")
    name = f"{person}_{int(number):04d}"
    if (person, name) not in keys:
        message = f"line {at} names {person}/{name}, which is not in {path.parent}: put LFW's folders of people there"
        raise _invalid(path, message)
    return keys[person, name]


def _invalid(path: Path, what: str) -> InvalidInput:
    return InvalidInput("PAIRS_INVALID", f"{path}: {what}")
