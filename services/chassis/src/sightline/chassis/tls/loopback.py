"""What may go without TLS: calls that do not leave this machine."""

from __future__ import annotations

from ipaddress import ip_address

from sightline.chassis.errors import FailedPrecondition


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is this machine's own."""
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def require_loopback(host: str, what: str, advice: str) -> None:
    """Raises FailedPrecondition PLAINTEXT_REFUSED where `what` would go over a network without TLS."""
    if not is_loopback(host):
        raise FailedPrecondition("PLAINTEXT_REFUSED", f"{what} would go without TLS to {host or '?'}: {advice}")


def host_of_target(target: str) -> str:
    """The host of a gRPC target, such as `dns:///match:7410` or `[::1]:7410`."""
    return target.rpartition("/")[2].rpartition(":")[0]
