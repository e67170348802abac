"""Ports for tests that run side by side."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from free_ports import COUNT, FIRST, find_free_ports


def test_those_who_ask_at_once_get_different_ports():
    """Each asks the file in which the last one stands; none is of the range of outgoing connections."""
    with ThreadPoolExecutor(8) as pool:
        found = [port for ports in pool.map(find_free_ports, [5] * 16) for port in ports]
    assert len(set(found)) == 80
    assert all(FIRST <= port < FIRST + COUNT for port in found)
