"""Who is calling, and what they may touch in this call."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

from sightline.chassis.identity.rights import NO_RIGHTS, Reach, Rights

CredentialKind = Literal["api-key", "oidc", "service"]
SERVICE_PREFIX = "service:"


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller.

    Attributes:
        subject: stable id of the person or program, whatever key they came with; `service:<name>` for our own.
        rights: what the credential allows now.
        credential: what kind of credential they showed.
        credential_id: the API key's id.
        via: the service that passed the caller on; empty where they called themselves.
        claimed: what an identity provider's token says of their rights; `rights` has it, and what was granted here.
        expires: when the credential ends, in seconds since 1970; None: not by itself.
    """

    subject: str
    rights: Rights = NO_RIGHTS
    credential: CredentialKind = "service"
    credential_id: str = ""
    via: str = ""
    claimed: Rights = NO_RIGHTS
    expires: float | None = None

    @property
    def service(self) -> str:
        """Which of our services calls, for itself or for somebody whom it passes on; empty: none does."""
        return (self.via or self.subject.removeprefix(SERVICE_PREFIX)) if self.credential == "service" else ""


_principal: ContextVar[Principal] = ContextVar("sightline_principal")
_reach: ContextVar[Reach] = ContextVar("sightline_reach")


def current_principal() -> Principal:
    """The caller of the RPC that runs in this context; LookupError outside of one."""
    return _principal.get()


def calling_principal() -> Principal | None:
    """As `current_principal`; None outside of an RPC."""
    return _principal.get(None)


def current_reach() -> Reach:
    """What the caller may touch in this RPC: lists are filtered by it. LookupError outside of an RPC."""
    return _reach.get()


def enter(principal: Principal, reach: Reach) -> None:
    """Sets the caller for the rest of this context."""
    _principal.set(principal)
    _reach.set(reach)
