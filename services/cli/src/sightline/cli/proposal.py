"""Which threshold a target takes, by a calibration alone."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sightline.chassis.calibration import Calibration
from sightline.chassis.calibration_signature import is_unchanged
from sightline.chassis.errors import FailedPrecondition, InvalidInput
from sightline.chassis.false_alarms import fmr_of_alarms, fmr_of_fpir, fpir_of

_ROUNDING = 1 - 1e-9


@dataclass(frozen=True)
class Proposal:
    """A threshold, and what it promises at most (95 %)."""

    cosine: float
    similarity: float | None
    enrolled: int
    needed_fmr: float
    fmr: float
    fpir: float
    alarms_per_day: float | None
    calibration: str
    comparisons: int


def proposed(
    calibration: Calibration,
    enrolled: int,
    fpir: float | None,
    alarms_per_day: float | None,
    tracks_per_day: float | None,
) -> Proposal:
    """Find the threshold for one of the two kinds of target.

    Raises:
        InvalidInput: TARGET_UNCLEAR.
        FailedPrecondition: CALIBRATION_ALTERED; TARGET_NOT_MEASURED, nothing that was measured can keep it.
    """
    if not is_unchanged(calibration):
        raise FailedPrecondition("CALIBRATION_ALTERED", "The calibration is not what was signed: measure it again.")
    needed = _needed_fmr(enrolled, fpir, alarms_per_day, tracks_per_day)
    least = calibration.least_fmr
    if needed < least * _ROUNDING:
        raise FailedPrecondition(
            "TARGET_NOT_MEASURED",
            f"Among {enrolled:,} faces the target needs an FMR of {needed:.2g}, and {calibration.comparisons:,} "
            f"comparisons show nothing below {least:.2g}: the least that can be promised is an FPIR of "
            f"{fpir_of(least, enrolled):.3g}. Calibrate with more people: about {_people_for(needed):,}.",
        )
    cosine = calibration.cosine_at(needed)
    fmr = calibration.fmr_at(cosine)
    return Proposal(
        cosine,
        _similarity(calibration, cosine),
        enrolled,
        needed,
        fmr,
        fpir_of(fmr, enrolled),
        tracks_per_day and tracks_per_day * fpir_of(fmr, enrolled),
        calibration.id,
        calibration.comparisons,
    )


def proposal_rows(proposal: Proposal) -> Iterator[tuple[str, str]]:
    """Give the lines of a table."""
    yield "faces N", f"{proposal.enrolled:,}"
    yield "needed FMR", f"{proposal.needed_fmr:.3g}"
    yield "cosine", f"{proposal.cosine:.4f}"
    if proposal.similarity is not None:
        yield "similarity", f"{proposal.similarity:.1f}"
    yield "FMR at most", f"{proposal.fmr:.3g}"
    yield "FPIR at most", f"1 - (1 - FMR)^N = {proposal.fpir:.3g}"
    if proposal.alarms_per_day is not None:
        yield "false alarms a day at most", f"{proposal.alarms_per_day:.3g}"
    yield "calibration", f"{proposal.calibration} ({proposal.comparisons:,} comparisons)"


def _needed_fmr(enrolled: int, fpir: float | None, alarms_per_day: float | None, tracks_per_day: float | None) -> float:
    if fpir is not None and alarms_per_day is None and 0 < fpir < 1:
        return fmr_of_fpir(fpir, enrolled)
    if fpir is None and alarms_per_day and tracks_per_day:
        return fmr_of_alarms(alarms_per_day, tracks_per_day, enrolled)
    message = "Give --fpir between 0 and 1, or --alarms-per-day together with --tracks-per-day, above 0."
    raise InvalidInput("TARGET_UNCLEAR", message)


def _people_for(fmr: float) -> int:
    """Give how many people make 3/FMR pairs."""
    return math.ceil((1 + math.sqrt(1 + 24 / fmr)) / 2)


def _similarity(calibration: Calibration, cosine: float) -> float | None:
    """Give the cosine on the pack's scale, where the calibration has it: linear between its points."""
    points = calibration.similarity
    if not points:
        return None
    cosines, similarities = zip(*points, strict=True)
    return float(np.interp(cosine, cosines, similarities))
