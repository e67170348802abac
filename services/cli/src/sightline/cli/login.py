"""`sightline login` and `sightline logout`."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from sightline.chassis.errors import InvalidInput
from sightline.cli.authorities import keep_authorities
from sightline.cli.credentials import CredentialSettings, CredentialStores, StoredKey, StoredSession, checked_key
from sightline.cli.device_flow import DeviceCode, OidcClient

DEFAULT_SCOPE = "openid offline_access"


def login(
    key: Annotated[bool, typer.Option("--key", help="With an API key, read from a prompt or a pipe.")] = False,
    issuer: Annotated[str, typer.Option(help="With an identity provider: its address.")] = "",
    client_id: Annotated[str, typer.Option(help="This command's name at the provider.")] = "",
    audience: Annotated[str, typer.Option(help="What the token is for, where the provider wants to be told.")] = "",
    scope: Annotated[str, typer.Option(help="What to ask the provider for.")] = DEFAULT_SCOPE,
    ca: Annotated[
        Path | None, typer.Option(help="Who vouches for the services (ca.crt, PEM); a copy is kept, too.")
    ] = None,
    use_id_token: Annotated[bool, typer.Option(help="Show services the ID token, not the access token.")] = False,
) -> None:
    """Sign in, and keep it in the desktop's keyring or in a file that only you can read."""
    if key == bool(issuer or client_id) or bool(issuer) != bool(client_id):
        raise InvalidInput("LOGIN_UNCLEAR", "say --key, or --issuer and --client-id.")
    if ca:
        keep_authorities(ca)
    settings = CredentialSettings.read()
    stored: StoredKey | StoredSession
    if key:
        stored = StoredKey(key=_read_key())
    else:
        client = OidcClient(issuer, client_id, use_id_token=use_id_token)
        code = client.ask_device_code(scope, audience)
        _show(code)
        with Console(stderr=True).status("waiting until you have let this command in (Ctrl-C to give up)"):
            signed_in = client.wait(code)
        stored = StoredSession(issuer=issuer, client_id=client_id, use_id_token=use_id_token, **vars(signed_in))
    place = CredentialStores(settings).save(stored)
    typer.echo(f"signed in; kept in {place}")
    if settings.api_key.get_secret_value() or settings.api_key_file:
        typer.echo("note: SIGHTLINE_API_KEY or SIGHTLINE_API_KEY_FILE is set, and goes first", err=True)


def logout() -> None:
    """Forget what `login` has kept. An API key stays valid until it is revoked."""
    was_kept = CredentialStores(CredentialSettings.read()).clear()
    typer.echo("signed out" if was_kept else "nobody was signed in")


def _read_key() -> str:
    # Never an option: what stands on a command line, every user of the machine can read.
    text = str(typer.prompt("API key", hide_input=True)) if sys.stdin.isatty() else sys.stdin.readline()
    return checked_key(text, "what was entered")


def _show(code: DeviceCode) -> None:
    typer.echo(f"open  {code.verification_uri}\nand enter the code  {code.user_code}")
    if code.verification_uri_complete:
        typer.echo(f"or open  {code.verification_uri_complete}")
