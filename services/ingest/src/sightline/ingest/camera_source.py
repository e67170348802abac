"""The source of a camera: where it is, who it lets in, and what is accepted of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sightline.ingest.certificate import name_in
from sightline.ingest.source import admit_stored
from sightline.ingest.trust import Trust

if TYPE_CHECKING:
    from sightline.ingest.credentials import Credentials
    from sightline.ingest.source import Source, SourceRules
    from sightline.v1 import camera_service_pb2 as pb

TLS_SCHEMES = frozenset({"https", "rtsps"})


async def admit_camera(camera: pb.Camera, rules: SourceRules, credentials: Credentials) -> Source:
    """As `admit_stored`. Raises InvalidInput CERTIFICATE_INVALID as well."""
    source = await admit_stored(camera.source_url, rules, credentials)
    return replace(source, trust=_trust(camera, rules)) if source.scheme in TLS_SCHEMES else source


def _trust(camera: pb.Camera, rules: SourceRules) -> Trust:
    if camera.unverified_tls:
        return Trust()
    if camera.certificate:
        return Trust(name_in(camera.certificate), certificate=camera.certificate)
    return Trust(urlsplit(camera.source_url).hostname or "", str(rules.authorities or ""))
