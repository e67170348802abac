"""Connections to metrics, which have a thread each."""

from __future__ import annotations

import socket
import threading

import pytest

from sightline.chassis.metrics_server import AT_ONCE, MetricsServer


def test_a_thread_that_cannot_be_had_leaves_its_place_to_others(monkeypatch):
    """However often the system has none: afterwards as many are answered as before."""

    def refused(_):
        raise RuntimeError("can't start new thread")

    with MetricsServer("127.0.0.1", 0, None, None) as server, monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refused)
        for _ in range(AT_ONCE + 1):
            one, other = socket.socketpair()
            with one, other, pytest.raises(RuntimeError):
                server.process_request(one, ("127.0.0.1", 1))
