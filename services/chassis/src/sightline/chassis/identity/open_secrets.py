"""The secrets folder of a service, with the key management service that its settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.identity.secrets_folder import SecretsFolder
from sightline.chassis.kms import open_kms

if TYPE_CHECKING:
    from sightline.chassis.settings import ServiceSettings


def open_secrets(settings: ServiceSettings) -> SecretsFolder:
    """Opens nothing yet. Raises FailedPrecondition KMS_INSECURE, KMS_UNSET."""
    return SecretsFolder(settings.secrets_dir, open_kms(settings))
