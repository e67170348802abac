"""A gallery of portraits changes from one real embedder to another, with the commands that people type."""

from __future__ import annotations

import csv

import cv2
import pytest
from bench.inference_material import SHARED, is_there, make_pack
from secrets_for_tests import write_secrets

from sightline.chassis.picture import decode_picture, encode_jpeg
from sightline.v1 import access_pb2

WANTED = ("--watchlist", "wanted")
PEOPLE = 8
SIDE = 480

needs_material = pytest.mark.skipif(
    not is_there(), reason="SKIPPED LOUDLY: ../shared/models or ../shared/media is absent"
)


@pytest.fixture(scope="module")
def coming(tmp_path_factory):
    """A pack with another detector and embedder than the starter pack's."""
    return make_pack(tmp_path_factory.mktemp("packs") / "bench")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder for each person, with one small picture that shows nobody else."""
    with (SHARED / "media" / "manifest.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["category"] == "portrait" and row["n_faces"] == "1"]
    by_person = {row["identity"]: SHARED / "media" / row["path"] for row in rows}
    root = tmp_path_factory.mktemp("portraits")
    for name, picture in sorted(by_person.items())[:PEOPLE]:
        pixels = decode_picture(picture.read_bytes())
        scale = min(1.0, SIDE / max(pixels.shape))
        (root / name).mkdir()
        (root / name / "one.jpg").write_bytes(encode_jpeg(cv2.resize(pixels, None, fx=scale, fy=scale), 92))
    return root


def ok(answer):
    """What a command printed that succeeded."""
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def found(system, folder):
    """Who is found first in each picture, and the id of their face."""
    pictures = sorted(folder.glob("*/one.jpg"))
    told = system.json("search", "--purpose", "test", *map(str, pictures), *WANTED)
    best = [each["matches"][0] for each in told]
    assert [match["person"]["external_id"] for match in best] == [picture.parent.name for picture in pictures]
    return {match["person"]["external_id"]: match["face"]["id"] for match in best}


@needs_material
def test_a_gallery_of_portraits_changes_its_model(up, person, coming, folder, tmp_path):
    """Every face that was enrolled with the one model is found first, under its id, with the other."""
    key = write_secrets(tmp_path / "secrets", roles=(access_pb2.ROLE_OPERATOR,))
    system = person(tmp_path, key)
    with up(tmp_path, "--coming-pack", str(coming)):
        system.json("watchlists", "create", "wanted", "--purpose", "test", "--keep-references")
        ok(system("import", str(folder), *WANTED, "--quality", "off", "--strict", "--face", "largest"))
        said = ok(system("gallery", "migrate", "--to", str(coming)))
        assert f"{PEOPLE} of {PEOPLE} faces have a template of 'bench'" in said
        before = found(system, folder)
        assert "settled" in ok(system("gallery", "migrate", "--switch"))
    with up(tmp_path, "--pack", str(coming)):
        assert found(system, folder) == before
        ok(system("gallery", "verify"))
