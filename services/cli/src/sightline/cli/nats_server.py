"""Where the broker's program is on this machine."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from sightline.chassis.errors import FailedPrecondition

HOW_TO_GET = "run `deploy/get-nats-server.sh bin`, or install the package nats-server"
# Packages put daemons where an ordinary user's PATH does not look.
_DAEMON_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/opt/homebrew/bin")


@dataclass(frozen=True)
class NatsServer:
    """A program that runs here, and what it says its version is."""

    path: Path
    version: str

    @property
    def release(self) -> tuple[int, int, int]:
        """Major, minor and patch number; zeros where the program does not say them."""
        numbers = re.match(r"(\d+)\.(\d+)\.(\d+)", self.version)
        return (int(numbers[1]), int(numbers[2]), int(numbers[3])) if numbers else (0, 0, 0)


def find_nats_server(folders: tuple[str, ...] = ("bin", *_DAEMON_FOLDERS)) -> NatsServer:
    """Look on PATH, then in `folders`; take the first that runs.

    Raises:
        FailedPrecondition: NATS_SERVER_MISSING.
    """
    candidates = [shutil.which("nats-server")]
    candidates += [shutil.which("nats-server", path=folder) for folder in folders]
    for candidate in filter(None, candidates):
        if version := _version(candidate):
            return NatsServer(Path(candidate).resolve(), version)
    raise FailedPrecondition("NATS_SERVER_MISSING", f"nats-server is not on PATH and not in ./bin; {HOW_TO_GET}")


def _version(path: str) -> str | None:
    try:
        answer = subprocess.run(  # noqa: S603 - the program that we were asked to find
            [path, "--version"], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip().rpartition("v")[2] or None
