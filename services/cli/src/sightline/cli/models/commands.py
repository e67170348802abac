"""`sightline models`: see, make and check model packs."""

import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from sightline.chassis.errors import InvalidInput
from sightline.chassis.pack import MANIFEST, load_pack
from sightline.cli.models import report, starter
from sightline.cli.models.adoption import EmbedderKind, Terms, adopt
from sightline.cli.models.bench import bench as measure
from sightline.cli.models.catalogue import published_packs
from sightline.cli.models.pulling import PREFERRED, Pulled, pull_best, pull_first, pull_named
from sightline.cli.models.settings import ModelSettings

app = typer.Typer(no_args_is_help=True, help="See, make and check model packs.")

AsJson = Annotated[bool, typer.Option("--json", help="JSON for programs.")]
Directory = Annotated[Path | None, typer.Option("--dir", help="The pack's folder, if it is not the usual one.")]
Name = Annotated[str, typer.Argument(help="Name of the pack.")]
AnyName = Annotated[str | None, typer.Argument(help="Name of the pack; all that are there if left out.")]


@app.command("list")
def list_packs(*, as_json: AsJson = False) -> None:
    """Show the packs of this machine, and those that can be pulled."""
    packs_dir = ModelSettings.read().packs_dir
    published = [report.published_summary(pack, packs_dir / pack.name) for pack in published_packs()]
    others = {path.parent for path in packs_dir.glob(f"*/{MANIFEST}")} - {Path(row["folder"]) for row in published}
    rows = published + [report.summary(folder) for folder in sorted(others)]
    if as_json:
        _print_json(rows)
    else:
        report.print_summaries(rows)


@app.command()
def pull(
    name: Annotated[str | None, typer.Argument(help="Name of the pack; this installation's if left out.")] = None,
    *,
    mirror: Annotated[str, typer.Option(help="Address of a folder with the files; or SIGHTLINE_MODELS_MIRROR.")] = "",
    accepts: Annotated[bool, typer.Option("--accept-license", help="Accept the pack's licence; recorded.")] = False,
    directory: Directory = None,
    as_json: AsJson = False,
) -> None:
    """Make a pack from its published files; they are checked before anything is put in place.

    Without a name it is this installation's pack, which is chosen once: the best one that can be downloaded.
    """
    settings = ModelSettings.read()
    settings = replace(settings, mirror=mirror or settings.mirror)
    with _progress() as progress:
        if directory:
            pack = pull_named(name or PREFERRED, directory, settings, progress, accepts=accepts)
            pulled = Pulled(pack)
        elif name:
            pulled = pull_first(name, settings, progress, accepts=accepts)
        else:
            pulled = pull_best(settings, progress, accepts=accepts)
    if as_json:
        _print_json(report.details(pulled.pack))
    else:
        report.print_details(_console(), pulled.pack)
    if pulled.said:
        sys.stderr.write(f"{pulled.said}\n")


@app.command()
def verify(name: AnyName = None, *, directory: Directory = None, as_json: AsJson = False) -> None:
    """Check every file's hash, and its inputs and outputs, against its pack; exit code 1 when one differs."""
    checks = [row for folder in _folders(name, directory) for row in report.check(load_pack(folder))]
    if as_json:
        _print_json(checks)
    else:
        report.print_checks(checks)
    if any(row["result"] != "ok" for row in checks):
        sys.stderr.write("a file is not what its pack says: delete the pack's folder and pull or import it again\n")
        raise typer.Exit(1)


@app.command()
def info(name: AnyName = None, *, directory: Directory = None, as_json: AsJson = False) -> None:
    """Show what a pack is fit for, its licences, measured facts and files."""
    packs = [load_pack(folder) for folder in _folders(name, directory)]
    if as_json:
        _print_json([report.details(pack) for pack in packs])
        return
    for pack in packs:
        report.print_details(_console(), pack)


@app.command()
def bench(
    name: Name,
    *,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    runs: Annotated[int, typer.Option(min=1, help="Runs of each network; the median counts.")] = 20,
    directory: Directory = None,
    as_json: AsJson = False,
) -> None:
    """Time a pack's networks on this machine: the networks alone, without decoding, alignment and transport."""
    timings = measure(load_pack(_folders(name, directory)[0]), device, runs)
    if as_json:
        _print_json([asdict(timing) for timing in timings])
    else:
        report.print_timings(timings)


@app.command("import")
def import_pack(
    source: Annotated[Path, typer.Argument(help="Folder or zip with one detector and one embedder as ONNX files.")],
    *,
    name: Annotated[str, typer.Option(help="Name of the new pack.")],
    licence: Annotated[str, typer.Option(help="The licence under which you hold the files.")],
    embedder: Annotated[EmbedderKind | None, typer.Option(help="Its kind, if it is not known by its hash.")] = None,
    threshold: Annotated[float | None, typer.Option(help="Cosine at which two faces count as one person.")] = None,
    score_threshold: Annotated[float | None, typer.Option(help="Detector's; default: its kind's usual one.")] = None,
    commercial_use: Annotated[bool, typer.Option(help="Whether that licence allows it.")] = False,
    directory: Directory = None,
    as_json: AsJson = False,
) -> None:
    """Make a pack of weight files that you have: SCRFD or YuNet, with an ArcFace-style network or SFace."""
    terms = Terms(name, licence, threshold, score_threshold, commercial_use, embedder)
    pack = adopt(source, directory or ModelSettings.read().packs_dir / _plain(name), terms)
    if as_json:
        _print_json(report.details(pack))
    else:
        report.print_details(_console(), pack)


def _folders(name: str | None, directory: Path | None) -> list[Path]:
    packs_dir = ModelSettings.read().packs_dir
    if directory or name:
        return [directory or packs_dir / _plain(name or "")]
    found = sorted(manifest.parent for manifest in packs_dir.glob(f"*/{MANIFEST}"))
    return found or [packs_dir / starter.NAME]


def _plain(name: str) -> str:
    if Path(name).name != name:
        raise InvalidInput("NAME_INVALID", f"{name!r} is no pack's name; use --dir for a folder")
    return name


def _console() -> Console:
    return Console()


def _progress() -> Progress:
    # On stderr, so that --json leaves stdout to the program that reads it.
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn()
    return Progress(*columns, console=Console(stderr=True))


def _print_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
