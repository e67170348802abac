"""Cameras that are reached by TLS: of whom a picture is taken, and of whom not."""

from __future__ import annotations

import asyncio
import ipaddress

import numpy as np
import pytest
from camera_server import serving
from certificates import self_signed, signed_by
from clips import mjpeg_camera
from cryptography import x509

from sightline.chassis.errors import Unavailable
from sightline.chassis.picture import encode_jpeg
from sightline.ingest.camera_source import admit_camera
from sightline.ingest.credentials import Credentials
from sightline.ingest.frames import open_frames
from sightline.ingest.source import SourceRules
from sightline.ingest.trust import system_authorities
from sightline.ingest.viewing import Viewing
from sightline.v1 import camera_service_pb2 as pb

PICTURE = encode_jpeg(np.full((120, 160, 3), 128, np.uint8), 90)
NETWORKS = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
LOGIN = Credentials("admin", "hunter2")


async def first_frame(camera, authorities):
    """What a decoder gives of a camera."""
    rules = SourceRules(camera_networks=NETWORKS, authorities=authorities)
    source = await admit_camera(camera, rules, LOGIN)
    async with open_frames(source, Viewing(20.0)) as stream:
        return await anext(aiter(stream))


async def look(identity, *, host="localhost", authorities=None, **settings):
    """The first frame of an https camera that shows that certificate, and asks for the password."""
    async with mjpeg_camera([PICTURE] * 20, hang=True, login="admin:hunter2", tls=identity.server()) as port:
        url = f"https://{host}:{port}/v"
        return await first_frame(pb.Camera(source_url=url, **settings), authorities or system_authorities())


async def test_a_camera_that_nobody_vouches_for_is_refused_by_default(tmp_path):
    """A certificate that it made for itself is nobody's word; the refusal says what to do."""
    with pytest.raises(Unavailable, match=r"CAMERA_CERTIFICATE.*SIGHTLINE_CAMERA_CA_FILE.*--certificate FILE"):
        await look(self_signed(tmp_path / "camera", "localhost"))


async def test_one_that_an_authority_of_the_installation_signed_is_read(tmp_path):
    """By the name of its host, or by its address, and by nobody else's."""
    authority = self_signed(tmp_path / "authority", "Our authority")
    named = signed_by(authority, tmp_path / "named", x509.DNSName("localhost"))
    numbered = signed_by(authority, tmp_path / "numbered", x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    assert (await look(named, authorities=authority.file)).picture.shape == (120, 160, 3)
    assert (await look(numbered, host="127.0.0.1", authorities=authority.file)).picture.shape == (120, 160, 3)
    for identity, host in ((named, "127.0.0.1"), (numbered, "localhost")):
        with pytest.raises(Unavailable, match="CAMERA_CERTIFICATE"):
            await look(identity, host=host, authorities=authority.file)


@pytest.mark.parametrize(
    ("name", "alternatives"),
    [("camera-4711", ()), ("camera-4711", (x509.DNSName("*.cameras.example"),)), ("", (x509.DNSName("gate"),))],
)
async def test_a_certificate_that_was_given_is_the_only_one_that_is_accepted(tmp_path, name, alternatives):
    """Whatever name it bears; one with the same name, and one that an authority signed, are refused."""
    identity = self_signed(tmp_path / "camera", name, alternatives=alternatives)
    other = self_signed(tmp_path / "other", name, alternatives=alternatives)
    assert (await look(identity, certificate=identity.certificate)).index == 0
    with pytest.raises(Unavailable, match="CAMERA_CERTIFICATE"):
        await look(other, certificate=identity.certificate)
    authority = self_signed(tmp_path / "authority", "Our authority")
    signed = signed_by(authority, tmp_path / "signed", x509.DNSName("localhost"))
    with pytest.raises(Unavailable, match="CAMERA_CERTIFICATE"):
        await look(signed, authorities=authority.file, certificate=identity.certificate)


async def test_one_that_is_to_be_left_unchecked_is(tmp_path):
    """An expired one, for example, which is refused even where it was given."""
    expired = self_signed(tmp_path / "camera", "camera", days=-10)
    assert (await look(expired, unverified_tls=True)).index == 0
    with pytest.raises(Unavailable, match="CAMERA_CERTIFICATE"):
        await look(expired, certificate=expired.certificate)


@pytest.mark.parametrize("accepted", [True, False])
async def test_an_rtsps_camera_hears_nothing_before_it_was_recognised(tmp_path, accepted):
    """Neither request nor password go to one that shows another certificate."""
    identity, other = (self_signed(tmp_path / name, "camera") for name in ("camera", "other"))
    heard = asyncio.Queue()

    async def listen(reader, _):
        heard.put_nowait(await reader.read(100))

    async with serving(listen, tls=identity.server()) as port:
        given = (identity if accepted else other).certificate
        camera = pb.Camera(source_url=f"rtsps://127.0.0.1:{port}/v", certificate=given)
        reason = "CAMERA_UNREACHABLE|VIDEO_UNREADABLE" if accepted else "CAMERA_CERTIFICATE"
        with pytest.raises(Exception, match=reason):
            await first_frame(camera, system_authorities())
        assert (await heard.get()).startswith(b"OPTIONS") == accepted


async def test_what_was_written_for_a_decoder_is_gone_after_it(tmp_path, monkeypatch):
    """A camera's certificate lies in a file of its own while it is read, and no longer."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    identity = self_signed(tmp_path / "camera", "camera")
    await look(identity, certificate=identity.certificate)
    assert list((tmp_path / "temporary").iterdir()) == []
