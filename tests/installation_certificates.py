"""A small installation's certificates for tests, some of them as they should not be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sightline.chassis.identity.secrets_folder import SecretsFolder
from sightline.chassis.tls.certificate_folder import CertificateFolder
from sightline.cli.certificate_authority import CertificateAuthority
from sightline.cli.installation_certificates import certificate_files, write_files

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Certificates:
    """Certificates in a folder, and the authority that issues them."""

    root: Path
    authority: CertificateAuthority

    def issue(self, owner: str, life: timedelta = timedelta(days=1), *, place: str = "") -> CertificateFolder:
        """Writes a certificate of that owner, in the place of another where there is one."""
        made = certificate_files(SecretsFolder(self.root), self.authority, [owner], life=life)
        folder = self.root / "tls" / (place or owner)
        write_files({folder / path.name: content for path, content in made.items()})
        return CertificateFolder(folder)


def new_certificates(root: Path) -> Certificates:
    """An authority that nobody knows yet."""
    made = Certificates(root, CertificateAuthority.made())
    write_files({SecretsFolder(root).authority: made.authority.certificates})
    return made
