"""What every test may ask for: the shared weights and pictures, and a real model pack."""

import fcntl
import os
import signal
import sys
from contextvars import copy_context
from functools import cache
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol
from xdist.scheduler import LoadFileScheduling

ROOT = Path(__file__).resolve().parents[1]
# On loopback services may do without TLS, and tests that are not about it do. `sightline up` has it all the same.
os.environ["SIGHTLINE_TLS"] = "off"


def pytest_configure():
    """Makes every machine the same to the processes that tests start.

    Python keeps what it compiles: else each service compiles everything anew. Ctrl-C is heard, which a shell tells
    whatever it starts in the background to ignore.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


class LoadPackageScheduling(LoadFileScheduling):
    """A file is the work of one worker; the files of a package are, which share a running system."""

    def _split_scope(self, nodeid):
        file = super()._split_scope(nodeid)
        folder = os.path.dirname(file)  # noqa: PTH120 - of an id, and so for thousands of them
        return folder if _is_package(folder) else file


@cache
def _is_package(folder):
    return (ROOT / folder / "__init__.py").exists()


def pytest_xdist_make_scheduler(config, log):
    """Lets no two workers start what a package's files share."""
    return LoadPackageScheduling(config, log)


def pytest_runtest_protocol(item, nextitem):
    """Runs each test in a context of its own: whom one test let call is not the caller in the next."""
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    copy_context().run(runtestprotocol, item, nextitem=nextitem)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def _shared(name):
    folder = ROOT.parent / "shared" / name
    if not folder.is_dir():
        pytest.skip(f"NOT TESTED: needs {folder}, which this machine does not have")
    return folder


@pytest.fixture(scope="session")
def shared_models():
    """Weights for tests, beside the repository; never committed."""
    return _shared("models")


@pytest.fixture(scope="session")
def shared_media():
    """Pictures and videos for tests, beside the repository; never committed."""
    return _shared("media")


@pytest.fixture(scope="session")
def starter_pack():
    """Folder of the starter pack, made from its published packages once and kept in out/."""
    from rich.progress import Progress  # noqa: PLC0415 - only tests that ask for a pack pay for it

    from sightline.cli.models.settings import ModelSettings  # noqa: PLC0415 - as above
    from sightline.cli.models.starter import pull_starter  # noqa: PLC0415 - as above

    folder = ROOT / "out" / "test-packs" / "starter"
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Several workers may want it in the same moment; one of them makes it.
    with (folder.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        pull_starter(folder, ModelSettings.read(), Progress(disable=True))
    return folder
