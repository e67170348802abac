"""What a picture or a template would leave in a file, and which files have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sightline.match.index import Probe
from sightline.match.turned_space import TurnedSpaces

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from sightline.chassis.key_file import KeyFile

_RUN = 48
_START_OF_SCAN = b"\xff\xda"


def picture_trace(jpeg: bytes) -> bytes:
    """Bytes out of the middle of a JPEG's entropy-coded data: no other picture has them."""
    scan = jpeg[jpeg.index(_START_OF_SCAN) :]
    middle = len(scan) // 2
    assert len(scan) > 4 * _RUN, "too small a picture to be told from others"
    return scan[middle : middle + _RUN]


def template_trace(vector: Sequence[float]) -> bytes:
    """Some numbers of a template as float32, the way in which protobuf and the index write them."""
    numbers = np.asarray(vector, "<f4").tobytes()
    assert len(numbers) > 2 * _RUN
    return numbers[_RUN : 2 * _RUN]


def in_index(template: Sequence[float], keys: KeyFile) -> np.ndarray:
    """A template as the index has it: turned by the installation's secret."""
    spaces = TurnedSpaces(keys, len(template))
    probe = Probe(np.asarray(template, np.float32), "", 1)
    return spaces.named(spaces.ids()[0]).probes([probe])[0].vector


def files_with(traces: Iterable[bytes], *folders: Path) -> dict[str, int]:
    """The files below these folders that have one of the traces, and how many of them."""
    wanted = list(traces)
    assert wanted
    assert all(wanted), "nothing is everywhere"
    found: dict[str, int] = {}
    for path in (path for folder in folders for path in folder.rglob("*") if path.is_file()):
        data = path.read_bytes()
        if count := sum(trace in data for trace in wanted):
            found[str(path)] = count
    return found
