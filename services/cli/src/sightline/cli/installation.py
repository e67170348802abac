"""The state folder of a local system: secrets, stores, logs, and where the running system can be reached."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sightline.chassis.errors import AlreadyExists, FailedPrecondition
from sightline.chassis.identity.secrets_folder import SecretsFolder
from sightline.cli.ports import Ports, ServicePorts
from sightline.cli.private_files import write_private


@dataclass(frozen=True)
class Installation:
    """Paths in the state folder, which belongs to one user and one running system."""

    state: Path

    @property
    def logs(self) -> Path:
        """What the processes print, one file each."""
        return self.state / "logs"

    @property
    def secrets(self) -> Path:
        """What `sightline init` made, where it was not told another place."""
        return self.state / "secrets"

    @property
    def packs(self) -> Path:
        """Folders of model packs."""
        return self.state / "models"

    @property
    def videos(self) -> Path:
        """Video files that cameras may read."""
        return self.state / "videos"

    @property
    def broker_conf(self) -> Path:
        """The broker's configuration."""
        return self.state / "nats.conf"

    @property
    def broker_pid(self) -> Path:
        """Where the broker writes the number of its process."""
        return self.state / "nats.pid"

    def log_of(self, name: str) -> Path:
        """Give the log file of a process."""
        return self.logs / f"{name}.log"

    def prepare(self) -> None:
        """Make the folders, where they are missing, for this user only.

        Raises:
            FailedPrecondition: STATE_DIR_UNUSABLE.
        """
        try:
            for folder in (self.state, self.logs, self.videos, self.state / "jetstream"):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise FailedPrecondition(
                "STATE_DIR_UNUSABLE",
                f"the state folder {self.state} cannot be used ({error.strerror}); name another with --state-dir",
            ) from error

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep a second system out of this folder.

        Raises:
            AlreadyExists: ALREADY_RUNNING.
        """
        descriptor = os.open(self.state / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            raise AlreadyExists(
                "ALREADY_RUNNING", f"a system already runs in {self.state}; stop it or name another --state-dir"
            ) from error
        try:
            yield
        finally:
            os.close(descriptor)

    def announce(self, ports: Ports, authority: Path | None = None, pack: Path | None = None) -> None:
        """Write where the system can be reached, for commands that are run beside it.

        Args:
            ports: where it listens.
            authority: who vouches for its certificates: a file; None: that of its secrets.
            pack: folder of the model pack that it runs.
        """
        vouching = authority or SecretsFolder(self.secrets).authority
        facts = {"pid": os.getpid(), "ports": asdict(ports), "authority": str(vouching)}
        facts |= {"pack": str(pack)} if pack else {}
        write_private(self._run_file, json.dumps(facts, indent=2).encode())

    def withdraw(self) -> None:
        """Take the announcement back."""
        self._run_file.unlink(missing_ok=True)

    def forget(self) -> None:
        """Leave the logs, and nothing of faces, keys and stores; for a system that was made for one purpose."""
        for path in self.state.iterdir() if self.state.is_dir() else ():
            if path == self.logs:
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def running(self) -> Ports | None:
        """Give the ports of the system that runs in this folder, or None."""
        try:
            ports = self._announced()["ports"]
            services = {name: ServicePorts(**each) for name, each in ports["services"].items()}
            return Ports(ports["nats"], ports["nats_monitoring"], services, ports["broker_tls"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def running_pack(self) -> Path | None:
        """Give the folder of the pack of the system that runs in this folder; None: none runs, or it did not say."""
        try:
            return Path(self._announced()["pack"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def authority(self) -> Path:
        """Give the file of those who vouch for the system that runs in this folder, or would."""
        try:
            return Path(self._announced()["authority"])
        except (OSError, ValueError, KeyError, TypeError):
            return SecretsFolder(self.secrets).authority

    def _announced(self) -> dict[str, Any]:
        announced: dict[str, Any] = json.loads(self._run_file.read_text(encoding="utf-8"))
        return announced

    @property
    def _run_file(self) -> Path:
        return self.state / "run.json"
