"""What fusion changes: two curves on one pair of axes, and a table of all three forms."""

from collections.abc import Sequence

from sightline.cli.evaluation.one_to_one import Verification
from sightline.cli.evaluation.rates import Rate
from sightline.cli.evaluation.tracks import Form, TrackFindings
from sightline.cli.evaluation_report.svg import Plot, log_scale
from sightline.cli.evaluation_report.words import NOT_MEASURED, called, decade, rate, spread

_LOWEST = 1e-4
STYLES = {"best shot": "single", "fused": "fused"}
"""The forms that are drawn, with their classes of the style sheet; each shot by itself lies beside its best ones."""


def track_rows(found: TrackFindings) -> list[tuple[str, list[tuple[str, str]]]]:
    """Give the table: what a row is of, and for each form the figure and its interval."""
    forms = found.forms
    fmrs = enumerate(point.fmr for point in forms[0].verification.operating)
    fpirs = enumerate(point.fpir for point in forms[0].points)
    size = f"{forms[0].size:,}"
    return [
        *(
            (f"FNMR at FMR {decade(fmr)}", [_cell(form.verification.operating[place].fnmr) for form in forms])
            for place, fmr in fmrs
        ),
        ("EER, both errors equal", [_cell(form.verification.equal.rate) for form in forms]),
        *(
            (f"FNIR at FPIR {decade(fpir)}, N = {size}", [_cell(form.points[place].fnir) for form in forms])
            for place, fpir in fpirs
        ),
        ("FMR at the threshold in force", [_cell(form.in_force.fmr) for form in forms]),
        ("FNMR at the threshold in force", [_cell(form.in_force.fnmr) for form in forms]),
    ]


def _cell(value: Rate | None) -> tuple[str, str]:
    return (rate(value), spread(value)) if value is not None and value.n else ("", NOT_MEASURED)


def tracks_det(forms: Sequence[Form]) -> str:
    """FNMR over FMR of the best shot and of the fused track, each with its interval; "" where nothing is known."""
    drawn = [(STYLES[form.name], form) for form in forms if form.name in STYLES and form.verification.det]
    if not drawn:
        return ""
    points = [point for _, form in drawn for point in form.verification.det]
    lowest = min(fmr.value for _, fmr, _ in points)
    bottom = max(_LOWEST, min(max(fnmr.value, 3 / max(fnmr.n, 1)) for _, _, fnmr in points))
    x = log_scale(max(lowest, 1e-6), 1.0, "False match rate of one comparison (strangers taken for each other)", decade)
    y = log_scale(bottom, 1.0, "False non-match rate (the same person missed)", decade)
    plot = Plot(x, y, "False non-match rate over false match rate, of one shot and of fused tracks")
    for style, form in drawn:
        _curve(plot, form.verification, style)
        at = form.in_force
        said = f"{form.name}, {called(at.name)}: FMR {rate(at.fmr)}, FNMR {rate(at.fnmr)}"
        place = max(at.fmr.value, x.low)
        plot.whisker(place, max(at.fnmr.low, bottom), at.fnmr.high, f"whisker {style}")
        if at.fnmr.is_measured:
            plot.dot(place, at.fnmr.value, f"dot {style}", said)
    return plot.text()


def _curve(plot: Plot, verification: Verification, style: str) -> None:
    curve = [(fmr.value, fnmr) for _, fmr, fnmr in verification.det]
    plot.band([(at, fnmr.high) for at, fnmr in curve], [(at, fnmr.low) for at, fnmr in curve], f"band {style}")
    plot.line([(at, fnmr.value) for at, fnmr in curve if fnmr.is_measured], f"line {style}")
