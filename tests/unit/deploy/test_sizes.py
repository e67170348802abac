"""`make image-sizes`. A stand-in tells the sizes: no engine is asked."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from supply.sizes import LIMITS

ROOT = Path(__file__).parents[3]


def run(folder, gateway):
    """The program, beside a docker for which every image but gateway's has 100 MB."""
    docker = folder / "docker"
    docker.write_text(f'#!/bin/sh\ncase "$5" in sightline-gateway:1.0) {gateway};; *) echo 100000000;; esac\n')
    docker.chmod(0o755)
    env = {"PATH": f"{folder}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT / "deploy")}
    command = [sys.executable, "-m", "supply.sizes", "1.0"]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("gateway", "code"), [(199_900_000, 0), (200_100_000, 1)])
def test_an_image_that_has_grown_is_named(tmp_path, gateway, code):
    """Each is said with what it may have; one byte too many of one of them ends with 1."""
    ended = run(tmp_path, f"echo {gateway}")
    assert (ended.returncode, "gateway" in ended.stderr) == (code, bool(code))
    assert ended.stdout.count("\n") == len(LIMITS) == 7
    assert "gateway    200 MB of 200" in ended.stdout


def test_an_image_that_is_not_there_is_named(tmp_path):
    """One line says which, what builds it, and what docker said."""
    ended = run(tmp_path, "echo no such image >&2; exit 1")
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert all(words in ended.stderr for words in ("sightline-gateway:1.0", "make images", "no such image"))
