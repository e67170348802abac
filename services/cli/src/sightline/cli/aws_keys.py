"""`sightline keys aws`: access keys for programs that were written for Amazon Rekognition."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from sightline.chassis.errors import SightlineError
from sightline.cli.authorities import authorities
from sightline.cli.client import CALL_SECONDS, ask
from sightline.cli.credentials import bearer
from sightline.cli.duration import parse_duration
from sightline.cli.gateway_client import ask_gateway, gateway_url
from sightline.cli.grant_options import (
    CamerasOption,
    GrantsOption,
    RolesOption,
    WatchlistsOption,
    print_hints,
    read_grants,
)
from sightline.cli.options import StateDirOption
from sightline.cli.output import JsonOption, print_json, print_table
from sightline.v1 import access_service_pb2 as pb

app = typer.Typer(
    help="Access keys for programs that were written for Amazon Rekognition: each stands for an API key of its own, "
    "with whose rights its calls are made.",
    no_args_is_help=True,
)

_PATH = "/v1/aws-keys"
_COLUMNS = ("access key id", "name", "purpose", "case", "API key", "made (UTC)", "ends (UTC)")


class Format(StrEnum):
    """How a pair is printed."""

    INI = "ini"
    ENV = "env"


IdArgument = Annotated[str, typer.Argument(metavar="ACCESS_KEY_ID", help="As `sightline keys aws list` shows it.")]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What it is for, or where it lies.")],
    purpose: Annotated[str, typer.Option("--purpose", help="Of its searches, and of collections that it creates.")],
    legal_basis: Annotated[str, typer.Option("--legal-basis", help="Of collections that it creates.")],
    case: Annotated[str, typer.Option(help="The case that its searches belong to.")] = "",
    collection_days: Annotated[
        int, typer.Option(min=1, max=3650, help="How long collections live that it creates.")
    ] = 365,
    subject: Annotated[str, typer.Option("--for", metavar="HANDLE", help="Handle or id; unset: you.")] = "",
    role: RolesOption = None,
    watchlist: WatchlistsOption = None,
    camera: CamerasOption = None,
    grant: GrantsOption = None,
    expires: Annotated[str, typer.Option(help="How long it works: 90d, 12h, 30m. Unset: 90d at most.")] = "",
    form: Annotated[
        Format, typer.Option("--format", help="Lines for ~/.aws/config, or for the shell's environment.")
    ] = Format.INI,
    state_dir: StateDirOption = Path(".sightline"),
) -> None:
    """Make an API key and a pair of access keys that stands for it; the pair goes to standard output, once.

    It may do what its owner may, or less where roles are given; `sightline keys create --help` says the rest.
    """
    grants = read_grants(state_dir, role, watchlist, camera, grant)
    request = pb.CreateApiKeyRequest(subject=subject, name=f"aws: {name}"[:64], grants=grants)
    if expires:
        request.lifetime.FromTimedelta(parse_duration(expires))
    made = ask(state_dir, "access", lambda access: access.CreateApiKey(request, timeout=CALL_SECONDS))
    wanted = {"name": name, "purpose": purpose, "legal_basis": legal_basis, "case_reference": case}
    try:
        pair = ask_gateway(state_dir, made.secret, "POST", _PATH, wanted | {"collection_days": collection_days})
    except SightlineError:
        # Nobody has it: it would only lie there.
        with suppress(SightlineError):
            _revoke(state_dir, made.key.id)
        raise
    print_hints(grants)
    typer.echo(f"until {_moment(pair['expire_time'])} UTC; the secret is shown once:", err=True)
    typer.echo(_FORMATS[form](pair, gateway_url(state_dir), authorities(state_dir)))


@app.command("list")
def list_keys(state_dir: StateDirOption = Path(".sightline"), json: JsonOption = False) -> None:
    """Show pairs: yours, and everybody's to administrators."""
    pairs = ask_gateway(state_dir, bearer(), "GET", _PATH)["aws_keys"]
    if json:
        print_json(pairs)
        return
    print_table(_COLUMNS, map(_row, pairs), empty="there is no pair; `sightline keys aws create` makes one")


@app.command()
def delete(access_key_id: IdArgument, state_dir: StateDirOption = Path(".sightline")) -> None:
    """End a pair at once, and the API key behind it."""
    path = f"{_PATH}/{access_key_id}"
    pair = ask_gateway(state_dir, shown := bearer(), "GET", path)
    ask_gateway(state_dir, shown, "DELETE", path)
    _revoke(state_dir, pair["api_key_id"])
    typer.echo(f"ended, with the API key {pair['api_key_id']}")


def _revoke(state: Path, key_id: str) -> None:
    request = pb.RevokeApiKeyRequest(key_id=key_id)
    ask(state, "access", lambda access: access.RevokeApiKey(request, timeout=CALL_SECONDS))


def _ini(pair: Mapping[str, Any], url: str, ca: Path | None) -> str:
    lines = {
        "aws_access_key_id": pair["access_key_id"],
        "aws_secret_access_key": pair["secret_access_key"],
        "region": pair["region"],
        "endpoint_url": url,
    }
    if ca:
        lines["ca_bundle"] = str(ca)
    return "\n".join(["[profile sightline]", *(f"{name} = {value}" for name, value in lines.items())])


def _env(pair: Mapping[str, Any], url: str, ca: Path | None) -> str:
    variables = {
        "AWS_ACCESS_KEY_ID": pair["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": pair["secret_access_key"],
        "AWS_DEFAULT_REGION": pair["region"],
        "AWS_ENDPOINT_URL_REKOGNITION": url,
    }
    if ca:
        variables["AWS_CA_BUNDLE"] = str(ca)
    return "\n".join(f"export {name}='{value}'" for name, value in variables.items())


_FORMATS: dict[Format, Callable[[Mapping[str, Any], str, Path | None], str]] = {Format.INI: _ini, Format.ENV: _env}


def _row(pair: Mapping[str, Any]) -> tuple[str, ...]:
    ids = (pair["access_key_id"], pair["name"], pair["purpose"], pair["case_reference"], pair["api_key_id"])
    return *ids, _moment(pair["create_time"]), _moment(pair["expire_time"])


def _moment(text: str | None) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M}" if text else "never"
