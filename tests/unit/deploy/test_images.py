"""`make pin-images`, and what a release is built on."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from supply.images import files, named, unpinned

ROOT = Path(__file__).parents[3]
DIGEST = "sha256:" + "0123456789abcdef" * 4


@pytest.fixture
def tree(tmp_path):
    """The files in which images are named, and nothing else."""
    for file in files(ROOT):
        there = tmp_path / file.relative_to(ROOT)
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, there)
    return tmp_path


def run(tree, word, says, code=0):
    """The program, beside a docker that knows one digest for everything, or says something else and fails."""
    docker = tree / "bin" / "docker"
    docker.parent.mkdir(exist_ok=True)
    docker.write_text(f"#!/bin/sh\necho '{says}' >&{2 if code else 1}\nexit {code}\n")
    docker.chmod(0o755)
    env = {**os.environ, "PATH": f"{docker.parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT / "deploy")}
    command = [sys.executable, "-m", "supply.images", word]
    return subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, check=False)


def test_every_image_of_others_is_found_with_its_exact_version():
    """The base of ours, the broker, the index, what watches, Go: none is `latest`, and all places agree."""
    images = {image for image, _ in named(ROOT)}
    assert {image.split(":")[0] for image in images} == {
        *("python", "nats", "qdrant/qdrant"),
        *("prom/prometheus", "grafana/grafana", "golang"),
    }
    assert len(images) == 6
    assert not any(image.endswith(":latest") or ":" not in image for image in images)
    assert len(named(ROOT)) >= 5


def test_a_digest_is_written_behind_each_tag(tree):
    """Everywhere, and nothing else in the files changes; our own images stay as they are."""
    before = {file: file.read_text() for file in files(tree)}
    assert run(tree, "pin", DIGEST).returncode == 0
    assert {digest for _, digest in named(tree)} == {f"@{DIGEST}"}
    for file, text in before.items():
        assert file.read_text().replace(f"@{DIGEST}", "") == text.replace(f"@{DIGEST}", "")
    assert run(tree, "check", "").returncode == 0


def test_what_is_no_digest_is_not_written(tree):
    """Whatever a registry's proxy says instead: no file changes."""
    before = [file.read_text() for file in files(tree)]
    refused = run(tree, "pin", "sign in first")
    assert (refused.returncode, "sign in first" in refused.stderr, "Traceback" in refused.stderr) == (1, True, False)
    assert [file.read_text() for file in files(tree)] == before


def test_a_docker_that_fails_is_quoted(tree):
    """One line says of which image there is no digest and what docker said, and no file changes."""
    before = [file.read_text() for file in files(tree)]
    refused = run(tree, "pin", "is the daemon running?", code=125)
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "golang:" in refused.stderr
    assert "is the daemon running?" in refused.stderr
    assert [file.read_text() for file in files(tree)] == before


def test_a_release_on_a_moving_tag_is_refused(tree):
    """`make images VERSION=…` checks first: the line names the image and what pins it."""
    assert run(tree, "pin", DIGEST).returncode == 0
    dockerfile = tree / "deploy" / "Dockerfile"
    dockerfile.write_text(dockerfile.read_text().replace(f"@{DIGEST}", ""))
    assert unpinned(tree) == ["python:3.11-slim-bookworm"]
    refused = run(tree, "check", "")
    assert refused.returncode == 1
    assert "python:3.11-slim-bookworm" in refused.stderr
    assert "make pin-images" in refused.stderr
