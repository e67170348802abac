"""The gate for known vulnerabilities: `python -m supply.audit FOLDER` asks OSV about everything that is shipped.

`uv audit` asks about the packages of uv.lock. About what lies inside their wheels, such as PyAV's FFmpeg, this asks by
the SBOMs in FOLDER, which `make sbom` wrote. Ends with 1 where something is found that accepted.toml does not accept,
and with 2 where the database cannot be asked: what was not looked at has not passed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from supply.questions import questions
from supply.shipped import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    Component = dict[str, Any]

OSV = "https://api.osv.dev"
ACCEPTED = Path(__file__).parent / "accepted.toml"
_BATCH = 500
_UNREACHABLE = 2


def accepted(path: Path) -> set[str]:
    """Ids that may be there until their day. Nothing is accepted for ever."""
    rows = tomllib.loads(path.read_text()).get("accepted", [])
    return {row["id"] for row in rows if row["reason"] and row["until"] >= datetime.now(UTC).date()}


def ask_packages(database: str, ids: set[str]) -> int:
    """What `uv audit` ends with."""
    ignored = [f"--ignore={each}" for each in sorted(ids)]
    command = ["uv", "audit", "--frozen", "--preview-features", "audit-command", "--service-url", database, *ignored]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def ask_insides(database: str, parts: dict[str, Component], ids: set[str]) -> list[str]:
    """A line for each part with a vulnerability. Raises HTTPError, ValueError or KeyError where OSV does not answer."""
    asked = [(ref, question) for ref, part in parts.items() for question in questions(part)]
    found: dict[str, set[str]] = {}
    with httpx.Client(base_url=database, timeout=60.0) as client:
        for start in range(0, len(asked), _BATCH):
            batch = asked[start : start + _BATCH]
            answers = _answers(client, [question for _, question in batch])
            for (ref, _), known in zip(batch, answers, strict=True):
                found.setdefault(ref, set()).update(known - ids)
    return [f"VULNERABLE {ref}: {', '.join(sorted(known))}" for ref, known in sorted(found.items()) if known]


def _answers(client: httpx.Client, batch: list[Component]) -> Iterator[set[str]]:
    answer = client.post("/v1/querybatch", json={"queries": batch}).raise_for_status().json()
    for result in answer["results"]:
        yield {each["id"] for each in result.get("vulns", ())}


def insides(folder: Path) -> dict[str, Component]:
    """What the SBOMs have of wheels' insides, each once. Raises FileNotFoundError where there are none."""
    files = sorted(folder.glob("*.cdx.json"))
    if not files:
        raise FileNotFoundError(f"No SBOM in {folder}: `make sbom` writes them.")
    parts = [part for file in files for part in json.loads(file.read_text())["components"]]
    return {part["bom-ref"]: part for part in parts if wheel_of(part)}


def wheel_of(part: Component) -> str | None:
    """The wheel in which it lies."""
    said = {each["name"]: each["value"] for each in part.get("properties", ())}
    return said.get("sightline:wheel")


def _say_unasked(parts: dict[str, Component]) -> None:
    """A gate that does not see something says so."""
    unasked = [part for part in parts.values() if not list(questions(part))]
    for wheel in sorted({wheel_of(part) or "" for part in unasked}):
        names = sorted({part["name"] for part in unasked if wheel_of(part) == wheel})
        sys.stdout.write(f"Nothing to ask by, look yourself: {', '.join(names)} in {wheel}\n")


def main(folder: Path, ids: set[str], database: str) -> int:
    """Asks, prints, and gives the exit code."""
    parts = insides(folder)
    _say_unasked(parts)
    try:
        found = ask_insides(database, parts, ids)
    except (httpx.HTTPError, ValueError, KeyError) as error:
        sys.stderr.write(f"NOT AUDITED: {database} gives no answer ({error!r}). Run it where OSV can be reached.\n")
        return _UNREACHABLE
    sys.stdout.write("".join(f"{line}\n" for line in found))
    sys.stdout.flush()
    return max(ask_packages(database, ids), 1 if found else 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), accepted(ACCEPTED), os.environ.get("OSV_URL", OSV)))
