"""Who is calling."""

from __future__ import annotations

import hmac
from contextvars import ContextVar
from dataclasses import dataclass

from sightline.chassis.errors import FailedPrecondition, Unauthenticated


@dataclass(frozen=True)
class Principal:
    """A caller: a stable subject, whatever key they came with."""

    subject: str


_current: ContextVar[Principal] = ContextVar("sightline_principal")


def current_principal() -> Principal:
    """The caller of the RPC that runs in this context; LookupError outside of one."""
    return _current.get()


def enter_principal(principal: Principal) -> None:
    """Sets the caller for the rest of this context."""
    _current.set(principal)


class DevelopmentToken:
    """Knows one caller: whoever presents the token of this installation.

    Raises:
        FailedPrecondition: TOKEN_MISSING, where the installation has none.
    """

    def __init__(self, token: str) -> None:
        if not token:
            raise FailedPrecondition(
                "TOKEN_MISSING",
                "SIGHTLINE_TOKEN is empty: give every service and caller the same random string "
                "(`sightline up` makes one for a local system).",
            )
        self._expected = f"Bearer {token}".encode()

    def identify(self, authorization: str) -> Principal:
        """The principal behind an `authorization` header.

        Raises:
            Unauthenticated: TOKEN_REFUSED; it does not say what was wrong.
        """
        if not hmac.compare_digest(authorization.encode(), self._expected):
            raise Unauthenticated("TOKEN_REFUSED", "The call carries no valid token: send `authorization: Bearer …`.")
        return Principal("development")
