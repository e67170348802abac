"""The gateway's own documents where the broker does not answer."""

from __future__ import annotations

import pytest
from nats.errors import TimeoutError as NatsTimeoutError

from sightline.chassis.errors import Unavailable
from sightline.gateway.shelf import Shelf


class Away:
    """A bucket whose broker is away."""

    async def get(self, *_, **__):
        raise NatsTimeoutError

    create = update = delete = get


@pytest.mark.parametrize(
    ("method", "arguments"), [("get", ()), ("create", ({},)), ("replace", ({}, 1)), ("delete", ())]
)
async def test_a_broker_that_is_away_is_said_to_be(method, arguments):
    """Callers may then try again; it is no fault of the gateway's, and no dead letter."""
    with pytest.raises(Unavailable, match="BROKER_UNAVAILABLE"):
        await getattr(Shelf(None, "shelf", Away()), method)("key", *arguments)
