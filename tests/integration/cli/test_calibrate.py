"""`sightline calibrate` against servers that are detect and embed for names."""

import asyncio

import pytest
import typer
from fakes import NO_FACE
from labelled_inference import labelled_inference, whole_pack
from secrets_for_tests import secrets_folder, tester_key
from typer.testing import CliRunner

from sightline.chassis.calibration import read_calibration
from sightline.chassis.calibration_signature import is_unchanged
from sightline.chassis.errors import FailedPrecondition, InvalidInput, Unavailable
from sightline.chassis.seals import key_id
from sightline.cli import calibrate

PEOPLE = 12


@pytest.fixture
def pack(tmp_path):
    """A pack whose weight files are as its manifest says."""
    return whole_pack(tmp_path / "pack")


@pytest.fixture
async def inference(pack):
    """Running servers."""
    async with labelled_inference(pack) as servicer:
        yield servicer


@pytest.fixture
def folder(tmp_path):
    """Twelve people with two pictures each, and one picture without a face."""
    made = tmp_path / "labelled"
    for number in range(PEOPLE):
        (made / f"p{number}").mkdir(parents=True)
        for view in range(2):
            (made / f"p{number}" / f"{view}.jpg").write_text(f"person {number}#{view}")
    (made / "p0" / "empty.jpg").write_text(NO_FACE)
    return made


@pytest.fixture
def run(inference, pack, tmp_path):
    """A function that runs the command and raises its error."""
    app = typer.Typer()
    app.command()(calibrate.calibrate)
    environment = {
        "SIGHTLINE_DETECT_TARGET": inference.target,
        "SIGHTLINE_EMBED_TARGET": inference.target,
        "SIGHTLINE_API_KEY": tester_key(),
        "SIGHTLINE_STATE_DIR": str(tmp_path),
        "SIGHTLINE_SECRETS_DIR": str(secrets_folder().path),
    }

    async def invoke(folder):
        arguments = [str(folder), "--out", str(tmp_path / "calibration.json"), "--pack", str(pack.folder)]
        result = await asyncio.to_thread(CliRunner().invoke, app, arguments, env=environment)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


async def test_a_labelled_folder_becomes_a_calibration(run, folder, pack, tmp_path):
    """The file names the pack, the people and the comparisons, fits match's check, and says how few it is."""
    said = await run(folder)
    calibration = read_calibration(tmp_path / "calibration.json")
    assert calibration.fits(pack)
    assert (calibration.identities, calibration.pictures) == (PEOPLE, 2 * PEOPLE)
    assert calibration.comparisons == PEOPLE * (PEOPLE - 1) // 2
    assert calibration.least_fmr == pytest.approx(3 / calibration.comparisons)
    assert "66 comparisons: nothing below an FMR of 3/66 = 0.045" in said.stdout
    assert "left out: 1 x NO_FACE" in said.stderr
    assert is_unchanged(calibration)
    assert calibration.signature.key_id == key_id(secrets_folder().seal_public_key())
    assert calibration.valid_fmr == (calibration.least_fmr, 1.0)
    assert calibration.similarity == pack.embedder.similarity
    assert not (tmp_path / "calibration.json.cache").exists()


async def test_what_was_read_is_not_read_again(run, folder, inference, tmp_path):
    """Interrupted in the middle it goes on there: no picture that has a template goes to detect again."""
    inference.fails_after = 16
    with pytest.raises(Unavailable, match="EMBED_UNAVAILABLE"):
        await run(folder)
    assert not (tmp_path / "calibration.json").exists()
    inference.fails_after, before = 1000, inference.detected
    inference.detected = 0
    await run(folder)
    assert before == 2 * PEOPLE + 1
    assert 0 < inference.detected < before
    assert read_calibration(tmp_path / "calibration.json").pictures == 2 * PEOPLE


async def test_models_that_are_not_the_pack_s_are_refused(run, folder, inference, tmp_path):
    """Measured with other models it would name the wrong ones."""
    inference.embedder_id = "a" * 26
    with pytest.raises(FailedPrecondition, match="PACK_DIFFERS"):
        await run(folder)
    assert not (tmp_path / "calibration.json").exists()


async def test_too_few_people_are_refused(run, folder, tmp_path):
    """With fewer than ten people there is nothing to claim."""
    for number in range(3):
        (folder / f"p{number}").rename(tmp_path / f"gone{number}")
    with pytest.raises(InvalidInput, match="PEOPLE_TOO_FEW"):
        await run(folder)
