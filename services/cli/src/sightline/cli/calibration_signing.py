"""Who signs a calibration: the installation, with the key that seals its audit trail."""

import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sightline.chassis.calibration import Calibration
from sightline.chassis.calibration_signature import sign
from sightline.chassis.identity.secrets_folder import SecretsFolder


@dataclass(frozen=True)
class Signer:
    """A key that vouches for calibrations."""

    key: Ed25519PrivateKey

    def signed(self, calibration: Calibration) -> Calibration:
        """Give the same calibration with a signature."""
        return sign(calibration, self.key)


def find_signer(secrets: Path) -> Signer | None:
    """Give the installation's, where this user can read its secrets; else None.

    Raises:
        FailedPrecondition: SECRET_INVALID, SECRET_EXPOSED.
    """
    folder = SecretsFolder(secrets)
    return Signer(folder.seal_key()) if os.access(folder.audit_seal_key, os.R_OK) else None
