"""The result as two tables: what everybody did and took, and the ratios with their goals."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inference_clock import Contender, Sample

GOALS = {"detect_raw": 0.85, "detect_jpeg": 0.75, "embed_stream": 0.85, "vs_face_analysis": 1.5}


def print_report(
    contenders: Sequence[Contender],
    samples: dict[str, list[Sample]],
    ratios: dict[str, list[float]],
    load: float,
) -> None:
    """Prints medians; in the ratios' table the least and the most of all rounds, too."""
    console = Console()
    runs = Table("", "items/s", "CPU ms", "in loops", "client ms", "others", title="Medians")
    for contender in contenders:
        runs.add_row(contender.name, *_medians(samples[contender.name]))
    compared = Table("ratio", "median", "least", "most", "goal", "", title="Ours ÷ theirs, in the same round")
    for name, every in ratios.items():
        middle, goal = median(every), GOALS.get(name)
        verdict = "" if goal is None else "[green]reached" if middle >= goal else "[red]missed"
        compared.add_row(name, f"{middle:.2f}", f"{min(every):.2f}", f"{max(every):.2f}", str(goal or ""), verdict)
    console.print(runs, compared)
    for contender in contenders:
        console.print(f"[bold]{contender.name}[/bold]: {contender.does}", highlight=False, style="dim")
    console.print(
        "CPU ms for an item: of the processes that do the work; in loops: of that, of their first threads, which "
        "speak gRPC, protobuf and NATS; client: of this process, where it only asks; others: "
        f"processors that everybody else took meanwhile. Load average before the run: {load:.1f}.",
        style="dim",
    )


def _medians(taken: Sequence[Sample]) -> list[str]:
    names = ("rate", "cpu_ms", "loop_ms", "client_ms", "others")
    return [f"{median(getattr(sample, name) for sample in taken):.1f}" for name in names]
