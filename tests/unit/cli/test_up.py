"""A local system in the foreground: real supervisor, real broker."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from sightline.chassis.errors import FailedPrecondition
from sightline.cli.installation import Installation
from sightline.cli.nats_server import find_nats_server
from sightline.cli.secrets_writer import write_secrets

_ROOT = Path(__file__).parents[3]
_UP = (sys.executable, "-m", "sightline.cli", "up", "--port-base", "0")
_DOCTOR = (sys.executable, "-m", "sightline.cli", "doctor", "--json", "--port-base", "0")


def _of_system(state: Path) -> list[int]:
    """Processes that carry the state folder in their environment, whoever their parent is by now."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if f"SIGHTLINE_STATE_DIR={state}".encode() in environment:
            found.append(int(process.name))
    return found


def _brokers(state: Path) -> set[int]:
    """Those of them that are nats-server."""
    found = set()
    for process in _of_system(state):
        with suppress(OSError):  # it may end while it is looked at
            if b"nats.conf" in Path(f"/proc/{process}/cmdline").read_bytes():
                found.add(process)
    return found


def _wait(condition, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return bool(met)


def _broker_answers(state: Path) -> bool:
    ports = Installation(state).running()
    with socket.socket() as probe:
        return ports is not None and probe.connect_ex(("127.0.0.1", ports.nats)) == 0


@pytest.fixture
def up(tmp_path, starter_pack):
    """A system that is on its way up, its broker running."""
    write_secrets(tmp_path / "secrets")
    process = subprocess.Popen(
        [*_UP, "--state-dir", str(tmp_path), "--pack", str(starter_pack)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "SIGHTLINE_API_KEY": "of-whoever-types-here"},
    )
    assert _wait(lambda: _broker_answers(tmp_path), 120), process.communicate(timeout=10)
    yield process
    process.kill()
    process.communicate()
    for left in _of_system(tmp_path):
        with suppress(ProcessLookupError):
            os.kill(left, signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything(up, tmp_path, number):
    """Ctrl-C and SIGTERM stop all processes in order; none is left and the addresses are taken back."""
    assert _wait(lambda: len(_of_system(tmp_path)) >= 2, 120)
    up.send_signal(number)
    output, _ = up.communicate(timeout=120)
    assert up.returncode == 0
    assert "stopped" in output
    assert "nats      │" in output
    assert _of_system(tmp_path) == []
    assert Installation(tmp_path).running() is None


def test_not_even_a_kill_leaves_processes(up, tmp_path):
    """A kill -9 of the command takes the supervisor along, and that stops the rest."""
    up.kill()
    assert _wait(lambda: not _of_system(tmp_path), 120)


def test_a_killed_broker_comes_back(up, tmp_path):
    """A kill -9 of nats-server: supervisor starts it again."""
    [first] = _brokers(tmp_path)
    os.kill(first, signal.SIGKILL)
    assert _wait(lambda: _brokers(tmp_path) - {first}, 60)
    assert _wait(lambda: _broker_answers(tmp_path), 60)


def test_a_second_system_is_kept_out(up, tmp_path, starter_pack):
    """A folder belongs to one system: the second start says so and leaves the first alone."""
    second = subprocess.run(
        [*_UP, "--state-dir", str(tmp_path), "--pack", str(starter_pack)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert second.returncode == 1
    assert "ALREADY_RUNNING" in second.stderr
    assert "stopped" not in second.stdout
    assert _broker_answers(tmp_path)


def test_the_callers_key_stays_out_of_the_processes(up, tmp_path):
    """An administrator's key in the environment of `up` reaches none of the processes that it starts."""
    processes = [Path(f"/proc/{process}/environ").read_bytes() for process in _of_system(tmp_path)]
    assert len(processes) >= 2
    assert not [environment for environment in processes if b"of-whoever-types-here" in environment]


@pytest.mark.parametrize(
    ("folder", "reason", "advice"),
    [("absent", "SECRETS_MISSING", "sightline init"), ("damaged", "SECRET_INVALID", "from a backup")],
)
def test_without_secrets_it_says_how_to_get_them(tmp_path, starter_pack, folder, reason, advice):
    """No secrets, or one of them missing or damaged: one line with what to do, exit code 1, nothing started."""
    write_secrets(tmp_path / "damaged")
    (tmp_path / "damaged" / "detect.key").write_text("damaged")
    options = ["--state-dir", str(tmp_path / "state"), "--pack", str(starter_pack)]
    environment = {**os.environ, "SIGHTLINE_SECRETS_DIR": str(tmp_path / folder)}
    answer = subprocess.run([*_UP, *options], capture_output=True, text=True, timeout=120, check=False, env=environment)
    assert answer.returncode == 1
    assert answer.stderr.count("\n") == 1
    assert reason in answer.stderr
    assert advice in answer.stderr
    assert not (tmp_path / "state").exists()


def test_without_a_pack_it_says_how_to_get_one(tmp_path):
    """No model pack: one line with the command that gets it, exit code 1, nothing started."""
    write_secrets(tmp_path / "secrets")
    answer = subprocess.run(
        [*_UP, "--state-dir", str(tmp_path)], capture_output=True, text=True, timeout=120, check=False
    )
    assert answer.returncode == 1
    assert answer.stderr.count("\n") == 1
    assert "sightline models pull starter" in answer.stderr


def test_without_a_broker_it_says_how_to_get_one(tmp_path, monkeypatch):
    """No nats-server anywhere, or one that does not run here: the error names the way to get it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    wrong = tmp_path / "nats-server"
    wrong.write_bytes(b"\x7fELF of another machine")
    wrong.chmod(0o755)
    with pytest.raises(FailedPrecondition, match=r"NATS_SERVER_MISSING.*get-nats-server\.sh"):
        find_nats_server(folders=("nowhere",))


def test_doctor_answers_programs_in_json(tmp_path, starter_pack):
    """`doctor --json` lists every finding; with everything there its exit code is 0. The demo needs no secrets."""
    answer = subprocess.run(
        [*_DOCTOR, "--state-dir", str(tmp_path), "--pack", str(starter_pack)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    findings = {each["what"]: each for each in json.loads(answer.stdout)}
    assert answer.returncode == 0, answer.stdout
    assert findings["model pack"]["ok"]
    assert findings["nats-server"]["found"]
    assert "sightline init" in findings["secrets"]["advice"]
    assert not findings["secrets"]["needed"]


@pytest.mark.parametrize(
    ("given", "runs"),
    [((), "sightline up"), (("PORT_BASE=0",), 'sightline up --port-base "0"')],
    ids=["plain", "ports"],
)
def test_make_takes_the_ports_that_the_command_advises(given, runs):
    """Where ports are taken the command names `make up PORT_BASE=0`: make passes it on."""
    told = subprocess.run(["make", "-n", "up", *given], cwd=_ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.rstrip().splitlines()[-1].strip() == runs
