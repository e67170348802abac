"""What lies in an installed wheel beside Python: libraries in C, and what the wheel's own SBOMs tell."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Component = dict[str, Any]
_TABLE = tomllib.loads((Path(__file__).parent / "libraries.toml").read_text())
LIBRARIES: list[dict[str, Any]] = _TABLE["libraries"]
_NAMED = {library["name"].lower(): library for library in LIBRARIES}
# Built together with one that has a mark.
_PARTS = {file for library in LIBRARIES for file in library.get("also", ())}
_LIBRARY = re.compile(r"\.so(\.\d+)*$")


def native_parts(package: str) -> list[Component]:
    """Components of an installed package, each once; empty where it is not installed here."""
    try:
        wheel = distribution(package)
    except PackageNotFoundError:
        return []
    found = [*_told(wheel), *_linked(wheel)]
    return list({part["bom-ref"]: part for part in found}.values())


def _told(wheel: Distribution) -> Iterator[Component]:
    """What its SBOMs say, but for the wheel itself and its makers' own folders."""
    for file in wheel.files or ():
        if ".dist-info/sboms/" not in file.as_posix():
            continue
        for part in json.loads(file.read_text()).get("components", ()):
            purl = part.get("purl") or ""
            if purl.startswith("pkg:pypi/") or "download_url=file:" in purl:
                continue
            kept = {key: part[key] for key in ("name", "version", "purl", "licenses", "hashes") if part.get(key)}
            yield _known({"type": "library", "bom-ref": _ref(wheel, part), **kept}, wheel)


def _ref(wheel: Distribution, part: Component) -> str:
    return f"{wheel.name}/{part['name']}@{part.get('version') or 'unknown'}"


def _linked(wheel: Distribution) -> Iterator[Component]:
    """Each library file with its hash; what it is and of which version where a mark in it says so."""
    for file in wheel.files or ():
        if not _LIBRARY.search(file.name):
            continue
        content = Path(str(file.locate())).read_bytes()
        parts = [*_marked(file.name, content)]
        if not parts and not file.parts[0].endswith(".libs"):
            continue
        stem = re.split(r"[-.]", file.name)[0]
        if not parts and stem in _PARTS:
            continue
        for name, version in parts or [(stem, None)]:
            yield _known(_component(wheel, file.as_posix(), name, version, content), wheel)


def _marked(file: str, content: bytes) -> Iterator[tuple[str, str]]:
    for library in LIBRARIES:
        if "file" not in library or not file.startswith(library["file"]):
            continue
        if found := re.search(library["mark"].encode(), content):
            yield library["name"], found[1].decode()


def _component(wheel: Distribution, file: str, name: str, version: str | None, content: bytes) -> Component:
    return {
        "type": "library",
        "bom-ref": f"{wheel.name}/{file}#{name}",
        "name": name,
        **({"version": version, "purl": f"pkg:generic/{name.lower()}@{version}"} if version else {}),
        "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(content).hexdigest()}],
        "properties": [{"name": "sightline:file", "value": file}],
    }


def _known(part: Component, wheel: Distribution) -> Component:
    """With the wheel that it came in, and where a vulnerability database knows it from."""
    part.setdefault("properties", []).append({"name": "sightline:wheel", "value": f"{wheel.name} {wheel.version}"})
    version = part.get("version")
    # libjpeg-turbo goes by two names in one.
    library = _NAMED.get(part["name"].lower().removeprefix("libjpeg / "))
    # A distribution mends an old version and keeps its number: its own advisories know, upstream's do not.
    if library and version and part.get("purl", "pkg:generic/").startswith("pkg:generic/"):
        part["cpe"] = f"cpe:2.3:a:{library['cpe']}:{version}:*:*:*:*:*:*:*"
        part["properties"].append({"name": "sightline:tag", "value": library["tag"].format(version)})
        part["externalReferences"] = [{"type": "vcs", "url": url} for url in library["repositories"]]
    return part
