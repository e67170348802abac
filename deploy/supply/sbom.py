"""The SBOM of each image: `python -m supply.sbom FOLDER [SERVICE…]` writes FOLDER/<service>.cdx.json (CycloneDX 1.5).

uv tells of the packages in uv.lock, with the hashes of their files; what it has for other Pythons and systems than
those of this environment is left out. To these come the libraries in C inside the wheels
that are installed here, the licences, and for the command the files of the model packs that it fetches.
"""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from supply.licences import licences
from supply.shipped import ROOT, SERVICES, bill, for_this_python, packages
from supply.wheel import native_parts

if TYPE_CHECKING:
    from collections.abc import Iterator


def complete(service: str, extras: tuple[str, ...]) -> dict[str, Any]:
    """The document of one service."""
    made = for_this_python(bill(service, extras))
    _say_licences(made)
    for package, _ in packages(made):
        _add(made, package, native_parts(package))
    if service == "cli":
        made["components"] += models()
    return made


def _say_licences(made: dict[str, Any]) -> None:
    known = licences(name for name, _ in packages(made))
    for part in made["components"]:
        if licence := known.get(part["name"]):
            part["licenses"] = [{"expression": licence}]


def _add(made: dict[str, Any], package: str, parts: list[dict[str, Any]]) -> None:
    made["components"] += parts
    [ref] = [part["bom-ref"] for part in made["components"] if part["name"] == package and "purl" in part][:1]
    for needs in made["dependencies"]:
        if needs["ref"] == ref and parts:
            needs["dependsOn"] = [*needs.get("dependsOn", ()), *(part["bom-ref"] for part in parts)]


def models() -> list[dict[str, Any]]:
    """Every file of weights that deploy/models.toml names, by its hash; none is in an image."""
    packs = tomllib.loads((ROOT / "deploy" / "models.toml").read_text())["packs"]
    return [_weights(pack, file) for pack in packs for file in _files(pack) if file["sha256"] != "unknown"]


def _files(table: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What has a hash, however deep it stands."""
    if "sha256" in table:
        yield table
    for inner in table.values():
        for one in inner if isinstance(inner, list) else [inner]:
            if isinstance(one, dict):
                yield from _files(one)


def _weights(pack: dict[str, Any], file: dict[str, Any]) -> dict[str, Any]:
    name = file.get("path") or file["filename"]
    return {
        "type": "machine-learning-model" if name.endswith((".onnx", ".lz4", ".dat")) else "file",
        "bom-ref": f"models/{pack['name']}/{name}",
        "name": name,
        "version": pack["version"],
        "hashes": [{"alg": "SHA-256", "content": file["sha256"]}],
        # Not every licence of weights is one that SPDX knows.
        "licenses": [{"license": {"name": file.get("licence", pack["licence"])}}],
        "properties": [{"name": "sightline:pack", "value": pack["name"]}],
    }


def main(folder: Path, *services: str) -> None:
    """Writes those of the named services, or all."""
    folder.mkdir(parents=True, exist_ok=True)
    for service in services or SERVICES:
        made = complete(service, SERVICES[service])
        (folder / f"{service}.cdx.json").write_text(json.dumps(made, indent=1))
        sys.stdout.write(f"{folder / service}.cdx.json: {len(made['components'])} components\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
