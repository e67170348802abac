"""Files of the audit trail: JSON lines.

An export begins with `{"sightline_audit_export": 1, "time": …}`, when it was made; a line `{"seal": …}` for each seal
follows, and then a line `{"entry": …}` for each entry: Seal and AuditEntry of audit_seal.proto in protobuf's JSON, with
the contract's names; bytes in base64. Of anchors each line is a `{"seal": …}`.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from sightline.chassis.errors import InvalidInput
from sightline.chassis.trail_check import StoredTrail, TrailCheck, Trust, Verdict
from sightline.cli.private_files import private_draft
from sightline.v1.audit_seal_pb2 import AuditEntry, Seal

VERSION = 1
HEADER = "sightline_audit_export"
M = TypeVar("M", bound=Message)


@dataclass(frozen=True)
class Counts:
    """What was written."""

    seals: int
    entries: int


async def write_trail(out: Path, trail: StoredTrail, step: Callable[[], None]) -> Counts:
    """Write an export; it is there whole or not at all. Raises OSError, and whatever the trail raises."""
    now = Timestamp()
    now.GetCurrentTime()
    seals = entries = 0
    with private_draft(out) as file:
        file.write(json.dumps({HEADER: VERSION, "time": now.ToJsonString()}) + "\n")
        async for seal in trail.seals():
            file.write(_line("seal", seal))
            seals += 1
        async for entry in trail.entries():
            file.write(_line("entry", entry))
            entries += 1
            step()
    return Counts(seals, entries)


class FileTrail:
    """A StoredTrail in an export, of which a line at a time is in memory.

    What is read raises InvalidInput AUDIT_FILE_INVALID for a line that is none.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def checked(self, facts: dict[str, Any], total: Callable[[int], None], step: Callable[[], None]) -> Verdict:
        """Check it as of the time when it was made, with these keys, retention and anchors."""
        total(sum(1 for _ in _lines(self._path, "entry")))
        trust = Trust(**facts, now=self._made())
        return asyncio.run(TrailCheck(trust, step).run(self))

    async def seals(self) -> AsyncIterator[Seal]:
        """See StoredTrail."""
        for seal in _messages(self._path, "seal", Seal):
            yield seal

    async def entries(self) -> AsyncIterator[AuditEntry]:
        """See StoredTrail."""
        for entry in _messages(self._path, "entry", AuditEntry):
            yield entry

    def _made(self) -> int:
        """When it was exported, but no later than now, in nanoseconds since 1970."""
        with self._path.open(encoding="utf-8") as file:
            try:
                header, made = json.loads(file.readline()), Timestamp()
                made.FromJsonString(header["time"])
                known = header[HEADER] == VERSION
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise _invalid(self._path, 1) from error
        if not known:
            raise _invalid(self._path, 1)
        return min(made.ToNanoseconds(), time.time_ns())


def append_anchor(out: Path | None, seal: Seal) -> None:
    """Append a seal to a file, or print it. Raises OSError."""
    if out is None:
        sys.stdout.write(_line("seal", seal))
        return
    with out.open("a", encoding="utf-8") as file:
        file.write(_line("seal", seal))


def read_anchors(path: Path) -> list[Seal]:
    """The seals of a file of anchors. Raises InvalidInput AUDIT_FILE_INVALID."""
    return list(_messages(path, "seal", Seal))


def _line(kind: str, message: Message) -> str:
    return json.dumps({kind: MessageToDict(message, preserving_proto_field_name=True)}, ensure_ascii=False) + "\n"


def _messages(path: Path, kind: str, message: type[M]) -> Iterator[M]:
    for number, line in _lines(path, kind):
        try:
            yield ParseDict(json.loads(line)[kind], message())
        except (ValueError, KeyError, TypeError, ParseError) as error:
            raise _invalid(path, number) from error


def _lines(path: Path, kind: str) -> Iterator[tuple[int, str]]:
    """The lines of that kind with their numbers."""
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.startswith(f'{{"{kind}"'):
                    yield number, line
                elif not line.startswith(('{"seal"', '{"entry"', f'{{"{HEADER}"')):
                    raise _invalid(path, number)
    except UnicodeDecodeError as error:
        raise _invalid(path, 0) from error
    except OSError as error:
        raise InvalidInput("AUDIT_FILE_INVALID", f"{path} cannot be read ({error.strerror})") from error


def _invalid(path: Path, number: int) -> InvalidInput:
    where = f"line {number} of {path}" if number else str(path)
    return InvalidInput("AUDIT_FILE_INVALID", f"{where} is nothing that `sightline audit` wrote: take the file again")
