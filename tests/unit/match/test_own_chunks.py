"""What this process remembers of the chunks that it has just written."""

from __future__ import annotations

from sightline.match.own_chunks import KEPT, OwnChunks


def test_what_comes_back_as_it_was_written_is_known_once():
    """A chunk's contents are given when it comes back, and not a second time."""
    chunks = OwnChunks()
    chunks.put("one", b"sealed", ["draft"])
    assert chunks.take("one", b"sealed") == ["draft"]
    assert chunks.take("one", b"sealed") is None


def test_another_version_of_a_chunk_is_not_known():
    """A chunk that somebody wrote again meanwhile is opened: what is no longer in it must not come back."""
    chunks = OwnChunks()
    chunks.put("one", b"sealed", ["draft"])
    assert chunks.take("one", b"less") is None
    assert chunks.take("other", b"sealed") is None
    assert chunks.take("other", b"") is None


def test_the_oldest_makes_room():
    """Of more chunks than are kept the newest are known."""
    chunks = OwnChunks()
    for number in range(KEPT + 1):
        chunks.put(str(number), b"sealed", [number])
    assert chunks.take("0", b"sealed") is None
    assert chunks.take("1", b"sealed") == [1]
