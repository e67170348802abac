"""Pictures in buckets: fetched from the one store of the settings, or refused with the reason."""

from __future__ import annotations

from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
from object_stores import ToldStore, put, serve_moto

from sightline.chassis.errors import ResourceExhausted, Unavailable
from sightline.chassis.object_store import ObjectAddress, ObjectBody
from sightline.chassis.s3_store import S3Access, open_store
from sightline.gateway.body import BodyGate
from sightline.gateway.rekognition.errors import AwsError
from sightline.gateway.rekognition.stored_pictures import MOST_BYTES, StoredPictures
from sightline.v1 import access_pb2, access_service_pb2

PICTURE = b"\xff\xd8\xff" + bytes(range(256)) * 20


@pytest.fixture
def store():
    """A store that does as it is told."""
    with ToldStore(PICTURE).running() as running:
        yield running


def pictures(endpoint, credentials=None, room=10**8, seconds=10.0):
    """As the gateway has them."""
    access = S3Access(endpoint, "us-east-1", ("pictures",), credentials, None)
    return StoredPictures(open_store(access, "gateway"), BodyGate(room, 0.1), seconds)


def place(name="ann.jpg", bucket="pictures", **more):
    return {"S3Object": {"Bucket": bucket, "Name": name, **more}}


def caller(role=access_pb2.ROLE_OPERATOR):
    """A call of somebody with that role."""

    async def who_am_i(_, timeout):  # noqa: ASYNC109 - as grpc has it
        assert timeout
        return access_service_pb2.WhoAmIResponse(grants=[access_service_pb2.Grant(role=role, watchlist_ids=["*"])])

    stub = SimpleNamespace(WhoAmI=who_am_i)
    return SimpleNamespace(upstream=SimpleNamespace(stub=lambda *_: stub, timeout=5.0))


async def fetched(ours, who=None, **parameters):
    async with ours.fetched(who or caller(), parameters) as whole:
        return whole


async def refusal(ours, who=None, **parameters):
    """Code and message."""
    with pytest.raises(AwsError) as caught:
        await fetched(ours, who, **parameters)
    return caught.value.code, caught.value.message


async def test_pictures_of_a_real_store_are_as_if_they_had_been_sent(tmp_path):
    """Both pictures of a comparison, whatever their keys, with credentials; what else was asked stays as it was."""
    credentials = tmp_path / "s3"
    credentials.write_text("[default]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = made-up\n")
    credentials.chmod(0o600)
    with serve_moto(tmp_path / "log") as endpoint:
        for key in ("ann.jpg", "2026/a b/ü+%.jpg"):
            put(endpoint, "pictures", key, PICTURE + key.encode())
        ours = pictures(endpoint, credentials)
        whole = await fetched(
            ours, SourceImage=place(), TargetImage=place("2026/a b/ü+%.jpg"), SimilarityThreshold=70.0
        )
        assert whole == {
            "SourceImage": {"Bytes": PICTURE + b"ann.jpg"},
            "TargetImage": {"Bytes": PICTURE + "2026/a b/ü+%.jpg".encode()},
            "SimilarityThreshold": 70.0,
        }
        assert (await refusal(ours, Image=place("missing.jpg")))[0] == "InvalidS3ObjectException"


async def test_what_was_sent_asks_no_store(store):
    """A picture that came with the request, and a request without one, go on as they are."""
    sent = {"Image": {"Bytes": PICTURE}, "MaxFaces": 1}
    assert await fetched(pictures(store.endpoint), **sent) == sent
    assert store.asked == []


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (place(bucket="secrets"), "SIGHTLINE_S3_BUCKETS"),
        (place(bucket="127.0.0.1:80"), "names no object"),
        (place("../secrets/key"), "names no object"),
        (place(Version="3"), "leave Version out"),
    ],
)
async def test_nothing_else_is_asked_for(store, image, said):
    """Other buckets, hosts, paths and versions are refused before anybody is asked."""
    code, message = await refusal(pictures(store.endpoint), Image=image)
    assert (code, said in message, store.asked) == ("InvalidS3ObjectException", True, [])


async def test_who_may_not_search_learns_nothing_of_the_store(store):
    """Whoever is no operator is refused before the store is asked, whatever is there."""
    code, _ = await refusal(pictures(store.endpoint), caller(access_pb2.ROLE_VIEWER), Image=place())
    assert (code, store.asked) == ("AccessDeniedException", [])


async def test_without_a_store_the_reason_is_said():
    """Off, as it is by default: what to set."""
    code, message = await refusal(pictures(""), Image=place())
    assert (code, "SIGHTLINE_S3_ENDPOINT" in message) == ("InvalidS3ObjectException", True)


@pytest.mark.parametrize(("status", "said"), [(403, "credentials"), (404, "no s3://"), (307, "endpoint")])
async def test_what_the_store_refuses_is_said(store, status, said):
    """Nobody is followed to another host, and an object that may not be had is told."""
    with ToldStore(b"inside").running() as other:
        store.status, store.elsewhere = status, other.endpoint
        code, message = await refusal(pictures(store.endpoint), Image=place())
        assert (code, said in message, other.asked) == ("InvalidS3ObjectException", True, [])


async def test_a_store_that_is_slow_or_down_may_be_tried_again(store):
    """It is no fault of the caller's: a store that breaks off, does not answer, or does not end in time."""
    store.status = 503
    with pytest.raises(Unavailable, match="S3_UNAVAILABLE"):
        await fetched(pictures(store.endpoint), Image=place())
    store.status, store.pause_s = 0, 0.2
    with pytest.raises(Unavailable, match=r"within 0\.1 s"):
        await fetched(pictures(store.endpoint, seconds=0.1), Image=place())


async def test_a_picture_has_a_limit_and_takes_of_the_memory_that_bodies_have(store):
    """15 MiB, as the store announces it; where there is no room for it the call waits, and gives it back at its end."""
    room = pictures(store.endpoint, room=len(PICTURE))
    for _ in range(2):
        assert (await fetched(room, Image=place()))["Image"] == {"Bytes": PICTURE}
    async with room.fetched(caller(), {"Image": place()}):
        with pytest.raises(ResourceExhausted, match="SERVER_BUSY"):
            await fetched(room, Image=place())
    store.data = bytes(MOST_BYTES + 1)
    assert (await refusal(pictures(store.endpoint), Image=place()))[0] == "ImageTooLargeException"


async def test_no_more_is_read_than_was_announced():
    """A store that sends more than it said, as it can in chunks, is cut off: there is room for the rest nowhere."""
    taken = []

    class Liar:
        """An ObjectStore."""

        def admit(self, _):
            return ObjectAddress("pictures", "a.jpg")

        @asynccontextmanager
        async def open(self, *_):
            yield ObjectBody(10, '"1"', self.pieces())

        async def pieces(self):
            for piece in range(100):
                taken.append(piece)
                yield b"12345"

    code, _ = await refusal(StoredPictures(Liar(), BodyGate(10, 0.1), 5.0), Image=place())
    assert (code, len(taken)) == ("ImageTooLargeException", 3)
