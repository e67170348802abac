"""`sightline keygen`: makes the key of an installation."""

from pathlib import Path
from typing import Annotated

import typer

from sightline.chassis.keyring import generate_key_file


def keygen(path: Annotated[Path, typer.Argument(help="File to write; it must not be there yet.")]) -> None:
    """Make an installation key. Back it up: without it no stored face can be read again."""
    generate_key_file(path)
    typer.echo(f"wrote {path}; back it up: without it no stored face can be read again")
