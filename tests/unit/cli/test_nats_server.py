"""What `sightline up` makes of the broker's program that it finds."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sightline.chassis.durability import check_version
from sightline.chassis.errors import FailedPrecondition
from sightline.cli.nats_server import NatsServer, find_nats_server

UP = (sys.executable, "-m", "sightline.cli", "up")


def program(folder, prints):
    """A program called nats-server that prints that for its version."""
    path = folder / "nats-server"
    path.write_text(f"#!/bin/sh\necho '{prints}'\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("version", "release"), [("2.9.10", (2, 9, 10)), ("2.14.0-RC.1", (2, 14, 0)), ("?", (0, 0, 0))]
)
def test_a_version_is_read_as_numbers(version, release):
    """Major, minor and patch are compared as numbers; what says none is older than everything."""
    assert NatsServer(Path("nats-server"), version).release == release


@pytest.mark.parametrize("release", [(2, 11, 16), (2, 12, 7), (2, 14, 0), (2, 15, 2)])
def test_releases_at_the_floor_are_taken(release):
    """The floors of the release lines, and every newer line, pass."""
    assert check_version(release) is None


@pytest.mark.parametrize("release", [(2, 9, 10), (2, 11, 15), (2, 12, 6), (2, 13, 9), (0, 0, 0)])
def test_releases_below_the_floor_are_refused(release):
    """Older patches, and a line without a floor, are refused with what to do."""
    with pytest.raises(FailedPrecondition, match=r"BROKER_TOO_OLD.*upgrade"):
        check_version(release)


def test_the_first_program_that_runs_is_taken(tmp_path, monkeypatch):
    """A file that does not run is passed over; the next folder is looked into."""
    broken, whole = tmp_path / "broken", tmp_path / "whole"
    for folder in (broken, whole):
        folder.mkdir()
    (broken / "nats-server").write_text("no program")
    (broken / "nats-server").chmod(0o755)
    expected = program(whole, "nats-server: v2.14.1")
    monkeypatch.setenv("PATH", str(broken))
    assert find_nats_server((str(whole),)) == NatsServer(expected, "2.14.1")


def test_strict_on_an_old_server_is_refused_before_anything_starts(tmp_path, starter_pack):
    """`sightline up --durability strict` with 2.9.10: one line with the reason, exit code 1, no state made."""
    program(tmp_path, "nats-server: v2.9.10")
    options = ["--durability", "strict", "--pack", str(starter_pack), "--state-dir", str(tmp_path / "state")]
    environment = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    answer = subprocess.run([*UP, *options], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert answer.returncode == 1
    assert "BROKER_TOO_OLD" in answer.stderr
    assert not (tmp_path / "state").exists()
