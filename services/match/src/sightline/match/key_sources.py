"""Where match has its keys from: of the ledger, and of the index."""

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
