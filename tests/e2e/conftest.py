"""A system that `sightline up` runs, and people who type commands to it."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from prepared import run

from sightline.cli.installation import Installation
from sightline.cli.ports import busy

CLI = "sightline.cli"
COMMAND = (sys.executable, "-m", CLI)
START_SECONDS = 200.0
COMMAND_SECONDS = 120.0


@dataclass(frozen=True)
class Person:
    """Somebody with a key, and the command that talks to the system in a state folder."""

    state: Path
    key: str = field(repr=False)

    def __call__(self, *words):
        return run(CLI, self.typed(words), self.env, COMMAND_SECONDS)

    def json(self, *words):
        answer = self(*words, "--json")
        assert answer.returncode == 0, answer.stderr
        return json.loads(answer.stdout)

    def init(self, *words):
        """Make secrets, which takes no running system."""
        made = subprocess.run([*COMMAND, "init", *map(str, words)], capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stderr
        return made

    def follow(self, *words):
        """A command that goes on; what it prints comes as one stream."""
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        return subprocess.Popen([*COMMAND, *self.typed(words)], env=self.env, **pipes)

    def typed(self, words):
        return [*words, "--state-dir", str(self.state)]

    @property
    def env(self):
        return {**os.environ, "SIGHTLINE_API_KEY": self.key}


@pytest.fixture(scope="session")
def up(starter_pack):
    """A function that runs a system in a state folder, whose secrets are there, while its block runs."""

    @contextmanager
    def running(state, *options):
        words = ["up", "--state-dir", str(state), "--pack", str(starter_pack), "--port-base", "0", *options]
        log = state / "up.log"
        with log.open("w") as output:
            process = subprocess.Popen([*COMMAND, *words], stdout=output, stderr=subprocess.STDOUT)
        try:
            deadline = time.monotonic() + START_SECONDS
            while "ready: " not in log.read_text():
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.2)
            yield
            ports = Installation(state).running()
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=120)
        assert busy(ports.all()) == []
        assert "iolation" not in Installation(state).log_of("nats").read_text()

    return running


@pytest.fixture(scope="session")
def person():
    """The class of those who type commands."""
    return Person
