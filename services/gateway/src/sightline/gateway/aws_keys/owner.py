"""Who asks for access keys: the holder of an API key, as notify knows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import grpc

from sightline.chassis.errors import InvalidInput
from sightline.chassis.identity import api_key
from sightline.chassis.identity.rights import Rights
from sightline.chassis.principal import Principal
from sightline.gateway.caller import calling_as
from sightline.gateway.upstream import error_of
from sightline.v1 import access_pb2
from sightline.v1.access_service_pb2 import WhoAmIRequest
from sightline.v1.access_service_pb2_grpc import AccessServiceStub

if TYPE_CHECKING:
    from sightline.gateway.upstream import Upstream
    from sightline.v1.access_service_pb2 import WhoAmIResponse

_SERVICE = "sightline.v1.AccessService"


@dataclass(frozen=True)
class Owner:
    """A caller.

    Attributes:
        bearer: what they showed: an API key or a token.
        principal: who they are.
    """

    bearer: str = field(repr=False)
    principal: Principal

    @property
    def subject(self) -> str:
        """Their id."""
        return self.principal.subject

    @property
    def is_admin(self) -> bool:
        """Whether everybody's pairs are theirs to see and to end."""
        return access_pb2.ROLE_ADMIN in self.principal.rights.by_role

    @property
    def api_key_id(self) -> str:
        """Of the API key that they showed. Raises InvalidInput API_KEY_WANTED: it is none."""
        parsed = api_key.parse(self.bearer)
        if self.principal.credential != "api-key" or parsed is None:
            raise InvalidInput(
                "API_KEY_WANTED",
                "A pair of access keys stands for an API key, and tokens of an identity provider end within the hour: "
                "make one with `sightline keys create`, and show that.",
            )
        return parsed.id


async def owner_of(bearer: str, upstream: Upstream) -> Owner:
    """Asks notify who shows this. Raises SightlineError, what notify answers."""
    access = upstream.stub(_SERVICE, AccessServiceStub)
    try:
        with calling_as(bearer):
            answer = await access.WhoAmI(WhoAmIRequest(), timeout=upstream.timeout)
    except grpc.aio.AioRpcError as error:
        raise error_of(error, _SERVICE) from error
    return Owner(bearer, _principal(answer))


def _principal(answer: WhoAmIResponse) -> Principal:
    return Principal(
        subject=answer.subject_id,
        rights=Rights.of(answer.grants),
        credential="api-key" if answer.credential_kind == "api-key" else "oidc",
        credential_id=answer.credential_id,
        expires=answer.expire_time.ToDatetime(UTC).timestamp() if answer.HasField("expire_time") else None,
    )


def end_of(owner: Owner) -> datetime | None:
    """When what they showed ends; None: not by itself."""
    expires = owner.principal.expires
    return None if expires is None else datetime.fromtimestamp(expires, UTC)
