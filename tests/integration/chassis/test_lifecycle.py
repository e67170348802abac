"""A real process each: how it starts, ends and fails."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

SERVICE = """
import asyncio
from nats.errors import TimeoutError as NatsTimeoutError
from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.lifecycle import run_service
from sightline.chassis.settings import ServiceSettings

class Settings(ServiceSettings):
    service = "test"
    mode: str = "serve"

async def work(done: asyncio.Event) -> None:
    print("working", flush=True)
    await asyncio.sleep(0.5)
    done.set()

async def serve(settings: Settings, stop: asyncio.Event) -> None:
    if settings.mode == "refuse":
        raise FailedPrecondition("THING_MISSING", "The thing is missing: bring it.")
    if settings.mode == "silent broker":
        raise NatsTimeoutError
    if settings.mode == "bug":
        raise ZeroDivisionError
    done = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(work(done))
        await stop.wait()
        print("stopping", flush=True)
    assert done.is_set()
    print("finished", flush=True)

if __name__ == "__main__":
    run_service(Settings, serve)
"""


@pytest.fixture
def start(tmp_path):
    """A function that starts the service above as a process of its own."""
    program = tmp_path / "service.py"
    program.write_text(SERVICE)

    @contextmanager
    def run(**settings):
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("SIGHTLINE_")}
        variables = inherited | {f"SIGHTLINE_{name.upper()}": value for name, value in settings.items()}
        command = [sys.executable, "-W", "error", str(program)]
        with subprocess.Popen(
            command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    return run


def events(text: str) -> list[dict]:
    """The JSON lines of a service's output."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_after_what_is_in_flight(start, number):
    """SIGTERM and Ctrl-C end a service with exit code 0, once the work that had begun is done."""
    with start() as process:
        assert process.stdout.readline() == "working\n"
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert [line for line in out.splitlines() if not line.startswith("{")] == ["stopping", "finished"]
    assert events(out)[-1]["event"] == "service_stopped"
    assert err == ""


def test_a_second_signal_does_not_interrupt_the_first(start):
    """An impatient second SIGTERM changes nothing: what is in flight is still finished."""
    with start() as process:
        assert process.stdout.readline() == "working\n"
        process.terminate()
        time.sleep(0.1)
        process.terminate()
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "finished" in out


@pytest.mark.parametrize(
    ("mode", "reason", "detail"),
    [
        ("refuse", "THING_MISSING", "The thing is missing: bring it."),
        ("silent broker", "BROKER_UNAVAILABLE", "The broker does not answer: is nats-server up?"),
    ],
)
def test_a_refusal_at_start_is_one_line(start, mode, reason, detail):
    """What keeps a service from starting ends it with code 1 and one line that says what to do."""
    with start(mode=mode) as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    (line,) = out.splitlines()
    facts = json.loads(line)
    assert (facts["event"], facts["reason"]) == ("service_failed", reason)
    assert facts["detail"] == detail
    assert (facts["level"], facts["service"]) == ("error", "test")
    assert err == ""


def test_wrong_settings_are_named(start):
    """A setting that does not make sense ends the process with code 1 and its variable's name, without its value."""
    with start(grpc_port="secret-that-landed-here") as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    (line,) = err.splitlines()
    assert line.startswith("test: SETTINGS_INVALID: SIGHTLINE_GRPC_PORT: ")
    assert "secret" not in out + err


def test_a_bug_ends_it_with_an_error(start):
    """An exception that nobody expected does not look like an orderly end."""
    with start(mode="bug") as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "ZeroDivisionError" in out + err
