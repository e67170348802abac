"""Where video may be read from."""

import ipaddress

import pytest

from sightline.chassis.errors import InvalidInput
from sightline.ingest.credentials import Credentials
from sightline.ingest.source import SourceRules, admit, admit_stored
from sightline.ingest.source_url import mask_credentials, with_credentials

LOOPBACK = SourceRules(camera_networks=(ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128")))


@pytest.fixture
def videos(tmp_path):
    """A video folder with one file in it, and a secret beside it."""
    folder = tmp_path / "videos"
    folder.mkdir()
    (folder / "a b.mp4").write_bytes(b"x")
    (tmp_path / "secret.mp4").write_bytes(b"x")
    return folder


@pytest.mark.parametrize(
    "url",
    [
        "concat:/etc/passwd|/etc/hosts",
        "exec:sh",
        "pipe:0",
        "data:video/mp4;base64,AAAA",
        "ftp://127.0.0.1/a.mp4",
        "/etc/passwd",
        "subfile,,start,0,end,9,,:/etc/passwd",
        "crypto+file:/etc/passwd",
        "",
        "rtsp://127.0.0.1:port/",
    ],
)
async def test_other_schemes_are_refused(url):
    """Nothing but rtsp, http and file is a source."""
    with pytest.raises(InvalidInput) as refusal:
        await admit(url, LOOPBACK)
    assert refusal.value.reason == "SOURCE_SCHEME"


async def test_a_file_in_a_video_folder_is_admitted(videos):
    """A file: URL inside a root opens that very file, percent signs decoded, as a job."""
    source = await admit(f"file://{videos}/a%20b.mp4", SourceRules(video_roots=(videos,)))
    assert (source.opened, source.live, source.scheme) == (f"file:{videos}/a b.mp4", False, "file")


@pytest.mark.parametrize("path", ["{0}/../secret.mp4", "{0}/link.mp4", "{0}/nowhere.mp4", "{0}", "etc/passwd"])
async def test_files_outside_are_refused(videos, path):
    """Dots, links, folders, missing and relative files do not get out of the video folders."""
    (videos / "link.mp4").symlink_to(videos.parent / "secret.mp4")
    with pytest.raises(InvalidInput) as refusal:
        await admit("file:" + path.format(videos), SourceRules(video_roots=(videos,)))
    assert refusal.value.reason == "SOURCE_NOT_ALLOWED"


async def test_without_rules_nothing_may_be_read(videos):
    """An installation that names no folders and no networks reads nothing."""
    for url in (f"file:{videos}/a%20b.mp4", "rtsp://127.0.0.1/"):
        with pytest.raises(InvalidInput, match="SOURCE_NOT_ALLOWED"):
            await admit(url, SourceRules())


@pytest.mark.parametrize("host", ["10.1.2.3", "169.254.169.254", "[::ffff:10.0.0.1]", "[fe80::1]", "2130706434"])
async def test_hosts_outside_the_camera_networks_are_refused(host):
    """Each address of the host, however it is written, has to be in a camera network."""
    rules = SourceRules(camera_networks=(ipaddress.ip_network("127.0.0.1/32"),))
    with pytest.raises(InvalidInput) as refusal:
        await admit(f"http://{host}/video", rules)
    assert refusal.value.reason in {"SOURCE_NOT_ALLOWED", "SOURCE_HOST_UNKNOWN"}


async def test_the_checked_address_is_the_one_that_is_opened():
    """The host's name is replaced by the address that was checked; the Host header keeps the name."""
    source = await admit("http://localhost:8080/v?token=1", LOOPBACK, Credentials("user", "pass"))
    assert source.opened in {"http://127.0.0.1:8080/v?token=1", "http://[::1]:8080/v?token=1"}
    assert (source.host, source.live, source.credentials) == ("localhost:8080", True, Credentials("user", "pass"))
    assert source.shown == "http://localhost:8080/v?***"


async def test_credentials_in_a_url_are_refused():
    """Who puts user or password into the URL is told to give them apart, and is not shown them again."""
    for url in ("rtsp://user:hunter2@127.0.0.1/1", "http://hunter2@127.0.0.1/", "rtsp://:hunter2@127.0.0.1/"):
        with pytest.raises(InvalidInput, match="SOURCE_CREDENTIALS_IN_URL") as refusal:
            await admit(url, LOOPBACK)
        assert "hunter2" not in str(refusal.value)


async def test_a_url_that_an_older_version_stored_is_still_read():
    """User and password of a stored URL are taken out of it and hidden; those given apart come first."""
    source = await admit_stored("rtsp://us%65r:hunter%32@127.0.0.1:554/1", LOOPBACK)
    assert (source.opened, source.credentials) == ("rtsp://127.0.0.1:554/1", Credentials("user", "hunter2"))
    assert "hunter" not in repr(source)
    newer = await admit_stored("rtsp://user:hunter2@127.0.0.1/1", LOOPBACK, Credentials("other", "new"))
    assert newer.credentials == Credentials("other", "new")


async def test_a_password_that_ffmpeg_would_cut_off_is_refused():
    """128 bytes are kept of user and password, written for a URL; a longer one would be refused by the camera."""
    long = Credentials("user", "ü" * 21)
    with pytest.raises(InvalidInput, match="SOURCE_CREDENTIALS_LENGTH") as refusal:
        await admit("rtsp://127.0.0.1/1", LOOPBACK, long)
    assert "ü" not in str(refusal.value)
    assert (await admit("rtsp://127.0.0.1/1", LOOPBACK, Credentials("user", "ü" * 20))).credentials


async def test_a_folder_of_pictures_ends_with_a_slash(videos):
    """With the slash a folder inside a root is a source; without it somebody may have meant a file."""
    rules = SourceRules(video_roots=(videos,))
    source = await admit(f"file://{videos}/", rules)
    assert (source.opened, source.scheme, source.live) == (f"folder:{videos}", "folder", False)
    with pytest.raises(InvalidInput, match="slash"):
        await admit(f"file://{videos}", rules)
    with pytest.raises(InvalidInput, match="SOURCE_NOT_ALLOWED"):
        await admit(f"file://{videos}/../", rules)


async def test_only_allowed_devices_are_read(tmp_path):
    """A device has to be named in the settings; a link to another one, or another path, does not get round that."""
    allowed, other, link = tmp_path / "video0", tmp_path / "video1", tmp_path / "link"
    allowed.touch()
    other.touch()
    link.symlink_to(other)
    rules = SourceRules(video_devices=(allowed,))
    source = await admit(f"v4l2://{allowed}", rules)
    assert (source.opened, source.scheme, source.live) == (f"v4l2:{allowed}", "v4l2", True)
    for url in (f"v4l2://{other}", f"v4l2://{link}", "v4l2:///dev/mem", "v4l2://host/dev/video0"):
        with pytest.raises(InvalidInput, match="SOURCE_NOT_ALLOWED"):
            await admit(url, rules)
    with pytest.raises(InvalidInput, match="SIGHTLINE_VIDEO_DEVICES"):
        await admit(f"v4l2://{allowed}", SourceRules())


def test_signs_in_a_password_reach_ffmpeg_unharmed():
    """What has a meaning in URLs is written with percent signs; without credentials the URL stays as it is."""
    assert with_credentials("rtsp://c/1", Credentials("a@b", "p:/?#%")) == "rtsp://a%40b:p%3A%2F%3F%23%25@c/1"
    assert with_credentials("rtsp://c/1", Credentials("", "")) == "rtsp://c/1"


async def test_an_unknown_host_is_said_to_be_unknown():
    """A host without an address is told apart from one that is not allowed."""
    with pytest.raises(InvalidInput) as refusal:
        await admit("rtsp://no-such-host.invalid/x", LOOPBACK)
    assert refusal.value.reason == "SOURCE_HOST_UNKNOWN"


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://user:hunter2@cam/1",
        "rtsp://user:hun/ter2@cam/1?pw=hunter2",
        "gopher://a:hunter2@cam/",
        "http://cam/get?user=admin&pwd=hunter2",
    ],
)
async def test_credentials_never_show(url):
    """Neither an error nor the masked URL carries a password, wherever it stands in the URL."""
    assert "hunter2" not in mask_credentials(url)
    assert "ter2" not in mask_credentials(url)
    with pytest.raises(InvalidInput) as refusal:
        await admit(url, SourceRules())
    assert "ter2" not in str(refusal.value)
