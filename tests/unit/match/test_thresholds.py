"""The sum that leads from acceptable false alarms to a cosine."""

from __future__ import annotations

import pytest
from calibrations import fake_calibration
from fakes import THRESHOLD, fake_pack

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.false_alarms import fpir_of
from sightline.match.calibration import CalibrationInForce
from sightline.match.thresholds import Thresholds, needed_fmr
from sightline.v1 import gallery_service_pb2 as gallery
from sightline.v1 import search_service_pb2 as pb

NONE = Thresholds(fake_pack())
MEASURED = Thresholds(fake_pack(), CalibrationInForce(fake_calibration()))
MISMATCHED = Thresholds(
    fake_pack(), CalibrationInForce(missing=FailedPrecondition("CALIBRATION_MISMATCH", "other models"))
)


def watchlist(size: int = 0, **fields) -> gallery.Watchlist:
    """One with so many faces."""
    return gallery.Watchlist(face_count=size, **{"embedder_id": fake_pack().embedder_id} | fields)


def per_day(alarms: float, tracks: float) -> gallery.TargetAlarms:
    """So many alarms among so many passers-by."""
    return gallery.TargetAlarms(alarms_per_day=alarms, tracks_per_day=tracks)


def reasons(answer: pb.ExplainThresholdResponse) -> set[str]:
    """Of the warnings."""
    return {warning.reason for warning in answer.warnings}


def test_the_sum_is_that_of_the_requirement():
    """FPIR = 1 - (1 - FMR)^N: at 1e-6 a gallery of 300,000 alerts on 26 % of strangers, at 1e-4 on nearly all."""
    assert fpir_of(1e-6, 300_000) == pytest.approx(0.26, abs=0.002)
    assert fpir_of(1e-4, 300_000) > 0.9999
    needed = needed_fmr(watchlist(300_000, target_fpir=0.26))
    assert fpir_of(needed, 300_000) == pytest.approx(0.26)
    assert needed_fmr(watchlist(1000, target_alarms=per_day(1, 10_000))) == pytest.approx(1e-4 / 1000)


def test_a_watchlist_of_another_model_has_no_threshold():
    """A cosine of this pack's means nothing in it: its alerts are off, and whoever asks learns why."""
    foreign = watchlist(10, name="wanted", embedder_id="a" * 26, threshold=0.5)
    with pytest.raises(FailedPrecondition, match=r"EMBEDDER_DIFFERS.*'wanted'"):
        MEASURED.of(foreign)
    assert MEASURED.explain(foreign).alerts_off.reason == "EMBEDDER_DIFFERS"


def test_the_threshold_rises_with_the_watchlist():
    """The same target takes a higher cosine among more faces; ten times the faces, one decade."""
    cosines = [MEASURED.of(watchlist(size, target_fpir=0.1)).cosine for size in (1, 10, 100)]
    assert cosines == sorted(cosines)
    assert cosines[2] - cosines[1] == pytest.approx(0.1, abs=0.003)
    assert MEASURED.of(watchlist(0, target_fpir=0.1)) == MEASURED.of(watchlist(1, target_fpir=0.1))


def test_alarms_a_day_are_a_target_too():
    """One alarm a day among 100 passers-by and 10 faces takes a false match rate of 1e-3."""
    threshold = MEASURED.of(watchlist(10, target_alarms=per_day(1, 100)))
    assert threshold.cosine == pytest.approx(0.3)
    assert (threshold.source, threshold.calibration) == (pb.THRESHOLD_SOURCE_TARGET, fake_calibration().id)


def test_an_expert_s_threshold_wins_and_without_a_target_the_pack_s_counts():
    """The watchlist's own cosine is in force whatever its target; neither of the two is the calibration's doing."""
    own = MEASURED.of(watchlist(10, threshold=0.5, target_fpir=0.1))
    assert (own.cosine, own.source, own.calibration) == (0.5, pb.THRESHOLD_SOURCE_WATCHLIST, "none")
    published = MEASURED.of(watchlist(10))
    assert (published.cosine, published.source, published.calibration) == (THRESHOLD, pb.THRESHOLD_SOURCE_PACK, "none")


@pytest.mark.parametrize(
    ("thresholds", "reason"), [(NONE, "CALIBRATION_MISSING"), (MISMATCHED, "CALIBRATION_MISMATCH")]
)
def test_without_a_calibration_a_target_is_refused(thresholds, reason):
    """Nobody can say which cosine meets it: it cannot be set, and one that was set has no threshold."""
    aimed = watchlist(10, target_fpir=0.1)
    for call in (thresholds.check_target, thresholds.of):
        with pytest.raises(FailedPrecondition, match=reason):
            call(aimed)
    explained = thresholds.explain(aimed)
    assert explained.alerts_off.reason == reason
    assert not explained.HasField("cosine")
    thresholds.check_target(watchlist(10))
    assert reasons(thresholds.explain(watchlist(10))) == {reason}


def test_a_target_beyond_what_was_measured_is_refused_with_the_least_that_can_be_promised():
    """30,000 comparisons show 1e-4 and no less: with 100 faces that is an FPIR of 0.00995, or 9.95 alarms in 1,000."""
    MEASURED.check_target(watchlist(100, target_fpir=0.00996))
    with pytest.raises(FailedPrecondition, match=r"TARGET_NOT_MEASURED.* an FPIR of 0\.00995"):
        MEASURED.check_target(watchlist(100, target_fpir=0.0099))
    with pytest.raises(FailedPrecondition, match=r"TARGET_NOT_MEASURED.* 10 alarms a day"):
        MEASURED.check_target(watchlist(100, target_alarms=per_day(9, 1000)))


def test_a_watchlist_that_outgrows_its_target_keeps_the_strictest_measured_threshold():
    """It goes on raising alerts, above the last cosine that was measured, and the explanation warns."""
    grown = watchlist(1000, target_fpir=0.01)
    assert MEASURED.of(grown).cosine == 0.4
    explained = MEASURED.explain(grown)
    assert "TARGET_NOT_MEASURED" in reasons(explained)
    assert explained.expected_fpir == pytest.approx(explained.least_fpir)
    assert explained.expected_fpir > explained.target_fpir


def test_the_explanation_shows_every_number_of_the_sum():
    """Target, size, rate, cosine, similarity and what is to be expected hang together."""
    explained = MEASURED.explain(watchlist(10, target_alarms=per_day(1, 100)))
    assert explained.target_alarms == per_day(1, 100)
    assert (explained.templates, explained.comparisons) == (10, 30_000)
    assert explained.needed_fmr == pytest.approx(1e-3)
    assert explained.cosine == pytest.approx(0.3)
    assert explained.similarity == pytest.approx(fake_pack().embedder.to_similarity(0.3))
    assert explained.expected_fmr == pytest.approx(1e-3)
    assert explained.expected_fpir == pytest.approx(fpir_of(1e-3, 10))
    assert explained.expected_alarms_per_day == pytest.approx(1.0)
    assert explained.calibration == fake_calibration().id
    assert reasons(explained) == {"MEASURED_ON_STILLS"}
