from __future__ import annotations

from sightline.match.face_servicer import FaceServicer
from sightline.match.person_servicer import PersonServicer
from sightline.match.watchlist_servicer import WatchlistServicer
from sightline.v1 import gallery_service_pb2_grpc as grpc_pb


class GalleryServicer(WatchlistServicer, PersonServicer, FaceServicer, grpc_pb.GalleryServiceServicer):
    """GalleryService: protobuf in and out, every change and every look audited."""
