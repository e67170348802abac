"""What an import reads."""

from __future__ import annotations

import sys

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from sightline.chassis.errors import FailedPrecondition, InvalidInput, NotFound
from sightline.cli.import_sources import find_entries

EMBEDDER = "a" * 26


def entries(path, *, vectors=False, embedder_id=""):
    """What there is in it."""
    return find_entries(path, vectors=vectors, embedder_id=embedder_id)


def test_a_folder_per_person(tmp_path):
    """The folder's name is the person, pictures in folders below count, other files do not; the order is fixed."""
    for name in ("ben/2.PNG", "ann/1.jpg", "ann/deep/3.webp", "ann/notes.txt", "loose.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    found = entries(tmp_path)
    assert [entry.key for entry in found] == ["ann/1.jpg", "ann/deep/3.webp", "ben/2.PNG"]
    items = [entry.load() for entry in found]
    assert [item.person for item in items] == ["ann", "ann", "ben"]
    assert items[2].image.encoded == b"ben/2.PNG"


def test_a_picture_that_changes_is_another_entry(tmp_path):
    """What was imported before is known by path, person, size and time; tokens hold none of them readably."""
    (tmp_path / "ann").mkdir()
    (tmp_path / "ann" / "1.jpg").write_bytes(b"one")
    [before], [same] = entries(tmp_path), entries(tmp_path)
    (tmp_path / "ann" / "1.jpg").write_bytes(b"another")
    [after] = entries(tmp_path)
    assert before.token == same.token != after.token
    assert "ann" not in before.token


def test_a_table_of_paths(tmp_path):
    """Paths are relative to the table; a file that is missing is an entry that cannot be sent."""
    (tmp_path / "x.jpg").write_bytes(b"x")
    (tmp_path / "people.csv").write_text("﻿path,person,display_name\nx.jpg,P-1,Ann\nabsent.jpg,P-2,\n", encoding="utf-8")
    one, two = entries(tmp_path / "people.csv")
    assert (one.load().person, one.load().display_name) == ("P-1", "Ann")
    with pytest.raises(NotFound, match="FILE_NOT_FOUND"):
        two.load()


def test_templates_in_a_numpy_file(tmp_path):
    """Rows of `vectors` belong to rows of `persons`; the embedder stands in the file or is given."""
    vectors = np.eye(3, 4, dtype=np.float32)
    np.savez(tmp_path / "a.npz", vectors=vectors, persons=["p", "q", "q"], embedder_id=EMBEDDER)
    items = [entry.load() for entry in entries(tmp_path / "a.npz")]
    assert [item.person for item in items] == ["p", "q", "q"]
    assert list(items[1].template.vector) == [0, 1, 0, 0]
    assert {item.template.embedder_id for item in items} == {EMBEDDER}
    np.savez(tmp_path / "b.npz", vectors=vectors, persons=["p", "q", "q"])
    assert entries(tmp_path / "b.npz", embedder_id="b" * 26)[0].load().template.embedder_id == "b" * 26


@pytest.mark.parametrize(
    ("arrays", "error", "reason"),
    [
        ({"vectors": np.eye(2)}, InvalidInput, "COLUMNS_MISSING"),
        ({"vectors": np.eye(2), "persons": ["p"], "embedder_id": EMBEDDER}, InvalidInput, "COLUMNS_DIFFER"),
        ({"vectors": np.eye(2), "persons": ["p", "q"]}, FailedPrecondition, "EMBEDDER_UNKNOWN"),
    ],
)
def test_templates_that_are_not_told_apart(tmp_path, arrays, error, reason):
    """A file without persons, with other numbers of them, or of an unknown embedder is refused as a whole."""
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(error, match=reason):
        entries(tmp_path / "a.npz")


def test_what_is_no_import(tmp_path):
    """Another kind of file, a table without the columns, and a path where nothing is have their reasons."""
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "a.csv").write_text("file,name\nx,y\n")
    with pytest.raises(InvalidInput, match="IMPORT_UNKNOWN"):
        entries(tmp_path / "a.txt")
    with pytest.raises(InvalidInput, match="COLUMNS_MISSING"):
        entries(tmp_path / "a.csv")
    with pytest.raises(NotFound, match="IMPORT_NOT_FOUND"):
        entries(tmp_path / "absent")


def test_parquet_without_its_extra(tmp_path, monkeypatch):
    """Where pyarrow is missing the command says how to get it."""
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    with pytest.raises(FailedPrecondition, match="sightline-cli\\[parquet\\]"):
        entries(tmp_path / "a.parquet")


def test_parquet_with_its_extra(tmp_path):
    """With pyarrow, tables of paths and of templates are read as the others are."""
    parquet.write_table(pa.table({"path": ["x.jpg"], "person": ["P"]}), tmp_path / "paths.parquet")
    assert [entry.key for entry in entries(tmp_path / "paths.parquet")] == ["x.jpg"]
    table = pa.table({"vector": [[1.0, 0.0], [0.0, 1.0]], "person": ["p", "q"]})
    parquet.write_table(table, tmp_path / "faces.parquet")
    found = entries(tmp_path / "faces.parquet", vectors=True, embedder_id=EMBEDDER)
    assert [list(entry.load().template.vector) for entry in found] == [[1, 0], [0, 1]]
    kinds = (
        pa.list_(pa.float64()),
        pa.large_list(pa.float32()),
        pa.list_(pa.float16(), 2),
    )
    for kind in kinds:
        column = pa.chunked_array([pa.array(rows, kind) for rows in ([[1.0, 0.0]], [], [[0.5, -1.0]])])
        parquet.write_table(pa.table({"vector": column, "person": ["p", "q"]}), tmp_path / "kinds.parquet")
        found = entries(tmp_path / "kinds.parquet", vectors=True, embedder_id=EMBEDDER)
        assert [list(entry.load().template.vector) for entry in found] == [[1, 0], [0.5, -1]]


@pytest.mark.parametrize("vectors", [[[1.0], [0.0, 1.0, 0.0]], [[1.0, 0.0], None]])
def test_parquet_with_vectors_of_several_lengths(tmp_path, vectors):
    """Vectors of which one is shorter, or missing, are refused, also where their numbers would make other rows."""
    parquet.write_table(pa.table({"vector": vectors, "person": ["p", "q"]}), tmp_path / "faces.parquet")
    with pytest.raises(InvalidInput, match="COLUMNS_DIFFER"):
        entries(tmp_path / "faces.parquet", vectors=True, embedder_id=EMBEDDER)
