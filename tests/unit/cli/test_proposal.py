"""Which threshold a target takes, before there is a watchlist."""

import pytest
from calibrations import fake_calibration

from sightline.chassis.errors import FailedPrecondition, InvalidInput
from sightline.cli.proposal import proposal_rows, proposed


def test_a_target_takes_the_cosine_that_the_calibration_has_for_it():
    """One alarm a day among 100 tracks and 10 faces takes an FMR of 1e-3, as in match."""
    proposal = proposed(fake_calibration(), 10, None, 1, 100)
    assert proposal.cosine == pytest.approx(0.3)
    assert proposal.alarms_per_day == pytest.approx(1, rel=0.01)
    by_share = proposed(fake_calibration(), 10, 0.01, None, None)
    assert by_share.fpir == pytest.approx(0.01)
    assert by_share.alarms_per_day is None
    assert ("cosine", "0.3000") in list(proposal_rows(proposal))


def test_the_pack_s_similarity_is_shown_where_the_calibration_has_it():
    """Linear between the points, flat beyond them."""
    measured = fake_calibration(similarity=((0.0, 0.0), (0.2, 80.0), (0.4, 100.0)))
    assert proposed(measured, 10, None, 1, 100).similarity == pytest.approx(90)
    assert proposed(fake_calibration(), 10, None, 1, 100).similarity is None


def test_what_was_not_measured_is_not_promised():
    """The reason says what can be promised, and how many people it takes."""
    with pytest.raises(FailedPrecondition, match=r"TARGET_NOT_MEASURED.*about 7,747"):
        proposed(fake_calibration(), 1000, None, 1, 10_000)


@pytest.mark.parametrize("target", [(None, None, None), (0.1, 1, 100), (None, 1, None), (0.0, None, None)])
def test_an_unclear_target_is_refused(target):
    """Neither kind, both, half of one, or none at all that could be kept."""
    with pytest.raises(InvalidInput, match="TARGET_UNCLEAR"):
        proposed(fake_calibration(), 10, *target)
