"""Which state of a record this is: whoever changes one can say which state they have seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.errors import Conflict
from sightline.chassis.ids import derived_id

if TYPE_CHECKING:
    from google.protobuf.message import Message


def etag_of(record: Message) -> str:
    """The etag of a record as it is stored: it changes with every field, and comes back with none."""
    return derived_id(record.SerializeToString(deterministic=True))


def require_etag(record: Message, etag: str) -> None:
    """Raises Conflict ETAG_DIFFERS unless the record has that etag; an empty one is any."""
    if etag and etag != etag_of(record):
        raise Conflict("ETAG_DIFFERS", "Somebody changed it since you read it: read it again, and decide anew.")
