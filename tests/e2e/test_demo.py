"""The demonstration, as a visitor runs it: every process real."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import pytest

from sightline.chassis.identity.api_key import PATTERN

_DEMO = (sys.executable, "-m", "sightline.cli", "demo")


def _left(marker: str) -> list[str]:
    """Command lines of processes that still carry the run's folder in their environment."""
    return [
        _read(process / "cmdline").replace(b"\0", b" ").decode()
        for process in Path("/proc").glob("[0-9]*")
        if marker.encode() in _read(process / "environ")
    ]


def _process(marker: str, service: str) -> int:
    """The process of a service of this run."""
    command = f"sightline.{service}\0".encode()
    return next(
        int(process.name)
        for process in Path("/proc").glob("[0-9]*")
        if marker.encode() in _read(process / "environ") and _read(process / "cmdline").endswith(command)
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


@pytest.fixture
def options(tmp_path, starter_pack):
    return ["--out", str(tmp_path / "demo"), "--pack", str(starter_pack), "--state-dir", str(tmp_path / "none")]


def test_the_demo_finds_the_enrolled_person_each_time_and_nobody_else(tmp_path, options):
    """Three appearances, three alerts, none of the five others; pictures, exact keys, exit code 0, nothing left."""
    answer = subprocess.run([*_DEMO, *options], capture_output=True, text=True, timeout=240, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    facts = json.loads((tmp_path / "demo" / "summary.json").read_text())
    assert set(facts) == {*("frames", "faces", "tracks", "appearances", "alerts", "frames_per_second", "latency_ms")}
    assert facts["appearances"] == len(facts["alerts"]) == 3
    assert {alert["person"] for alert in facts["alerts"]} == {"astronaut"}
    assert facts["frames"] >= 140
    assert facts["latency_ms"]["p50"] > 0
    for number in (1, 2, 3):
        assert cv2.imread(str(tmp_path / "demo" / f"alert-{number}.jpg")) is not None
    assert answer.stdout.count("ALERT") == 3
    assert "review policy is `none`" in answer.stdout
    assert "fit for demonstration" in answer.stdout
    assert "throw-away secrets, loopback only" in answer.stdout
    assert not PATTERN.search(answer.stdout + answer.stderr)
    assert _left(str(tmp_path / "demo")) == []
    assert [path.name for path in (tmp_path / "demo" / "state").iterdir()] == ["logs"]


def test_killed_services_come_back_and_each_alert_comes_once(tmp_path, options):
    """A kill -9 of embed, match and notify, one after another while the video plays, changes no alert."""
    lines = []
    with subprocess.Popen([*_DEMO, *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as demo:
        for line in demo.stdout:
            lines.append(line)
            if "ALERT" in line and not any("ALERT" in earlier for earlier in lines[:-1]):
                for service in ("embed", "match", "notify"):
                    os.kill(_process(str(tmp_path / "demo"), service), signal.SIGKILL)
                    time.sleep(1)
    assert demo.returncode == 0, "".join(lines)
    assert len(json.loads((tmp_path / "demo" / "summary.json").read_text())["alerts"]) == 3
    log = (tmp_path / "demo" / "state" / "logs" / "supervisor.log").read_text()
    killed = [line for line in log.splitlines() if "terminated by SIGKILL" in line]
    assert len(killed) == 3, killed
    assert _left(str(tmp_path / "demo")) == []


def test_interrupted_in_the_middle_it_leaves_nothing(tmp_path, options):
    """Ctrl-C while the video plays: exit code 130, no process, no key and no template left."""
    demo = subprocess.Popen([*_DEMO, *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    log = tmp_path / "demo" / "state" / "logs" / "match.log"
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and not (log.exists() and "serving" in log.read_text()):
        time.sleep(0.2)
    demo.send_signal(signal.SIGINT)
    output, _ = demo.communicate(timeout=120)
    assert demo.returncode == 130, output
    assert _left(str(tmp_path / "demo")) == []
    assert [path.name for path in (tmp_path / "demo" / "state").iterdir()] == ["logs"]


def test_a_photo_without_a_face_ends_it_with_a_reason(tmp_path, options):
    """Own files: a photo in which nobody is gives one line with the reason, exit code 1, and nothing left."""
    photo, video = tmp_path / "wall.png", tmp_path / "wall.mp4"
    cv2.imwrite(str(photo), cv2.UMat(240, 320, cv2.CV_8UC3, (90, 120, 150)).get())
    video.write_bytes(b"not played at all")
    answer = subprocess.run(
        [*_DEMO, *options, "--photo", str(photo), "--video", str(video)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert answer.returncode == 1
    assert "NO_FACE" in answer.stderr
    assert _left(str(tmp_path / "demo")) == []


def test_a_video_alone_is_refused(options):
    """A video without a photo: the error names both options, and nothing is started."""
    answer = subprocess.run([*_DEMO, *options, "--video", "x.mp4"], capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert "--photo" in answer.stderr
