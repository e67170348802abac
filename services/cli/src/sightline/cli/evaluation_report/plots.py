"""The report's plots."""

import math
from collections.abc import Sequence
from html import escape

import numpy as np

from sightline.cli.evaluation.differentials import Group
from sightline.cli.evaluation.findings import Findings
from sightline.cli.evaluation.galleries import Galleries
from sightline.cli.evaluation.one_to_one import AtThreshold, Verification
from sightline.cli.evaluation.rates import Rate
from sightline.cli.evaluation_report.svg import Plot, linear_scale, log_scale
from sightline.cli.evaluation_report.words import called, decade, percent, rate, spread

_LOWEST = 1e-4
# A row of the plot of groups, and where its parts begin.
_ROW, _NAME, _BAR, _SAID = 34, 240, 270, 240


def det(verification: Verification, thresholds: Sequence[AtThreshold]) -> str:
    """FNMR over FMR, with its interval; beyond what was measured dashed, from the fitted tail."""
    points, beyond = verification.det, verification.beyond
    if not points:
        return ""
    lowest = min([fmr.value for _, fmr, _ in points] + [fmr for fmr, _, _ in beyond])
    bottom = max(_LOWEST, min(max(fnmr.value, 3 / max(fnmr.n, 1)) for _, _, fnmr in points))
    x = log_scale(max(lowest, 1e-6), 1.0, "False match rate of one comparison (strangers taken for each other)", decade)
    y = log_scale(bottom, 1.0, "False non-match rate (the same person missed)", decade)
    plot = Plot(x, y, "False non-match rate over false match rate")
    least = 3 / max(verification.pairs, 1)
    curve = [(fmr.value, fnmr) for _, fmr, fnmr in points]
    plot.band([(at, fnmr.high) for at, fnmr in curve], [(at, fnmr.low) for at, fnmr in curve], "band")
    plot.line([(at, fnmr.value) for at, fnmr in curve if fnmr.is_measured], "line")
    if beyond:
        end = max((at, fnmr.value) for at, fnmr in curve if at <= min(each for each, _ in curve))
        plot.line([end, *((fmr, fnmr.value) for fmr, _, fnmr in beyond)], "dashed")
        plot.mark(least, f"not measured below {percent(least)}")
    for each in thresholds:
        said = f"{called(each.name)}: cosine {each.cosine:.3f}, FMR {rate(each.fmr)}, FNMR {rate(each.fnmr)}"
        at, style = max(each.fmr.value, x.low), each.name.replace(" ", "-")
        plot.whisker(at, max(each.fnmr.low, y.low), each.fnmr.high, f"whisker {style}")
        if each.fnmr.is_measured:
            plot.dot(at, each.fnmr.value, f"dot {style}", said)
    return plot.text()


def histogram(findings: Findings) -> str:
    """How similar two people are, and two pictures of one: shares by cosine."""
    impostors, genuine = findings.histograms
    count = len(impostors)
    edges = np.linspace(-1, 1, count + 1)
    filled = np.nonzero(impostors + genuine > 1e-4)[0]  # noqa: PLR2004 - less cannot be seen
    low, high = edges[max(0, filled[0] - 1)], edges[min(count, filled[-1] + 2)]
    step = 0.2 if high - low > 0.8 else 0.05  # noqa: PLR2004 - about six ticks
    top = float(max(impostors.max(), genuine.max())) * 1.2  # with room for what is said above
    x = linear_scale(float(low), float(high), step, "Similarity of two pictures (cosine)", lambda at: f"{at:.2f}")
    y = linear_scale(0, top, _round_step(top), "Share of comparisons", percent)
    plot = Plot(x, y, "Similarity of two people, and of two pictures of one person", height=320)
    for style, bars in (("strangers", impostors), ("same", genuine)):
        for place in filled:
            plot.bar(float(edges[place]), float(edges[place + 1]), float(bars[place]), style)
    for row, each in enumerate(sorted(findings.thresholds, key=lambda each: each.cosine)):
        plot.mark(each.cosine, f"{called(each.name)} {each.cosine:.3f}", row, is_left=row == 0)
    return plot.text()


def galleries(found: Galleries) -> str:
    """FPIR over the size of the gallery: dots are searches that were made, lines are 1 - (1 - FMR)^N."""
    names = list(found.formula)
    measured = [each.fpir[name].value for each in found.sizes for name in names if each.fpir[name].is_measured]
    lowest = min([*measured, *(line[0][1] for line in found.formula.values() if line[0][1] > 0), 0.1])
    x = log_scale(10, 1e6, "People enrolled (N)", lambda size: f"{size:,.0f}")
    y = log_scale(max(lowest, _LOWEST), 1.0, "Strangers for whom somebody is found (FPIR)", decade)
    plot = Plot(x, y, "False positive identification rate over gallery size")
    most = found.sizes[-1].size
    for name in names:
        style = name.replace(" ", "-")
        line = [point for point in found.formula[name] if point[3] > 0]
        plot.band([(n, high) for n, _, _, high in line], [(n, low) for n, _, low, _ in line], f"band {style}")
        plot.line([(n, value) for n, value, _, _ in line if n <= most and value > 0], f"line {style}")
        ends = [(n, value) for n, value, _, _ in line if n > most / 2 and value > 0]
        plot.line(ends, f"dashed {style}")
        for each in found.sizes:
            fpir = each.fpir[name]
            if fpir.is_measured:
                plot.whisker(each.size, max(fpir.low, y.low), fpir.high, f"whisker {style}")
                plot.dot(each.size, fpir.value, f"dot {style}", f"{name}, N = {each.size:,}: {rate(fpir)}")
    plot.mark(most, f"searched up to N = {most:,}; beyond: formula", row=17)
    return plot.text()


def group_bars(groups: Sequence[Group], kind: str) -> str:
    """One row for each group: its rate with its interval, or that it was not measured."""
    rates: list[tuple[Group, Rate]] = [(group, getattr(group, kind)) for group in groups]
    measured = [each.value for _, each in rates if each.is_measured]
    most = min(1.0, max([each * 1.5 for each in measured] + [min((each.high for _, each in rates), default=1.0)]))
    height, width = _ROW * len(rates) + 8, _NAME + _BAR + _SAID
    rows = "".join(_row(place, group, each, most) for place, (group, each) in enumerate(rates))
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{kind.upper()} by group">{rows}</svg>'


def _row(place: int, group: Group, each: Rate, most: float) -> str:
    middle = _ROW * place + _ROW / 2 + 4
    ends = [_NAME + _BAR * min(1.0, share / most) for share in (each.value, each.low, each.high)]
    name = group.name if len(group.name) <= 30 else f"{group.name[:29]}…"  # noqa: PLR2004 - as wide as its column
    aside = f'x="{_NAME - 10}" text-anchor="end"'
    size = f"{group.people:,} people, {group.pictures:,} pictures"
    full = f"<title>{escape(group.name)}</title>"
    parts = [
        f'<text class="name" {aside} y="{middle - 1}">{escape(name)}{full}</text>',
        f'<text class="tick" {aside} y="{middle + 11}">{size}</text>',
    ]
    if each.n and not math.isnan(each.value):
        style, end = ("bar", ends[0]) if each.is_measured else ("bar open", ends[2])
        parts.append(
            f'<rect class="{style}" x="{_NAME}" y="{middle - 10}" width="{max(1.0, end - _NAME):.1f}" height="16"/>'
        )
    if each.is_measured:
        parts.append(f'<path class="whisker" d="M{ends[1]:.1f} {middle - 2}H{ends[2]:.1f}"/>')
    said = f"{spread(each)}" if each.n else "nothing to compare"
    head = rate(each) if each.n else ""
    parts.append(
        f'<text class="value" x="{_NAME + _BAR + 12}" y="{middle - 1}">{escape(head)}</text>'
        f'<text class="tick" x="{_NAME + _BAR + 12}" y="{middle + 11}">{escape(said)}</text>'
    )
    return "".join(parts)


def _round_step(top: float) -> float:
    power = 10.0 ** math.floor(math.log10(top))
    return next(power * factor for factor in (0.2, 0.5, 1.0, 2.0) if top / (power * factor) <= 6)  # noqa: PLR2004
