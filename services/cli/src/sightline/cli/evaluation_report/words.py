"""Figures as people read them."""

import math

from sightline.cli.evaluation.rates import Rate

NOT_MEASURED = "not measured, n too small"
# A figure and its unit stay on one line.
_BLANK = "\N{NO-BREAK SPACE}"


def percent(share: float) -> str:
    """Give two significant digits of a share, as 0.12 %."""
    if math.isnan(share):
        return "unknown"
    hundredths = 100 * share
    if hundredths == 0:
        return f"0{_BLANK}%"
    digits = max(0, 1 - math.floor(math.log10(abs(hundredths))))
    return f"{hundredths:,.{min(digits, 8)}f}{_BLANK}%"


def called(threshold: str) -> str:
    """Give the name of a threshold in a sentence."""
    return {"common": "common threshold", "in force": "threshold in force"}[threshold]


def one_in(share: float) -> str:
    """Say a share as `1 in 340`; above a half as percent, because `1 in 1` says nothing."""
    if share <= 0 or math.isnan(share):
        return "none"
    if share > 0.5:  # noqa: PLR2004 - see above
        return percent(share)
    count = 1 / share
    digits = max(0, math.floor(math.log10(count)) - 1)
    return f"1 in {round(count, -digits):,.0f}" if count >= 10 else f"1 in {count:.1f}"  # noqa: PLR2004 - 2 digits


def decade(share: float) -> str:
    """Give a target as it is written: 1 %, 0.1 %, 0.0001 %."""
    return f"{100 * share:.10f}".rstrip("0").rstrip(".") + f"{_BLANK}%"


def rate(value: Rate) -> str:
    """Give the share that was found, or how much it can be at most."""
    if not value.n:
        return "nothing to compare"
    return percent(value.value) if value.is_measured else f"at most {percent(value.high)}"


def spread(value: Rate) -> str:
    """Give the interval of a rate, or why there is none to show."""
    if not value.n:
        return ""
    if not value.is_measured:
        return f"{NOT_MEASURED} (n = {value.n:,})"
    return f"{percent(value.low)} to {percent(value.high)}"


def times(value: float) -> str:
    """Give a ratio."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"  # noqa: PLR2004 - two digits
