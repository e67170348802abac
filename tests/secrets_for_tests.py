"""Throw-away secrets of a test session: what `sightline init` makes, and a key that may do everything."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path

from sightline.chassis.identity.rights import PEOPLES_ROLES
from sightline.chassis.identity.secrets_folder import SecretsFolder
from sightline.cli.secrets_writer import write_secrets


@dataclass(frozen=True)
class Secrets:
    """A secrets folder, and the key of its first subject, who has every role on everything.

    Notify makes the key known where it runs; elsewhere a test puts `first_admin()`'s records on the broker.
    """

    path: Path
    key: str = field(repr=False)

    @property
    def folder(self) -> SecretsFolder:
        """The secrets, as services read them."""
        return SecretsFolder(self.path)

    @property
    def env(self) -> dict[str, str]:
        """The setting of a service that is to read them."""
        return {"SIGHTLINE_SECRETS_DIR": str(self.path)}


def make_secrets(path: Path) -> Secrets:
    """Secrets in that folder, which is not there yet."""
    return Secrets(path, write_secrets(path, "tester", PEOPLES_ROLES, timedelta(days=1)))


@cache
def session_secrets() -> Secrets:
    """The same secrets for the whole session: making them anew for every test would prove nothing more."""
    parent = tempfile.mkdtemp(prefix="sightline-tests-")
    atexit.register(shutil.rmtree, parent, ignore_errors=True)
    return make_secrets(Path(parent) / "secrets")
