import io

import numpy as np
import pytest

from sightline.match.face_frames import end_frame, put_frame, read_frames, remove_frame
from sightline.match.index import IndexedFace

FACES = [IndexedFace(f"f{n}", "w", f"p{n}", np.random.default_rng(n).random(7, np.float32)) for n in range(3)]


def test_what_is_sent_arrives():
    """Faces come with the very bits of their vectors, and removals between them, in order."""
    sent = put_frame(FACES[:2]) + remove_frame(["f0", "f9"]) + put_frame(FACES[2:]) + end_frame()
    first, removed, second = read_frames(io.BytesIO(sent))
    assert removed == ["f0", "f9"]
    for face, arrived in zip(FACES, [*first, *second], strict=True):
        assert (arrived.face_id, arrived.watchlist_id, arrived.person_id) == (face.face_id, "w", face.person_id)
        assert arrived.vector.tobytes() == face.vector.tobytes()


@pytest.mark.parametrize("missing", [1, 10, 40])
def test_a_stream_that_ends_too_early_is_not_taken_for_whole(missing):
    """Wherever the sender died, in the last line, in the vectors or before: EOFError."""
    sent = put_frame(FACES) + (end_frame() if missing == 1 else b"")
    cut = sent[: -len(end_frame())] if missing == 1 else sent[:-missing]
    with pytest.raises(EOFError):
        list(read_frames(io.BytesIO(cut)))
