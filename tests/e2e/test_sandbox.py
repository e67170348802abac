"""`sightline sandbox run`, as a testing laboratory runs it: every process and every model real."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections import defaultdict
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from sightline.chassis.pack import load_pack
from sightline.chassis.picture import decode_picture, encode_jpeg

if TYPE_CHECKING:
    from pathlib import Path

PEOPLE = 3
SIDE = 320


def small(picture: Path) -> bytes:
    """The picture so small that it is soon looked at."""
    pixels = decode_picture(picture.read_bytes())
    scale = min(1.0, SIDE / max(pixels.shape))
    return encode_jpeg(cv2.resize(pixels, None, fx=scale, fy=scale), 92)


@pytest.fixture
def sets(shared_media, tmp_path):
    """Three people with a picture to enrol and another as a probe; and in each set a wall."""
    pictures = defaultdict(list)
    with (shared_media / "manifest.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["category"] == "portrait" and row["n_faces"] == "1":
                pictures[row["identity"]].append(shared_media / row["path"])
    wall = encode_jpeg(np.full((240, 320, 3), 120, np.uint8), 92)
    chosen = [name for name, theirs in sorted(pictures.items()) if len(theirs) > 1][:PEOPLE]
    probes = ["path,who"]
    for name in chosen:
        enrolled, probe = tmp_path / "enrol" / name / "one.jpg", tmp_path / "probes" / f"{name}.jpg"
        enrolled.parent.mkdir(parents=True)
        probe.parent.mkdir(exist_ok=True)
        enrolled.write_bytes(small(pictures[name][0]))
        probe.write_bytes(small(pictures[name][1]))
        probes.append(f"probes/{name}.jpg,not read")
    (enrolled.parent / "wall.jpg").write_bytes(wall)
    (tmp_path / "probes" / "wall.jpg").write_bytes(wall)
    (tmp_path / "probes.csv").write_text("\n".join([*probes, "probes/wall.jpg,not read", "probes/none.jpg,not read"]))
    return tmp_path / "enrol", tmp_path / "probes.csv"


@pytest.fixture
def in_use(starter_pack, tmp_path):
    """The state folder of an installation that does not run now."""
    for name in ("secrets", "models"):
        (tmp_path / "in-use" / name).mkdir(parents=True)
    (tmp_path / "in-use" / "models" / "starter").symlink_to(starter_pack)
    return tmp_path / "in-use"


def test_candidates_thresholds_and_failures_stay_and_nothing_else(sets, in_use, starter_pack, tmp_path):
    """Each probe is found first in its list, which goes on below the threshold; who was enrolled is on no disk."""
    out = tmp_path / "results" / "scores.csv"
    words = [*map(str, sets), "--out", str(out), "--like", str(in_use), "--top", "2"]
    command = [sys.executable, "-m", "sightline.cli", "sandbox", "run", *words]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert answer.returncode == 0, answer.stderr
    with out.open(newline="") as file:
        lines = list(csv.DictReader(file))
    first = {line["probe"]: line["person"] for line in lines if line["rank"] == "1"}
    assert first == {f"probes/{person}.jpg": person for person in first.values()}
    assert len(first) == PEOPLE
    assert [line["rank"] for line in lines if line["outcome"] == "searched"] == ["1", "2"] * PEOPLE
    assert {line["probe"]: line["outcome"] for line in lines[-2:]} == {
        "probes/wall.jpg": "NO_FACE",
        "probes/none.jpg": "FILE_NOT_FOUND",
    }
    facts = json.loads(out.with_suffix(".json").read_text())
    pack = load_pack(starter_pack)
    assert facts["same_as_in_use"] is True
    assert set(facts["tested"]["embedder_sha256"].values()) == {file.sha256 for file in pack.embedder.files}
    assert facts["tested"]["releases"] == [facts["tool"].split()[-1]]
    assert facts["threshold"]["cosine"] == pytest.approx(pack.embedder.threshold)
    assert (facts["enrolment"]["enrolled"], facts["enrolment"]["reasons"]) == (PEOPLE, {"NO_FACE": 1})
    assert facts["search"]["reasons"] == {"NO_FACE": 1, "FILE_NOT_FOUND": 1}
    assert sorted(path.name for path in out.parent.iterdir()) == ["scores.csv", "scores.json"]
