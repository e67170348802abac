from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from sightline.notify.webhook_addresses import is_reachable

REFUSED = {
    "unspecified": ["0.0.0.0", "0.1.2.3", "::"],
    "loopback": ["127.0.0.1", "127.255.255.254", "::1"],
    "private": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd12:3456::1", "fec0::1"],
    "link-local": ["169.254.169.254", "169.254.0.1", "fe80::1", "fe80::1%1"],
    "shared by providers": ["100.64.0.1", "100.127.255.255"],
    "multicast": ["224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"],
    "reserved": ["240.0.0.1", "255.255.255.255", "192.0.0.8", "198.18.0.1", "4000::1", "::8.8.8.8"],
    "documentation": ["192.0.2.1", "198.51.100.7", "203.0.113.9", "2001:db8::1", "3fff::1"],
    "mapped IPv4": ["::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:10.0.0.1"],
    "NAT64": ["64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::a00:1"],
    "6to4": ["2002:7f00:1::", "2002:808:808::1", "192.88.99.1"],
    "Teredo": ["2001::1", "2001:0:53aa:64c:0:f227:8080:8080"],
}
PUBLIC = ["8.8.8.8", "172.15.255.255", "172.32.0.1", "100.63.255.255", "2606:4700::1111", "2a00:1450:4001::200e"]


@pytest.mark.parametrize("text", [text for group in REFUSED.values() for text in group])
def test_what_is_not_public_is_refused(text):
    """Every kind of address inside of a network, and every IPv6 form that has an IPv4 address in it."""
    assert not is_reachable(ip_address(text), [])


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_are_reached(text):
    """Those beside the refused ranges, too."""
    assert is_reachable(ip_address(text), [])


def test_a_declared_network_is_reached_and_nothing_else_of_the_inside():
    """Also where the administrator's network is written as IPv4 and the address comes mapped into IPv6: refused."""
    declared = [ip_network("10.1.0.0/16"), ip_network("fd00:1::/32")]
    assert is_reachable(ip_address("10.1.2.3"), declared)
    assert is_reachable(ip_address("fd00:1::7"), declared)
    assert not is_reachable(ip_address("10.2.2.3"), declared)
    assert not is_reachable(ip_address("::ffff:10.1.2.3"), declared)
