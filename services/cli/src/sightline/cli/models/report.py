"""What is known about a pack, for people and for programs."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.text import Text

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.pack import ModelFile, Pack, load_pack, verify_file
from sightline.chassis.pack_graphs import verify_graph
from sightline.cli.models.acceptance import SIGNED_LICENCE, acceptance_of, signed_licence
from sightline.cli.models.bench import Timing
from sightline.cli.models.catalogue import PublishedPack
from sightline.cli.output import print_table

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


def published_summary(pack: PublishedPack, folder: Path) -> dict[str, Any]:
    """One pack in a list that may be there or only to be had: then with what its publishers say."""
    published = pack.model_dump(include={"fit_for", "licence", "commercial_use"})
    return published | {"detector": pack.detector["kind"], "embedder": pack.embedder["kind"]} | summary(folder)


def details(pack: Pack) -> dict[str, Any]:
    """Everything in the manifest, the sizes of the files, the embedder's id, and what was signed or accepted."""
    sizes = {file.path: _size(pack, file) for file in pack.files}
    return pack.model_dump(mode="json") | {
        "folder": str(pack.folder),
        "embedder_id": pack.embedder_id,
        "sizes": sizes,
        "licence_acceptance": (accepted := acceptance_of(pack.folder)) and asdict(accepted),
        "signed_licence": signed_licence(pack.folder),
    }


def check(pack: Pack) -> list[dict[str, str]]:
    """Each file with `result`: ok, or the reason of `verify_file` or `verify_graph`, and then `why`."""
    return [{"pack": pack.name, "path": str(pack.path(file))} | _result(pack, file) for file in pack.files]


def print_summaries(rows: list[dict[str, Any]]) -> None:
    """A table of packs."""
    names = ("name", "state", "fit_for", "licence", "detector", "embedder")
    columns = [name.replace("_", " ") for name in names]
    print_table(columns, ([row.get(name, "-") for name in names] for row in rows), empty="there is no pack")


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
    print_table(("file", "bytes", "licence", "SHA-256"), _file_rows(pack), empty="")
    _print_consent(console, pack)


def _file_rows(pack: Pack) -> Iterator[tuple[str, str, str, str]]:
    for part in (pack.detector, pack.embedder):
        for file in part.files:
            size = _size(pack, file)
            yield file.path, "missing" if size is None else f"{size:,}", part.licence, file.sha256


def _print_consent(console: Console, pack: Pack) -> None:
    if accepted := acceptance_of(pack.folder):
        sentence = f"licence {accepted.licence!r} accepted by {accepted.person} at {accepted.accepted_at}"
        console.print(sentence, markup=False, soft_wrap=True)
    if text := signed_licence(pack.folder):
        console.print(Panel(escape(text.strip()), title=SIGNED_LICENCE))


def print_checks(checks: list[dict[str, str]]) -> None:
    """A table of files and whether they are what the manifest says."""
    rows = (
        (row["pack"], row["path"], Text(row["result"], "green" if row["result"] == "ok" else "red"), row.get("why", ""))
        for row in checks
    )
    print_table(("pack", "file", "result", "why"), rows, empty="there is no pack")


def print_timings(timings: list[Timing]) -> None:
    """A table of networks."""
    rows = ((timing.file, f"{timing.milliseconds:.2f}", timing.per, timing.runs) for timing in timings)
    print_table(("network", "ms", "for each", "runs"), rows, empty="")
    typer.echo("the networks alone, without the work around them")


def _size(pack: Pack, file: ModelFile) -> int | None:
    path = pack.path(file)
    return path.stat().st_size if path.is_file() else None


def _result(pack: Pack, file: ModelFile) -> dict[str, str]:
    try:
        verify_file(pack.path(file), file.sha256)
        verify_graph(pack, file)
    except FailedPrecondition as error:
        return {"result": error.reason, "why": error.message}
    return {"result": "ok"}
