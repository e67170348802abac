"""Public keys that seals of the audit trail are checked with."""

from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.identity.secrets_folder import SecretsFolder
from sightline.chassis.seals import key_id


def read_seal_keys(named: Sequence[Path] | None, secrets: Path) -> dict[str, Ed25519PublicKey]:
    """Read the files, or that of the secrets' folder where none is named, and give the keys by their ids.

    Raises:
        FailedPrecondition: SEAL_KEY_MISSING, SEAL_KEY_INVALID.
    """
    paths = named or [SecretsFolder(secrets).audit_seal_public]
    return {key_id(key): key for key in map(_read, paths)}


def _read(path: Path) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(path.read_bytes())
    except OSError as error:
        raise FailedPrecondition(
            "SEAL_KEY_MISSING",
            f"{path} cannot be read ({error.strerror}); name the installation's audit-seal.pub with --key",
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _invalid(path) from error
    if not isinstance(key, Ed25519PublicKey):
        raise _invalid(path)
    return key


def _invalid(path: Path) -> FailedPrecondition:
    return FailedPrecondition("SEAL_KEY_INVALID", f"{path} holds no Ed25519 public key in PEM: audit-seal.pub does")
