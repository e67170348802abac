"""One installation for all files of this folder, from `sightline init` on: it takes longer to start than to use."""

import pytest
from waiting import until

from sightline.cli.demo.video import make_demo_media

ROLES = {"olga": ("operator",), "rosa": ("reviewer",), "aron": ("auditor",), "orla": ("operator", "reviewer")}


@pytest.fixture(scope="package")
def media(tmp_path_factory):
    """A photo of somebody, and a video in which they appear three times."""
    return make_demo_media(tmp_path_factory.mktemp("media"))


@pytest.fixture(scope="package")
def admin(tmp_path_factory, media, up, person):
    """The first administrator of a running system; their key is what `init` printed."""
    state = tmp_path_factory.mktemp("installation")
    made = person(state, "").init(state / "secrets")
    with up(state, "--video-root", str(media.video.parent)):
        yield person(state, made.stdout.strip())


@pytest.fixture(scope="package")
def new_key(admin):
    """A function that makes a key for somebody, as it goes through a pipe."""

    def make(name) -> str:
        made = admin("keys", "create", "laptop", "--for", name)
        assert made.returncode == 0, made.stderr
        return made.stdout.strip()

    return make


@pytest.fixture(scope="package")
def people(admin, person, new_key):
    """People whom the administrator let in, each with their roles on everything."""
    found = {}
    for name, roles in ROLES.items():
        options = [word for role in roles for word in ("--role", role)]
        granted = admin("grants", "set", name, *options, "--watchlist", "*", "--camera", "*")
        assert granted.returncode == 0, granted.stderr
        found[name] = person(admin.state, new_key(name))
    # Services hear of them in their own time, and of the last one last.
    for what in ("watchlists", "cameras"):
        until(lambda what=what: found["orla"](what, "list").returncode == 0)
    return found
