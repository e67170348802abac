"""Whose certificates the command believes."""

from pathlib import Path
from typing import Literal

from pydantic_settings import BaseSettings, SettingsConfigDict

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.tls.channel_security import ClientSecurity
from sightline.chassis.tls.context import client_context
from sightline.cli.credentials import CredentialSettings
from sightline.cli.installation import Installation
from sightline.cli.private_files import write_private


class TrustSettings(BaseSettings):
    """What the environment says."""

    model_config = SettingsConfigDict(env_prefix="SIGHTLINE_", env_ignore_empty=True, frozen=True, extra="ignore")

    ca: Path | None = None
    tls: Literal["on", "off"] = "on"
    """`off`: in plain text, to services of this machine that do without TLS, too."""


def authorities(state: Path, *, elsewhere: bool = False) -> Path | None:
    """Give the file of those who vouch for the services; None: the system's authorities do.

    That is SIGHTLINE_CA, or the local system's; for services `elsewhere` what `sightline login --ca` has kept goes
    before the latter.
    """
    kept, local = kept_authorities(), Installation(state).authority()
    named = TrustSettings().ca
    if named:
        return named
    return next((path for path in ((kept, local) if elsewhere else (local, kept)) if path.is_file()), None)


def kept_authorities() -> Path:
    """Give the file in which `sightline login --ca` keeps them."""
    return CredentialSettings.read().file.with_name("ca.crt")


def keep_authorities(file: Path) -> None:
    """Keep a copy of the file for later commands. Raises FailedPrecondition AUTHORITIES_INVALID."""
    client_context(file)
    kept = kept_authorities()
    kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(kept, file.read_bytes())


def security_of(state: Path, service: str, *, elsewhere: bool) -> ClientSecurity | None:
    """Give the TLS of calls to a service; None where the environment says to do without, for services that it names.

    A certificate that an authority of ours vouches for has to bear the service's name, whatever the address is.

    Raises:
        FailedPrecondition: AUTHORITIES_INVALID.
    """
    if elsewhere and TrustSettings().tls == "off":
        return None
    file = authorities(state, elsewhere=elsewhere)
    if file is None:
        return ClientSecurity(None)
    return trusting(file, service)


def trusting(file: Path, service: str) -> ClientSecurity:
    """Give the TLS of calls to a service for which these authorities vouch. Raises as `security_of`."""
    try:
        return ClientSecurity(file.read_bytes(), service)
    except OSError as error:
        raise FailedPrecondition(
            "AUTHORITIES_INVALID", f"{file} cannot be read ({error.strerror}): name another file with SIGHTLINE_CA."
        ) from error
