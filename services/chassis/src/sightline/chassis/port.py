"""Ports that a service listens on, each alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.errors import FailedPrecondition

if TYPE_CHECKING:
    import grpc

# By default gRPC shares a port with every other server on it, and each gets some of the other's calls.
ALONE = ("grpc.so_reuseport", 0)


def listen(
    server: grpc.aio.Server, bind: str, port: int, setting: str, credentials: grpc.ServerCredentials | None = None
) -> int:
    """Gives the server a port (0: any that is free) and returns it; without credentials it is plain text.

    Raises:
        FailedPrecondition: PORT_TAKEN.
    """
    address = f"{bind}:{port}"
    try:
        return server.add_secure_port(address, credentials) if credentials else server.add_insecure_port(address)
    except RuntimeError as error:
        raise port_taken(port, setting) from error


def port_taken(port: int, setting: str) -> FailedPrecondition:
    """The error that says which setting to change."""
    return FailedPrecondition("PORT_TAKEN", f"Port {port} is taken: stop what uses it, or set {setting}.")
