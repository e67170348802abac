"""What a camera may be told."""

import pytest
from certificates import self_signed
from verdicts import verdict

from sightline.chassis.errors import InvalidInput
from sightline.ingest.camera_rules import check_camera, check_destination
from sightline.v1 import camera_service_pb2 as pb


def polygon(*corners):
    return pb.Polygon(points=[pb.PolygonPoint(x=x, y=y) for x, y in corners])


@pytest.mark.parametrize("field", ["regions", "privacy_masks"])
@pytest.mark.parametrize(
    "corners",
    [((0.1, 0.1),) * 3, ((0, 0), (1, 1), (0, 0)), ((0, 0), (0.25, 0.25), (0.5, 0.5), (1, 1))],
    ids=["a point", "there and back", "a line"],
)
def test_what_encloses_nothing_is_refused(field, corners):
    """A polygon on one line would mask, or watch, nothing, and nobody would notice: it is refused by its number."""
    camera = pb.Camera(**{field: [polygon((0, 0), (0, 1), (1, 0)), polygon(*corners)]})
    with pytest.raises(InvalidInput, match=r"POLYGON_WITHOUT_AREA: .* 2 "):
        check_camera(camera)


def test_edges_may_cross():
    """A bow tie is a polygon."""
    assert verdict(check_camera, pb.Camera(regions=[polygon((0, 0), (1, 1), (1, 0), (0, 1))])) == "ok"


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "Europe", "europe/berlin "])
def test_a_time_zone_has_to_be_one(zone):
    """Whatever the IANA database does not have is refused, and no path leads out of it."""
    with pytest.raises(InvalidInput, match="TIME_ZONE_UNKNOWN"):
        check_camera(pb.Camera(schedule=pb.Schedule(time_zone=zone)))


def test_a_time_zone_may_be_left_out():
    """Without one it is UTC; others have their names."""
    for zone in ("", "Europe/Berlin"):
        assert verdict(check_camera, pb.Camera(schedule=pb.Schedule(time_zone=zone))) == "ok"


@pytest.mark.parametrize("url", ["rtsp://10.0.0.2/a", "rtsp://10.0.0.1:8554/a", "rtsps://10.0.0.1/a", "file:///a"])
def test_credentials_go_to_no_other_place(url):
    """Another host, port or scheme than that for which they were given is refused; another path is the same camera."""
    before = pb.Camera(source_url="rtsp://10.0.0.1/a")
    check_destination(before, pb.Camera(source_url="rtsp://10.0.0.1/b?stream=2", unverified_tls=True))
    with pytest.raises(InvalidInput, match="CREDENTIALS_NOT_GIVEN"):
        check_destination(before, pb.Camera(source_url=url))


@pytest.mark.parametrize("shown", [{"unverified_tls": True}, {"certificate": "another"}])
def test_credentials_go_to_nobody_who_shows_something_else(shown):
    """Whoever may change a camera cannot have its password sent to somebody on the way."""
    url = "rtsps://10.0.0.1/a"
    with pytest.raises(InvalidInput, match="CREDENTIALS_NOT_GIVEN"):
        check_destination(pb.Camera(source_url=url), pb.Camera(source_url=url, **shown))


@pytest.mark.parametrize("text", ["", "x", "two", "nameless"])
def test_what_is_no_certificate_of_a_camera_is_refused(text, tmp_path):
    """One certificate, with a name, is; and it is not given where none is to be checked."""
    good = self_signed(tmp_path / "a", "camera").certificate
    pem = {"two": good * 2, "nameless": self_signed(tmp_path / "b", "").certificate}.get(text, text)
    check_camera(pb.Camera(certificate=good))
    if pem:
        with pytest.raises(InvalidInput, match="CERTIFICATE_INVALID"):
            check_camera(pb.Camera(certificate=pem))
    with pytest.raises(InvalidInput, match="CERTIFICATE_UNCHECKED"):
        check_camera(pb.Camera(certificate=good, unverified_tls=True))
