"""`sightline keys`: API keys, shown once when they are made."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from sightline.chassis.errors import InvalidInput
from sightline.chassis.identity import api_key
from sightline.chassis.identity.rights import role_word
from sightline.cli import aws_keys
from sightline.cli.client import CALL_SECONDS, ask, every_page
from sightline.cli.duration import parse_duration
from sightline.cli.grant_options import (
    CamerasOption,
    GrantsOption,
    RolesOption,
    WatchlistsOption,
    print_hints,
    read_grants,
)
from sightline.cli.grants import who
from sightline.cli.moments import moment
from sightline.cli.options import StateDirOption
from sightline.cli.output import JsonOption, as_dict, print_json, print_table
from sightline.v1 import access_service_pb2 as pb

app = typer.Typer(help="API keys: made, listed, rotated and revoked.", no_args_is_help=True)
app.add_typer(aws_keys.app, name="aws")

_COLUMNS = ("id", "of", "name", "roles", "ends (UTC)", "last used (UTC)", "state")

KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="The key's id; the whole key works, too.")]
ForOption = Annotated[str, typer.Option("--for", metavar="HANDLE", help="Handle or id; unset: you.")]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What it is for, or where it lies.")],
    subject: ForOption = "",
    role: RolesOption = None,
    watchlist: WatchlistsOption = None,
    camera: CamerasOption = None,
    grant: GrantsOption = None,
    expires: Annotated[str, typer.Option(help="How long it works: 90d, 12h, 30m. Unset: 90d at most.")] = "",
    state_dir: StateDirOption = Path(".sightline"),
) -> None:
    """Make an API key, which goes to standard output and is kept nowhere.

    It may do what its owner may, or less where roles are given; never more than the credential that makes it, unless
    an administrator makes it for somebody else.
    """
    grants = read_grants(state_dir, role, watchlist, camera, grant)
    request = pb.CreateApiKeyRequest(subject=subject, name=name, grants=grants)
    if expires:
        request.lifetime.FromTimedelta(parse_duration(expires))
    answer = ask(state_dir, "access", lambda access: access.CreateApiKey(request, timeout=CALL_SECONDS))
    print_hints(grants)
    _hand_out(answer.key, answer.secret)


@app.command("list")
def list_keys(
    subject: Annotated[str, typer.Option("--for", metavar="HANDLE", help="Only of this handle or id.")] = "",
    ended: Annotated[bool, typer.Option("--all", help="Also those that were revoked or have expired.")] = False,
    state_dir: StateDirOption = Path(".sightline"),
    json: JsonOption = False,
) -> None:
    """Show API keys: yours, and everybody's to administrators and auditors."""

    async def work(access: Any) -> tuple[list[pb.ApiKey], list[pb.Subject]]:
        request = pb.ListApiKeysRequest(subject=subject, show_ended=ended)
        keys = await every_page(access.ListApiKeys, request, "keys")
        return keys, [] if json else await every_page(access.ListSubjects, pb.ListSubjectsRequest(), "subjects")

    keys, subjects = ask(state_dir, "access", work)
    if json:
        print_json([as_dict(key) for key in keys])
        return
    names = {each.id: who(each) for each in subjects}
    print_table(
        _COLUMNS, (_row(key, names) for key in keys), empty="there is no key; `sightline keys create` makes one"
    )


@app.command()
def revoke(key: KeyArgument, state_dir: StateDirOption = Path(".sightline")) -> None:
    """End a key at once and for good."""
    request = pb.RevokeApiKeyRequest(key_id=_key_id(key))
    ask(state_dir, "access", lambda access: access.RevokeApiKey(request, timeout=CALL_SECONDS))
    typer.echo("revoked; open streams of it end within 5 s")


@app.command()
def rotate(
    key: KeyArgument,
    overlap: Annotated[str, typer.Option(help="How long both keys work: 24h, 30m; 0: the old one ends now.")] = "24h",
    state_dir: StateDirOption = Path(".sightline"),
) -> None:
    """Replace a key by one with the same name, rights and lifetime, which goes to standard output."""
    request = pb.RotateApiKeyRequest(key_id=_key_id(key))
    request.overlap.FromTimedelta(timedelta() if overlap == "0" else parse_duration(overlap))
    answer = ask(state_dir, "access", lambda access: access.RotateApiKey(request, timeout=CALL_SECONDS))
    typer.echo(f"the old key ends {'now' if overlap == '0' else f'in {overlap} at the latest'}", err=True)
    _hand_out(answer.key, answer.secret)


def _hand_out(key: pb.ApiKey, secret: str) -> None:
    """Print the key alone to standard output, so that it can be piped; the rest is for people."""
    ends = moment(key.expire_time, absent="never")
    typer.echo(f"key {key.id}, until {ends} UTC; it is shown once and kept nowhere:", err=True)
    typer.echo(secret)


def _key_id(text: str) -> str:
    """Give the id of a key, also out of a leaked one. Raises InvalidInput KEY_INVALID, which does not repeat it."""
    if not text.startswith(api_key.PREFIX):
        return text
    parsed = api_key.parse(text)
    if parsed is None:
        raise InvalidInput("KEY_INVALID", "this begins as a key and is none; look for a part that is missing")
    return parsed.id


def _row(key: pb.ApiKey, names: Mapping[str, str]) -> tuple[str, ...]:
    roles = ", ".join(sorted({role_word(grant.role) for grant in key.grants})) or "all of its owner"
    owner = names.get(key.subject_id, key.subject_id)
    ends, used = moment(key.expire_time, absent="never"), moment(key.last_use_time, absent="never")
    return key.id, owner, key.name, roles, ends, used, _state(key)


def _state(key: pb.ApiKey) -> str:
    if key.HasField("revoke_time"):
        return "revoked"
    if key.HasField("expire_time") and key.expire_time.ToDatetime(UTC) <= datetime.now(UTC):
        return "expired"
    return f"replaced by {key.successor_id}" if key.successor_id else "works"
