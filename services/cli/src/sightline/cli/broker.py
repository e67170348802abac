"""`sightline broker`: who may do what at the broker."""

from pathlib import Path
from typing import Annotated

import typer

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.identity.secrets_folder import SecretsFolder
from sightline.cli.private_files import write_private
from sightline.cli.secrets_writer import write_accounts, write_reader

SecretsArgument = Annotated[Path, typer.Argument(metavar="DIR", help="The secrets that `sightline init` made.")]
OutOption = Annotated[
    Path | None, typer.Option(help="Write the broker's file here, too; nats-server includes it in its configuration.")
]
_SECRETS = Path(".sightline/secrets")

app = typer.Typer(help="Who may do what at the broker.", no_args_is_help=True)


@app.command()
def config(folder: SecretsArgument = _SECRETS, out: OutOption = None) -> None:
    """Write the broker's accounts anew, for this release and these secrets; `up` does so by itself at its start."""
    written = write_accounts(folder)
    if out:
        copy_accounts(folder, out)
    typer.echo(f"wrote {out or written}: start nats-server again, or let it read it (`nats-server --signal reload`)")


@app.command()
def reader(
    name: Annotated[str, typer.Argument(help="Of the other system: a-z, 0-9 and '-'.")],
    folder: SecretsArgument = _SECRETS,
    out: OutOption = None,
) -> None:
    """Make a key with which another system reads the public topics (`sightline.events.>`), and nothing else."""
    key = write_reader(folder, name)
    if out:
        copy_accounts(folder, out)
    typer.echo(f"made {key}, the seed of an nkey: give it to {name} alone. Its place in the stream EVENTS is `{name}`.")
    typer.echo("the broker knows it once it has started again, or has read its configuration anew")


def copy_accounts(folder: Path, out: Path) -> None:
    """Put the broker's accounts where it finds them. Raises FailedPrecondition BROKER_CONF_NOT_WRITTEN."""
    try:
        write_private(out, SecretsFolder(folder).broker_accounts.read_bytes())
    except OSError as error:
        raise FailedPrecondition(
            "BROKER_CONF_NOT_WRITTEN", f"{out} cannot be written ({error.strerror}); name another file with --out"
        ) from error
