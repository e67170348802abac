"""`sightline grants`: who may do what. Administrators grant."""

from pathlib import Path
from typing import Annotated, Any, cast

import typer

from sightline.chassis.errors import InvalidInput, NotFound
from sightline.chassis.identity.rights import role_word
from sightline.chassis.ids import derived_id
from sightline.cli.client import CALL_SECONDS, ask, every_page
from sightline.cli.grant_options import (
    CamerasOption,
    GrantsOption,
    RolesOption,
    WatchlistsOption,
    grant_rows,
    print_hints,
    read_grants,
)
from sightline.cli.options import PurposeOption, StateDirOption
from sightline.cli.output import JsonOption, as_dict, print_json, print_table
from sightline.v1 import access_service_pb2 as pb

app = typer.Typer(help="Grants: who may do what, on which watchlists and cameras.", no_args_is_help=True)

_COLUMNS = ("handle", "roles", "state", "id")
_GRANT_COLUMNS = ("role", "watchlists", "cameras")

WhoArgument = Annotated[str, typer.Argument(metavar="HANDLE", help="Handle or id.")]


@app.command("set")
def set_grants(
    handle: Annotated[str, typer.Argument(help="Handle, also of somebody new, or id.")] = "",
    role: RolesOption = None,
    watchlist: WatchlistsOption = None,
    camera: CamerasOption = None,
    grant: GrantsOption = None,
    nothing: Annotated[bool, typer.Option("--nothing", help="Take all rights away.")] = False,
    oidc_issuer: Annotated[str, typer.Option(help="Instead of a handle: the identity provider's issuer.")] = "",
    oidc_subject: Annotated[str, typer.Option(help="Who they are there: the claim `sub`.")] = "",
    purpose: PurposeOption = "",
    state_dir: StateDirOption = Path(".sightline"),
    json: JsonOption = False,
) -> None:
    """Give somebody rights. These replace what they had, at once and for every key of theirs."""
    request = _whom(handle, oidc_issuer, oidc_subject)
    request.grants.extend(read_grants(state_dir, role, watchlist, camera, grant))
    if bool(request.grants) == nothing:
        raise InvalidInput("GRANT_INVALID", "give --role or --grant, or --nothing to take all rights away")
    request.purpose = purpose
    known = _known(state_dir, request.subject or derived_id("oidc", oidc_issuer, oidc_subject))
    if known is not None:
        # What is not asked for stays as it is.
        request.disabled, request.etag = known.disabled, known.etag
    answer = ask(state_dir, "access", lambda access: access.SetGrants(request, timeout=CALL_SECONDS))
    _show(answer.subject, json=json)
    if known is None:
        owner = answer.subject.handle or answer.subject.id
        typer.echo(f"somebody new; `sightline keys create NAME --for {owner}` makes a key for them", err=True)
    print_hints(request.grants)


@app.command("list")
def list_subjects(state_dir: StateDirOption = Path(".sightline"), json: JsonOption = False) -> None:
    """Show everybody who may call, as far as you may see them."""
    found: list[pb.Subject] = ask(
        state_dir, "access", lambda access: every_page(access.ListSubjects, pb.ListSubjectsRequest(), "subjects")
    )
    if json:
        print_json([as_dict(each) for each in found])
        return
    rows = ((who(each), _roles(each), _state(each), each.id) for each in found)
    print_table(_COLUMNS, rows, empty="nobody is granted anything; `sightline grants set HANDLE --role …` does")


@app.command()
def show(handle: WhoArgument, state_dir: StateDirOption = Path(".sightline"), json: JsonOption = False) -> None:
    """Show what somebody may do."""
    request = pb.GetSubjectRequest(subject=handle)
    answer = ask(state_dir, "access", lambda access: access.GetSubject(request, timeout=CALL_SECONDS))
    _show(answer.subject, json=json)


@app.command()
def disable(handle: WhoArgument, purpose: PurposeOption = "", state_dir: StateDirOption = Path(".sightline")) -> None:
    """Lock somebody out, with whatever credential. Their rights are kept for `enable`."""
    _switch(state_dir, handle, purpose, disabled=True)
    typer.echo("disabled; open streams of theirs end within 5 s")


@app.command()
def enable(handle: WhoArgument, purpose: PurposeOption = "", state_dir: StateDirOption = Path(".sightline")) -> None:
    """Let somebody in again, with the rights that they had."""
    _switch(state_dir, handle, purpose, disabled=False)
    typer.echo("enabled")


def who(subject: pb.Subject) -> str:
    """Name a subject for people."""
    return subject.handle or f"{subject.oidc_subject} at {subject.oidc_issuer}"


def _switch(state: Path, handle: str, purpose: str, *, disabled: bool) -> None:
    async def work(access: Any) -> None:
        answer = await access.GetSubject(pb.GetSubjectRequest(subject=handle), timeout=CALL_SECONDS)
        known = answer.subject
        request = pb.SetGrantsRequest(
            subject=known.id, grants=known.grants, disabled=disabled, etag=known.etag, purpose=purpose
        )
        await access.SetGrants(request, timeout=CALL_SECONDS)

    ask(state, "access", work)


def _whom(handle: str, issuer: str, subject: str) -> pb.SetGrantsRequest:
    """Begin a request. Raises InvalidInput SUBJECT_UNCLEAR."""
    if bool(handle) == bool(issuer or subject) or bool(issuer) != bool(subject):
        raise InvalidInput("SUBJECT_UNCLEAR", "give a handle, or both --oidc-issuer and --oidc-subject")
    if handle:
        return pb.SetGrantsRequest(subject=handle)
    return pb.SetGrantsRequest(oidc=pb.OidcIdentity(issuer=issuer, subject=subject))


def _known(state: Path, name: str) -> pb.Subject | None:
    """Give the subject of that handle or id; None where it is a new one."""
    request = pb.GetSubjectRequest(subject=name)
    try:
        answer = ask(state, "access", lambda access: access.GetSubject(request, timeout=CALL_SECONDS))
    except NotFound:
        return None
    return cast("pb.Subject", answer.subject)


def _show(subject: pb.Subject, *, json: bool) -> None:
    if json:
        print_json(as_dict(subject))
        return
    facts = [("handle", who(subject)), ("id", subject.id), ("state", _state(subject))]
    print_table(("what", "value"), facts, empty="")
    print_table(_GRANT_COLUMNS, grant_rows(subject.grants), empty="they may do nothing")


def _roles(subject: pb.Subject) -> str:
    return ", ".join(sorted({role_word(grant.role) for grant in subject.grants})) or "none"


def _state(subject: pb.Subject) -> str:
    return "disabled" if subject.disabled else "enabled"
