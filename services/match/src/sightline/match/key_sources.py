"""Where match has its keys from: of the ledger, of the index, and of the server that the index is on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.identity.secrets_folder import SecretsFolder
from sightline.chassis.installation_keys import GivenKeys
from sightline.chassis.kms import open_kms

if TYPE_CHECKING:
    from sightline.chassis.installation_keys import InstallationKeys
    from sightline.match.settings import MatchSettings


def open_keys(settings: MatchSettings) -> tuple[InstallationKeys, InstallationKeys]:
    """Those that wrap data keys, and those that turn vectors; what is wrong with them is raised here."""
    kms = open_kms(settings)
    folder = SecretsFolder(settings.secrets_dir, kms)
    wrapping: InstallationKeys = folder.installation_keys()
    turning: InstallationKeys = folder.rotation_keys()
    if given := settings.installation_key.get_secret_value():
        wrapping = GivenKeys(given, "SIGHTLINE_INSTALLATION_KEY", kms)
    if given := settings.rotation_key.get_secret_value():
        turning = GivenKeys(given, "SIGHTLINE_ROTATION_KEY", kms)
    for keys in (wrapping, turning):
        keys.keys()
    return wrapping, turning


def server_key(settings: MatchSettings) -> str:
    """What a Qdrant server is shown: the setting, else `qdrant.key` of the secrets. Raises as SecretsFolder."""
    return settings.qdrant_api_key.get_secret_value() or SecretsFolder(settings.secrets_dir).qdrant_key()
