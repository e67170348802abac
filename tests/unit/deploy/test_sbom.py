"""`make sbom`: what is in an image, to the libraries in C inside its wheels."""

import hashlib
import json
import shutil
from importlib.metadata import distribution

import av
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from supply.sbom import complete, models
from supply.shipped import ROOT, SERVICES

MODELS = (ROOT / "deploy" / "models.toml").read_text()
pytestmark = pytest.mark.skipif(shutil.which("uv") is None, reason="SKIPPED LOUDLY: uv is not on PATH")


@pytest.fixture(scope="module")
def ingest():
    return complete("ingest", SERVICES["ingest"])


def named(made, name):
    return [part for part in made["components"] if part["name"] == name]


def test_packages_are_those_that_are_installed(ingest):
    """With the hash of each of their files, from the lock, a licence, and in one version alone."""
    [package] = named(ingest, "av")
    assert package["version"] == distribution("av").version
    assert package["licenses"] == [{"expression": "BSD-3-Clause"}]
    assert all(file["hashes"][0]["alg"] == "SHA-256" for file in package["externalReferences"])
    assert named(ingest, "pytest") == []


def test_the_ffmpeg_in_a_wheel_is_there(ingest):
    """PyAV's, in the version that it says itself when it runs, by the file's hash, under the package that brings it."""
    [ffmpeg] = [part for part in named(ingest, "ffmpeg") if part["bom-ref"].startswith("av/")]
    assert ffmpeg["version"] == av.ffmpeg_version_info.removeprefix("n")
    assert ffmpeg["cpe"] == f"cpe:2.3:a:ffmpeg:ffmpeg:{ffmpeg['version']}:*:*:*:*:*:*:*"
    said = {each["name"]: each["value"] for each in ffmpeg["properties"]}
    [file] = [file for file in distribution("av").files if file.as_posix() == said["sightline:file"]]
    assert ffmpeg["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(file.read_binary()).hexdigest()}]
    [package] = named(ingest, "av")
    [needs] = [each for each in ingest["dependencies"] if each["ref"] == package["bom-ref"]]
    assert ffmpeg["bom-ref"] in needs["dependsOn"]


def test_opencvs_own_libraries_are_there(ingest):
    """Its FFmpeg, which is another than PyAV's, and what is linked into its one file."""
    wheel = f"opencv-python-headless {distribution('opencv-python-headless').version}"
    place = {"name": "sightline:wheel", "value": wheel}
    parts = [part for part in ingest["components"] if place in part.get("properties", ())]
    versions = {part["name"]: part.get("version") for part in parts}
    for name in ("ffmpeg", "libjpeg-turbo", "libtiff", "OpenJPEG", "openssl-libs"):
        assert versions[name], name


def test_what_wheels_say_of_themselves_is_taken_over(ingest):
    """Crates and libraries in a wheel's own SBOM."""
    purls = {part.get("purl", "").split("?")[0].split("@")[0] for part in ingest["components"]}
    assert {"pkg:cargo/ahash", "pkg:generic/openssl", "pkg:rpm/almalinux/openssl-libs"} <= purls


def test_weights_are_there_by_their_hashes():
    """Every file of every pack of which a hash is known, with the licence of its pack."""
    parts = models()
    [weights] = [part for part in parts if part["name"] == "w600k_r50.onnx"]
    [sha256] = [each["content"] for each in weights["hashes"] if each["alg"] == "SHA-256"]
    assert 'path = "w600k_r50.onnx"\n' in MODELS
    assert f'sha256 = "{sha256}"' in MODELS.split('path = "w600k_r50.onnx"')[1].split("[[")[0]
    assert weights["licenses"] == [{"license": {"name": "InsightFace: non-commercial research"}}]
    assert {part["properties"][0]["value"] for part in parts} >= {"starter", "opencv", "buffalo_l"}


def test_every_part_is_named_once(ingest):
    """By its reference, and whatever another needs is there."""
    refs = [part["bom-ref"] for part in [*ingest["components"], *models()]]
    assert len(refs) == len(set(refs))
    known = {*refs, ingest["metadata"]["component"]["bom-ref"]}
    assert {ref for needs in ingest["dependencies"] for ref in needs.get("dependsOn", ())} <= known


def test_others_can_read_it(ingest):
    """It holds to CycloneDX's own schema, strictly, weights and all: no field is misspelt, no value is none of its."""
    made = {**ingest, "components": [*ingest["components"], *models()]}
    error = JsonStrictValidator(SchemaVersion.V1_5).validate_str(json.dumps(made))
    assert made["specVersion"] == "1.5"
    assert error is None, str(error)[:500]


def test_what_is_no_sbom_is_noticed(ingest):
    """A kind of part that CycloneDX does not know: the check of the schema fails where it should."""
    spoilt = {**ingest, "components": [{"type": "weights", "name": "x"}]}
    assert JsonStrictValidator(SchemaVersion.V1_5).validate_str(json.dumps(spoilt)) is not None
