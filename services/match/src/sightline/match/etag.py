"""Which state of a record this is: whoever changes one can say which state they have seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.errors import Conflict
from sightline.chassis.ids import derived_id

if TYPE_CHECKING:
    from sightline.v1 import gallery_service_pb2 as pb


def etag_of(record: pb.Watchlist | pb.Person) -> str:
    """The etag of a record as the ledger has it: it changes with every field, and comes back with none."""
    return derived_id(record.SerializeToString(deterministic=True))


def require_etag(record: pb.Watchlist | pb.Person, etag: str) -> None:
    """Raises Conflict ETAG_DIFFERS unless the record has that etag; an empty one is any."""
    if etag and etag != etag_of(record):
        raise Conflict("ETAG_DIFFERS", "Somebody changed it since you read it: read it again, and decide anew.")
