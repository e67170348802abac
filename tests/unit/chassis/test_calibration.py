"""The file that says how often strangers resemble each other: what it may claim, and how it is read."""

import pytest
from calibrations import fake_calibration
from fakes import fake_pack

from sightline.chassis.calibration import read_calibration
from sightline.chassis.errors import FailedPrecondition


def test_between_two_points_the_rate_falls_by_its_logarithm():
    """Half a decade lies in the middle of a decade, in both directions."""
    calibration = fake_calibration()
    assert calibration.cosine_at(10**-2.5) == pytest.approx(0.25)
    assert calibration.fmr_at(0.25) == pytest.approx(10**-2.5)
    assert calibration.cosine_at(1e-3) == pytest.approx(0.3)
    assert calibration.fmr_at(0.3) == pytest.approx(1e-3)


def test_beyond_its_ends_it_claims_nothing():
    """A rate below the last one gives the last cosine; a cosine above the last one still has the last rate."""
    calibration = fake_calibration()
    assert (calibration.cosine_at(1e-9), calibration.cosine_at(1.0)) == (0.4, 0.0)
    assert (calibration.fmr_at(0.9), calibration.fmr_at(-0.5)) == (1e-4, 1.0)
    assert calibration.least_fmr == 1e-4


def test_a_table_that_claims_more_than_was_compared_is_refused():
    """Below 3/n of n comparisons nothing was measured: such a file is broken, as is one that does not fall."""
    with pytest.raises(ValueError, match="29999 comparisons show nothing below"):
        fake_calibration(comparisons=29_999)
    for table in (((0.1, 0.1), (0.1, 0.05)), ((0.1, 0.1), (0.2, 0.1)), ((0.2, 0.1), (0.1, 0.05))):
        with pytest.raises(ValueError, match="must fall"):
            fake_calibration(table=table)


def test_it_fits_the_models_that_it_was_measured_with_and_no_others():
    """Another weight file, or the same one used in another way, is another pack."""
    assert fake_calibration().fits(fake_pack())
    for change in (
        {"embedder_sha256": ("1" * 64,)},
        {"detector_sha256": ("1" * 64,)},
        {"embedder_id": "a" * 26},
        {"detector_id": "a" * 26},
    ):
        assert not fake_calibration(**change).fits(fake_pack())


def test_its_id_is_of_all_that_it_says(tmp_path):
    """Read back from its file it is the same calibration; another figure makes another id."""
    calibration = fake_calibration()
    (tmp_path / "calibration.json").write_text(calibration.model_dump_json(indent=2))
    assert read_calibration(tmp_path / "calibration.json") == calibration
    assert read_calibration(tmp_path / "calibration.json").id == calibration.id
    assert fake_calibration(identities=247).id != calibration.id


def test_a_broken_file_is_named(tmp_path):
    """What is wrong with a calibration file is said with its path."""
    path = tmp_path / "calibration.json"
    with pytest.raises(FailedPrecondition, match=f"CALIBRATION_UNREADABLE: {path} .*--calibration"):
        read_calibration(path)
    path.write_text('{"format": 1}')
    with pytest.raises(FailedPrecondition, match=f"CALIBRATION_INVALID: {path}: detector_id"):
        read_calibration(path)
