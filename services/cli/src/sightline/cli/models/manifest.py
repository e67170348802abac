"""Writing `pack.toml`."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sightline.chassis.pack import MANIFEST, ModelFile, Pack


def model_file(folder: Path, role: str, name: str, source_sha256: str | None = None) -> ModelFile:
    """The entry of a weight file as it lies in the folder; without a source it is its own."""
    with (folder / name).open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return ModelFile(role=role, path=name, sha256=digest, source_sha256=source_sha256 or digest)


def write_manifest(pack: Pack, folder: Path) -> None:
    """Write the pack's manifest into its folder."""
    lines = _lines(pack.model_dump(mode="json", exclude_none=True))
    (folder / MANIFEST).write_text("\n".join(lines).lstrip() + "\n", encoding="utf-8")


def _lines(table: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """TOML of a table: plain values first, then tables and arrays of tables, as the language needs it."""
    # Strings, numbers, booleans and nested lists are written in JSON as they are in TOML.
    plain = {key: value for key, value in table.items() if not _is_table(value)}
    yield from (f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in plain.items())
    for key in (key for key in table if key not in plain):
        name, value = f"{prefix}{key}", table[key]
        opened = f"\n[[{name}]]" if isinstance(value, list) else f"\n[{name}]"
        for entry in value if isinstance(value, list) else [value]:
            yield opened
            yield from _lines(entry, f"{name}.")


def _is_table(value: object) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, dict) for item in value))
