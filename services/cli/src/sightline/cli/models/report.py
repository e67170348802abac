"""What is known about a pack, for people and for programs."""

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.pack import ModelFile, Pack, load_pack, verify_file

FITNESS_COLOURS = {"demonstration": "yellow", "research": "cyan", "production": "green"}


def summary(folder: Path) -> dict[str, Any]:
    """One pack in a list: `state` is ready, broken or absent; the other facts are there unless it is unreadable."""
    try:
        pack = load_pack(folder)
    except FailedPrecondition as error:
        state = "absent" if error.reason == "PACK_NOT_FOUND" else "broken"
        return {"name": folder.name, "folder": str(folder), "state": state, "reason": error.reason}
    return {
        "name": pack.name,
        "folder": str(folder),
        "state": "ready" if all(pack.path(file).is_file() for file in pack.files) else "broken",
        "fit_for": pack.fit_for,
        "licence": pack.licence,
        "commercial_use": pack.commercial_use,
        "detector": pack.detector.kind,
        "embedder": pack.embedder.kind,
        "embedder_id": pack.embedder_id,
    }


def details(pack: Pack) -> dict[str, Any]:
    """Everything in the manifest, with the sizes of the files and the embedder's id."""
    sizes = {file.path: _size(pack, file) for file in pack.files}
    return pack.model_dump(mode="json") | {
        "folder": str(pack.folder),
        "embedder_id": pack.embedder_id,
        "sizes": sizes,
    }


def check(pack: Pack) -> list[dict[str, str]]:
    """Each file with `result` ok, MODEL_FILE_MISSING or MODEL_HASH_MISMATCH."""
    return [{"pack": pack.name, "path": str(pack.path(file)), "result": _result(pack, file)} for file in pack.files]


def print_summaries(console: Console, rows: list[dict[str, Any]]) -> None:
    """A table of packs."""
    names = ("name", "state", "fit_for", "licence", "detector", "embedder")
    table = Table(*(name.replace("_", " ") for name in names))
    for row in rows:
        table.add_row(*(escape(str(row.get(name, "-"))) for name in names))
    console.print(table)


def print_details(console: Console, pack: Pack) -> None:
    """What the pack is good for first, then its files."""
    colour = FITNESS_COLOURS[pack.fit_for]
    use = "commercial use allowed" if pack.commercial_use else "no commercial use"
    lines = [f"[bold]fit for {pack.fit_for}[/]", f"licence: {escape(pack.licence)} ({use})"]
    lines += [f"- {escape(fact)}" for fact in pack.facts]
    console.print(Panel("\n".join(lines), title=f"{pack.name} {escape(pack.version)}", border_style=colour))
    console.print(f"folder {pack.folder}", markup=False, soft_wrap=True)
    console.print(
        f"detector {pack.detector.kind}, embedder {pack.embedder.kind} ({pack.embedder.dimension} numbers, "
        f"threshold {pack.embedder.threshold}), embedder id {pack.embedder_id}"
    )
    table = Table("file", "bytes", "licence", "SHA-256")
    table.columns[-1].overflow = "fold"
    for part in (pack.detector, pack.embedder):
        for file in part.files:
            size = _size(pack, file)
            shown = "missing" if size is None else f"{size:,}"
            table.add_row(escape(file.path), shown, escape(part.licence), file.sha256)
    console.print(table)


def print_checks(console: Console, checks: list[dict[str, str]]) -> None:
    """A table of files and whether they are what the manifest says."""
    table = Table("pack", "file", "result")
    for row in checks:
        colour = "green" if row["result"] == "ok" else "red"
        table.add_row(row["pack"], escape(row["path"]), f"[{colour}]{row['result']}[/]")
    console.print(table)


def _size(pack: Pack, file: ModelFile) -> int | None:
    path = pack.path(file)
    return path.stat().st_size if path.is_file() else None


def _result(pack: Pack, file: ModelFile) -> str:
    try:
        verify_file(pack.path(file), file.sha256)
    except FailedPrecondition as error:
        return error.reason
    return "ok"
