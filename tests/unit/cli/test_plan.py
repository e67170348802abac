"""How large an installation has to be: the sum, and that the table in the repository is what it gives today."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sightline.cli.app import build_app
from sightline.cli.plan import figures
from sightline.cli.plan.limits import accuracy, limits
from sightline.cli.plan.report import document, rows
from sightline.cli.plan.sizing import BUSY, Load, camera_cores, need, search_seconds

ROOT = Path(__file__).parents[3]
LOAD = Load(cameras=500, fps=5, faces=300_000)


def test_the_guide_is_what_the_calculator_says():
    """A figure that changed and was not written down again would mislead whoever buys machines by it."""
    assert (ROOT / "deploy/capacity.md").read_text() == document(), "sightline plan --write deploy/capacity.md"


def test_a_camera_costs_what_was_measured():
    """At the measured rate the sum gives the measured cores; with fewer frames decoding is what stays."""
    assert camera_cores(5, 1) == pytest.approx(figures.MOVING_CAMERA.value)
    assert camera_cores(5, 0) == pytest.approx(figures.STILL_CAMERA.value)
    assert camera_cores(0.001, 1) == pytest.approx(25 * 0.005, rel=0.01)
    cores = need(replace(LOAD, moving=1)).cores
    assert cores["ingest"] + cores["detect"] == pytest.approx(500 * 0.67 / BUSY)


def test_more_of_anything_needs_no_less():
    """Cameras, frames, faces and appearances: each alone never makes an installation smaller."""
    before = need(LOAD)
    for more in ({"cameras": 1000}, {"fps": 10}, {"faces": 900_000}, {"tracks": 600.0}, {"moving": 1.0}):
        after = need(replace(LOAD, **more))
        assert all(after.cores[name] >= cores for name, cores in before.cores.items()), more
        assert all(after.memory[name] >= size for name, size in before.memory.items()), more
        assert after.broker_bytes_per_second >= before.broker_bytes_per_second


def test_a_process_has_memory_without_any_face():
    """A match is more than its index, and has it only where no Qdrant server does; the table has every service's."""
    few, many = need(replace(LOAD, faces=1)).memory, need(replace(LOAD, faces=20_000_000)).memory
    assert few["match"] == pytest.approx(many["match"], rel=1e-3) == pytest.approx(figures.MATCH_BYTES.value, rel=1e-3)
    assert need(LOAD).memory["match"] == pytest.approx(many["match"] + need(LOAD).memory["index"])
    assert all(memory.endswith("B") for _, _, _, memory in rows(need(LOAD)))


def test_what_was_not_measured_is_not_claimed():
    """Above a million faces there is no time of a search, and the index is said to give way."""
    large = replace(LOAD, faces=10_000_000)
    assert search_seconds(large.faces) is None
    assert need(large).search_load is None
    first = limits(large, need(large))[0]
    assert (first.share, first.what) == (10.0, "the embedded index: it was measured up to 1,000,000 faces")


def test_what_gives_way_first_depends_on_the_size():
    """Ten thousand cameras are too many leases for one installation; crowds fill the broker's memory."""
    many = replace(LOAD, cameras=10_000, faces=10_000)
    assert limits(many, need(many))[0].what.startswith("leases")
    assert limits(many, need(many))[0].share > 1
    crowd = replace(LOAD, tracks=6_000.0, shots=4.0, faces=10_000)
    passed = [limit.what for limit in limits(crowd, need(crowd)) if limit.share > 1]
    assert any(what.startswith("the broker's memory: faces of 6 s") for what in passed), passed
    assert not any(what.startswith("leases") for what in passed)


def test_false_alarms_are_said():
    """One false alarm a day takes 1 / (appearances a day x faces): for few of both a calibration can vouch for it."""
    assert need(LOAD).false_match_rate == pytest.approx(1 / (500 * 60 * 24 * 300_000))
    assert "false alarms a day" in accuracy(need(LOAD))
    few = Load(cameras=1, fps=5, faces=100, tracks=10)
    assert accuracy(need(few)).endswith("vouches")


def test_the_command_answers_people_and_programs():
    """A table with what gives way, and the same as JSON."""
    options = ["plan", "--cameras", "500", "--fps", "5", "--faces", "300000"]
    shown = CliRunner().invoke(build_app(), options, env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    assert "what gives way first" in shown.stdout
    told = json.loads(CliRunner().invoke(build_app(), [*options, "--json"]).stdout)
    assert told["load"]["cameras"] == 500
    assert told["need"]["cores"] == pytest.approx(need(LOAD).cores)
