"""`sightline doctor`: what is missing on this machine, and how to get it."""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from sightline.chassis.errors import SightlineError
from sightline.chassis.pack import load_pack
from sightline.cli.installation import Installation
from sightline.cli.models.choice import chosen_pack
from sightline.cli.models.starter import NAME as STARTER
from sightline.cli.nats_server import find_nats_server
from sightline.cli.options import StateDirOption
from sightline.cli.output import JsonOption, print_json, print_table
from sightline.cli.ports import SERVICES, busy, choose_ports
from sightline.cli.up import usable_secrets

_SYNC = "run `uv sync --all-packages --extra cpu --extra demo`"
_SERVICES = tuple(f"sightline.{name}" for name in ("chassis", *SERVICES))
_RUNTIME = ("onnxruntime", "cv2", "av", "numpy", "qdrant_edge", "supervisor")
_DEMO = ("skimage", "insightface")
_ENOUGH_BYTES = 2 * 1024**3


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `advice` is empty where it is in order."""

    what: str
    ok: bool
    needed: bool
    found: str
    advice: str = ""


def examine(installation: Installation, pack: Path, port_base: int | None) -> Iterator[Finding]:
    """Look at everything that a local system needs."""
    version = ".".join(map(str, sys.version_info[:3]))
    fits = sys.version_info >= (3, 11)
    yield Finding("Python", fits, True, version, "" if fits else "install Python 3.11 or newer")
    yield _packages("services", _SERVICES, needed=True)
    yield _packages("libraries", _RUNTIME, needed=True)
    yield _packages("demo pictures", _DEMO, needed=False)
    yield _broker()
    yield _models(pack)
    yield _secrets(installation)
    yield _disk(installation.state)
    yield _ports(installation, port_base)


def _packages(what: str, modules: tuple[str, ...], *, needed: bool) -> Finding:
    missing = [name for name in modules if not _is_there(name)]
    found = f"missing: {', '.join(missing)}" if missing else f"{len(modules)} present"
    return Finding(what, not missing, needed, found, _SYNC if missing else "")


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _broker() -> Finding:
    try:
        server = find_nats_server()
    except SightlineError as error:
        return Finding("nats-server", False, True, "not found", error.message)
    return Finding("nats-server", True, True, f"{server.version} ({server.path})")


def _models(folder: Path) -> Finding:
    try:
        pack = load_pack(folder)
        pack.verify()
    except SightlineError as error:
        return Finding("model pack", False, True, f"not usable: {folder}", error.message)
    return Finding("model pack", True, True, f"{pack.name} {pack.version}, fit for {pack.fit_for} ({folder})")


def _secrets(installation: Installation) -> Finding:
    try:
        usable_secrets(installation.secrets)
    except SightlineError as error:
        return Finding("secrets", False, False, f"not usable: {installation.secrets}", error.message)
    return Finding("secrets", True, False, str(installation.secrets))


def _disk(state: Path) -> Finding:
    there = next(folder for folder in (state.absolute(), *state.absolute().parents) if folder.exists())
    free = shutil.disk_usage(there).free
    ok = free >= _ENOUGH_BYTES
    advice = "" if ok else f"free at least 2 GiB there, or name another folder than {state} with --state-dir"
    return Finding("disk", ok, True, f"{free / 1024**3:.1f} GiB free at {there}", advice)


def _ports(installation: Installation, port_base: int | None) -> Finding:
    ports = choose_ports(port_base)
    running = installation.running()
    if running and busy(running.all()):
        return Finding("ports", True, True, "a system runs here and uses its ports")
    taken = busy(ports.all())
    advice = "stop the program that uses them, or take others: `sightline up --port-base 0`" if taken else ""
    found = f"in use: {', '.join(map(str, taken))}" if taken else "free"
    return Finding("ports", not taken, True, found, advice)


def doctor(
    state_dir: StateDirOption = Path(".sightline"),
    pack: Annotated[Path | None, typer.Option(help="Folder of the model pack.")] = None,
    port_base: Annotated[int | None, typer.Option(help="As for `up`.")] = None,
    json: JsonOption = False,
) -> None:
    """Say what is missing on this machine and how to get it; exit code 1 when something needed is."""
    installation = Installation(state_dir)
    findings = list(
        examine(installation, pack or installation.packs / (chosen_pack(installation.state) or STARTER), port_base)
    )
    if json:
        print_json([asdict(finding) for finding in findings])
    else:
        rows = ((_mark(each), each.what, each.found, each.advice) for each in findings)
        print_table(("", "what", "found", "what to do"), rows, empty="")
    if any(finding.needed and not finding.ok for finding in findings):
        raise typer.Exit(1)


def _mark(finding: Finding) -> Text:
    if finding.ok:
        return Text("ok", style="green")
    return Text("missing", style="red" if finding.needed else "yellow")
