"""Which identity provider is believed, and what those whom it names may do."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.identity.provider import is_secure
from sightline.chassis.identity.rights import ALL, PEOPLES_ROLES, role_word
from sightline.chassis.ids import is_id
from sightline.v1 import access_service_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping

_ROLES = {role_word(value): value for value in PEOPLES_ROLES}
_KEYS = {"role", "watchlists", "cameras"}


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """An identity provider.

    Attributes:
        issuer: its address, written exactly as in its tokens.
        audience: what its tokens have to be for; a token for another program of the same people opens nothing here.
        claim: the claim whose values are looked up in `rights`. A claim inside others is named by its path, such as
            `realm_access.roles`.
        rights: grants for each value of the claim; those of several values add up.
        skew: seconds by which the provider's clock and ours may differ.

    Raises:
        FailedPrecondition: OIDC_ISSUER_INSECURE, OIDC_AUDIENCE_MISSING.
    """

    issuer: str
    audience: str
    claim: str = "groups"
    rights: Mapping[str, list[access_service_pb2.Grant]] = field(default_factory=dict)
    skew: float = 30.0

    def __post_init__(self) -> None:
        if not is_secure(self.issuer):
            raise FailedPrecondition(
                "OIDC_ISSUER_INSECURE",
                "the issuer is no https address (http is for a provider on this machine alone): whoever sits on the "
                "way could sign in as anybody; give its https address.",
            )
        if not self.audience:
            raise FailedPrecondition(
                "OIDC_AUDIENCE_MISSING",
                "an issuer is set, but no audience; say which audience its tokens for Sightline have, or a token for "
                "any of its programs would open this one.",
            )


def parse_rights(json_text: str) -> dict[str, list[access_service_pb2.Grant]]:
    """Grants for each value of a claim, as settings have them; nothing for an empty text.

    The form is `{"sightline-operators": [{"role": "operator", "watchlists": ["*"], "cameras": ["*"]}]}`. What is not
    listed is not granted.

    Raises:
        FailedPrecondition: OIDC_RIGHTS_INVALID, naming what is wrong.
    """
    try:
        found = json.loads(json_text or "{}", object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise _invalid("it is not JSON") from error
    if not isinstance(found, dict):
        raise _invalid("it is not an object of claim values")
    return {value: _read_grants(value, listed) for value, listed in found.items()}


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Of two values for one name JSON readers drop one, and nobody sees which."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _invalid("a name stands twice in it")
    return found


def _read_grants(value: str, listed: object) -> list[access_service_pb2.Grant]:
    if not isinstance(listed, list):
        raise _invalid(f"{value!r} has no list of grants")
    return [_read_grant(value, each) for each in listed]


def _read_grant(value: str, written: object) -> access_service_pb2.Grant:
    if not isinstance(written, dict):
        raise _invalid(f"a grant of {value!r} is no object")
    if unknown := sorted(set(written) - _KEYS):
        raise _invalid(f"a grant of {value!r} has the unknown key {unknown[0]!r}; it has {', '.join(sorted(_KEYS))}")
    role = written.get("role")
    if not isinstance(role, str) or role not in _ROLES:
        raise _invalid(f"a grant of {value!r} has the role {role!r}; roles are {', '.join(_ROLES)}")
    return access_service_pb2.Grant(
        role=_ROLES[role],  # type: ignore[arg-type]  # the stub wants the enum's own type, which is an int
        watchlist_ids=_read_ids(value, "watchlists", written.get("watchlists", [])),
        camera_ids=_read_ids(value, "cameras", written.get("cameras", [])),
    )


def _read_ids(value: str, name: str, listed: object) -> list[str]:
    if not isinstance(listed, list):
        raise _invalid(f"the {name} of a grant of {value!r} are no list")
    for each in listed:
        if not isinstance(each, str) or not (each == ALL or is_id(each)):
            raise _invalid(f"a grant of {value!r} names {each!r} among its {name}; write ids, or {ALL!r} for all")
    return list(dict.fromkeys(listed))


def _invalid(what: str) -> FailedPrecondition:
    return FailedPrecondition("OIDC_RIGHTS_INVALID", f"the rights by claim cannot be used: {what}.")
