"""Stand-ins for what is slow or not ours: inference, and the places where messages go."""

from __future__ import annotations

import asyncio
import hashlib
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from sightline.chassis.errors import Conflict, InvalidInput, SightlineError
from sightline.chassis.identity.identity import Identity
from sightline.chassis.identity.refusals import Refusals
from sightline.chassis.identity.refused import CredentialRefused
from sightline.chassis.ids import derived_id
from sightline.chassis.pack import Pack
from sightline.match.inference import Taken
from sightline.notify.record_book import Stored
from sightline.v1 import embed_service_pb2, events_pb2, face_pb2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.message import Message
    from numpy.typing import NDArray

    from sightline.chassis.principal import Principal
    from sightline.v1 import alert_service_pb2, records_pb2

DIMENSION = 8
THRESHOLD = 0.9
NO_FACE = "nobody"
UNREADABLE = "garbage"
TOGETHER = "+"
"""Between names: a picture with several faces."""
BLURRED = "~"
"""Behind a name: the face is not sharp."""
FACE_STEP = 0.2
"""From one face of a picture to the next, in ratios of its width."""
AGAIN = "#"
"""Behind a name: another picture of the same face."""

PACK_TOML = f"""
name = "fake"
version = "1"
fit_for = "research"
licence = "none"
commercial_use = false

[detector]
kind = "yunet"
input_size = [64, 64]
score_threshold = 0.5
licence = "none"
files = [{{ role = "model", path = "detector.onnx", sha256 = "{"0" * 64}", source_sha256 = "{"0" * 64}" }}]

[embedder]
kind = "arcface"
alignment = "arcface5"
dimension = {DIMENSION}
input_size = [112, 112]
converter = "0"
threshold = {THRESHOLD}
similarity = [[-1.0, 0.0], [{THRESHOLD}, 80.0], [1.0, 100.0]]
licence = "none"
files = [{{ role = "model", path = "embedder.onnx", sha256 = "{"0" * 64}", source_sha256 = "{"0" * 64}" }}]
"""


COMING_DIMENSION = 12
COMING_PACK_TOML = (
    PACK_TOML.replace('name = "fake"', 'name = "coming"')
    .replace(f"dimension = {DIMENSION}", f"dimension = {COMING_DIMENSION}")
    .replace('converter = "0"', 'converter = "1"')
)


def fake_pack() -> Pack:
    """A pack of models that nobody runs: templates have 8 numbers, and the threshold is a cosine of 0.9."""
    return Pack.model_validate(tomllib.loads(PACK_TOML))


def coming_pack() -> Pack:
    """Another one, with templates of 12 numbers."""
    return Pack.model_validate(tomllib.loads(COMING_PACK_TOML))


def picture(name: str) -> face_pb2.Image:
    """A picture that shows these people."""
    return face_pb2.Image(encoded=name.encode())


def vector_of(name: str, dimension: int = DIMENSION) -> NDArray[np.float32]:
    """The template of a face: a unit vector, always the same for one name."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
    vector = np.random.default_rng(seed).normal(size=dimension)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def vector_near(name: str, cosine: float) -> NDArray[np.float32]:
    """A template with that cosine to the one of the name."""
    vector, other = vector_of(name).astype(np.float64), vector_of(f"beside {name}").astype(np.float64)
    across = other - vector * (vector @ other)
    mixed = cosine * vector + np.sqrt(1 - cosine**2) * across / np.linalg.norm(across)
    return mixed.astype(np.float32)


class FakeFaceReader:
    """A FaceReader whose pictures are names; see `picture`. It counts how often it was asked for templates."""

    def __init__(self, dimension: int = DIMENSION) -> None:
        self.read = 0
        self._dimension = dimension

    async def faces(self, image: face_pb2.Image) -> list[face_pb2.Face]:
        """One face a name; the box says which."""
        text = image.encoded.decode()
        if text == UNREADABLE:
            raise InvalidInput("IMAGE_UNREADABLE", "The picture cannot be read.")
        names = [] if text == NO_FACE else text.split(TOGETHER)
        return [_good_face(place, blurred=BLURRED in name) for place, name in enumerate(names)]

    async def templates(self, image: face_pb2.Image, faces: Sequence[face_pb2.Face]) -> list[NDArray[np.float32]]:
        """The templates of these faces."""
        self.read += 1
        names = [name.partition(AGAIN)[0].rstrip(BLURRED) for name in image.encoded.decode().split(TOGETHER)]
        shown = [names[round(face.bounding_box.left / FACE_STEP)] for face in faces]
        return [vector_of(name, self._dimension) for name in shown]

    async def taken(
        self, image: face_pb2.Image, faces: Sequence[face_pb2.Face], *, with_references: bool
    ) -> list[Taken]:
        """As `templates`; the reference of a face is the whole picture."""
        vectors = await self.templates(image, faces)
        references = [embed_service_pb2.FaceCrop(image=image, landmarks=face.landmarks) for face in faces]
        return [
            Taken(vector, reference if with_references else None)
            for vector, reference in zip(vectors, references, strict=True)
        ]

    async def faces_of(self, images: Sequence[face_pb2.Image]) -> list[list[face_pb2.Face] | InvalidInput]:
        """As `faces`, with errors as values."""
        found = await asyncio.gather(*map(self.faces, images), return_exceptions=True)
        return [each if isinstance(each, (list, InvalidInput)) else _raised(each) for each in found]

    async def taken_of(
        self, crops: Sequence[tuple[face_pb2.Image, face_pb2.Face]], *, with_references: bool
    ) -> list[Taken]:
        """As `taken`, for faces of several pictures."""
        return [(await self.taken(image, [face], with_references=with_references))[0] for image, face in crops]


class ComingReader(FakeFaceReader):
    """The coming embedder; it refuses some names, fails as it is told to, and can be held up."""

    def __init__(self) -> None:
        super().__init__(COMING_DIMENSION)
        self.refused: set[str] = set()
        self.failure: SightlineError | None = None
        self.free = asyncio.Event()
        self.free.set()

    async def taken_of(self, crops, *, with_references):
        """As a service does; a refused face fails alone."""
        await self.free.wait()
        if self.failure:
            raise self.failure
        made = await super().taken_of(crops, with_references=with_references)
        names = [image.encoded.decode() for image, _ in crops]
        refusal = InvalidInput("ALIGNMENT_FAILED", "The face could not be cut out.")
        return [refusal if name in self.refused else each for name, each in zip(names, made, strict=True)]


def _good_face(place: int, *, blurred: bool) -> face_pb2.Face:
    return face_pb2.Face(
        bounding_box=face_pb2.BoundingBox(left=place * FACE_STEP, top=0.3, width=0.1, height=0.1),
        confidence=0.99,
        quality=face_pb2.Quality(overall=0.8, sharpness=0.1 if blurred else 0.8, brightness=0.5, inter_eye_distance=60),
    )


def _raised(error: BaseException) -> NoReturn:
    raise error


@dataclass
class MemorySightings:
    """A SightingSink that keeps what it gets; of a revision that comes again it says so, as the broker does."""

    published: list[events_pb2.Sighting] = field(default_factory=list)
    repeated: list[events_pb2.Sighting] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)

    async def publish(self, sighting: events_pb2.Sighting) -> bool:
        """Keeps it, apart where it has that revision."""
        is_new = all((each.id, each.revision) != (sighting.id, sighting.revision) for each in self.published)
        (self.published if is_new else self.repeated).append(sighting)
        return is_new

    async def settle(self, face: events_pb2.FaceEvent) -> None:
        """Keeps the track's id."""
        self.settled.append(face.track_id)


@dataclass
class MemoryAlerts:
    """An AlertSink that keeps what it gets, after it has raised what it was told to raise."""

    published: list[alert_service_pb2.Alert] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    async def publish(self, alert: alert_service_pb2.Alert) -> None:
        """Raises the next failure, else keeps a copy."""
        if self.failures:
            raise self.failures.pop()
        kept = type(alert)()
        kept.CopyFrom(alert)
        self.published.append(kept)


class MemoryRecords:
    """A RecordBook in a dictionary; so many writes as it is told fail with Conflict."""

    def __init__(self, kind: type[Message], conflicts: int = 0) -> None:
        self._kind = kind
        self._conflicts = conflicts
        self._records: dict[str, tuple[bytes, int]] = {}

    async def get(self, key: str) -> Stored[Message]:
        """See RecordBook."""
        data, revision = self._records.get(key, (b"", 0))
        return Stored(key, self._kind.FromString(data), revision)

    async def put(self, stored: Stored[Message]) -> None:
        """See RecordBook."""
        _, revision = self._records.get(stored.key, (b"", 0))
        if self._conflicts or revision != stored.revision:
            self._conflicts = max(0, self._conflicts - 1)
            raise Conflict("RECORD_CHANGED", "Somebody was faster.")
        stored.revision = revision + 1
        self._records[stored.key] = stored.record.SerializeToString(), stored.revision


class CalmWeather:
    """A StormNotice that knows no storm."""

    async def note(self, record: records_pb2.AlertRecord) -> None:
        """See StormNotice."""


def sighting_of(
    track_id: str,
    at: float,
    *,
    revision: int = 1,
    cosine: float = 0.95,
    person_id: str = "p" * 26,
    watchlist_id: str = "w" * 26,
    source: str = "s" * 26,
    cooldown: int = 30,
    **fields: object,
) -> events_pb2.Sighting:
    """A sighting of a person, `at` seconds after the source began; 30 s cooldown."""
    candidate = events_pb2.Candidate(person_id=person_id, cosine=cosine, similarity=80.0)
    sighting = events_pb2.Sighting(
        id=derived_id(track_id, watchlist_id),
        revision=revision,
        watchlist_id=watchlist_id,
        source=source,
        track_id=track_id,
        candidates=[candidate],
        crop=b"crop of " + track_id.encode(),
        **fields,
    )
    sighting.event_time.FromMilliseconds(round(at * 1000) + 1_000_000_000_000)
    sighting.cooldown.FromSeconds(cooldown)
    return sighting


class KnownCallers:
    """An authenticator that knows callers by the texts that they show; for tests about something else."""

    def __init__(self, callers: dict[str, Principal]) -> None:
        self._callers = callers

    async def identify(self, authorization: str, _proven=None) -> Principal:
        """See Authenticator."""
        try:
            return self._callers[authorization.removeprefix("Bearer ")]
        except KeyError:
            raise CredentialRefused("nobody whom this test knows") from None

    def renewed(self, principal: Principal) -> Principal:
        """See Authenticator."""
        return principal


class ListedAudit:
    """An audit trail in a list."""

    def __init__(self) -> None:
        self.events: list[events_pb2.AuditEvent] = []

    async def record(self, event: events_pb2.AuditEvent) -> None:
        """See AuditTrail."""
        self.events.append(event)


def identity_of(callers: dict[str, Principal]) -> Identity:
    """An identity without a broker, for servers that are about something else."""
    return Identity(KnownCallers(callers), Refusals(ListedAudit()), None, None, None, None)
