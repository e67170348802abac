"""`sightline video` against a running ingest: detections of faces, whosever they are."""

import asyncio
import json

import pytest
from secrets_for_tests import tester_key
from squares import serve_squares, write_video
from typer.testing import CliRunner

from sightline.chassis.errors import FailedPrecondition
from sightline.cli.video import commands

FACES = 25
"""Of the video of squares, at five frames a second."""


@pytest.fixture
async def sightline(bus, nats_server, service_process, tmp_path):
    """A function that runs `sightline video` and gives what it said; it raises its error."""
    async with serve_squares(bus) as detect:
        folders = {"video_roots": f'["{tmp_path}"]', "state_dir": tmp_path / "state"}
        service = service_process("ingest", nats_url=nats_server.url, detect_target=detect.target, **folders)
        await service.ready()
        environment = {"SIGHTLINE_INGEST_TARGET": service.target, "SIGHTLINE_API_KEY": tester_key(), "COLUMNS": "200"}

        async def run(*arguments, code=0):
            result = await asyncio.to_thread(CliRunner().invoke, commands.app, arguments, env=environment)
            if result.exception and not isinstance(result.exception, SystemExit):
                raise result.exception
            assert result.exit_code == code, result.output
            return result

        yield run


async def test_faces_of_a_video_are_told(sightline, tmp_path):
    """Sent and waited for, or asked for later; as a table and as lines; a search's command says which one is meant."""
    video = write_video(tmp_path / "squares.avi")
    first, *lines = (await sightline("detect", str(video), "--fps", "5", "--purpose", "a test")).stdout.splitlines()
    assert first.split()[:2] == ["at", "score"]
    assert len(lines) == FACES
    assert [line.split()[:2] for line in (lines[0], lines[-1])] == [["0:00.600", "0.900"], ["0:05.800", "0.900"]]
    [row] = (await sightline("list")).stdout.splitlines()[1:]
    job = row.split()[0]
    assert f"{FACES} faces" in row
    told = (await sightline("faces", job, "--purpose", "a test", "--json")).stdout.splitlines()
    faces = [json.loads(line) for line in told]
    assert len(faces) == FACES
    assert set(faces[0]["face"]) > {"bounding_box", "landmarks", "confidence", "quality"}
    with pytest.raises(FailedPrecondition, match=f"sightline video faces {job}"):
        await sightline("show", job)
    video.write_bytes(video.read_bytes()[: video.stat().st_size * 2 // 3])
    failed = await sightline("detect", video.as_uri(), "--fps", "5", "--json", code=1)
    assert "VIDEO_UNREADABLE" in failed.stderr
    assert 0 < len(failed.stdout.splitlines()) < FACES
    video = write_video(tmp_path / "empty.mp4", seconds=0.4)
    job = (await sightline("detect", video.as_uri(), "--detach")).stdout.strip()
    assert (await sightline("faces", "--wait", job)).stdout == "no faces were found\n"
