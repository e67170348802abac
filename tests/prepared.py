"""Our programs, forked from a process that has imported them all: most of what a start costs is imports.

What runs is the program's own `__main__`, in a process of its own, with the environment that it is given. The systems
of `tests/e2e` are started as users start them.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PROGRAMS = ("ingest", "detect", "embed", "match", "notify", "gateway", "cli")
_PREPARED = multiprocessing.get_context("forkserver")
# `__main__`, lest each of them reads the tests' own anew.
_PREPARED.set_forkserver_preload(["__main__", *(f"sightline.{name}.__main__" for name in _PROGRAMS)])


class PreparedProcess:
    """A running program, with those methods of `subprocess.Popen` that tests need; what it says is added to files."""

    def __init__(
        self, module: str, env: Mapping[str, str], output: Path, errors: Path | None = None, words: Sequence[str] = ()
    ) -> None:
        errors = errors or output
        for file in (output, errors):
            file.touch()  # it is there at once, as with `Popen`: whoever names the next log looks which there are
        what = (module, words, dict(env), output, errors)
        self._process = _PREPARED.Process(target=_run, args=what, daemon=True)
        self._process.start()
        self.pid: int = self._process.pid

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._process.exitcode

    def wait(self, seconds: float) -> int:
        """Its exit code, once it has ended. Raises `subprocess.TimeoutExpired`."""
        self._process.join(seconds)
        if (code := self.poll()) is None:
            raise subprocess.TimeoutExpired(str(self.pid), seconds)
        return code

    def send_signal(self, number: signal.Signals) -> None:
        """Sends a signal, unless it has ended."""
        with suppress(ProcessLookupError):  # in this very moment
            if self.poll() is None:
                os.kill(self.pid, number)


def run(module: str, words: Sequence[str], env: Mapping[str, str], seconds: float) -> subprocess.CompletedProcess[str]:
    """As `subprocess.run` of `python -m module` with these words."""
    with TemporaryDirectory() as folder:
        output, errors = Path(folder, "output"), Path(folder, "errors")
        process = PreparedProcess(module, env, output, errors, words)
        try:
            code = process.wait(seconds)
        finally:
            process.send_signal(signal.SIGKILL)
        return subprocess.CompletedProcess(words, code, output.read_text(), errors.read_text())


def _run(module: str, words: Sequence[str], env: Mapping[str, str], output: Path, errors: Path) -> None:
    """Becomes `python -m module` with these words and this environment."""
    for number, file in ((1, output), (2, errors)):
        opened = os.open(file, os.O_WRONLY | os.O_APPEND)
        os.dup2(opened, number)
        os.close(opened)
    os.environ.clear()
    os.environ.update(env)
    sys.argv[1:] = words
    sys.modules.pop(f"{module}.__main__", None)  # it is run anew, and `runpy` warns where it was imported
    runpy.run_module(module, run_name="__main__", alter_sys=True)
