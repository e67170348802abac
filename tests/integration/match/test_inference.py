"""How match asks detect and embed, over real gRPC."""

from __future__ import annotations

from contextlib import asynccontextmanager

import numpy as np
import pytest
from fakes import DIMENSION, NO_FACE, UNREADABLE, fake_pack, picture, vector_of
from secrets_for_tests import service

from sightline.chassis.errors import FailedPrecondition, InvalidInput, Unavailable
from sightline.chassis.rpc import open_channel
from sightline.match.inference import RpcFaceReader

EMBEDDER = fake_pack().embedder_id


@asynccontextmanager
async def reading(detect, embed, *, embedder_id=EMBEDDER, dimension=DIMENSION):
    """A reader that asks these two."""
    async with (
        open_channel(detect, service("match", "detect")) as one,
        open_channel(embed, service("match", "embed")) as other,
    ):
        yield RpcFaceReader(one, other, embedder_id, dimension)


async def test_faces_and_templates_are_those_of_the_services(inference):
    """The faces are detect's, and there is embed's template for each of them."""
    async with reading(inference, inference) as reader:
        faces = await reader.faces(picture("ann"))
        (vector,) = await reader.templates(picture("ann"), faces)
        assert np.array_equal(vector, vector_of("ann"))
        assert await reader.faces(picture(NO_FACE)) == []
        assert await reader.templates(picture("ann"), []) == []
        assert len(await reader.templates(picture("ann"), faces * 65)) == 65


async def test_what_detect_says_of_a_picture_is_passed_on(inference):
    """A picture that cannot be read is the caller's mistake, with detect's reason."""
    async with reading(inference, inference) as reader:
        with pytest.raises(InvalidInput, match="IMAGE_UNREADABLE"):
            await reader.faces(picture(UNREADABLE))


async def test_templates_of_another_model_are_refused(inference):
    """Where embed runs another pack, or its vectors have another dimension, nothing is compared."""
    async with reading(inference, inference, embedder_id="other") as reader:
        faces = await reader.faces(picture("ann"))
        with pytest.raises(FailedPrecondition, match=r"EMBEDDER_DIFFERS: .*same model pack"):
            await reader.templates(picture("ann"), faces)
    async with reading(inference, inference, dimension=DIMENSION + 1) as reader:
        with pytest.raises(InvalidInput, match="TEMPLATE_INVALID"):
            await reader.templates(picture("ann"), faces)


async def test_who_does_not_answer_is_named(inference, free_port):
    """Without detect, or without embed, the error says which of them is away."""
    nobody = f"127.0.0.1:{free_port}"
    async with reading(nobody, inference) as reader:
        with pytest.raises(Unavailable, match="DETECT_UNAVAILABLE"):
            await reader.faces(picture("ann"))
    async with reading(inference, nobody) as reader:
        faces = await reader.faces(picture("ann"))
        with pytest.raises(Unavailable, match="EMBED_UNAVAILABLE"):
            await reader.templates(picture("ann"), faces)
