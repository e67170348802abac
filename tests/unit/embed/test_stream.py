"""Face events on their way through embed."""

from __future__ import annotations

import asyncio

import numpy as np
from releases import COMING, Release, coming, filled

from sightline.chassis.handling import Delivery
from sightline.chassis.ids import new_id
from sightline.chassis.topology import Lane
from sightline.embed.stream import EmbeddingStream
from sightline.v1 import events_pb2


class SameVector:
    """Embeds whatever it is given as one and the same vector."""

    def submit(self, _crop):
        """At once."""
        done = asyncio.get_running_loop().create_future()
        done.set_result(np.array([0.6, 0.8], np.float32))
        return done


async def test_what_a_newer_ingest_says_reaches_match():
    """Fields that this release does not know, also those in the shot, leave embed as they came."""
    face = filled(Release(coming()).kind("FaceEvent"))
    face.source = new_id()
    published = []

    async def publish(subject, message, *, dedup_id):
        published.append((subject, message.SerializeToString(), dedup_id))
        return len(published)

    stream = EmbeddingStream(Lane.LIVE, SameVector(), "embedder", publish)
    assert await stream.handle([Delivery("subject", face.SerializeToString(), 1, 1)]) == [None]
    ((_, body, _),) = published
    embedding = events_pb2.EmbeddingEvent.FromString(body)
    assert list(embedding.vector) == [np.float32(0.6), np.float32(0.8)]
    assert type(face).FromString(embedding.face.SerializeToString()) == face
    assert face.coming == face.shot.coming == COMING
