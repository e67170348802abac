"""`sightline cameras` against a running ingest."""

import asyncio
import json

import cv2
import pytest
from secrets_for_tests import tester_key
from squares import square_camera
from typer.testing import CliRunner

from sightline.chassis.errors import Conflict, FailedPrecondition, InvalidInput, NotFound, Unavailable
from sightline.cli import cameras

PASSWORD = "hunter2-correct"  # noqa: S105 - opens nothing but a camera of this file
WIDE = {"COLUMNS": "300"}
MASK = "0.25,0.3 0.5,0.3 0.5,0.65 0.25,0.65"


@pytest.fixture
def sightline(bus, nats_server, service_process):
    """A function that runs `sightline cameras` and gives what it said; it raises its error."""
    networks = '["127.0.0.0/8"]'
    service = service_process("ingest", nats_url=nats_server.url, detect_target="127.0.0.1:1", camera_networks=networks)
    service.wait_serving()
    environment = {"SIGHTLINE_INGEST_TARGET": service.target, "SIGHTLINE_API_KEY": tester_key(), **WIDE}

    async def run(*arguments, typed=None):
        result = await asyncio.to_thread(CliRunner().invoke, cameras.app, arguments, env=environment, input=typed)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result

    return run


async def test_a_camera_is_set_up(sightline, tmp_path):
    """Added with a typed password, looked through, masked, its hours set, its password replaced, shown, and deleted."""
    out, password = tmp_path / "door.jpg", tmp_path / "password"
    async with square_camera(login=f"ann:{PASSWORD}") as port:
        url = f"http://127.0.0.1:{port}/v"
        said = await sightline("add", "door", url, "--username", "ann", typed=f"{PASSWORD}\n")
        assert PASSWORD not in said.output
        assert "Password of the camera" in said.stderr
        await sightline("snapshot", "door", "--out", str(out), "--purpose", "set up")
        with pytest.raises(FailedPrecondition, match="SNAPSHOT_NOT_WRITTEN"):
            await sightline("snapshot", "door", "--out", str(tmp_path / "absent" / "door.jpg"))
        assert cv2.imread(str(out))[114, 124].min() > 200
        assert out.stat().st_mode & 0o777 == 0o600
        hours = ("--hours", "Mon-Fri 08:00-18:00", "--time-zone", "Europe/Berlin")
        await sightline("update", "door", "--mask", MASK, *hours, "--fps", "5", "--keyframes-only")
        await sightline("snapshot", "door", "--out", str(out))
        assert cv2.imread(str(out))[90:138, 100:148].max() < 60
        password.write_text("another\n")
        await sightline("update", "door", "--username", "ann", "--password-file", str(password))
        shown = (await sightline("show", "door")).stdout
        assert "Mon-Fri 08:00-18:00 (Europe/Berlin)" in shown
        assert MASK in shown
        assert PASSWORD not in shown
        with pytest.raises(Unavailable, match="CAMERA_REFUSED"):
            await sightline("snapshot", "door", "--out", str(out))
    assert (await sightline("delete", "door")).stdout == "deleted\n"
    assert "there is no camera" in (await sightline("list")).stdout


async def test_what_is_not_given_stays(sightline):
    """An update changes what was named, unsets what --clear names, and heeds the state that was seen."""
    place = ("--latitude", "52.5", "--longitude", "13.4", "--rtsp-transport", "udp", "--motion-gate", "off")
    added = await sightline("add", "door", "rtsp://127.0.0.1:1/a", *place, "--location", "gate 1", "--json")
    before = json.loads(added.stdout)
    changed = await sightline("update", "door", "--name", "yard", "--etag", before["etag"], "--json")
    after = json.loads(changed.stdout)
    differing = {field for field in before if before[field] != after[field]}
    assert differing == {"name", "etag", "update_time"}
    with pytest.raises(Conflict, match="ETAG_DIFFERS"):
        await sightline("update", "yard", "--name", "gate", "--etag", before["etag"])
    cleared = await sightline("update", "yard", "--clear", "coordinates", "--clear", "location", "--json")
    assert "coordinates" not in json.loads(cleared.stdout)
    assert json.loads(cleared.stdout)["rtsp_transport"] == "RTSP_TRANSPORT_UDP"


async def test_how_cameras_do_is_told(sightline):
    """Every field of the status is there, for people and for programs; the list says it of all; so is a suspension."""
    await sightline("add", "door", "rtsp://127.0.0.1:1/a")
    await sightline("start", "door")
    async with asyncio.timeout(60):
        while (status := json.loads((await sightline("status", "door", "--json")).stdout))["state"] != (
            "CAMERA_STATE_RECONNECTING"
        ):
            await asyncio.sleep(0.2)
    assert status["reason"]["reason"] == "CAMERA_UNREACHABLE"
    listed = json.loads((await sightline("list", "--json")).stdout)
    assert [(each["name"], each["enabled"], each["status"]["state"]) for each in listed] == [
        ("door", True, "CAMERA_STATE_RECONNECTING")
    ]
    told = (await sightline("status", "door")).stdout
    for what in ("CAMERA_UNREACHABLE", "frames read", "nothing moved", "latency", "decoder restarts"):
        assert what in told
    assert "reconnecting (CAMERA_UNREACHABLE)" in (await sightline("list")).stdout
    assert "suspended" in (await sightline("suspend", "door", "--message", "the lamp dazzles it")).stdout
    started = await sightline("start", "door")
    assert "ON_REQUEST: the lamp dazzles it" in started.stdout
    assert "sightline cameras resume door" in started.stderr
    assert "suspended" not in (await sightline("resume", "door", "--purpose", "it was replaced")).stdout
    assert "stopped" in (await sightline("stop", "door")).stdout


async def test_mistakes_are_told(sightline, tmp_path):
    """What cannot be meant is refused with its reason, here or by the service."""
    await sightline("add", "door", "rtsp://127.0.0.1:1/a")
    for arguments, error, reason in (
        (("update", "door", "--latitude", "5"), InvalidInput, "COORDINATES_HALF"),
        (("update", "door", "--mask", "0,0 1,1"), InvalidInput, "AREA_INVALID"),
        (("update", "door", "--mask", "0,0 0.5,0.5 1,1"), InvalidInput, "POLYGON_WITHOUT_AREA"),
        (("update", "door", "--hours", "Mon 8-9"), InvalidInput, "HOURS_INVALID"),
        (("update", "door", "--hours", "Mon 08:00-09:00", "--time-zone", "Mars"), InvalidInput, "TIME_ZONE_UNKNOWN"),
        (("update", "door"), InvalidInput, "REQUEST_INVALID|UPDATE_MASK_INVALID"),
        (("update", "door", "--password-file", str(tmp_path / "absent")), InvalidInput, "PASSWORD_UNREADABLE"),
        (("add", "x", "rtsp://ann:hunter2@127.0.0.1/a"), InvalidInput, "SOURCE_CREDENTIALS_IN_URL"),
        (("show", "window"), NotFound, "CAMERA_NOT_FOUND"),
        (("snapshot", "window", "--out", "x.jpg"), NotFound, "CAMERA_NOT_FOUND"),
    ):
        with pytest.raises(error, match=reason) as refused:
            await sightline(*arguments)
        assert "hunter2" not in str(refused.value)
