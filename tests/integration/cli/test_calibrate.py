"""`sightline calibrate` against servers that are detect and embed for names."""

import asyncio
import hashlib

import grpc
import pytest
import typer
from fakes import NO_FACE, PACK_TOML, FakeFaceReader
from secrets_for_tests import tester_key
from typer.testing import CliRunner

from sightline.chassis.calibration import read_calibration
from sightline.chassis.errors import FailedPrecondition, InvalidInput, Unavailable
from sightline.chassis.pack import load_pack
from sightline.cli import calibrate
from sightline.v1 import detect_service_pb2, embed_service_pb2, face_pb2
from sightline.v1.detect_service_pb2_grpc import DetectServiceServicer, add_DetectServiceServicer_to_server
from sightline.v1.embed_service_pb2_grpc import EmbedServiceServicer, add_EmbedServiceServicer_to_server

PEOPLE = 12


class Inference(DetectServiceServicer, EmbedServiceServicer):
    """detect and embed of one pack; they count pictures, and fail after as many as they are told."""

    def __init__(self, pack) -> None:
        self._pack = pack
        self._reader = FakeFaceReader()
        self.target = ""
        self.embedder_id = pack.embedder_id
        self.detected = 0
        self.fails_after = 1000

    async def DetectFaces(self, request, _):
        self.detected += len(request.images)
        results = [
            detect_service_pb2.DetectedFaces(faces=(await self._reader.faces(image))[: request.max_faces])
            for image in request.images
        ]
        return detect_service_pb2.DetectFacesResponse(results=results, detector_id=self._pack.detector_id)

    async def EmbedFaces(self, request, context):
        if self.detected > self.fails_after:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "gone")
        face = face_pb2.Face(confidence=1)
        vectors = [(await self._reader.templates(crop.image, [face]))[0] for crop in request.crops]
        results = [embed_service_pb2.EmbeddedFace(vector=vector.tolist()) for vector in vectors]
        return embed_service_pb2.EmbedFacesResponse(results=results, embedder_id=self.embedder_id)


@pytest.fixture
def pack(tmp_path):
    """A pack whose weight files are as its manifest says."""
    folder = tmp_path / "pack"
    folder.mkdir()
    for name in ("detector.onnx", "embedder.onnx"):
        (folder / name).write_bytes(b"weights")
    text = PACK_TOML.replace("0" * 64, hashlib.sha256(b"weights").hexdigest())
    (folder / "pack.toml").write_text(text)
    return load_pack(folder)


@pytest.fixture
async def inference(pack):
    """Running servers."""
    server, servicer = grpc.aio.server(), Inference(pack)
    add_DetectServiceServicer_to_server(servicer, server)
    add_EmbedServiceServicer_to_server(servicer, server)
    servicer.target = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    yield servicer
    await server.stop(0)


@pytest.fixture
def folder(tmp_path):
    """Twelve people with two pictures each, and one picture without a face."""
    made = tmp_path / "labelled"
    for number in range(PEOPLE):
        (made / f"p{number}").mkdir(parents=True)
        for view in range(2):
            (made / f"p{number}" / f"{view}.jpg").write_text(f"person {number}#{view}")
    (made / "p0" / "empty.jpg").write_text(NO_FACE)
    return made


@pytest.fixture
def run(inference, pack, tmp_path):
    """A function that runs the command and raises its error."""
    app = typer.Typer()
    app.command()(calibrate.calibrate)
    environment = {
        "SIGHTLINE_DETECT_TARGET": inference.target,
        "SIGHTLINE_EMBED_TARGET": inference.target,
        "SIGHTLINE_API_KEY": tester_key(),
        "SIGHTLINE_STATE_DIR": str(tmp_path),
    }

    async def invoke(folder):
        arguments = [str(folder), "--out", str(tmp_path / "calibration.json"), "--pack", str(pack.folder)]
        result = await asyncio.to_thread(CliRunner().invoke, app, arguments, env=environment)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


async def test_a_labelled_folder_becomes_a_calibration(run, folder, pack, tmp_path):
    """The file names the pack, the people and the comparisons, fits match's check, and says how few it is."""
    said = await run(folder)
    calibration = read_calibration(tmp_path / "calibration.json")
    assert calibration.fits(pack)
    assert (calibration.identities, calibration.pictures) == (PEOPLE, 2 * PEOPLE)
    assert calibration.comparisons == PEOPLE * (PEOPLE - 1) // 2
    assert calibration.least_fmr == pytest.approx(3 / calibration.comparisons)
    assert "66 comparisons: nothing below an FMR of 3/66 = 0.045" in said.stdout
    assert "left out: 1 x NO_FACE" in said.stderr
    assert not (tmp_path / "calibration.json.cache").exists()


async def test_what_was_read_is_not_read_again(run, folder, inference, tmp_path):
    """Interrupted in the middle it goes on there: no picture that has a template goes to detect again."""
    inference.fails_after = 16
    with pytest.raises(Unavailable, match="EMBED_UNAVAILABLE"):
        await run(folder)
    assert not (tmp_path / "calibration.json").exists()
    inference.fails_after, before = 1000, inference.detected
    inference.detected = 0
    await run(folder)
    assert before == 2 * PEOPLE + 1
    assert 0 < inference.detected < before
    assert read_calibration(tmp_path / "calibration.json").pictures == 2 * PEOPLE


async def test_models_that_are_not_the_pack_s_are_refused(run, folder, inference, tmp_path):
    """Measured with other models it would name the wrong ones."""
    inference.embedder_id = "a" * 26
    with pytest.raises(FailedPrecondition, match="PACK_DIFFERS"):
        await run(folder)
    assert not (tmp_path / "calibration.json").exists()


async def test_too_few_people_are_refused(run, folder, tmp_path):
    """With fewer than ten people there is nothing to claim."""
    for number in range(3):
        (folder / f"p{number}").rename(tmp_path / f"gone{number}")
    with pytest.raises(InvalidInput, match="PEOPLE_TOO_FEW"):
        await run(folder)
