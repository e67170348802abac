"""How the commands are put together: nobody waits for the modules of a command that they did not type."""

import subprocess
import sys
from importlib.metadata import version

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from sightline.cli.app import build_app


def names(word: str = "") -> set[str]:
    """The commands that are there after that word was typed."""
    return set(get_command(build_app(word)).commands)


@pytest.mark.parametrize("word", ["whoami", "watchlists"])
def test_the_command_that_was_typed_is_there_alone(word):
    """One command, and one group of them: with its own words after it, as if all were there."""
    assert names(word) == {word}
    shown = CliRunner().invoke(build_app(word), [word, "--help"], prog_name="sightline")
    assert shown.exit_code == 0
    assert f"Usage: sightline {word}" in shown.output


def test_every_other_word_finds_all_of_them():
    """A list of the commands and the hint at what was meant need every name."""
    assert names() == names("--help") == names("serach") > {"search", "up", "whoami"}
    said = CliRunner().invoke(build_app("serach"), ["serach"])
    assert (said.exit_code, "'search'" in said.output) == (2, True)


def test_the_release_is_said():
    """Whoever reports a fault is asked for it."""
    said = CliRunner().invoke(build_app("--version"), ["--version"])
    assert (said.exit_code, said.output) == (0, f"sightline {version('sightline-cli')}\n")
    assert names("--version") == set()


@pytest.mark.parametrize("words", [["backup"], ["keys", "create"]])
def test_paragraphs_of_a_help_fill_the_terminal(words):
    """Where lines of the source end nothing breaks: on a wide terminal each paragraph is a line."""
    said = CliRunner().invoke(build_app(words[0]), [*words, "--help"], env={"COLUMNS": "600"})
    described = said.output.partition("╭")[0]
    assert described.count(".") > 1
    assert all(line.rstrip()[-1:] in ("", ".", "]", "}") for line in described.splitlines())


def test_a_system_starts_without_what_converts_models():
    """`up` looks for the starter pack, and does not load what makes one: that takes most of a second."""
    program = (
        "import sys; from sightline.cli.app import build_app; build_app('up');"
        "sys.exit(str({'joblib', 'numpy', 'onnx'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert found.stderr.strip() == "set()"


def test_what_libraries_warn_of_stays_out_of_what_is_printed():
    """A connection to the broker that ends makes asyncio warn; on a terminal that would stand among the results."""
    program = (
        "import atexit, logging, sys; from sightline.cli.app import main; sys.argv[1:] = ['whoami', '--help'];"
        "atexit.register(lambda: logging.getLogger('asyncio').warning('an end of a stream')); main()"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert (said.returncode, said.stderr) == (0, "")
