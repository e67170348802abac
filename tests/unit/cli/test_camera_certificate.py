"""What is accepted of a camera, as people say it and read it."""

import pytest
from certificates import self_signed
from cryptography.hazmat.primitives.hashes import SHA256

from sightline.chassis.errors import InvalidInput
from sightline.cli.camera_certificate import certificate_fields, certificate_text
from sightline.v1 import camera_service_pb2 as pb

SOURCE = "rtsps://10.0.0.1/x"


def test_a_certificate_is_read_from_a_file_and_shown_by_its_fingerprint(tmp_path):
    """The fingerprint is what the camera's own page and other tools show."""
    identity = self_signed(tmp_path / "camera", "camera")
    camera = pb.Camera(source_url=SOURCE, **certificate_fields(str(identity.file)))
    assert camera.certificate == identity.certificate
    assert certificate_text(camera) == f"its own, SHA-256 {identity.issued.fingerprint(SHA256()).hex(':').upper()}"


def test_what_is_said_replaces_what_was_said_before():
    """An option that is not given changes nothing; each word settles both fields."""
    assert set(certificate_fields(None).values()) == {None}
    assert certificate_fields("unchecked") == {"certificate": "", "unverified_tls": True}
    assert certificate_fields("authorities") == {"certificate": "", "unverified_tls": False}
    assert certificate_text(pb.Camera(source_url=SOURCE, unverified_tls=True)) == "unchecked: any is accepted"
    assert certificate_text(pb.Camera(source_url=SOURCE)) == "by authorities"


def test_what_has_no_tls_has_no_certificate():
    """Neither a camera that is read in plain text, nor a file."""
    for source in ("rtsp://10.0.0.1/x", "file:///videos/a.mp4"):
        assert certificate_text(pb.Camera(source_url=source)) == "none: the source has no TLS"


def test_a_file_that_is_not_there_is_said(tmp_path):
    """Before anything is asked of the services."""
    with pytest.raises(InvalidInput, match="CERTIFICATE_UNREADABLE"):
        certificate_fields(str(tmp_path / "missing.pem"))
