"""Streams that are open when their caller's rights change."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import pytest
from gated_service import FOREIGN, WATCHLIST, apis, grant, refused

from sightline.v1 import alert_service_pb2


async def watched(port, someone, change):
    """Opens a stream, lets `change` happen, and gives the stream's error and the seconds it took to end."""
    async with apis(port, someone.credentials) as (_, alerts):
        stream = alerts.WatchAlerts(alert_service_pb2.WatchAlertsRequest())
        assert (await stream.read()).sequence == 1
        change(someone)
        await someone.save()
        began = time.monotonic()
        async with asyncio.timeout(60):
            error = await refused(stream.read())
    return error, time.monotonic() - began


def revoke(someone):
    """The key is revoked."""
    someone.record.key.revoke_time.GetCurrentTime()


def disable(someone):
    """The person is disabled."""
    someone.subject.disabled = True


def expire(someone):
    """The key ends in a second."""
    someone.record.key.expire_time.FromDatetime(someone.record.key.expire_time.ToDatetime() - timedelta(seconds=3599))


def take_the_role(someone):
    """The role goes."""
    del someone.subject.grants[:]


def narrow(someone):
    """A watchlist goes."""
    someone.subject.grants[0].watchlist_ids[:] = [FOREIGN]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (revoke, "UNAUTHENTICATED"),
        (disable, "UNAUTHENTICATED"),
        (expire, "UNAUTHENTICATED"),
        (take_the_role, "PERMISSION_DENIED"),
        (narrow, "PERMISSION_DENIED"),
    ],
)
async def test_an_open_stream_ends_with_the_right_to_it(port, person, change, code):
    """Whatever takes the caller's right away ends the streams that they have open within 5 s, 20 on a busy machine."""
    ann = await person("ann", grant("VIEWER", WATCHLIST))
    async with apis(port, ann.credentials) as (_, alerts):
        await alerts.ListAlerts(alert_service_pb2.ListAlertsRequest())
    error, seconds = await watched(port, ann, change)
    assert error.code().name == code
    assert seconds < 20


async def test_a_stream_whose_right_stays_goes_on(port, person):
    """A change that leaves the caller's reach as it was ends nothing."""
    ann = await person("ann", grant("VIEWER", WATCHLIST))
    async with apis(port, ann.credentials) as (_, alerts):
        await alerts.ListAlerts(alert_service_pb2.ListAlertsRequest())
        stream = alerts.WatchAlerts(alert_service_pb2.WatchAlertsRequest())
        assert (await stream.read()).sequence == 1
        ann.subject.grants.append(grant("AUDITOR"))
        await ann.save()
        reading = asyncio.ensure_future(stream.read())
        done, _ = await asyncio.wait({reading}, timeout=3)
        assert not done
        stream.cancel()
        await asyncio.gather(reading, return_exceptions=True)
