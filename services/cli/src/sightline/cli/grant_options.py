"""Grants on the command line: options say who may do what on which watchlists and cameras, tables show it."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, cast

import typer

from sightline.chassis.errors import InvalidInput
from sightline.chassis.identity.rights import ALL, role_word
from sightline.chassis.ids import is_id
from sightline.cli.client import watchlist_id
from sightline.v1 import access_pb2
from sightline.v1.access_service_pb2 import Grant


class RoleName(StrEnum):
    """Roles that can be granted, as the contract's Role has them."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    REVIEWER = "reviewer"
    APPROVER = "approver"
    AUDITOR = "auditor"
    INTEGRATOR = "integrator"
    ADMIN = "admin"
    CAMERA_SETUP = "camera_setup"

    @property
    def number(self) -> access_pb2.Role:
        """The contract's value."""
        return cast("access_pb2.Role", access_pb2.Role.Value(f"ROLE_{self.name}"))


RolesOption = Annotated[
    list[RoleName] | None, typer.Option("--role", help="On the watchlists and cameras below; again for more.")
]
WatchlistsOption = Annotated[
    list[str] | None, typer.Option("--watchlist", help="Name or id, '*' for all, also those to come; again for more.")
]
CamerasOption = Annotated[list[str] | None, typer.Option("--camera", help="Id, or '*' for all; again for more.")]
GrantsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--grant", help="A role with a reach of its own, as 'role=viewer,watchlist=*,camera=*'; again for more."
    ),
]

# Administrators and auditors act on neither watchlists nor cameras.
_REACHLESS = {access_pb2.ROLE_ADMIN, access_pb2.ROLE_AUDITOR}
_PARTS = ("role", "watchlist", "camera")


def read_grants(
    state: Path,
    roles: Sequence[RoleName] | None,
    watchlists: Sequence[str] | None,
    cameras: Sequence[str] | None,
    grants: Sequence[str] | None,
) -> list[Grant]:
    """Give the grants that the options stand for; names of watchlists are looked up in the system of that folder.

    Raises:
        InvalidInput: GRANT_INVALID.
        SightlineError: what the look-up raises, such as NotFound.
    """
    if (watchlists or cameras) and not roles:
        raise InvalidInput("GRANT_INVALID", "--watchlist and --camera say where a role holds: give --role, too")
    watchlist_ids = [_watchlist_id(state, each) for each in watchlists or ()]
    read = [Grant(role=role.number, watchlist_ids=watchlist_ids, camera_ids=cameras or ()) for role in roles or ()]
    return read + [_read_grant(state, text) for text in grants or ()]


def _read_grant(state: Path, text: str) -> Grant:
    parts = [part.partition("=")[::2] for part in text.split(",")]
    chosen = {name: [value for key, value in parts if key == name and value] for name in _PARTS}
    names = [role.value for role in RoleName]
    if len(chosen["role"]) != 1 or chosen["role"][0] not in names or len(parts) != sum(map(len, chosen.values())):
        raise InvalidInput(
            "GRANT_INVALID",
            f"'{text}' is no grant; write it as role=viewer,watchlist=*,camera=* with one of {', '.join(names)}, and "
            "watchlist= or camera= again for more",
        )
    watchlist_ids = [_watchlist_id(state, each) for each in chosen["watchlist"]]
    return Grant(role=RoleName(chosen["role"][0]).number, watchlist_ids=watchlist_ids, camera_ids=chosen["camera"])


def _watchlist_id(state: Path, watchlist: str) -> str:
    """Ids are taken as they are: administrators need no right to look at watchlists."""
    return watchlist if watchlist == ALL or is_id(watchlist) else watchlist_id(state, watchlist)


def print_hints(grants: Iterable[Grant]) -> None:
    """Say on stderr which of the grants open nothing."""
    for grant in grants:
        if grant.role in _REACHLESS:
            continue
        missing = {"watchlist": grant.watchlist_ids, "camera": grant.camera_ids}
        if grant.role == access_pb2.ROLE_CAMERA_SETUP:
            del missing["watchlist"]
        for kind in (kind for kind, ids in missing.items() if not ids):
            typer.echo(
                f"hint: {role_word(grant.role)} has no {kind} and sees none; add --{kind} '*' or an id", err=True
            )


def grant_rows(grants: Iterable[Grant]) -> list[tuple[str, str, str]]:
    """Give role, watchlists and cameras of each grant."""
    return [(role_word(grant.role), _ids(grant.watchlist_ids), _ids(grant.camera_ids)) for grant in grants]


def _ids(ids: Iterable[str]) -> str:
    return ", ".join(ids) or "none"
