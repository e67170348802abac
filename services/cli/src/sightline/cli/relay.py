"""Passes on what the processes print, each line after the coloured name of its process."""

import asyncio
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

_COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "bright_red", "bright_cyan")
_POLL_SECONDS = 0.2


class LogTail:
    """Reads the lines that are appended to a log file, also across its rotation."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = path.stat().st_size if path.exists() else 0
        self._inode = path.stat().st_ino if path.exists() else 0
        self._rest = b""

    def lines(self) -> list[str]:
        """Give the whole lines that came since the last call."""
        try:
            with self._path.open("rb") as file:
                status = os.fstat(file.fileno())
                if status.st_ino != self._inode or status.st_size < self._offset:
                    self._inode, self._offset = status.st_ino, 0
                file.seek(self._offset)
                data = file.read()
        except OSError:
            return []
        self._offset += len(data)
        *whole, self._rest = (self._rest + data).split(b"\n")
        return [line.decode(errors="replace") for line in whole]


def last_lines(path: Path, count: int = 8) -> list[str]:
    """Give the last lines of a log, without colours; none where there is no log."""
    try:
        text = path.read_bytes()[-20_000:].decode(errors="replace")
    except OSError:
        return []
    return [Text.from_ansi(line).plain for line in text.splitlines()[-count:]]


def line_printer(console: Console, names: Sequence[str]) -> Callable[[str, str], None]:
    """Give a function that prints a line of a process after its name."""
    width = max(map(len, names))
    colours = {name: _COLOURS[place % len(_COLOURS)] for place, name in enumerate(names)}

    def print_line(name: str, line: str) -> None:
        prefix = Text(f"{name:<{width}} │ ", style=colours[name])
        console.print(prefix + Text.from_ansi(line), soft_wrap=True)

    return print_line


async def relay(logs: dict[str, Path], print_line: Callable[[str, str], None]) -> None:
    """Print what comes into the logs until cancelled, and the rest of it then."""
    tails = {name: LogTail(path) for name, path in logs.items()}

    def pass_on() -> None:
        for name, tail in tails.items():
            for line in tail.lines():
                print_line(name, line)

    try:
        while True:
            pass_on()
            await asyncio.sleep(_POLL_SECONDS)
    finally:
        pass_on()
