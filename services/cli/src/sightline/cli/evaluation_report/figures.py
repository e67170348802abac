"""The findings as JSON: the report's twin, for programs."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sightline.cli.evaluation.rates import Rate

# What the bootstrap drew is for ratios; nobody reads a thousand numbers.
_LEFT_OUT = {"draws"}


def as_figures(value: Any) -> Any:
    """Give what JSON can hold; a number that is not known is null."""
    if isinstance(value, Rate):
        return {
            "value": as_figures(value.value),
            "low": value.low,
            "high": value.high,
            "n": value.n,
            "measured": value.is_measured,
        }
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value) if field.name not in _LEFT_OUT]
        return {name: as_figures(getattr(value, name)) for name in names}
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(name): as_figures(each) for name, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [as_figures(each) for each in value]
    return None if isinstance(value, float) and math.isnan(value) else value
