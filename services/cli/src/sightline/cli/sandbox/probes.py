"""The probe set: pictures of people who are looked for, from a folder or a list."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sightline.chassis.errors import InvalidInput, NotFound
from sightline.cli.import_sources import PICTURES


@dataclass(frozen=True)
class Probe:
    """One picture; its largest face is searched for.

    Attributes:
        key: its name in the results: the path as the list has it, or within the folder.
        path: of the file.
    """

    key: str
    path: Path


def read_probes(path: Path) -> list[Probe]:
    """Give the probes of a folder, or of a CSV file with the column `path`; who they are is not read.

    Raises:
        NotFound: FILE_NOT_FOUND.
        InvalidInput: PROBES_MISSING, COLUMNS_MISSING.
    """
    if not path.exists():
        raise NotFound("FILE_NOT_FOUND", f"there is no {path}: name a folder or a CSV file")
    probes = _folder(path) if path.is_dir() else list(_table(path))
    if not probes:
        raise InvalidInput("PROBES_MISSING", f"{path} has no picture: give at least one probe")
    return probes


def _folder(root: Path) -> list[Probe]:
    files = sorted(file for file in root.rglob("*") if file.suffix.lower() in PICTURES and file.is_file())
    return [Probe(file.relative_to(root).as_posix(), file) for file in files]


def _table(path: Path) -> Iterator[Probe]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                if not row.get("path"):
                    raise InvalidInput("COLUMNS_MISSING", f"{path} has a row without a path; it needs a column of them")
                yield Probe(row["path"], path.parent / row["path"])
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput("PROBES_MISSING", f"{path} cannot be read as a CSV file: {error}; correct it") from error
