"""What FFmpeg says while it opens a camera: two things that it tells nobody else, and one before it is too late."""

from __future__ import annotations

import logging
import resource
from contextlib import contextmanager
from typing import TYPE_CHECKING

import av.logging

if TYPE_CHECKING:
    from collections.abc import Iterator

_CERTIFICATE_PHRASES = ("certificate failed verification", "certificate's owner does not match")
_REDIRECT_PHRASE = "Redirecting to"


class Said(logging.Handler):
    """Listens to FFmpeg.

    Its RTSP client goes wherever a camera sends it, and no option of it forbids that. It says so first, and goes once
    that is said: from then on this process gets no socket.
    """

    def __init__(self) -> None:
        super().__init__()
        self.distrusts = False
        """Whether a certificate was not accepted."""
        self.was_sent_away = False
        """Whether the camera sent it to another place."""

    def emit(self, record: logging.LogRecord) -> None:
        """See logging.Handler."""
        text = record.getMessage()
        if any(phrase in text for phrase in _CERTIFICATE_PHRASES):
            self.distrusts = True
        if _REDIRECT_PHRASE in text:
            self.was_sent_away = True
            _allow_files(0)


@contextmanager
def listening() -> Iterator[Said]:
    """Listens while the block runs, in which a source is opened."""
    said, logger, most = Said(), logging.getLogger("libav"), resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    before = logger.level, logger.propagate
    logger.addHandler(said)
    logger.propagate = False
    logger.setLevel(logging.INFO)
    av.logging.set_level(av.logging.INFO)
    try:
        yield said
    finally:
        av.logging.set_level(None)
        logger.removeHandler(said)
        logger.level, logger.propagate = before
        _allow_files(most)


def _allow_files(most: int) -> None:
    """So many are open at most from now on; those that are open stay so."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
