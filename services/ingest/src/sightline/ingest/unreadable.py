"""Why a decoder cannot read its source."""

from __future__ import annotations

from sightline.ingest.source_url import mask_credentials

_LONGEST = 300


class Unreadable(Exception):
    """The source cannot be read (further).

    Args:
        code: CAMERA_UNREACHABLE, CAMERA_REFUSED, CAMERA_CERTIFICATE, CAMERA_REDIRECTED, CAMERA_SILENT,
            VIDEO_UNREADABLE or DECODER_MEMORY.
        text: one sentence without credentials.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = mask_credentials(text)[:_LONGEST]
