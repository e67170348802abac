"""`sightline init`: makes the secrets of an installation, and the first administrator's key."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from sightline.chassis.errors import InvalidInput
from sightline.chassis.identity.secrets_folder import SecretsFolder
from sightline.cli.broker import copy_accounts
from sightline.cli.certificate_authority import CertificateAuthority
from sightline.cli.duration import parse_duration
from sightline.cli.installation_certificates import read_authority
from sightline.cli.secrets_writer import FIRST_HANDLE, add_missing, write_first_admin, write_secrets

_CONTENTS = (
    ("installation.key", "match", "opens the key of every enrolled face; without it nobody can be found again"),
    ("rotation.key", "match", "turns the vectors of the index; without it the index is made again from the ledger"),
    ("cameras.key", "ingest", "opens the passwords of cameras; without it they have to be given again"),
    ("alerts.key", "notify", "opens where alerts are sent; without it receivers have to be given again"),
    ("aws.key", "gateway", "opens access keys of AWS's clients; without it they have to be made again"),
    ("qdrant.key", "match, Qdrant", "what a Qdrant server asks of match; another one for both does as well"),
    ("callers.key", "all", "without it no API key is recognised any more"),
    ("<service>.key", "each its own", "what a service proves to the others with that it is itself"),
    ("services.json", "all", "the services' public keys"),
    ("audit-seal.key", "notify", "seals the audit trail, and signs calibrations"),
    ("audit-seal.pub", "match", "what seals and calibrations are checked with; no secret"),
    ("tls/<name>/", "each its own", "certificates: what each shows to the others, and to you"),
    ("tls/ca.crt", "clients", "who vouches for them; commands on other machines need it (SIGHTLINE_CA)"),
    ("tls/ca.key", "nobody", "makes certificates: take it away where services are, and keep it"),
    ("<service>.nk", "each its own", "by which the broker knows a service"),
    ("provision.nk", "provision", "by which it knows the one who makes its streams"),
    ("operator.nk", "people", "by which it knows `sightline keyring`"),
    ("backup.nk", "backups", "by which it knows `sightline backup`: copies everything, and writes nothing"),
    ("restore.nk", "people", "by which it knows `sightline restore`: writes where there is nothing"),
    ("nats-accounts.conf", "the broker", "who may do what there; holds public keys"),
    ("first-admin.json", "notify", "the first administrator; holds a hash, not the key"),
)


CaCertOption = Annotated[
    Path | None,
    typer.Option(help="Your own authority (PEM): its certificate, then those up to the root; with --ca-key."),
]
CaKeyOption = Annotated[Path | None, typer.Option(help="Its private key (PEM); it is read and not kept.")]
NameOption = Annotated[
    list[str] | None,
    typer.Option(help="A name or address under which clients reach the services; again for more."),
]


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make; it must not be there yet.")] = Path(
        ".sightline/secrets"
    ),
    admin: Annotated[str, typer.Option(help=f"Handle of the administrator. Unset: {FIRST_HANDLE}.")] = "",
    expires: Annotated[str, typer.Option(help="How long the administrator's key works: 90d, 12h, 30m.")] = "90d",
    new_admin_key: Annotated[
        bool, typer.Option("--new-admin-key", help="Only make another key for an administrator: all theirs are lost.")
    ] = False,
    ca_cert: CaCertOption = None,
    ca_key: CaKeyOption = None,
    name: NameOption = None,
    missing: Annotated[
        bool, typer.Option("--add-missing", help="Only make the secrets that an older release did not know.")
    ] = False,
    broker_conf: Annotated[
        Path | None, typer.Option(help="Write who may do what at the broker here, too: for a nats-server of its own.")
    ] = None,
) -> None:
    """Make the secrets of an installation, once; the first administrator's API key goes to standard output.

    Nothing that is there is overwritten. Services do not start without these secrets.
    """
    if missing:
        _add_missing(folder, _authority(folder, ca_cert, ca_key), name or ())
    elif new_admin_key:
        lifetime = parse_duration(expires)
        key = write_first_admin(folder, admin, lifetime)
        _tell("the administrator's new key works once notify has started again with these secrets")
        _hand_out(key, lifetime)
    else:
        lifetime = parse_duration(expires)
        authority = _authority(folder, ca_cert, ca_key)
        key = write_secrets(folder, admin or FIRST_HANDLE, lifetime=lifetime, authority=authority, names=name or ())
        _explain(folder)
        _hand_out(key, lifetime)
    if broker_conf:
        copy_accounts(folder, broker_conf)


def _hand_out(key: str, lifetime: timedelta) -> None:
    _tell(_about_key(lifetime), "bold")
    typer.echo(key)


def _authority(folder: Path, certificate: Path | None, key: Path | None) -> CertificateAuthority | None:
    """Give the user's own authority; None: the installation has one itself."""
    if (certificate is None) != (key is None):
        raise InvalidInput("AUTHORITY_UNCLEAR", "give --ca-cert and --ca-key, or none of the two")
    return read_authority(SecretsFolder(folder), certificate, key) if certificate else None


def _add_missing(folder: Path, authority: CertificateAuthority | None, names: Iterable[str]) -> None:
    made = add_missing(folder, authority, names)
    for path in made:
        _tell(f"made {path}: back it up with the others", "bold")
    if not made:
        _tell(f"{folder} has everything")


def _explain(folder: Path) -> None:
    _tell(f"made {folder}, which only you can open:", "bold")
    for name, reader, meaning in _CONTENTS:
        _tell(f"  {name:<21} {reader:<13} {meaning}")
    _tell("Back this folder up now. Where it is lost, everybody has to be enrolled again.", "bold")
    _tell(
        "Keep the copy apart from backups of the broker and its disks: whoever has both can read the template of every "
        "enrolled face; with one of them alone nobody can."
    )


def _about_key(lifetime: timedelta) -> str:
    end = datetime.now(UTC) + lifetime
    return (
        f"The administrator's API key, good until {end:%Y-%m-%d %H:%M} UTC. It is shown once and kept nowhere; "
        "`export SIGHTLINE_API_KEY=…` gives it to the command:"
    )


def _tell(text: str, style: str = "") -> None:
    """Print for people: standard output is the key's alone, so that it can be piped."""
    Console(stderr=True).print(Text(text, style=style), soft_wrap=True)
