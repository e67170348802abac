"""A broker for the files that start services of their own beside it."""

from __future__ import annotations

import asyncio

import pytest
from broker import run_nats_server
from video_system import prepare_broker


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    """A provisioned one that knows the tester."""
    with run_nats_server(tmp_path_factory.mktemp("nats")) as server:
        asyncio.run(prepare_broker(server.url))
        yield server
