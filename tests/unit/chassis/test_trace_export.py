"""Where spans are sent."""

from __future__ import annotations

import time

import pytest
from certificates import self_signed
from free_ports import find_free_ports
from pydantic import ValidationError
from trace_receiver import receiving_traces

from sightline.chassis import tracing
from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.settings import ServiceSettings
from sightline.chassis.span_sender import END_SECONDS
from sightline.chassis.trace_export import exporting


class Settings(ServiceSettings):
    """Settings of a service that records everything."""

    service = "test"
    trace_ratio: float = 1.0


async def test_it_is_off_unless_a_collector_is_named():
    """Without the setting nothing is recorded."""
    async with exporting(Settings()):
        assert tracing.begin("work") is tracing.NOWHERE


async def test_a_collector_is_believed_by_its_certificate_alone(tmp_path):
    """With the authorities of the setting it gets spans, at the end at the latest; with others nothing."""
    ours, theirs = (self_signed(tmp_path / name, "localhost") for name in ("ours", "theirs"))
    with receiving_traces(ours) as receiver:
        for identity in (ours, theirs):
            settings = Settings(otlp_endpoint=receiver.address, otlp_ca_file=identity.file)
            async with exporting(settings):
                tracing.finish(tracing.begin("work", source="s"))
    [told] = receiver.spans
    assert (told.service, told.span.name, told.facts) == ("test", "work", {"sightline.source": "s"})


async def test_a_collector_that_is_away_holds_nobody_up():
    """Work goes on, and the end waits for it no longer than it has to."""
    async with exporting(Settings(otlp_endpoint=f"http://127.0.0.1:{find_free_ports(1)[0]}")):
        began = time.monotonic()
        for _ in range(3000):
            tracing.finish(tracing.begin("work"))
        assert time.monotonic() - began < 10
        ending = time.monotonic()
    assert time.monotonic() - ending < END_SECONDS + 10


async def test_nothing_leaves_in_plain_text():
    """Another machine is sent nothing without TLS, and what is no address is refused at start."""
    with pytest.raises(FailedPrecondition, match="PLAINTEXT_REFUSED"):
        async with exporting(Settings(otlp_endpoint="http://collector:4317")):
            pass
    with pytest.raises(ValidationError):
        Settings(otlp_endpoint="collector:4317")
