"""Looks on disks for bytes that should not be there: as they are, or as something may have written them in text.

What was compressed, encrypted or made of fewer bits is not recognised, nor are pixels that were encoded anew.
"""

from __future__ import annotations

import base64
import json
import mmap
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from google.protobuf import text_encoding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

RUN = 48
"""So many bytes are taken from a place; pages and blocks of stores are far longer."""
LONGEST = 16
"""So many characters of a form are looked for; 16 of the poorest alphabet, hexadecimal digits, are 64 bits."""
PROOF, HINT = 3, 1
"""What a form is worth: a number of eight digits may be there by chance, three of one template are not."""
_PLACES = 6
_DISTINCT = 24
_WINDOW = 1 << 22


@dataclass
class Traces:
    """What is looked for: by its form, with the name of what it is of, and what it proves."""

    _forms: dict[bytes, tuple[str, int]] = field(default_factory=dict)

    def add_bytes(self, name: str, data: bytes) -> None:
        """Of some places of these bytes, such as a JPEG's, in every form."""
        for run in _runs(data):
            self._add(name, _written(run), PROOF)

    def add_vector(self, name: str, vector: Iterable[float]) -> None:
        """Of a template: as numbers of 2, 4 or 8 bytes, in every form, and written out."""
        numbers = np.asarray(list(vector), np.float32)
        for start in range(0, len(numbers) - RUN // 4, len(numbers) // _PLACES):
            part = numbers[start : start + RUN // 4]
            for kind in ("<f2", "<f4", "<f8"):
                # A number that became a longer one begins with zeros, as half of a disk does.
                self._add(name, _written(part.astype(kind).tobytes().lstrip(b"\0")), PROOF)
            for text in (text for number in part for text in (repr(float(number)), str(number))):
                if len(text) > LONGEST // 2:
                    self._add(name, [text.encode()], HINT)

    def found(self, folder: Path) -> dict[str, set[str]]:
        """The names of what is in the folder's files, each with the files, by their paths in the folder."""
        begins, found = self._begins(), {}
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                for name in self._in_file(path, begins):
                    found.setdefault(name, set()).add(str(path.relative_to(folder)))
        return found

    def _add(self, name: str, forms: Iterable[bytes], worth: int) -> None:
        self._forms |= {form[:LONGEST]: (name, worth) for form in forms}

    def _begins(self) -> NDArray[np.bool_]:
        """For every three bytes, whether a form begins so: in most places nothing does."""
        begins = np.zeros(1 << 24, bool)
        begins[[int.from_bytes(form[:3], "little") for form in self._forms]] = True
        return begins

    def _in_file(self, path: Path, begins: NDArray[np.bool_]) -> list[str]:
        forms: set[bytes] = set()
        try:
            size = path.stat().st_size
            with path.open("rb") as file, mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) as data:
                for at in range(0, size, _WINDOW):
                    forms.update(self._in(data[at : at + _WINDOW + LONGEST], begins))
        except (FileNotFoundError, ValueError):  # deleted by a running system, or empty
            return []
        worth: Counter[str] = Counter()
        for name, each in map(self._forms.__getitem__, forms):
            worth[name] += each
        return [name for name, sum_ in worth.items() if sum_ >= PROOF]

    def _in(self, data: bytes, begins: NDArray[np.bool_]) -> Iterator[bytes]:
        at = np.frombuffer(data, np.uint8).astype(np.uint32)
        lengths = sorted({len(form) for form in self._forms})
        for place in np.flatnonzero(begins[at[:-2] | at[1:-1] << 8 | at[2:] << 16]).tolist():
            for length in lengths:
                if data[place : place + length] in self._forms:
                    yield data[place : place + length]


def _runs(data: bytes) -> Iterator[bytes]:
    """From places all over the data but its beginning, which many files share; only where it is varied."""
    count = 0
    for start in range(1024, len(data) - RUN, max((len(data) - 1024) // (_PLACES * 4), RUN)):
        run = data[start : start + RUN]
        if len(set(run[:LONGEST])) > LONGEST * 3 // 4 and len(set(run)) > _DISTINCT:
            count += 1
            yield run
    assert count >= _PLACES // 2, f"{len(data)} bytes are too few or too plain to be recognised"


def _written(run: bytes) -> list[bytes]:
    """The bytes as they are; and in base64 (from each of three phases), in hexadecimal, and as escaped text."""
    escaped = (repr(run)[2:-1], text_encoding.CEscape(run, as_utf8=False))
    texts = [*escaped, *(json.dumps(each)[1:-1] for each in escaped), run.hex(), run.hex().upper()]
    for phase in range(3):
        texts += [encode(run[phase:]).decode() for encode in (base64.b64encode, base64.urlsafe_b64encode)]
    return [run, *(text.encode() for text in texts)]
