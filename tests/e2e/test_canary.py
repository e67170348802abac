"""Strangers pass through a whole running system, and leave nothing on its disk: no picture, and no template."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np
import pytest
from clips import write_clip
from disk_traces import Traces
from traces import in_index

from sightline.chassis.bus import connect_bus
from sightline.chassis.errors import SightlineError
from sightline.chassis.identity.secrets_folder import SecretsFolder
from sightline.chassis.rpc import BearerText, open_channel
from sightline.chassis.topology import EMBED_JOB, EMBED_LIVE, MATCH_JOB, MATCH_LIVE, NOTIFY
from sightline.cli.authorities import trusting
from sightline.cli.broker_conf import STORE
from sightline.cli.installation import Installation
from sightline.cli.secrets_writer import write_secrets
from sightline.v1 import access_pb2, events_pb2, face_pb2, import_service_pb2
from sightline.v1 import search_service_pb2 as search_pb
from sightline.v1.import_service_pb2_grpc import ImportServiceStub
from sightline.v1.search_service_pb2_grpc import SearchServiceStub

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ENROLLED = "portraits/Hugo_Chavez/01_Hugo_Chavez_0001.jpg"
# Of cctv_public_timeline.csv: the enrolled person walks by, then one stranger, then two side by side; in seconds.
FIRST, LAST = 5.0, 17.5
STRANGER = "portraits/Diana_Krall"
REASON = ("--purpose", "test", "--case", "case-1")
STAGES = (EMBED_LIVE, EMBED_JOB, MATCH_LIVE, MATCH_JOB, NOTIFY)
ROLES = (access_pb2.ROLE_OPERATOR, access_pb2.ROLE_REVIEWER, access_pb2.ROLE_ADMIN)


@dataclass
class Seen:
    """What went over the broker while somebody listened: the shots of each track, its template, and who was found."""

    crops: dict[str, dict[str, bytes]] = field(default_factory=dict)
    vectors: dict[str, list[list[float]]] = field(default_factory=dict)
    sighted: dict[str, bytes] = field(default_factory=dict)
    alerts: int = 0

    async def face(self, message) -> None:
        event = events_pb2.FaceEvent.FromString(message.data)
        for shot in (event.shot, event.closed.best, *event.closed.others):
            if shot.crop:
                self.crops.setdefault(event.track_id, {})[shot.shot_id] = shot.crop

    async def embedding(self, message) -> None:
        event = events_pb2.EmbeddingEvent.FromString(message.data)
        if event.vector:
            self.vectors.setdefault(event.face.track_id, []).append(list(event.vector))

    async def sighting(self, message) -> None:
        event = events_pb2.Sighting.FromString(message.data)
        self.sighted[event.track_id] = event.crop

    async def alert(self, _) -> None:
        self.alerts += 1

    def strangers(self) -> set[str]:
        """The tracks of which nothing was ever said."""
        return set(self.crops) - set(self.sighted)

    def traces(self) -> Traces:
        """Of each stranger's shots and templates, of everybody's templates, and of the pictures of sightings."""
        traces = Traces()
        for track in self.strangers():
            for crop in self.crops[track].values():
                traces.add_bytes(f"crop {track}", crop)
        for track, vectors in self.vectors.items():
            for vector in vectors:
                traces.add_vector(f"template {track}", vector)
        for track, crop in self.sighted.items():
            traces.add_bytes(f"sighting {track}", crop)
        return traces


@pytest.fixture(scope="module")
def clip(shared_media, tmp_path_factory) -> Path:
    """12 seconds in which one enrolled person and several strangers walk by."""
    path = tmp_path_factory.mktemp("clip") / "street.mp4"
    return write_clip(path, _frames(shared_media / "video" / "cctv_public.mp4"), rate=10)


def _frames(path: Path) -> Iterator[np.ndarray]:
    with av.open(str(path)) as video:
        step = round(float(video.streams.video[0].average_rate) / 10)
        frames = (frame for frame in video.decode(video=0) if FIRST <= frame.time <= LAST)
        for frame in islice(frames, 0, None, step):
            yield frame.to_ndarray(format="rgb24")


@pytest.fixture(scope="module")
def system(tmp_path_factory, up, person, clip):
    """A system that logs all it can, with its temporary files in its state folder."""
    state = tmp_path_factory.mktemp("canary")
    (state / "tmp").mkdir()
    key = write_secrets(state / "secrets", roles=ROLES)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TMPDIR", str(state / "tmp"))
        running = up(state, "--video-root", str(clip.parent), "--log-level", "debug")
        with running:
            yield person(state, key)


@pytest.fixture
def probe(shared_media, tmp_path) -> Path:
    """A photo of a stranger, encoded by us: nobody else has these bytes."""
    [source, *_] = sorted((shared_media / STRANGER).iterdir())
    path = tmp_path / "stranger.jpg"
    cv2.imwrite(str(path), cv2.resize(cv2.imread(str(source)), None, fx=1.5, fy=1.5), [cv2.IMWRITE_JPEG_QUALITY, 93])
    return path


@asynccontextmanager
async def ear_on(installation):
    """A connection that hears everything, which the broker's owner may allow and nobody else."""
    conf = installation.broker_conf.read_text()
    users = f"  {STORE} {{\n    jetstream: enabled\n    users: ["
    assert conf.count(users) == 1
    installation.broker_conf.write_text(conf.replace(users, users + "{user: ear, password: ear}, "))
    os.kill(int(installation.broker_pid.read_text()), signal.SIGHUP)
    url = installation.running().nats_url.replace("://", "://ear:ear@")
    async with asyncio.timeout(60):
        while not await is_let_in(url, installation.authority()):
            await asyncio.sleep(0.5)
    async with connect_bus(url, "ear", authorities=installation.authority()) as bus:
        yield bus


async def is_let_in(url, authority) -> bool:
    """Whether the broker has read its file again."""
    try:
        async with connect_bus(url, "ear", authorities=authority):
            return True
    except SightlineError:
        return False


async def watched(system, clip) -> Seen:
    """The clip as a camera's, and as a stored video that is sent; with an ear on the broker."""
    seen = Seen()
    async with ear_on(Installation(system.state)) as bus:
        await bus.client.subscribe("sightline.faces.>", cb=seen.face)
        await bus.client.subscribe("sightline.embeddings.>", cb=seen.embedding)
        await bus.client.subscribe("sightline.sightings.>", cb=seen.sighting)
        await bus.client.subscribe("sightline.alerts.>", cb=seen.alert)
        await bus.client.flush()
        system.json("cameras", "add", "street", str(clip), "--watchlist", "wanted", "--fps", "3")
        assert system("cameras", "start", "street").returncode == 0
        searching = asyncio.to_thread(system.json, "video", "search", str(clip), "--watchlist", "wanted", *REASON)
        found = await asyncio.wait_for(searching, 200)
        assert [each["person"]["external_id"] for each in found["persons"]] == ["H"]
        async with asyncio.timeout(200):
            while not seen.alerts or (await asyncio.to_thread(_state, system)) != "CAMERA_STATE_ENDED":
                await asyncio.sleep(0.5)
            while set(seen.crops) > set(seen.vectors) or sum([await bus.lag(stage) for stage in STAGES]):
                await asyncio.sleep(0.5)
            await bus.client.flush()
    return seen


def _state(system) -> str:
    return system.json("cameras", "status", "street")["state"]


def to_match(system):
    """A channel to match, as a program of the user's opens it."""
    installation = Installation(system.state)
    credentials = BearerText(system.key, trusting(installation.authority(), "match"))
    return open_channel(f"127.0.0.1:{installation.running().services['match'].grpc}", credentials)


async def searched(system, template: np.ndarray, embedder: str) -> None:
    """A search with a template of somebody who is not enrolled."""
    async with to_match(system) as channel:
        probe = search_pb.ProbeTemplate(vector=template.tolist(), embedder_id=embedder)
        request = search_pb.SearchFacesRequest(
            watchlists=["wanted"], template=probe, purpose="test", case_reference="case-1"
        )
        answer = await SearchServiceStub(channel).SearchFaces(request)
    assert not answer.matches


async def enrolled_template(system) -> list[float]:
    """The one template that may be on the disk, in the index."""
    async with to_match(system) as channel:
        request = import_service_pb2.ExportTemplatesRequest(watchlist="wanted", purpose="test", case_reference="case-1")
        return [
            number
            async for page in ImportServiceStub(channel).ExportTemplates(request)
            for each in page.templates
            for number in each.vector
        ]


@pytest.mark.timeout(600)
def test_who_matches_nothing_leaves_nothing(system, clip, probe, shared_media):
    """Cameras, stored video and searches, logs at debug: of no stranger is a picture or a template in any file.

    Of whom is enrolled there is, where it should be: the search can find what is there.
    """
    made = system.json("watchlists", "create", "wanted", "--purpose", "test", "--keep-references")
    system.json("enroll", str(shared_media / ENROLLED), "--watchlist", "wanted", "--person", "H", *REASON)
    seen = asyncio.run(watched(system, clip))
    template = np.random.default_rng(7).normal(size=128).astype(np.float32)
    template /= np.linalg.norm(template)
    asyncio.run(searched(system, template, made["embedder_id"]))
    for words in (("search",), ("search", "--persons")):
        assert not system.json(*words, str(probe), "--watchlist", "wanted", *REASON).get("matches")
    assert len(seen.strangers()) >= 6, "three strangers before the camera, and in the video"
    assert seen.sighted
    assert set(seen.vectors) >= set(seen.crops)

    traces = seen.traces()
    traces.add_bytes("probe", probe.read_bytes())
    traces.add_bytes("upload", clip.read_bytes())
    traces.add_vector("probe template", template)
    enrolled = asyncio.run(enrolled_template(system))
    traces.add_vector("as it is", enrolled)
    traces.add_vector("enrolled", in_index(enrolled, SecretsFolder(system.state / "secrets").rotation_keys()))
    found = traces.found(system.state)
    assert {name.split()[0] for name in found} == {"sighting", "enrolled"}, found
    assert all(path.startswith("match/") for path in found["enrolled"]), found["enrolled"]
    pictures = {path for name, paths in found.items() if name.startswith("sighting") for path in paths}
    assert all(path.startswith("jetstream/") for path in pictures), pictures
    assert {name for name in found if name.startswith("sighting")} == {f"sighting {track}" for track in seen.sighted}


@pytest.mark.parametrize(
    "write",
    [
        bytes,
        lambda data: events_pb2.FaceEvent(track_id="t", shot=events_pb2.FaceShot(crop=data)).SerializeToString(),
        lambda data: b"x" + base64.b64encode(data),
        lambda data: base64.urlsafe_b64encode(b"x" + data),
        lambda data: base64.b64encode(b"xy" + data),
        lambda data: data.hex().encode(),
        lambda data: json.dumps({"crop": repr(data)}).encode(),
        lambda data: str(events_pb2.FaceShot(crop=data)).encode(),
        lambda data: json.dumps({"event": str(face_pb2.Image(encoded=data))}).encode(),
    ],
)
def test_the_search_knows_a_picture_however_it_is_written(tmp_path, write):
    """Raw, in a protobuf, in base64 of each phase, in hexadecimal, as text in a log: each is found, and no other."""
    random = np.random.default_rng(3)
    theirs, others = random.bytes(9_000), random.bytes(9_000)
    traces = Traces()
    traces.add_bytes("theirs", theirs)
    traces.add_bytes("others", others)
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file").write_bytes(b"\0" * (1 << 22) + write(theirs))
    assert traces.found(tmp_path) == {"theirs": {"deep/file"}}


@pytest.mark.parametrize(
    "write",
    [
        lambda vector: vector.tobytes(),
        lambda vector: events_pb2.EmbeddingEvent(vector=vector.tolist()).SerializeToString(),
        lambda vector: vector.astype(np.float64).tobytes(),
        lambda vector: base64.b64encode(b"x" + vector.tobytes()),
        lambda vector: str(vector.tolist()).encode(),
        lambda vector: str(events_pb2.EmbeddingEvent(vector=vector.tolist())).encode(),
    ],
)
def test_the_search_knows_a_template_however_it_is_written(tmp_path, write):
    """As numbers of four or eight bytes, in a protobuf, in base64, written out: each is found, and no other."""
    theirs, others = np.random.default_rng(5).normal(size=(2, 128)).astype(np.float32)
    traces = Traces()
    traces.add_vector("theirs", theirs / np.linalg.norm(theirs))
    traces.add_vector("others", others / np.linalg.norm(others))
    (tmp_path / "file").write_bytes(write(theirs / np.linalg.norm(theirs)))
    (tmp_path / "empty").write_bytes(b"")
    assert traces.found(tmp_path) == {"theirs": {"file"}}
