"""deploy/get-nats-server.sh, one branch after another, on a PATH that holds only what the branch may use."""

import hashlib
import http.server
import io
import platform
import re
import shutil
import subprocess
import tarfile
import threading
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "deploy" / "get-nats-server.sh"
TOOLS = (
    "sh",
    "basename",
    "cat",
    "chmod",
    "cp",
    "cut",
    "curl",
    "env",
    "gzip",
    "id",
    "mkdir",
    "mktemp",
    "rm",
    "sha256sum",
    "tar",
    "uname",
)
FAKE_SERVER = '#!/bin/sh\necho "nats-server: v2.14.1"\n'
BROKEN_SERVER = "#!/bin/sh\nexit 126\n"

pytestmark = pytest.mark.skipif(
    platform.system() != "Linux" or platform.machine() not in {"x86_64", "aarch64"},
    reason="SKIPPED LOUDLY: the pinned releases are for Linux on amd64 and arm64",
)


class Machine:
    """A machine of our making: a PATH with the ordinary tools, nothing in its daemon folders, no way out."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.path = root / "path"
        self.dest = root / "dest"
        self.path.mkdir()
        for tool in TOOLS:
            (self.path / tool).symlink_to(shutil.which(tool) or f"/missing/{tool}")

    def put(self, where: Path, text: str) -> Path:
        """Writes a program."""
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_text(text)
        where.chmod(0o755)
        return where

    def run(self, script: Path = SCRIPT, releases: str = "http://127.0.0.1:1") -> subprocess.CompletedProcess[str]:
        """Runs the script as a newcomer would."""
        return subprocess.run(
            ["sh", script, self.dest],
            env={
                "PATH": str(self.path),
                "HOME": str(self.root),
                "NO_PROXY": "127.0.0.1",
                "SIGHTLINE_NATS_RELEASES": releases,
                "SIGHTLINE_DAEMON_DIRS": str(self.root / "sbin"),
            },
            executable=self.path / "sh",
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


@pytest.fixture
def machine(tmp_path):
    """A machine without a nats-server."""
    return Machine(tmp_path)


@pytest.fixture
def release(tmp_path):
    """A local stand-in for the releases: its address, and the SHA-256 of the archive that it serves."""
    arch = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
    name = f"nats-server-v2.14.1-linux-{arch}"
    archive = tmp_path / "www" / "v2.14.1" / f"{name}.tar.gz"
    archive.parent.mkdir(parents=True)
    with tarfile.open(archive, "w:gz") as tar:
        member = tarfile.TarInfo(f"{name}/nats-server")
        member.size, member.mode = len(FAKE_SERVER), 0o755
        tar.addfile(member, io.BytesIO(FAKE_SERVER.encode()))

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=tmp_path / "www")

        def log_message(self, *args: object) -> None:
            """The test's output is no place for an access log."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", hashlib.sha256(archive.read_bytes()).hexdigest()
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_one_on_path_wins(machine):
    """A nats-server on PATH is taken as it is, and its path is all that goes to stdout."""
    server = machine.put(machine.path / "nats-server", FAKE_SERVER)
    assert machine.run().stdout == f"{server}\n"


def test_a_daemon_folder_counts_as_path(machine):
    """Debian's package lies in /usr/sbin, which an ordinary user's PATH leaves out: it is found."""
    server = machine.put(machine.root / "sbin" / "nats-server", FAKE_SERVER)
    assert machine.run().stdout == f"{server}\n"


def test_the_one_fetched_before_is_taken_again(machine):
    """A second run fetches nothing."""
    server = machine.put(machine.dest / "nats-server", FAKE_SERVER)
    assert machine.run().stdout == f"{server}\n"


def test_a_server_that_does_not_run_is_no_server(machine):
    """A file of the right name that does not run (another architecture) is passed over."""
    machine.put(machine.path / "nats-server", BROKEN_SERVER)
    server = machine.put(machine.dest / "nats-server", FAKE_SERVER)
    assert machine.run().stdout == f"{server}\n"


def test_go_builds_the_pinned_version(machine):
    """Where Go is present it builds the pinned version into DEST_DIR."""
    machine.put(
        machine.path / "go",
        f'#!/bin/sh\n[ "$1" = version ] && exit 0\necho "$@" > {machine.root}/asked\n'
        f'printf \'{FAKE_SERVER}\' > "$GOBIN/nats-server"; chmod 755 "$GOBIN/nats-server"\n',
    )
    assert machine.run().stdout == f"{machine.dest}/nats-server\n"
    asked = (machine.root / "asked").read_text()
    assert asked == "install github.com/nats-io/nats-server/v2@v2.14.1\n"


def test_a_failing_go_is_not_the_end(machine):
    """A Go that is too old fails; the next way is tried."""
    machine.put(machine.path / "go", "#!/bin/sh\nexit 1\n")
    machine.put(
        machine.path / "brew",
        f"#!/bin/sh\nmkdir -p {machine.root}/sbin; cp {machine.root}/brewed {machine.root}/sbin/nats-server\n",
    )
    machine.put(machine.root / "brewed", FAKE_SERVER)
    assert machine.run().stdout == f"{machine.root}/sbin/nats-server\n"


def test_the_debian_package_is_unpacked_and_not_installed(machine):
    """The apt package is downloaded and unpacked: installing it would start a broker on the default port."""
    machine.put(
        machine.path / "apt-get",
        f'#!/bin/sh\necho "$1" >> {machine.root}/asked\n[ "$1" = download ] && : > nats-server_2.9.10_amd64.deb\n',
    )
    machine.put(machine.root / "packed", FAKE_SERVER)
    machine.put(
        machine.path / "dpkg-deb",
        f'#!/bin/sh\nmkdir -p "$3/usr/sbin"; cp {machine.root}/packed "$3/usr/sbin/nats-server"\n',
    )
    assert machine.run().stdout == f"{machine.dest}/nats-server\n"
    assert (machine.root / "asked").read_text() == "download\n"


@pytest.mark.parametrize(("manager", "arguments"), [("dnf", "install -y nats-server"), ("apk", "add nats-server")])
def test_other_package_managers_install(machine, manager, arguments):
    """Both dnf and apk install the package; sudo is asked without a prompt where we are not root."""
    machine.put(machine.path / "sudo", '#!/bin/sh\n[ "$1" = -n ] && shift && exec "$@"\n')
    install = f"mkdir -p {machine.root}/sbin && cp {machine.root}/packed {machine.root}/sbin/nats-server"
    machine.put(machine.path / manager, f'#!/bin/sh\n[ "$*" = "{arguments}" ] && {install}\n')
    machine.put(machine.root / "packed", FAKE_SERVER)
    assert machine.run().stdout == f"{machine.root}/sbin/nats-server\n"


def test_a_release_with_another_hash_is_refused(machine, release):
    """An archive that is not the pinned one is not unpacked, and the refusal names both hashes."""
    address, served = release
    outcome = machine.run(releases=address)
    assert outcome.returncode == 1
    assert f"refused: SHA-256 is {served}" in outcome.stderr
    assert outcome.stdout == ""
    assert not (machine.dest / "nats-server").exists()


def test_a_release_with_the_pinned_hash_is_unpacked(machine, release):
    """The same archive is taken once the script pins its hash: the refusal is the hash's doing."""
    address, served = release
    pinned = machine.root / "get-nats-server.sh"
    pinned.write_text(re.sub(r"(?m)^(SHA256_\w+)=[0-9a-f]{64}$", rf"\1={served}", SCRIPT.read_text()))
    assert machine.run(script=pinned, releases=address).stdout == f"{machine.dest}/nats-server\n"


def test_nothing_at_all_says_what_to_do(machine):
    """Without any way the exit code is 1 and the message says what to install."""
    outcome = machine.run()
    assert outcome.returncode == 1
    assert "put it on PATH" in outcome.stderr
