"""`sightline certificates`: how old the certificates of an installation are, and new ones in their place."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from sightline.chassis.errors import FailedPrecondition, InvalidInput
from sightline.chassis.identity.secrets_folder import SecretsFolder
from sightline.chassis.tls.certificate import Certificate
from sightline.chassis.tls.certificate_folder import CertificateFolder
from sightline.cli.broker_process import reload_broker
from sightline.cli.certificate_authority import CERTIFICATE_LIFE
from sightline.cli.duration import parse_duration
from sightline.cli.init import CaCertOption, CaKeyOption, NameOption
from sightline.cli.installation import Installation
from sightline.cli.installation_certificates import OWNERS, certificate_files, names_of, read_authority, write_files
from sightline.cli.options import StateDirOption
from sightline.cli.output import JsonOption, print_error, print_json, print_table

SOON = timedelta(days=30)
FolderArgument = Annotated[Path, typer.Argument(metavar="DIR", help="What `sightline init` made.")]
_FOLDER = Path(".sightline/secrets")

app = typer.Typer(help="The certificates with which services prove who they are.", no_args_is_help=True)


@app.command(name="list")
def list_certificates(folder: FolderArgument = _FOLDER, json: JsonOption = False) -> None:
    """Say whose certificate ends when; exit code 1 where one has ended or cannot be used."""
    found = {owner: _found(folder, owner) for owner in OWNERS}
    rows = [(owner, *_told(each)) for owner, each in found.items()]
    if json:
        print_json([{"owner": owner, "state": state, "end": end, "names": names} for owner, state, end, names in rows])
    else:
        print_table(("owner", "state", "ends", "names"), rows, empty="")
    if failed := [each for each in found.values() if isinstance(each, FailedPrecondition)]:
        print_error(failed[0].reason, failed[0].message)
        raise typer.Exit(1)


@app.command()
def renew(
    folder: FolderArgument = _FOLDER,
    of: Annotated[list[str] | None, typer.Option(help="Only of this service; again for more.")] = None,
    due: Annotated[bool, typer.Option("--due", help=f"Only those that end within {SOON.days} days.")] = False,
    life: Annotated[str, typer.Option(help="How long they last: 90d, 12h.")] = f"{CERTIFICATE_LIFE.days}d",
    ca_cert: CaCertOption = None,
    ca_key: CaKeyOption = None,
    name: NameOption = None,
    state_dir: StateDirOption = Path(".sightline"),
) -> None:
    """Issue certificates in the place of those that are there. Services take them up by themselves.

    Names that a certificate has beside the usual ones stay.
    """
    if unknown := sorted({*(of or ())} - {*OWNERS}):
        raise InvalidInput("OWNER_UNKNOWN", f"{unknown[0]} has no certificate; these have: {', '.join(OWNERS)}")
    path_of = SecretsFolder(folder)
    authority = read_authority(path_of, ca_cert, ca_key)
    owners = [owner for owner in of or OWNERS if not (due and _lasts(_found(folder, owner)))]
    for owner in owners:
        names = (*_other_names(_found(folder, owner), owner), *(name or ()))
        write_files(certificate_files(path_of, authority, [owner], dict.fromkeys(names), parse_duration(life)))
        typer.echo(f"renewed {path_of.certificates_of(owner)}")
    if "nats" in owners and not reload_broker(Installation(state_dir)):
        typer.echo("a broker that runs takes its certificate up when it is told to: `nats-server --signal reload`")


def _found(folder: Path, owner: str) -> Certificate | FailedPrecondition:
    try:
        return CertificateFolder(SecretsFolder(folder).certificates_of(owner)).current()
    except FailedPrecondition as error:
        return error


def _lasts(found: Certificate | FailedPrecondition) -> bool:
    return isinstance(found, Certificate) and found.end > datetime.now(UTC) + SOON


def _told(found: Certificate | FailedPrecondition) -> tuple[str, str, str]:
    if isinstance(found, FailedPrecondition):
        return found.reason, "", ""
    left = (found.end - datetime.now(UTC)).days
    state = "good" if _lasts(found) else f"ends in {left} days"
    return state, f"{found.end:%Y-%m-%d}", ", ".join(found.names)


def _other_names(found: Certificate | FailedPrecondition, owner: str) -> list[str]:
    if isinstance(found, FailedPrecondition):
        return []
    return [name for name in found.names if name not in names_of(owner)]
