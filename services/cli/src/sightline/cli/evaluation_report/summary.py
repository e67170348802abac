"""What the command says when it is done."""

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sightline.chassis.pack import Pack
from sightline.cli.evaluation.findings import Findings
from sightline.cli.evaluation.tracks import TrackFindings
from sightline.cli.evaluation_report.answers import answers_of
from sightline.cli.evaluation_report.tracks import track_rows
from sightline.cli.evaluation_report.words import NOT_MEASURED, decade, rate, spread


def print_summary(findings: Findings, pack: Pack, page: Path) -> None:
    """Print the few figures that everybody asks for, and where the rest is."""
    console = Console()
    if pack.fit_for == "demonstration":
        console.print(Text(f"{pack.name} is fit for demonstration only.", style="bold yellow"))
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("one against one", "FNMR", "95 %"):
        table.add_column(column)
    for point in findings.verification.operating:
        cells = (rate(point.fnmr), spread(point.fnmr)) if point.fnmr else ("", NOT_MEASURED)
        table.add_row(f"at FMR {decade(point.fmr)}", *cells)
    largest = findings.galleries.sizes[-1]
    for search in largest.points:
        cells = (rate(search.fnir), spread(search.fnir)) if search.fnir else ("", NOT_MEASURED)
        table.add_row(f"FNIR at FPIR {decade(search.fpir)}, N = {largest.size:,}", *cells)
    if findings.accuracy is not None:
        said = f"{100 * findings.accuracy.value:.2f} % ± {100 * findings.accuracy.error:.2f}"
        table.add_row("accuracy on the named pairs", said, f"{findings.accuracy.pairs:,} pairs")
    console.print(table)
    if findings.tracks is not None:
        console.print(_of_tracks(findings.tracks))
    for answer in answers_of(findings):
        console.print(
            Text.assemble(f"{answer.question} ", (answer.answer, "bold"), f" ({answer.detail})"), soft_wrap=True
        )
    console.print(Text(f"report: {page}"), soft_wrap=True)


def _of_tracks(found: TrackFindings) -> Table:
    """Give what was measured of all three forms."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in (f"{found.count:,} tracks", *(form.name for form in found.forms)):
        table.add_column(column)
    for name, cells in track_rows(found):
        if any(figure for figure, _ in cells):
            table.add_row(name, *(f"{figure} ({said})" if figure else said for figure, said in cells))
    return table
