"""What an import reads: a folder per person, a table of paths, or a file of templates."""

import csv
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from sightline.chassis.errors import FailedPrecondition, InvalidInput, NotFound, SightlineError
from sightline.chassis.ids import derived_id
from sightline.chassis.wire import put_floats
from sightline.cli.pictures import read_picture
from sightline.v1 import import_service_pb2 as import_pb

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".ppm"})
_EXTERNAL_ID = re.compile(r"[a-zA-Z0-9_.:\-]{1,255}")


@dataclass(frozen=True)
class Entry:
    """One face that is to be imported.

    Attributes:
        key: its name in reports: a path, or a place in a file.
        token: changes when the content does; says nothing about it.
        load: reads it. Raises InvalidInput or NotFound: why it cannot be sent.
    """

    key: str
    token: str
    load: Callable[[], import_pb.ImportItem]


def find_entries(path: Path, *, vectors: bool, embedder_id: str) -> Sequence[Entry]:
    """Give what there is to import, in a fixed order.

    Raises:
        NotFound: IMPORT_NOT_FOUND.
        InvalidInput: IMPORT_UNKNOWN, IMPORT_UNREADABLE, COLUMNS_MISSING or COLUMNS_DIFFER: the file is not one of
            those that an import reads.
        FailedPrecondition: EMBEDDER_UNKNOWN, PARQUET_UNAVAILABLE.
    """
    try:
        return _entries(path, vectors=vectors, embedder_id=embedder_id)
    except SightlineError:
        raise
    except Exception as error:  # what reads zip files, arrays and tables raises nearly anything on damaged ones
        message = f"{path} is damaged, or is something else than its name says; write it anew"
        raise InvalidInput("IMPORT_UNREADABLE", message) from error


def _entries(path: Path, *, vectors: bool, embedder_id: str) -> Sequence[Entry]:
    if not path.exists():
        raise NotFound("IMPORT_NOT_FOUND", f"there is no {path}; check the path")
    if path.is_dir():
        return _folder(path)
    match path.suffix.lower():
        case ".npz":
            return _templates(_npz(path), path, embedder_id)
        case ".parquet" if vectors:
            return _templates(_parquet(path), path, embedder_id)
        case ".parquet":
            return _table(_rows(_parquet(path)), path)
        case ".csv":
            with path.open(newline="", encoding="utf-8-sig") as file:
                return _table(list(csv.DictReader(file)), path)
    raise InvalidInput("IMPORT_UNKNOWN", f"{path} is no folder, .csv, .parquet or .npz; give one of these")


def _folder(root: Path) -> list[Entry]:
    files = sorted(file for file in root.glob("*/**/*") if file.suffix.lower() in PICTURES and file.is_file())
    return [_picture(file, file.relative_to(root).as_posix(), file.relative_to(root).parts[0], "") for file in files]


def _table(rows: Iterable[Mapping[str, Any]], path: Path) -> list[Entry]:
    entries = []
    for row in rows:
        if not row.get("path") or not row.get("person"):
            message = f"{path} has a row without path or person; it needs the columns path, person and, if wanted, "
            raise InvalidInput("COLUMNS_MISSING", f"{message}display_name")
        file = path.parent / str(row["path"])
        entries.append(_picture(file, str(row["path"]), str(row["person"]), str(row.get("display_name") or "")))
    return entries


def _picture(file: Path, key: str, person: str, display_name: str) -> Entry:
    try:
        seen = file.stat()
        token = derived_id(key, person, display_name, str(seen.st_size), str(seen.st_mtime_ns))
    except OSError:
        token = derived_id(key, person, display_name)

    def load() -> import_pb.ImportItem:
        image = read_picture(file)
        return import_pb.ImportItem(key=key, person=_known(person), display_name=display_name[:256], image=image)

    return Entry(key, token, load)


def _templates(columns: Mapping[str, Any], path: Path, embedder_id: str) -> list[Entry]:
    if not {"vectors", "persons"} <= columns.keys():
        raise InvalidInput("COLUMNS_MISSING", f"{path} needs `vectors` and `persons`, one of each for every face")
    embedder = embedder_id or str(columns.get("embedder_id", ""))
    if not embedder:
        raise FailedPrecondition(
            "EMBEDDER_UNKNOWN", "say who made the templates: --embedder, as `sightline watchlists get` shows it"
        )
    vectors, persons = np.asarray(columns["vectors"], "<f4"), [str(person) for person in columns["persons"]]
    names = [str(name) for name in columns.get("display_names", [""] * len(persons))]
    if vectors.ndim != 2 or not len(vectors) == len(persons) == len(names):  # noqa: PLR2004 - faces x numbers
        raise InvalidInput("COLUMNS_DIFFER", f"{path} has {vectors.shape} vectors for {len(persons)} persons")

    def load(row: int) -> import_pb.ImportItem:
        item = import_pb.ImportItem(key=str(row), person=_known(persons[row]), display_name=names[row][:256])
        # In its place: a message that is handed over is copied.
        template = item.template
        template.embedder_id = embedder
        put_floats(template, template.VECTOR_FIELD_NUMBER, vectors[row].tobytes())
        return item

    tokens = (derived_id(str(row), persons[row], vectors[row].tobytes()) for row in range(len(persons)))
    return [Entry(str(row), token, partial(load, row)) for row, token in enumerate(tokens)]


def _known(person: str) -> str:
    if not _EXTERNAL_ID.fullmatch(person):
        message = "the person's id has something else than letters, digits and _ . : - in it, or more than 255 of them"
        raise InvalidInput("PERSON_INVALID", f"{message}; rename it")
    return person


def _npz(path: Path) -> Mapping[str, Any]:
    # Opened here: where it is no zip file, numpy leaves open what it opened.
    with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def _parquet(path: Path) -> Mapping[str, Any]:
    try:
        # An extra, and large.
        parquet = import_module("pyarrow.parquet")
    except ImportError as error:
        raise FailedPrecondition(
            "PARQUET_UNAVAILABLE", "Parquet needs pyarrow: install `sightline-cli[parquet]`, or give a .csv or .npz"
        ) from error
    table = parquet.read_table(path)
    plural = {"vector": "vectors", "person": "persons", "display_name": "display_names"}
    columns = {name: _column(name, table.column(name)) for name in table.column_names}
    return columns | {plural[name]: column for name, column in columns.items() if name in plural}


def _column(name: str, column: Any) -> Any:
    """As a list; vectors as an array of faces x numbers, as each number would become an object of 24 bytes."""
    if name not in {"vector", "vectors"}:
        return column.to_pylist()
    lengths = {length for chunk in column.chunks for length in chunk.value_lengths().to_pylist()}
    if len(lengths) > 1:
        raise InvalidInput("COLUMNS_DIFFER", f"`{name}` has vectors of {len(lengths)} different lengths; give all one")
    numbers = [chunk.flatten().to_numpy(zero_copy_only=False).astype("<f4", copy=False) for chunk in column.chunks]
    return np.concatenate(numbers).reshape(len(column), -1) if numbers else []


def _rows(columns: Mapping[str, Any]) -> list[dict[str, Any]]:
    wanted = [name for name in ("path", "person", "display_name") if name in columns]
    return [dict(zip(wanted, values, strict=True)) for values in zip(*(columns[name] for name in wanted), strict=True)]
