"""What was measured as a table, with the goals for a million faces of 512 dimensions, and how cost grows with size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

GOALS = {"p95_ms": 5.0, "small_in_large_p95_ms": 3.0, "anon_mb": 1536.0, "mate_recall": 0.999, "vs_exact": 40.0}
AT_LEAST = {"mate_recall", "vs_exact"}
LARGE = (1_000_000, 512)
COLUMNS = {
    "n": "{:,}",
    "dim": "{}",
    "way": "{}",
    "quantization": "{}",
    "ef": "{}",
    "p50_ms": "{:.2f}",
    "p95_ms": "{:.2f}",
    "mate_recall": "{:.4f}",
    "qps": "{:,.0f}",
    "vs_exact": "{:.1f}",
    "small_in_large_p95_ms": "{:.2f}",
    "anon_mb": "{:,.0f}",
    "put_per_s": "{:,.0f}",
    "build_s": "{:,.0f}",
}


def print_report(rows: Sequence[dict[str, Any]]) -> None:
    """Prints all rows, and the verdict where the large gallery was measured."""
    console, table = Console(), Table(*COLUMNS, title="Search by size of the gallery")
    for row in rows:
        table.add_row(*(form.format(row[name]) for name, form in COLUMNS.items()))
    console.print(table)
    for dimension in sorted({row["dim"] for row in rows}):
        console.print(f"{dimension} dimensions: {_growth([row for row in rows if row['dim'] == dimension])}")
    for row in rows:
        if (row["n"], row["dim"]) == LARGE:
            _print_verdict(console, row)


def _growth(rows: Sequence[dict[str, Any]]) -> str:
    """The exponent with which the time of a search grows, between the least and the greatest size."""
    least, greatest = rows[0], rows[-1]
    if least["n"] == greatest["n"]:
        return "one size alone says nothing about growth"
    exponent = np.log(greatest["p50_ms"] / least["p50_ms"]) / np.log(greatest["n"] / least["n"])
    intrinsic = greatest["intrinsic_dimension"]
    return f"a search's time grows as the size to the power of {exponent:.2f}; intrinsic dimension {intrinsic}"


def _print_verdict(console: Console, row: dict[str, Any]) -> None:
    for name, goal in GOALS.items():
        reached = row[name] >= goal if name in AT_LEAST else row[name] <= goal
        word = "[green]reached[/green]" if reached else "[red]missed[/red]"
        sign = "at least" if name in AT_LEAST else "at most"
        console.print(f"{name}: {row[name]:.4g}, goal {sign} {goal:g}: {word}")
