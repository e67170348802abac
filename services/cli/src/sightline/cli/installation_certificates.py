"""The certificates of an installation: for whom there are some, and the files that they are in."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.identity.secrets_folder import SecretsFolder
from sightline.chassis.tls.certificate_folder import CertificateFolder
from sightline.cli.certificate_authority import CERTIFICATE_LIFE, CertificateAuthority
from sightline.cli.private_files import write_private

CALLERS = ("ingest", "detect", "embed", "match", "notify", "gateway", "provision")
STORES = ("nats", "qdrant")
OWNERS = (*CALLERS, *STORES)
_NAMESPACE = "sightline"
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


def names_of(owner: str, others: Iterable[str] = ()) -> tuple[str, ...]:
    """Give the names under which a process is reached: in Compose, in Kubernetes, on one machine, and `others`."""
    whole = f"{owner}.{_NAMESPACE}.svc.cluster.local"
    cluster = (f"{owner}.{_NAMESPACE}", f"{owner}.{_NAMESPACE}.svc", whole)
    # Those of a cluster call each other, by the names of their pods.
    peers = (f"*.{whole}",) if owner in STORES else ()
    return (owner, *cluster, *peers, *_THIS_MACHINE, *others)


def certificate_files(
    path_of: SecretsFolder,
    authority: CertificateAuthority,
    owners: Iterable[str] = OWNERS,
    others: Iterable[str] = (),
    life: timedelta = CERTIFICATE_LIFE,
) -> dict[Path, bytes]:
    """Issue a certificate to each owner and give the files of all of them.

    The certificate comes after its key: a service takes up both once they belong together.
    """
    files: dict[Path, bytes] = {}
    for owner in owners:
        issued = authority.issue(names_of(owner, others), life, calls=True)
        folder = CertificateFolder(path_of.certificates_of(owner))
        files |= {folder.authorities: authority.certificates, folder.key: issued.key, folder.chain: issued.chain}
    return files


def all_files(
    path_of: SecretsFolder, authority: CertificateAuthority | None, others: Iterable[str]
) -> dict[Path, bytes]:
    """Give the files of a new installation. Without an authority one is made, and its key is among them."""
    issuing = authority or CertificateAuthority.made()
    own = {} if authority else {path_of.authority_key: issuing.key}
    return {**own, path_of.authority: issuing.certificates, **certificate_files(path_of, issuing, others=others)}


def missing_files(
    path_of: SecretsFolder, authority: CertificateAuthority | None, others: Iterable[str]
) -> dict[Path, bytes]:
    """Give the files of those who have no certificate yet. Raises as `read_authority`."""
    owners = [owner for owner in OWNERS if not path_of.certificates_of(owner).exists()]
    if not owners:
        return {}
    if not path_of.authority.exists():
        return all_files(path_of, authority, others)
    return certificate_files(path_of, authority or read_authority(path_of), owners, others)


def write_files(files: dict[Path, bytes]) -> None:
    """Write them with mode 0600, their folders with 0700. Raises OSError."""
    for path, content in files.items():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(path, content)


def read_authority(
    path_of: SecretsFolder, certificate: Path | None = None, key: Path | None = None
) -> CertificateAuthority:
    """Read the authority that these two files are, or the installation's own.

    Raises:
        FailedPrecondition: AUTHORITY_MISSING.
        InvalidInput: AUTHORITY_INVALID.
    """
    where = (certificate or path_of.authority, key or path_of.authority_key)
    try:
        return CertificateAuthority.read(*(path.read_bytes() for path in where))
    except OSError as error:
        raise FailedPrecondition(
            "AUTHORITY_MISSING",
            f"{error.filename} cannot be read ({error.strerror}), and without it nothing is issued: give the "
            "authority's files with --ca-cert and --ca-key, or let whoever has them put new certificates there.",
        ) from error
