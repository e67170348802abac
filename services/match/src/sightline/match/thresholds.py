"""From the false alarms that a watchlist may raise to the cosine above which a face is a candidate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.false_alarms import fmr_of_alarms, fmr_of_fpir, fpir_of
from sightline.match.calibration import CalibrationInForce
from sightline.v1 import face_pb2
from sightline.v1 import search_service_pb2 as pb

if TYPE_CHECKING:
    from sightline.chassis.calibration import Calibration
    from sightline.chassis.pack import Pack
    from sightline.v1 import gallery_service_pb2

ROUNDING = 1 - 1e-9


@dataclass(frozen=True, slots=True)
class Threshold:
    """A cosine, where it comes from, and the calibration that gave it ("none": no calibration did)."""

    cosine: float
    source: pb.ThresholdSource
    calibration: str = "none"


class Thresholds:
    """The thresholds of one pack's watchlists."""

    def __init__(self, pack: Pack, calibration: CalibrationInForce | None = None) -> None:
        self._pack = pack
        self._in_force = calibration or CalibrationInForce()

    @property
    def calibration(self) -> Calibration | None:
        """The one in force, if there is one."""
        return self._in_force.calibration

    def of(self, watchlist: gallery_service_pb2.Watchlist) -> Threshold:
        """The threshold in force: the watchlist's own, else its target's at its present size, else the pack's.

        A watchlist that has outgrown its target keeps the strictest threshold that was measured; `explain` says so.

        Raises:
            FailedPrecondition: CALIBRATION_MISSING or CALIBRATION_MISMATCH, nobody knows which cosine meets its target;
                EMBEDDER_DIFFERS, it belongs to another model.
        """
        if watchlist.embedder_id != self._pack.embedder_id:
            raise _bound_elsewhere(watchlist, self._pack)
        if watchlist.HasField("threshold"):
            return Threshold(watchlist.threshold, pb.THRESHOLD_SOURCE_WATCHLIST)
        if not watchlist.WhichOneof("target"):
            return Threshold(self._pack.embedder.threshold, pb.THRESHOLD_SOURCE_PACK)
        calibration = self._in_force.required()
        cosine = calibration.cosine_at(needed_fmr(watchlist))
        return Threshold(cosine, pb.THRESHOLD_SOURCE_TARGET, calibration.id)

    def check_target(self, watchlist: gallery_service_pb2.Watchlist) -> None:
        """Refuses a target that nothing measured can keep, at the watchlist's present size.

        Raises:
            FailedPrecondition: CALIBRATION_MISSING, CALIBRATION_MISMATCH or TARGET_NOT_MEASURED.
        """
        if watchlist.WhichOneof("target"):
            calibration = self._in_force.required()
            if not _is_measured(watchlist, calibration):
                raise FailedPrecondition("TARGET_NOT_MEASURED", _beyond(watchlist, calibration))

    def explain(self, watchlist: gallery_service_pb2.Watchlist) -> pb.ExplainThresholdResponse:
        """Every number of the sum."""
        answer = pb.ExplainThresholdResponse(
            templates=watchlist.face_count, calibration=self._in_force.id, embedder_id=watchlist.embedder_id
        )
        _put_target(answer, watchlist)
        calibration = self._in_force.calibration
        if calibration is not None:
            answer.comparisons = calibration.comparisons
            answer.least_fpir = fpir_of(calibration.least_fmr, size_of(watchlist))
        try:
            threshold = self.of(watchlist)
        except FailedPrecondition as error:
            answer.source = pb.THRESHOLD_SOURCE_TARGET
            answer.alerts_off.CopyFrom(face_pb2.Problem(reason=error.reason, message=error.message))
            return answer
        answer.source = threshold.source
        answer.cosine = threshold.cosine
        answer.similarity = self._pack.embedder.to_similarity(threshold.cosine)
        if calibration is not None:
            _expect(answer, watchlist, calibration)
        answer.warnings.extend(self._warnings(watchlist, threshold))
        return answer

    def _warnings(self, watchlist: gallery_service_pb2.Watchlist, threshold: Threshold) -> list[face_pb2.Problem]:
        found: list[tuple[str, str]] = []
        calibration = self._in_force.calibration
        if calibration is None:
            missing = self._in_force.missing
            found.append((missing.reason, missing.message))
        else:
            found.append(("MEASURED_ON_STILLS", "Measured between single pictures; of a track several are fused."))
        if (concern := self._in_force.concern) is not None:
            found.append((concern.reason, concern.message))
        if threshold.source == pb.THRESHOLD_SOURCE_WATCHLIST:
            found.append(("EXPERT_THRESHOLD", "The watchlist's own cosine is in force; a target would not change it."))
        if threshold.source == pb.THRESHOLD_SOURCE_TARGET and calibration and not _is_measured(watchlist, calibration):
            found.append(("TARGET_NOT_MEASURED", _beyond(watchlist, calibration)))
        return [face_pb2.Problem(reason=reason, message=message) for reason, message in found]


def size_of(watchlist: gallery_service_pb2.Watchlist) -> int:
    """N: its templates, and at least one."""
    return max(1, watchlist.face_count)


def needed_fmr(watchlist: gallery_service_pb2.Watchlist) -> float:
    """The false match rate of one comparison that its target needs at its present size."""
    if watchlist.WhichOneof("target") == "target_alarms":
        target = watchlist.target_alarms
        return fmr_of_alarms(target.alarms_per_day, target.tracks_per_day, size_of(watchlist))
    return fmr_of_fpir(watchlist.target_fpir, size_of(watchlist))


def _bound_elsewhere(watchlist: gallery_service_pb2.Watchlist, pack: Pack) -> FailedPrecondition:
    return FailedPrecondition(
        "EMBEDDER_DIFFERS",
        f"Watchlist '{watchlist.name}' belongs to embedder {watchlist.embedder_id}, and the pack '{pack.name}' is of "
        f"{pack.embedder_id}: start match with the pack of before, or end the change of model.",
    )


def _is_measured(watchlist: gallery_service_pb2.Watchlist, calibration: Calibration) -> bool:
    return needed_fmr(watchlist) >= calibration.least_fmr * ROUNDING


def _beyond(watchlist: gallery_service_pb2.Watchlist, calibration: Calibration) -> str:
    size, least = size_of(watchlist), calibration.least_fmr
    if watchlist.WhichOneof("target") == "target_alarms":
        promise = f"{least * size * watchlist.target_alarms.tracks_per_day:.3g} alarms a day"
    else:
        promise = f"an FPIR of {fpir_of(least, size):.3g}"
    return (
        f"With {size} faces the target needs a false match rate of {needed_fmr(watchlist):.2g}, and "
        f"{calibration.comparisons} comparisons show nothing below {least:.2g}: the least that can be promised is "
        f"{promise}. Ask for no less, or calibrate with more people."
    )


def _put_target(answer: pb.ExplainThresholdResponse, watchlist: gallery_service_pb2.Watchlist) -> None:
    target = watchlist.WhichOneof("target")
    if target == "target_alarms":
        answer.target_alarms.CopyFrom(watchlist.target_alarms)
    elif target == "target_fpir":
        answer.target_fpir = watchlist.target_fpir
    if target:
        answer.needed_fmr = needed_fmr(watchlist)


def _expect(
    answer: pb.ExplainThresholdResponse, watchlist: gallery_service_pb2.Watchlist, calibration: Calibration
) -> None:
    size = size_of(watchlist)
    answer.expected_fmr = calibration.fmr_at(answer.cosine)
    answer.expected_fpir = fpir_of(answer.expected_fmr, size)
    if watchlist.WhichOneof("target") == "target_alarms":
        answer.expected_alarms_per_day = answer.expected_fmr * size * watchlist.target_alarms.tracks_per_day
