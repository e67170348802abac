"""What to ask OSV about a component of an SBOM."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator

_EPOCHS = tomllib.loads((Path(__file__).parent / "libraries.toml").read_text())["epochs"]
_PURL = re.compile(r"pkg:(?P<kind>[a-z]+)/(?P<name>[^@?#]+)@(?P<version>[^?#]+)")


def questions(part: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Queries of OSV's API, none where it knows no such kind of thing; one for each address of a project."""
    tags = [each["value"] for each in part.get("properties", ()) if each["name"] == "sightline:tag"]
    for reference in part.get("externalReferences", ()) if tags else ():
        yield _question("GIT", reference["url"], tags[0])
    purl = _PURL.match(part.get("purl", ""))
    if purl is None:
        return
    name, version = unquote(purl["name"]), unquote(purl["version"])
    if purl["kind"] == "cargo":
        yield _question("crates.io", name, version)
    elif purl["kind"] == "github":
        yield _question("GIT", f"https://github.com/{name}", version)
    elif release := re.search(r"\.el(\d+)", version):
        package = name.removeprefix("almalinux/")
        epoch = f"{_EPOCHS[package]}:" if package in _EPOCHS else ""
        yield _question(f"AlmaLinux:{release[1]}", package, epoch + version)


def _question(ecosystem: str, name: str, version: str) -> dict[str, Any]:
    return {"package": {"ecosystem": ecosystem, "name": name}, "version": version}
