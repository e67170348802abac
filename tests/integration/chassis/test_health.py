from __future__ import annotations

import asyncio
import time
import urllib.request

import pytest
from http2_client import http2_client
from prometheus_client import Counter

from sightline.chassis.errors import FailedPrecondition, Unavailable
from sightline.chassis.health import Health, serve_health
from sightline.chassis.metrics import new_registry, serve_metrics
from sightline.chassis.probe import is_serving
from sightline.chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """Settings of a service without any of its own."""

    service = "test"


class Part:
    """A part of a service that works or does not, as the test says."""

    def __init__(self) -> None:
        self.error: Exception | None = None

    async def check(self) -> None:
        """Raises what it was given."""
        if self.error:
            raise self.error


async def serves(port) -> bool:
    """What the health port says, as a probe from outside sees it."""
    return await asyncio.to_thread(is_serving, port)


async def test_health_follows_its_parts(until):
    """SERVING only while every part works: soon it falls with one and comes back with it."""
    good, part, health = Part(), Part(), Health()
    async with serve_health(Settings(), health) as port:
        assert not await serves(port)
        async with health.watching({"good": good.check, "part": part.check}):
            assert await serves(port)
            part.error = Unavailable("PART_GONE", "gone")
            await until(lambda: _not(serves(port)))
            part.error = None
            await until(lambda: serves(port))


async def test_a_check_that_breaks_counts_as_a_failure():
    """A check that raises anything at all makes the service NOT_SERVING, and the others are not asked in vain."""
    part, health = Part(), Health()
    part.error = ZeroDivisionError()
    async with serve_health(Settings(), health) as port, health.watching({"part": part.check}):
        assert not await serves(port)


async def test_a_leaving_service_is_not_ready():
    """On its way out a service says NOT_SERVING while its port still answers, and stays so."""
    part, health = Part(), Health()
    async with serve_health(Settings(), health) as port:
        async with health.watching({"part": part.check}):
            assert await serves(port)
        assert not await serves(port)
        await health.look({})
        assert not await serves(port)


async def test_who_reads_no_answer_holds_up_nobody():
    """A stranger who watches, and takes not one byte of what they are told, changes nothing for all the others."""
    part, health = Part(), Health()
    async with serve_health(Settings(), health) as port, http2_client(port, window=0) as stranger:
        await stranger.head(stranger.call("/grpc.health.v1.Health/Watch", b"\0\0\0\0\0"))
        async with asyncio.timeout(60):
            await health.look({"part": part.check})
            assert await serves(port)
            part.error = Unavailable("PART_GONE", "gone")
            await health.look({"part": part.check})
            assert not await serves(port)
            health.leave()


async def test_a_taken_health_port_is_named(free_port):
    """A health port that is taken is reported with its setting."""
    settings = Settings(health_port=free_port)
    async with serve_health(settings, Health()):
        with pytest.raises(FailedPrecondition, match=rf"PORT_TAKEN: .*{free_port}.*SIGHTLINE_HEALTH_PORT"):
            async with serve_health(settings, Health()):
                pass


async def test_metrics_are_served_as_text():
    """What the process counts can be read over HTTP, and the port is free again afterwards."""
    registry = new_registry()
    Counter("sightline_faces", "Faces.", registry=registry).inc(3)
    async with serve_metrics(Settings(), registry) as port:
        text = await asyncio.to_thread(_read, f"http://127.0.0.1:{port}/metrics")
    assert "sightline_faces_total 3.0" in text
    assert "process_cpu_seconds_total" in text
    async with serve_metrics(Settings(metrics_port=port), registry):
        pass


async def test_a_taken_metrics_port_is_named(free_port):
    """A metrics port that is taken is reported with its setting."""
    settings = Settings(metrics_port=free_port)
    async with serve_metrics(settings, new_registry()):
        with pytest.raises(FailedPrecondition, match=rf"PORT_TAKEN: .*{free_port}.*SIGHTLINE_METRICS_PORT"):
            async with serve_metrics(settings, new_registry()):
                pass


async def _not(answer) -> bool:
    return not await answer


def _read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310 - our own endpoint
        return answer.read().decode()


async def test_a_process_that_was_held_up_is_well(monkeypatch):
    """Checks that were late because nothing was done for a while are asked again; who is late by itself is not well."""
    monkeypatch.setattr("sightline.chassis.health.CHECK_TIMEOUT", 0.2)
    health, held_up, asked = Health(), [0.5], []

    async def check() -> None:
        asked.append(len(held_up))
        await asyncio.sleep(0)
        if held_up:
            time.sleep(held_up.pop())  # noqa: ASYNC251 - as an engine does that holds the interpreter
            await asyncio.sleep(0.01)

    async def hung() -> None:
        await asyncio.sleep(3600)

    async with serve_health(Settings(), health) as port:
        await health.look({"held up": check})
        assert await serves(port)
        assert asked == [1, 0]
        await health.look({"hung": hung})
        assert not await serves(port)
