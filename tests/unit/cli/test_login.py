"""`sightline login` and `logout` as their user sees them."""

import os
import pty
import signal
import subprocess
import sys
import termios
import threading
import time

import pytest
import typer
from oidc_issuer import CLIENT, Issuer
from typer.testing import CliRunner

from sightline.chassis.errors import FailedPrecondition, InvalidInput
from sightline.chassis.identity.api_key import new_key
from sightline.cli.credentials import bearer
from sightline.cli.login import login, logout

LOCAL_FLAGS = 3
"""Their place in what `termios` gives."""
PROGRAM = "import typer; from sightline.cli.login import login; typer.run(login)"


@pytest.fixture(autouse=True)
def config_home(tmp_path, monkeypatch):
    """A user who has nothing yet."""
    for name in ("SIGHTLINE_API_KEY", "SIGHTLINE_API_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("SIGHTLINE_CREDENTIALS_STORE", "file")
    return tmp_path


@pytest.fixture
def issuer():
    with Issuer() as provider:
        provider.sign_in_fields = {"interval": 1}
        yield provider


def run(*arguments, text=""):
    app = typer.Typer()
    app.command()(login)
    app.command()(logout)
    return CliRunner().invoke(app, arguments, input=text)


def test_a_key_comes_through_a_pipe(config_home):
    """It is kept, the place is said, and nothing shows the key; `logout` forgets it."""
    key = new_key().text
    result = run("login", "--key", text=f"{key}\n")
    assert result.exit_code == 0
    assert str(config_home / "sightline" / "credentials.json") in result.output
    assert key not in result.output
    assert bearer() == key
    assert run("logout").output == "signed out\n"
    assert run("logout").output == "nobody was signed in\n"
    with pytest.raises(FailedPrecondition, match="CREDENTIALS_MISSING"):
        bearer()


def test_a_key_is_typed_without_being_seen():
    """On a real terminal the prompt shows no letter of it."""
    key, (ours, theirs) = new_key().text, pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "--key"], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    seen = read_until(ours, "API key")
    while termios.tcgetattr(ours)[LOCAL_FLAGS] & termios.ECHO:  # the prompt is there before the echo is off
        time.sleep(0.02)
    os.write(ours, f"{key}\n".encode())
    seen += read_until(ours, "signed in")
    assert process.wait(60) == 0
    os.close(ours)
    assert key not in seen
    assert bearer() == key


def read_until(terminal, text):
    seen = ""
    while text not in seen:
        seen += os.read(terminal, 1024).decode()
    return seen


@pytest.mark.parametrize(
    "text",
    ["", "\n", "slk_nonsense\n", f"{new_key().text[:-2]}\n"],
    ids=["nothing", "empty line", "nonsense", "cut off"],
)
def test_what_is_no_key_is_not_kept(text, config_home):
    """A key that was cut is seen at once; what was kept before stays."""
    before = new_key().text
    run("login", "--key", text=before)
    result = run("login", "--key", text=text)
    assert isinstance(result.exception, FailedPrecondition)
    assert result.exception.reason == "CREDENTIALS_INVALID"
    assert bearer() == before


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--issuer", "https://id.example"),
        ("--client-id", "a"),
        ("--key", "--issuer", "https://id.example", "--client-id", "a"),
    ],
)
def test_it_has_to_be_said_how(arguments):
    """One way or the other."""
    result = run("login", *arguments)
    assert isinstance(result.exception, InvalidInput)
    assert result.exception.reason == "LOGIN_UNCLEAR"


def approve_when_asked(issuer):
    def wait():
        while not issuer.codes():
            time.sleep(0.02)
        issuer.approve(issuer.codes()[0])

    person = threading.Thread(target=wait)
    person.start()
    return person


def test_a_person_signs_in_at_the_provider(issuer):
    """The address and the code are shown; then the token is kept that services are shown."""
    person = approve_when_asked(issuer)
    result = run("login", "--issuer", issuer.url, "--client-id", CLIENT)
    person.join()
    assert result.exit_code == 0, result.exception
    assert f"{issuer.url}/activate" in result.output
    assert issuer.codes()[0] in result.output
    token = bearer()
    assert token.count(".") == 2
    assert token not in result.output


def test_a_variable_that_goes_first_is_mentioned(monkeypatch):
    """Whoever signs in and still is somebody else learns why."""
    monkeypatch.setenv("SIGHTLINE_API_KEY", new_key().text)
    assert "goes first" in run("login", "--key", text=new_key().text).output


def test_giving_up_is_no_fault(issuer, config_home):
    """Ctrl-C while waiting: no trace, nothing kept, and the provider is asked no more."""
    command = [sys.executable, "-c", PROGRAM, "--issuer", issuer.url, "--client-id", CLIENT]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    while not issuer.requests["/token"]:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "Traceback" not in output
    assert not list(config_home.iterdir())
