"""`sightline init`: makes the secrets of an installation, and the first administrator's key."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from sightline.cli.duration import parse_duration
from sightline.cli.secrets_writer import FIRST_HANDLE, add_missing, write_first_admin, write_secrets

_CONTENTS = (
    ("installation.key", "match", "opens the key of every enrolled face; without it nobody can be found again"),
    ("rotation.key", "match", "turns the vectors of the index; without it the index is made again from the ledger"),
    ("cameras.key", "ingest", "opens the passwords of cameras; without it they have to be given again"),
    ("alerts.key", "notify", "opens where alerts are sent; without it receivers have to be given again"),
    ("callers.key", "all", "without it no API key is recognised any more"),
    ("<service>.key", "each its own", "what a service proves to the others with that it is itself"),
    ("services.json", "all", "the services' public keys"),
    ("audit-seal.key, .pub", "notify", "seals the audit trail; .pub is what seals are checked with"),
    ("first-admin.json", "notify", "the first administrator; holds a hash, not the key"),
)


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make; it must not be there yet.")] = Path(
        ".sightline/secrets"
    ),
    admin: Annotated[str, typer.Option(help=f"Handle of the administrator. Unset: {FIRST_HANDLE}.")] = "",
    expires: Annotated[str, typer.Option(help="How long the administrator's key works: 90d, 12h, 30m.")] = "90d",
    new_admin_key: Annotated[
        bool, typer.Option("--new-admin-key", help="Only make another key for an administrator: all theirs are lost.")
    ] = False,
    missing: Annotated[
        bool, typer.Option("--add-missing", help="Only make the secrets that an older release did not know.")
    ] = False,
) -> None:
    """Make the secrets of an installation, once; the first administrator's API key goes to standard output.

    Nothing that is there is overwritten. Services do not start without these secrets.
    """
    if missing:
        _add_missing(folder)
        return
    lifetime = parse_duration(expires)
    if new_admin_key:
        key = write_first_admin(folder, admin, lifetime)
        _tell("the administrator's new key works once notify has started again with these secrets")
    else:
        key = write_secrets(folder, admin or FIRST_HANDLE, lifetime=lifetime)
        _explain(folder)
    _tell(_about_key(lifetime), "bold")
    typer.echo(key)


def _add_missing(folder: Path) -> None:
    made = add_missing(folder)
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
