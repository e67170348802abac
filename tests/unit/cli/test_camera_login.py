"""A camera's password where there is no terminal."""

import typer
from typer.testing import CliRunner

from sightline.chassis.errors import InvalidInput
from sightline.cli.camera_login import read_login

app = typer.Typer()


@app.command()
def login(username: str) -> None:
    """Say that there was a login."""
    typer.echo(read_login(username, None).username)


def test_nobody_to_ask_is_said_with_what_to_do():
    """A script without input is told of --password-file; input that is piped is taken."""
    refused = CliRunner().invoke(app, ["viewer"], input="")
    assert isinstance(refused.exception, InvalidInput)
    assert refused.exception.reason == "PASSWORD_MISSING"
    assert "--password-file" in str(refused.exception)
    assert CliRunner().invoke(app, ["viewer"], input="hunter2\n").stdout.split() == ["viewer"]
