"""`sightline models`: see, make and check model packs."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from sightline.chassis.errors import InvalidInput, NotFound
from sightline.chassis.pack import MANIFEST, load_pack
from sightline.cli.models import report, starter
from sightline.cli.models.adoption import Terms, adopt
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
    folders = {folder.parent for folder in packs_dir.glob(f"*/{MANIFEST}")} | {packs_dir / starter.NAME}
    rows = [report.summary(folder) for folder in sorted(folders)]
    if as_json:
        _print_json(rows)
    else:
        report.print_summaries(_console(), rows)


@app.command()
def pull(name: Name, *, directory: Directory = None, as_json: AsJson = False) -> None:
    """Make a pack from its published sources; they are checked, cached and never installed."""
    if name != starter.NAME:
        message = f"only {starter.NAME!r} can be pulled; make others of your own files with `sightline models import`"
        raise NotFound("UNKNOWN_PACK", message)
    settings = ModelSettings.read()
    with _progress() as progress:
        pack = starter.pull_starter(directory or settings.packs_dir / name, settings, progress)
    if as_json:
        _print_json(report.details(pack))
    else:
        report.print_details(_console(), pack)


@app.command()
def verify(name: AnyName = None, *, directory: Directory = None, as_json: AsJson = False) -> None:
    """Check every file against the hash in its pack; exit code 1 when one differs."""
    checks = [row for folder in _folders(name, directory) for row in report.check(load_pack(folder))]
    if as_json:
        _print_json(checks)
    else:
        report.print_checks(_console(), checks)
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


@app.command("import")
def import_pack(
    source: Annotated[Path, typer.Argument(help="Folder with one SCRFD or YuNet and one ArcFace-style ONNX file.")],
    *,
    name: Annotated[str, typer.Option(help="Name of the new pack.")],
    licence: Annotated[str, typer.Option(help="The licence under which you hold the files.")],
    threshold: Annotated[float, typer.Option(help="Cosine at which two faces count as one person.")] = 0.29,
    score_threshold: Annotated[float | None, typer.Option(help="Detector's; default: its kind's usual one.")] = None,
    commercial_use: Annotated[bool, typer.Option(help="Whether that licence allows it.")] = False,
    directory: Directory = None,
    as_json: AsJson = False,
) -> None:
    """Make a pack of weight files that you have."""
    terms = Terms(name, licence, threshold, score_threshold, commercial_use)
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
