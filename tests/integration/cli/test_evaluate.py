"""`sightline evaluate` against servers that are detect and embed for names."""

import asyncio
import json

import pytest
import typer
from fakes import NO_FACE
from labelled_inference import labelled_inference, whole_pack
from secrets_for_tests import tester_key
from typer.testing import CliRunner

from sightline.chassis.errors import InvalidInput, Unavailable
from sightline.cli import evaluate

PEOPLE = 20
CROSSED = "<b>north</b>"


@pytest.fixture
async def inference(tmp_path):
    """Running servers of a pack."""
    async with labelled_inference(whole_pack(tmp_path / "pack")) as servicer:
        yield servicer


@pytest.fixture
def dataset(tmp_path):
    """A list of twenty people with two pictures each, half of them labelled, and of one picture without a face."""
    rows = ["path,identity,region"]
    for number in range(PEOPLE):
        for view in range(2):
            (tmp_path / f"{number}-{view}.jpg").write_text(f"person {number}#{view}")
            rows.append(f"{number}-{view}.jpg,somebody-{number},{CROSSED if number % 2 else 'south'}")
    (tmp_path / "empty.jpg").write_text(NO_FACE)
    (tmp_path / "set.csv").write_text("\n".join([*rows, "empty.jpg,somebody-0,south"]))
    return tmp_path / "set.csv"


@pytest.fixture
def run(inference, dataset, tmp_path):
    """A function that runs the command with more arguments and raises its error."""
    app = typer.Typer()
    app.command()(evaluate.evaluate)
    environment = {
        "SIGHTLINE_DETECT_TARGET": inference.target,
        "SIGHTLINE_EMBED_TARGET": inference.target,
        "SIGHTLINE_API_KEY": tester_key(),
        "SIGHTLINE_STATE_DIR": str(tmp_path),
    }
    fixed = ["--pack", str(tmp_path / "pack"), "--report", str(tmp_path / "report"), "--resamples", "100"]

    async def invoke(*arguments):
        result = await asyncio.to_thread(CliRunner().invoke, app, [str(dataset), *fixed, *arguments], env=environment)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


async def test_a_labelled_list_becomes_a_report(run, tmp_path):
    """HTML for people, JSON for programs: the same figures, no names of people, and labels that are no markup."""
    said = await run("--label", "region")
    figures = json.loads((tmp_path / "report" / "report.json").read_text())
    page = (tmp_path / "report" / "report.html").read_text()
    assert (figures["people"], figures["pictures"], figures["problems"]) == (PEOPLE, 2 * PEOPLE + 1, {"NO_FACE": 1})
    assert figures["enrolment"]["value"] == pytest.approx(1 / (2 * PEOPLE + 1))
    assert figures["verification"]["operating"][-1]["fnmr"] is None
    assert {group["name"] for group in figures["differentials"][0]["groups"]} == {"south", CROSSED}
    assert "not measured, n too small" in page
    assert CROSSED not in page
    assert "&lt;b&gt;north" in page
    assert "somebody-" not in page + json.dumps(figures)
    assert "report.html" in said.stdout
    assert not (tmp_path / "report" / "templates.cache").exists()


async def test_pictures_of_a_track_are_one_appearance(run, dataset, tmp_path):
    """Tracks of two pictures count once each, by their best shot; beside it stands what fusion makes of them."""
    rows = ["path,identity,track"]
    for number in range(PEOPLE):
        for view in range(4):
            (tmp_path / f"{number}-{view}.jpg").write_text(f"person {number}#{view}")
            rows.append(f"{number}-{view}.jpg,somebody-{number},{'coming' if view < 2 else 'going'}")
    dataset.write_text("\n".join([*rows, "empty.jpg,somebody-0,dark"]))
    said = await run()
    figures = json.loads((tmp_path / "report" / "report.json").read_text())
    assert (figures["pictures"], figures["tracks"]["count"], figures["track_count"]) == (81, 41, 41)
    assert figures["enrolment"]["value"] == figures["tracks"]["missed"]["value"] == pytest.approx(1 / 41)
    assert [form["name"] for form in figures["tracks"]["forms"]] == ["best shot", "each shot", "fused"]
    assert "41 tracks" in said.stdout
    assert "with fusion and without" in (tmp_path / "report" / "report.html").read_text()


async def test_interrupted_it_goes_on_where_it_was(run, inference, tmp_path):
    """What was read is not read again; templates are kept for another report where that is asked for."""
    inference.fails_after = 32
    with pytest.raises(Unavailable, match="EMBED_UNAVAILABLE"):
        await run()
    assert not (tmp_path / "report" / "report.html").exists()
    inference.fails_after, inference.detected = 1000, 0
    await run("--keep-templates")
    assert 0 < inference.detected < 2 * PEOPLE + 1
    inference.detected = 0
    await run("--threshold", "0.5")
    assert inference.detected == 0
    assert json.loads((tmp_path / "report" / "report.json").read_text())["thresholds"][1]["cosine"] == 0.5


async def test_a_column_that_is_not_there_is_refused(run):
    """Nobody's group is guessed: it is in the data set, or it is not."""
    with pytest.raises(InvalidInput, match=r"COLUMN_MISSING.*path, identity, region"):
        await run("--label", "sex")
