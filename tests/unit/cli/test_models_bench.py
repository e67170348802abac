"""`sightline models bench`: the networks of a pack, timed on this machine."""

import json

import pytest
from typer.testing import CliRunner

from sightline.cli.models.commands import app


@pytest.mark.parametrize(
    ("detector", "embedder", "per"),
    [
        ("scrfd", "arcface", ["picture", "face"]),
        ("mtcnn", "dlib", ["level of 640 x 480", "candidate", "candidate", "face"]),
    ],
)
def test_every_network_is_timed(make_pack, detector, embedder, per):
    """A median in milliseconds for each file, and what one run is for; nothing but JSON on stdout."""
    folder = str(make_pack(detector, embedder).folder)
    result = CliRunner().invoke(app, ["bench", "any", "--dir", folder, "--runs", "2", "--json"])
    rows = json.loads(result.stdout)
    assert [row["per"] for row in rows] == per
    assert all(row["milliseconds"] > 0 for row in rows)


def test_people_are_told_what_is_not_measured(make_pack):
    """The table says that it is of the networks alone."""
    folder = str(make_pack().folder)
    shown = CliRunner().invoke(app, ["bench", "any", "--dir", folder, "--runs", "1"], env={"COLUMNS": "120"}).stdout
    assert "scrfd_2.5g_kps.onnx" in shown
    assert "the networks alone" in shown
