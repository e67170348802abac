"""Between the false match rate of one comparison and the false alarms of many.

A stranger is compared with N templates; with a false match rate FMR of one comparison anybody at all is found with
FPIR = 1 - (1 - FMR)^N (false-positive identification rate, ISO/IEC 19795-1). The N comparisons are taken as
independent: several templates of one person are not, so the true rate is lower. Alarms per day are tracks x N x FMR,
the same for small rates.
"""

from __future__ import annotations

import math


def fpir_of(fmr: float, size: int) -> float:
    """1 - (1 - FMR)^N, without the loss of a small number in the subtraction."""
    return -math.expm1(size * math.log1p(-fmr)) if fmr < 1 else 1.0


def fmr_of_fpir(fpir: float, size: int) -> float:
    """The FMR that an FPIR needs among N: 1 - (1 - FPIR)^(1/N)."""
    return -math.expm1(math.log1p(-fpir) / size)


def fmr_of_alarms(alarms_per_day: float, tracks_per_day: float, size: int) -> float:
    """The FMR with which so many tracks a day raise so many alarms among N."""
    return min(1.0, alarms_per_day / (tracks_per_day * size))
