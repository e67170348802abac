"""The ratios as a table that says what was compared with what."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from pipeline_ratios import COMPARED, EVERY, LOOP, TRACKED
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from pipeline_ratios import Pass

GOALS = {EVERY: 1.5, TRACKED: 2.5}


def print_ratios(passes: dict[str, list[Pass]], ratios: dict[str, float]) -> None:
    """Medians over the rounds, on the standard error: the standard output is for the figures alone."""
    console = Console(stderr=True, highlight=False)
    table = Table("", "frames/s", "CPU ms a frame", "÷ loop", "goal", title="Medians, in the same rounds")
    for name, every in passes.items():
        rate = median(each["frames_per_second"] for each in every)
        cpu = median(1000 * _cpu_seconds(each) / each["frames"] for each in every)
        ratio, goal = ratios.get(name), GOALS.get(name)
        compared = ["" if number is None else f"{number:.2f}" for number in (ratio, goal)]
        table.add_row(name, f"{rate:.1f}", f"{cpu:.0f}", *compared)
    console.print(table)
    for name, does in COMPARED.items():
        console.print(f"[bold]{name}[/bold]: {does}", style="dim")
    console.print(f"CPU of the {LOOP} counts threads that spin while they wait, as is ONNX Runtime's way.", style="dim")


def _cpu_seconds(each: Pass) -> float:
    return sum(seconds for name, seconds in each.items() if name.startswith("cpu"))
