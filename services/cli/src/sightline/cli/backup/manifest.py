"""What a backup says of itself: what is in it, from when, and the hash of every file. It is written last."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sightline.chassis.backup_contents import Part
from sightline.chassis.errors import FailedPrecondition

NAME = "manifest.json"
FORMAT = 1
_STAMP = "%Y%m%dT%H%M%S.%fZ"


@dataclass(frozen=True)
class BackedUp:
    """A file of a backup.

    Attributes:
        name: of the stream, and of the file but for its ending.
        size: in bytes.
        sha256: of the file.
        config: of the stream, as JetStream's API has it; empty for what is no stream.
        state: the same of its state when it was copied.
    """

    name: str
    size: int
    sha256: str
    config: dict[str, Any]
    state: dict[str, Any]


@dataclass(frozen=True)
class Manifest:
    """A whole backup.

    Attributes:
        part: which of the two.
        begun: when the first stream was asked for; what was acknowledged before is in the backup.
        finished: when the last one had come.
        release: of Sightline.
        files: in the order in which they were taken.
    """

    part: Part
    begun: datetime
    finished: datetime
    release: str
    files: tuple[BackedUp, ...]

    @property
    def size(self) -> int:
        """Of all files, in bytes."""
        return sum(file.size for file in self.files)

    def file(self, name: str) -> BackedUp:
        """Give the file of that name. Raises FailedPrecondition BACKUP_DAMAGED."""
        for file in self.files:
            if file.name == name:
                return file
        raise FailedPrecondition("BACKUP_DAMAGED", f"The backup of {self.begun:{_STAMP}} has no {name}: use another.")

    def to_json(self) -> bytes:
        """Write it."""
        facts = asdict(self) | {
            "format": FORMAT,
            "begun": self.begun.isoformat(),
            "finished": self.finished.isoformat(),
        }
        return json.dumps(facts, indent=1).encode()

    @staticmethod
    def from_json(text: bytes) -> "Manifest":
        """Read one. Raises FailedPrecondition BACKUP_DAMAGED, BACKUP_TOO_NEW."""
        try:
            facts = json.loads(text)
            if facts["format"] != FORMAT:
                raise FailedPrecondition(
                    "BACKUP_TOO_NEW", f"The backup was made by release {facts['release']}: restore it by that one."
                )
            return Manifest(
                part=Part(facts["part"]),
                begun=datetime.fromisoformat(facts["begun"]),
                finished=datetime.fromisoformat(facts["finished"]),
                release=facts["release"],
                files=tuple(BackedUp(**each) for each in facts["files"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise FailedPrecondition(
                "BACKUP_DAMAGED", f"What should be a {NAME} is none: use another backup."
            ) from error


def folder_of(part: Part, begun: datetime) -> str:
    """Name the folder of a backup: `main-20261129T120000.000000Z`."""
    return f"{part}-{begun:{_STAMP}}"


def read_folder(name: str) -> tuple[Part, datetime] | None:
    """Give what a folder's name says; None where it is no backup's."""
    part, _, stamp = name.partition("-")
    try:
        return Part(part), datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
