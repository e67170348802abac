"""Which addresses a webhook may reach: public ones, and those in networks that the administrator declared."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

# IANA's special-purpose addresses. Not by `is_global`, which differs from one Python to the next.
_NOT_PUBLIC = tuple(
    map(
        IPv4Network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
            *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24"),
            *("192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
            *("224.0.0.0/4", "240.0.0.0/4"),
        ),
    )
)
# All that is handed out of IPv6. Loopback, link-local, unique local, multicast, mapped and compatible IPv4 and NAT64
# lie outside of it.
_HANDED_OUT = IPv6Network("2000::/3")
# Protocols' own, Teredo among them; documentation; 6to4; documentation. In Teredo's and 6to4's is an IPv4 address.
_NOT_PUBLIC_OF_IT = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))


def is_reachable(address: Address, declared: Iterable[Network]) -> bool:
    """Whether a webhook may go there."""
    return _is_public(address) or any(address in network for network in declared)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC)
    return (
        address.scope_id is None
        and address in _HANDED_OUT
        and not any(address in network for network in _NOT_PUBLIC_OF_IT)
    )
