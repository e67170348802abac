"""The licences of what is shipped: `python -m supply.licences` writes DEPENDENCIES.md anew.

Ends with 1 where a package has none that is known, or one that is not allowed.
"""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import TYPE_CHECKING

from supply.shipped import GPU, ROOT, SERVICES, bill, packages

if TYPE_CHECKING:
    from collections.abc import Iterable

DOCUMENT = ROOT / "DEPENDENCIES.md"
_POLICY = tomllib.loads((Path(__file__).parent / "licences.toml").read_text())
_HEAD = """# Dependencies

What others wrote and an installation gets, from `uv.lock`: `make licences` writes this file, and a test compares it.
`deploy/supply/licences.toml` says which licences may come in. What a single image has, with hashes and with the
libraries in C inside the wheels, is in its SBOM (`make sbom`). Weights have licences of their own, which
`deploy/models.toml` names.

| package | version | licence | in |
|---|---|---|---|
"""
_INSIDE = """
## Inside wheels

| wheel | has inside | under | and |
|---|---|---|---|
"""


def licences(names: Iterable[str]) -> dict[str, str]:
    """The SPDX expression of each package of which it is known."""
    found = {name: _POLICY["stated"].get(name) or _said(name) for name in names}
    return {name: licence for name, licence in found.items() if licence}


def _said(name: str) -> str | None:
    """What an installed package says itself, in SPDX's words."""
    try:
        told = metadata(name)
    except PackageNotFoundError:
        return None
    if expression := told.get("License-Expression"):
        return str(expression)
    trove = [line.split(" :: ")[-1] for line in told.get_all("Classifier", []) if line.startswith("License")]
    words = _POLICY["words"]
    known = [words[word] for word in [*trove, told.get("License") or ""] if word in words]
    return known[0] if known else told.get("License")


def is_allowed(licence: str, *, gpu_alone: bool = False) -> bool:
    """Whether each part of an expression has an alternative that may be shipped."""
    allowed = {*_POLICY["allowed"], *(_POLICY["gpu_only"] if gpu_alone else ())}
    parts = re.split(r"\s+AND\s+", licence.replace("(", "").replace(")", ""))
    return all(allowed & set(re.split(r"\s+OR\s+", part)) for part in parts)


def shipped() -> dict[tuple[str, str], list[str]]:
    """Where each package and version goes."""
    found: dict[tuple[str, str], list[str]] = {}
    images = [*SERVICES.items(), *((name, extras) for name, extras in GPU.items())]
    for service, extras in images:
        label = f"{service} (gpu)" if extras == ("gpu",) else service
        for package in packages(bill(service, extras)):
            found.setdefault(package, []).append(label)
    return dict(sorted(found.items()))


def refused(found: dict[tuple[str, str], list[str]]) -> list[str]:
    """A sentence for each package that may not be shipped as it is."""
    known = licences(name for name, _ in found)
    said = []
    for (name, version), places in found.items():
        licence = known.get(name)
        if licence is None:
            said.append(f"{name} {version} says no licence: read it, and state it in deploy/supply/licences.toml")
        elif not is_allowed(licence, gpu_alone=all("(gpu)" in place for place in places)):
            said.append(f"{name} {version} comes under {licence}, which deploy/supply/licences.toml does not allow")
    return said


def document(found: dict[tuple[str, str], list[str]]) -> str:
    """DEPENDENCIES.md."""
    known = licences(name for name, _ in found)
    rows = [f"| {name} | {ver} | {known[name]} | {', '.join(where)} |" for (name, ver), where in found.items()]
    inside = [
        f"| {wheel} | {told['parts']} | {told['licence']} | {told['and']} |"
        for wheel, told in _POLICY["inside"].items()
    ]
    return _HEAD + "\n".join(rows) + "\n" + _INSIDE + "\n".join(inside) + "\n"


def main() -> None:
    """Writes the document, or says what is wrong."""
    found = shipped()
    if wrong := refused(found):
        sys.exit("\n".join(wrong))
    DOCUMENT.write_text(document(found))


if __name__ == "__main__":
    main()
