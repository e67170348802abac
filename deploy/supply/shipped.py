"""What an installation gets, by service, as uv.lock has it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from packaging.markers import Marker

ROOT = Path(__file__).resolve().parents[2]
SERVICES = {
    "ingest": ("s3",),
    "detect": ("cpu",),
    "embed": ("cpu",),
    "match": (),
    "notify": ("apprise",),
    "gateway": ("s3",),
    "cli": ("demo", "parquet"),
}
"""Each image, with the extras that it may be built with; `GPU` is the other way to build two of them."""
GPU = {"detect": ("gpu",), "embed": ("gpu",)}


def bill(service: str, extras: tuple[str, ...]) -> dict[str, Any]:
    """The CycloneDX document that uv makes of the lock: packages, their files' hashes, and who needs whom."""
    words = ["--package", f"sightline-{service}", *(f"--extra={extra}" for extra in extras)]
    command = ["uv", "export", "--quiet", "--frozen", "--offline", "--no-dev", "--format", "cyclonedx1.5", *words]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return dict(json.loads(told.stdout))


def packages(bill_of_one: dict[str, Any]) -> list[tuple[str, str]]:
    """Name and version of what others wrote in it; some have one for old Pythons and one for new ones."""
    parts = bill_of_one["components"]
    return [(part["name"], part["version"]) for part in parts if part.get("purl", "").startswith("pkg:pypi/")]


def for_this_python(made: dict[str, Any]) -> dict[str, Any]:
    """The document without what the lock has for other Pythons and systems than this one."""

    def holds(part: dict[str, Any]) -> bool:
        said = {each["name"]: each["value"] for each in part.get("properties", ())}
        return "uv:package:marker" not in said or Marker(said["uv:package:marker"]).evaluate()

    left = [part for part in made["components"] if holds(part)]
    refs = {part["bom-ref"] for part in left} | {made["metadata"]["component"]["bom-ref"]}
    needs = [
        {**each, "dependsOn": [ref for ref in each.get("dependsOn", ()) if ref in refs]}
        for each in made["dependencies"]
        if each["ref"] in refs
    ]
    return {**made, "components": left, "dependencies": needs}
