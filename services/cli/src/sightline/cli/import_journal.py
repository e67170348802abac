"""What an import leaves behind: a journal of what was answered, and a report of what was refused."""

import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from sightline.chassis.ids import derived_id
from sightline.cli.import_sources import Entry


class Journal:
    """Tokens of the entries that were answered, a line each; nothing in it says who they are.

    Args:
        path: of the file.
        resume: go on with what is in it, instead of beginning anew.
    """

    def __init__(self, path: Path, *, resume: bool) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._done: set[str] = set()
        if resume:
            with suppress(FileNotFoundError):
                # The last line may be half of one: whoever was killed wrote it.
                self._done = {
                    line.rstrip("\n") for line in path.read_text().splitlines(keepends=True) if line[-1:] == "\n"
                }
        self._file = path.open("a" if resume else "w")
        if resume:
            self._file.write("\n")

    def __contains__(self, entry: Entry) -> bool:
        return entry.token in self._done

    def add(self, entries: Iterable[Entry]) -> None:
        """Note that these were answered."""
        self._file.write("".join(f"{entry.token}\n" for entry in entries))
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class Report:
    """A line of JSON for each refusal: {"item", "person", "reason", "message"}."""

    def __init__(self, file: TextIO | None) -> None:
        self._file = file

    def add(self, item: str, reason: str, message: str) -> None:
        """Note a refusal."""
        if self._file is not None:
            self._file.write(
                json.dumps({"item": item, "reason": reason, "message": message}, ensure_ascii=False) + "\n"
            )
            self._file.flush()


def journal_path(state: Path, watchlist: str, source: Path) -> Path:
    """Give the journal of an import; the same one for the same watchlist and source."""
    return state / "imports" / f"{derived_id(watchlist, str(source.resolve()))}.journal"
